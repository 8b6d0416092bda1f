"""The runner of `make prove`: what does not hold fails, and so does showing nothing."""

import json
import sys
from pathlib import Path
from types import ModuleType

import pytest
from rich.console import Console

from proofs import __main__ as proofs
from proofs.part import Shown


def a_part(monkeypatch: pytest.MonkeyPatch, name: str, holds: bool) -> None:
    module = ModuleType(name)

    def run(console: Console) -> Shown:
        return Shown("three things", {f"{name}_things": 3}, holds)

    module.run = run  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, name, module)


def prove(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr(sys, "argv", ["proofs", *arguments])
    return proofs.main()


@pytest.mark.parametrize(("second_holds", "code"), [(True, 0), (False, 1)])
def test_all_parts_run_and_all_must_hold(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], second_holds: bool, code: int
) -> None:
    a_part(monkeypatch, "first", holds=True)
    a_part(monkeypatch, "second", holds=second_holds)
    monkeypatch.setattr(proofs, "PARTS", {"first": "first", "second": "second"})
    assert prove(monkeypatch, "--no-figures") == code
    told = capsys.readouterr().out
    assert "first: three things" in told
    assert "second: three things" in told


def test_figures_are_kept_beside_those_that_were_not_measured_now(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    a_part(monkeypatch, "first", holds=True)
    file = tmp_path / "proof.json"
    file.write_text('{"other_things": 4}')
    monkeypatch.setattr(proofs, "PARTS", {"first": "first"})
    monkeypatch.setattr(proofs, "FIGURES", file)
    assert prove(monkeypatch, "first") == 0
    assert {"first_things": 3, "other_things": 4}.items() <= json.loads(file.read_text()).items()


@pytest.mark.parametrize("parts", [{}, {"first": "first"}])
def test_no_parts_and_unknown_parts_are_errors(monkeypatch: pytest.MonkeyPatch, parts: dict[str, str]) -> None:
    monkeypatch.setattr(proofs, "PARTS", parts)
    with pytest.raises(SystemExit) as refused:
        prove(monkeypatch, *(["second"] if parts else []))
    assert refused.value.code == 2


def test_every_part_can_be_run() -> None:
    assert all(__import__(module, fromlist=["run"]).run for module in proofs.PARTS.values())
