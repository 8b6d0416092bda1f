"""Every guard's snippet exists exactly once, and so do the tests that must fail without it."""

import pytest

from tests.verification.copies import ROOT
from tests.verification.hand_mutants.listed import Guard, listed

GUARDS = listed()


@pytest.mark.parametrize("guard", GUARDS, ids=str)
def test_a_listed_guard_occurs_once_in_its_file(guard: Guard) -> None:
    source = (ROOT / guard.file).read_text(encoding="utf-8")
    without = guard.removed_from(source)
    assert without != source
    if guard.file.endswith(".py"):
        compile(without, guard.file, "exec")


@pytest.mark.parametrize("guard", GUARDS, ids=str)
def test_the_tests_of_a_guard_exist(guard: Guard) -> None:
    assert guard.tests
    for test in guard.tests:
        path, _, name = test.partition("::")
        assert f"def {name}(" in (ROOT / path).read_text(encoding="utf-8") if name else (ROOT / path).exists()


def test_a_guard_that_has_moved_is_an_error() -> None:
    with pytest.raises(ValueError, match="occurs 0 times"):
        GUARDS[0].removed_from("")
