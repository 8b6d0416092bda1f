"""The template's parameters: read from samconfig.toml and the command line, asked for, and passed to SAM."""

import shlex
import tomllib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from local.aws.template import TemplateError, check_parameter
from tools.deploy import Stopped
from tools.errors import UsageError
from tools.locked import ROOT

Ask = Callable[[str], str]
_UNUSABLE = ("\\", "\n", "ParameterKey=")
"""Text that SAM's parser changes, or reads as another parameter, even inside quotes."""
Slots = Mapping[str, Mapping[str, Any]]


def environment(name: str, root: Path = ROOT) -> dict[str, Any]:
    """The environment's deployment settings in samconfig.toml. Raises UsageError."""
    config = tomllib.loads((root / "samconfig.toml").read_text())
    known = [key for key, value in config.items() if isinstance(value, dict) and "deploy" in value]
    if name not in known:
        raise UsageError(f"name an environment of samconfig.toml: make deploy ENV={' or ENV='.join(known)}")
    parameters: dict[str, Any] = config[name]["deploy"]["parameters"]
    return parameters


def overrides(configured: str, given: Sequence[str]) -> dict[str, str]:
    """Parameters by name; `given` overrides samconfig.toml. Raises UsageError."""
    chosen: dict[str, str] = {}
    for text in [*shlex.split(configured), *given]:
        name, found, value = text.partition("=")
        if not found:
            raise UsageError(f"{text!r} is not Parameter=value")
        chosen[name] = value
    return chosen


def missing(slots: Slots, chosen: Mapping[str, str], deployed: Mapping[str, str] | None, ask: Ask) -> dict[str, str]:
    """Ask for each parameter that has no value yet. Raises TemplateError for a value that the template refuses."""
    if unknown := chosen.keys() - slots.keys():
        raise TemplateError(f"the template has no parameter {', '.join(sorted(unknown))}")
    for name, value in chosen.items():
        check_parameter(name, value, slots[name])
    answers = {}
    for name, slot in slots.items():
        if "Default" not in slot and name not in chosen and name not in (deployed or {}):
            answers[name] = _answer(name, slot, ask)
    return answers


def in_force(slots: Slots, chosen: Mapping[str, str], deployed: Mapping[str, str] | None) -> dict[str, str]:
    """The value that every parameter will have: chosen, else deployed, else the template's default."""
    defaults = {name: str(slot.get("Default", "")) for name, slot in slots.items()}
    kept = {name: value for name, value in (deployed or {}).items() if name in slots}
    return defaults | kept | dict(chosen)


def for_sam(chosen: Mapping[str, str]) -> list[str]:
    """`--parameter-overrides` with values quoted and escaped as SAM's parser reads them. Raises Stopped.

    Unquoted, SAM refuses an empty value and cuts a value at its first blank.
    """
    return ["--parameter-overrides", *(f"{name}={_quoted(name, value)}" for name, value in chosen.items())]


def _quoted(name: str, value: str) -> str:
    if unusable := next((text for text in _UNUSABLE if text in value), None):
        raise Stopped(f"parameter {name} is {value!r}: SAM can't pass on a value with {unusable}")
    escaped = value.replace('"', '\\"')
    return f'"{escaped}"'


def _answer(name: str, slot: Mapping[str, Any], ask: Ask) -> str:
    while True:
        value = ask(f"   {name}: {slot.get('Description', 'no default')}\n   > ").strip()
        try:
            check_parameter(name, value, slot)
        except TemplateError as error:
            print(f"   {error}")
        else:
            if value:
                return value
