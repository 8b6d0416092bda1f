"""The operators' command line: usage, exit codes, and the make targets that are its aliases."""

import json
import re

import pytest

from tests.support.harness import ROOT
from tools import cli

ONLY_IN_THE_COMMAND_LINE = {"codes", "cost"}
"""`make codes` and `make cost` write pages of docs/."""


@pytest.fixture(autouse=True)
def _no_deployment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOCAL_AWS_PORT", "1")
    monkeypatch.delenv("ENV", raising=False)


def test_every_command_has_a_make_target() -> None:
    aliases = dict(
        re.findall(r"^([a-z-]+): .*\n\t@\$\(BIN\)/payouts ([a-z-]+)", (ROOT / "Makefile").read_text(), re.MULTILINE)
    )
    commands = {command.name for command in cli.app.registered_commands}
    commands |= {group.name for group in cli.app.registered_groups}
    assert set(aliases) == set(aliases.values()) == commands - ONLY_IN_THE_COMMAND_LINE


@pytest.mark.parametrize(
    "arguments",
    [
        ["nonsense"],
        ["doctor", "--nonsense"],
        ["explain"],
        ["explain", "PAY-1", "--dead"],
        ["codes"],
        ["codes", "00", "--system", "nonsense"],
        ["redrive", "--json"],
        ["reconcile", "--day", "yesterday"],
        ["settle", "PAY-1", "SUCCESS", "--reason", "x"],
        ["settle", "PAY-1", "--by", "Dewi"],
        ["settle", "PAY-1", "SUCCESS", "--by", "Dewi"],
        ["settle", "--reason", "x", "--by", "Dewi"],
        ["settle", "PAY-1", "SUCCESS", "--reason", "x", "--file", "f", "--by", "Dewi"],
        ["cost", "--transfers", "-1"],
        ["deploy"],
        ["deploy", "--env", "nonsense"],
    ],
)
def test_wrong_usage_is_exit_code_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(arguments) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err != ""


@pytest.mark.parametrize(
    "arguments",
    [["doctor"], ["reconcile"], ["redrive"], ["public-key"], ["explain", "--dead"], ["stop-transfers", "--show"]],
)
@pytest.mark.parametrize(("env", "reason"), [("", "make run"), ("nonsense", "no environment nonsense")])
def test_a_missing_deployment_is_exit_code_1(
    arguments: list[str], env: str, reason: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The variable ENV names it; make exports an empty one where none is given."""
    monkeypatch.setenv("ENV", env)
    assert cli.main(arguments) == 1
    printed = capsys.readouterr()
    assert printed.out == ""
    assert reason in printed.err


def test_help_and_version_are_exit_code_0(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["--help"]) == 0
    assert "stop-transfers" in capsys.readouterr().out
    assert cli.main(["--version"]) == 0
    assert f'version = "{capsys.readouterr().out.strip()}"' in (ROOT / "pyproject.toml").read_text()


def test_a_code_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["codes", "5586", "--json"]) == 0
    explained = json.loads(capsys.readouterr().out)
    assert (explained["known"], explained["readings"][0]["advice"]["money_moved"]) == (True, "unknown")


def test_the_price_of_a_month_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    prices = []
    for transfers in ("0", "1000000"):
        assert cli.main(["cost", "--transfers", transfers, "--json"]) == 0
        prices.append(json.loads(capsys.readouterr().out)["usd"])
    sums = json.loads((ROOT / "docs" / "figures" / "cost.json").read_text())
    assert prices[0] == sums["cost_idle_usd"]
    assert prices[1] - prices[0] == pytest.approx(sums["cost_million_usd"], abs=0.02)
