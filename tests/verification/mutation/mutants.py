"""The mutants of a module: every small change that cosmic-ray knows and that changes the program."""

import ast
import difflib
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field

from tests.verification.copies import ROOT

_LEFT_OUT = re.compile(
    "Operator_Is_(?!IsNot)|Operator_IsNot_(?!Is)"
    "|ComparisonOperator_(?!Is)[A-Za-z]+_Is(Not)?$"
    "|BinaryOperator_(Add|Sub|Mul|Div|FloorDiv|Mod)_(?!Add$|Sub$|Mul$)"
    "|BinaryOperator_[A-Za-z]+_Pow$"
)
"""Operators that are not used, since their mutants are equivalent or killed along with another one.

Identity is compared only with None and enum members, where only the opposite differs; equality of small numbers and
constants is also their identity. Arithmetic operators become addition, subtraction or multiplication only: a test that
notices none of these notices no shift or remainder either.
"""


@dataclass(frozen=True, slots=True)
class Mutant:
    """A change of a module: the lines before and after it, stripped. A decorator includes the line below.

    `source` is the whole changed module.
    """

    module: str
    before: str
    after: str
    source: str = field(default="", compare=False, repr=False)

    def __str__(self) -> str:
        return f"{self.module}: {self.before!r} -> {self.after!r}"


def mutants(module: str) -> Iterator[Mutant]:
    """Yield each distinct mutant of the module at this path. Changes of annotations alone are left out.

    Raises ValueError if two mutants have the same lines: explaining one of them would hide the other.
    """
    source = (ROOT / module).read_text(encoding="utf-8")
    seen = {_program(source)}
    lines: set[Mutant] = set()
    for changed in _changes(source):
        with suppress(SyntaxError):  # not a valid program
            if (program := _program(changed)) not in seen:
                seen.add(program)
                mutant = Mutant(module, *_difference(source, changed), changed)
                if mutant in lines:
                    raise ValueError(f"{mutant} occurs twice; rewrite one of the two lines")
                lines.add(mutant)
                yield mutant


def _changes(source: str) -> Iterator[str]:
    from cosmic_ray.ast import ast_nodes, get_ast  # installed by `make prove` and `make mutate`
    from cosmic_ray.mutating import mutate_code
    from cosmic_ray.plugins import get_operator, operator_names

    kinds = [get_operator(name) for name in operator_names() if not _LEFT_OUT.search(name)]
    nodes = list(ast_nodes(get_ast(source)))
    for operator in (kind() for kind in kinds if not kind.arguments()):
        number = sum(1 for node in nodes for _ in operator.mutation_positions(node))
        yield from (mutate_code(source, operator, occurrence) for occurrence in range(number))


def _program(source: str) -> str:
    """The syntax tree without annotations, as text."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.arg | ast.AnnAssign):
            node.annotation = ast.Constant(None)
        elif isinstance(node, ast.FunctionDef):
            node.returns = None
    return ast.dump(tree)


def _difference(source: str, changed: str) -> tuple[str, str]:
    """The lines that differ, before and after."""
    lines, others = source.splitlines(), changed.splitlines()
    found = difflib.SequenceMatcher(None, lines, others, autojunk=False).get_opcodes()
    differing = [(lines[a:b], others[c:d], lines[b : b + 1]) for tag, a, b, c, d in found if tag != "equal"]
    before = [line for gone, _, below in differing for line in (*gone, *below * _decorates(gone))]
    after = [line for gone, come, below in differing for line in (*come, *below * _decorates(gone))]
    return _in_a_line(before), _in_a_line(after)


def _decorates(lines: list[str]) -> bool:
    return any(line.strip().startswith("@") for line in lines)


def _in_a_line(lines: list[str]) -> str:
    return " ".join(filter(None, map(str.strip, lines)))
