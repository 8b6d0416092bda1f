"""docs/invariants.md: every invariant and scenario has a test, and the page is current."""

from functools import cache

from tools import invariants_page
from tools.invariants_page import Marked

marked = cache(invariants_page.tests)


def covered(tests: list[Marked]) -> set[str]:
    return {name for test in tests for name in test.ids}


def test_every_invariant_and_scenario_has_a_test() -> None:
    assert invariants_page.statements().keys() - covered(marked()) == set()


def test_every_marker_names_an_invariant_or_a_scenario() -> None:
    known = invariants_page.statements().keys()
    assert [test for test in marked() if not known >= set(test.ids)] == []


def test_there_are_39_invariants_and_69_scenarios() -> None:
    expected = [*(f"I{number}" for number in range(1, 40)), *(str(number) for number in range(1, 70))]
    assert list(invariants_page.statements()) == expected


def test_the_page_is_current() -> None:
    assert invariants_page.PAGE.read_text(encoding="utf-8") == invariants_page.page(), "run `make invariants`"


def test_the_matrix_checks_all_invariants_it_can() -> None:
    """All but I9, I18, I20 to I27 and I31 to I39: no forgeries, scopes, wrong clocks, limits, sweeps or batches."""
    seen = {f"I{number}" for number in (1, 2, 3, 4, 5, 6, 7, 8, 10, 11, 12, 13, 14, 15, 16, 17, 19, 28, 29, 30)}
    assert invariants_page.checked_by_matrix() == seen
