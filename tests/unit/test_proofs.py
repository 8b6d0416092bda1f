"""The runner of `make prove` reports failures."""

import json
import sys
from pathlib import Path

import pytest

from tests.verification import __main__ as proofs
from tools import figures


@pytest.fixture
def parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to import parts from."""
    folder = tmp_path / "parts"
    folder.mkdir()
    monkeypatch.syspath_prepend(folder)
    return folder


def a_part(parts: Path, name: str, holds: bool) -> None:
    shown = f'Shown("three things", {{"{name}_things": 3}}, {holds})'
    (parts / f"{name}.py").write_text(
        f"from tests.verification.part import Shown\ndef run(console):\n    return {shown}\n"
    )


def prove(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr(sys, "argv", ["proofs", *arguments])
    return proofs.main()


@pytest.mark.parametrize(("second_holds", "code"), [(True, 0), (False, 1)])
def test_all_parts_run_and_all_must_hold(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], parts: Path, second_holds: bool, code: int
) -> None:
    a_part(parts, "first", holds=True)
    a_part(parts, "second", holds=second_holds)
    monkeypatch.setattr(proofs, "PARTS", {"first": "first", "second": "second"})
    assert prove(monkeypatch, "--no-figures") == code
    printed = capsys.readouterr().out
    assert "first: three things" in printed
    assert "second: three things" in printed
    assert "2 of 2 parts in" in printed


def test_measured_figures_join_the_earlier_ones(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, parts: Path) -> None:
    a_part(parts, "first", holds=True)
    file, page = tmp_path / "docs" / "figures" / "proof.json", tmp_path / "README.md"
    file.parent.mkdir(parents=True)
    file.write_text('{"other_things": 4}')
    page.write_text("<!-- figures: both -->\n<!-- /figures -->")
    (tmp_path / "figures.toml").write_text('both = "{first_things} and {other_things}\\n"')
    monkeypatch.setattr(figures, "TEMPLATES", tmp_path / "figures.toml")
    monkeypatch.setattr(proofs, "PARTS", {"first": "first"})
    monkeypatch.setattr(proofs, "FIGURES", file)
    monkeypatch.setattr(figures, "ROOT", tmp_path)
    assert prove(monkeypatch, "first") == 0
    known = json.loads(file.read_text())
    assert known.items() >= {"first_things": 3, "other_things": 4}.items()
    assert "prove_minutes" not in known, "what one part takes is not what all take"
    assert prove(monkeypatch) == 0
    assert "prove_minutes" in json.loads(file.read_text())
    assert page.read_text() == "<!-- figures: both -->\n3 and 4\n<!-- /figures -->"


def test_what_a_part_leaves_behind_the_next_one_does_not_find(monkeypatch: pytest.MonkeyPatch, parts: Path) -> None:
    a_part(parts, "first", holds=True)
    (parts / "second.py").write_text(
        "import sys\nfrom tests.verification.part import Shown\n"
        "def run(console):\n    return Shown('', {}, 'first' not in sys.modules)\n"
    )
    monkeypatch.setattr(proofs, "PARTS", {"first": "first", "second": "second"})
    assert prove(monkeypatch, "--no-figures") == 0


def test_an_unknown_part_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SystemExit) as refused:
        prove(monkeypatch, "--no-figures", "second")
    assert refused.value.code == 2


def test_every_part_can_be_run() -> None:
    assert all(__import__(module, fromlist=["run"]).run for module in proofs.PARTS.values())
