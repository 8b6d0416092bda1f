"""Numbers in the pages come from docs/figures."""

from pathlib import Path

import pytest

from tools import figures

FIGURES = {"states": 1_234_567, "share": 0.9517, "bench_date": 20261121}


@pytest.fixture
def templates(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Templates of the test instead of tools/figures.toml."""
    file = tmp_path / "figures.toml"
    file.write_text('one = "{states:,} states, {share:.0%}, {bench_date}\\n"\nother = "{unknown:.1f}\\n"\n')
    monkeypatch.setattr(figures, "TEMPLATES", file)


def block(name: str, text: str) -> str:
    return f"Text.\n\n<!-- figures: {name} -->\n{text}<!-- /figures -->\n\nMore."


@pytest.mark.usefixtures("templates")
def test_a_block_is_filled_from_its_template() -> None:
    filled = figures.fill(block("one", "old\n"), FIGURES)
    assert filled == block("one", "1,234,567 states, 95%, 2026-11-21\n")
    assert figures.fill(filled, FIGURES) == filled
    assert figures.names(filled) == FIGURES.keys()


@pytest.mark.usefixtures("templates")
def test_a_missing_figure_is_not_measured_yet() -> None:
    assert figures.fill(block("other", ""), FIGURES) == block("other", "not measured yet\n")


@pytest.mark.usefixtures("templates")
def test_a_block_without_a_template_is_an_error() -> None:
    with pytest.raises(KeyError):
        figures.fill(block("unknown", ""), FIGURES)


def test_every_page_shows_the_current_figures() -> None:
    for page in figures.pages():
        text = page.read_text(encoding="utf-8")
        assert figures.fill(text, figures.read()) == text, f"{page.name} is not current; run make figures"
