"""Numbers in the pages come from docs/figures."""

from tools import figures

FIGURES = {"states": 1_234_567, "share": 0.9517, "units": 4000.0}


def test_a_place_is_filled_with_the_number_of_its_name() -> None:
    page = "| <!-- figure:states -->old<!-- /figure --> | <!-- figure:units --><!-- /figure --> |"
    filled = figures.fill(page, FIGURES)
    assert filled == "| <!-- figure:states -->1,234,567<!-- /figure --> | <!-- figure:units -->4,000<!-- /figure --> |"
    assert figures.fill(filled, FIGURES) == filled


def test_a_format_may_follow_the_name() -> None:
    page = "<!-- figure:share .0% -->?<!-- /figure --> of ideal"
    assert figures.fill(page, FIGURES) == "<!-- figure:share .0% -->95%<!-- /figure --> of ideal"


def test_what_was_never_measured_says_so() -> None:
    assert figures.fill("<!-- figure:other -->7<!-- /figure -->", FIGURES) == (
        "<!-- figure:other -->not measured yet<!-- /figure -->"
    )


def test_every_page_shows_the_figures_as_they_are() -> None:
    for page in figures.pages():
        text = page.read_text(encoding="utf-8")
        assert figures.fill(text, figures.read()) == text, f"{page.name} is behind docs/figures; run make figures"
