"""The operators' commands: refused input, and the deployment that they name."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.harness import World, order
from tools import cli, reconcile


@pytest.mark.parametrize("day", ["17-09-2024", "2026-13-45", "2026-11-2", "20261102", "yesterday", ""])
def test_what_is_no_day_is_refused_as_the_api_does(day: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["reconcile", "--day", day]) == 2
    printed = capsys.readouterr()
    assert (printed.out, printed.err) == ("", "day must be a date such as 2024-09-17\n")


def test_it_says_where_it_looked(local_run: World, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["reconcile", "--day", "1999-01-01"]) == 0
    assert capsys.readouterr().out.startswith("reconciliation in local\n\nTransfers of 1999-01-01 (WIB)\n")


def test_the_file_holds_every_transfer(local_run: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    reference = local_run.create(order()).body["partnerReferenceNo"]
    file = tmp_path / "day.csv"
    file.write_text("of another day")
    assert cli.main(["reconcile", "--day", local_run.get(reference).body["createdAt"][:10], "--csv", str(file)]) == 0
    assert reference in file.read_text()
    assert "of another day" not in file.read_text()


def test_a_long_day_shows_its_progress(
    local_run: World, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reconcile, "_LINES", 1)
    monkeypatch.setattr(reconcile, "_PROGRESS", 2)
    local_run.clock.advance(86_400)  # a day of its own
    created = [local_run.create(order()).body["createdAt"] for _ in range(4)]
    day = created[0][:10]
    assert cli.main(["reconcile", "--day", day, "--csv", str(tmp_path / "day.csv")]) == 0
    printed = capsys.readouterr()
    assert [line.partition(",")[0] for line in printed.err.splitlines()] == ["2 transfers", "4 transfers"]
    assert printed.out.endswith("day.csv\n")


def test_a_file_is_whole_or_as_it_was(local_run: World, tmp_path: Path) -> None:
    """A report that fails half way, here on a damaged item, leaves the file of before."""
    local_run.clock.advance(86_400)  # a day of its own
    local_run.create(order())
    damaged = local_run.create(order()).body
    local_run.write_attribute(damaged["partnerReferenceNo"], "intent", {"S": "damaged"})
    local_run.clock.advance(86_400)
    file = tmp_path / "day.csv"
    file.write_text("of before")
    with pytest.raises(ValueError, match="dictionary"):
        cli.main(["reconcile", "--day", damaged["createdAt"][:10], "--csv", str(file)])
    assert file.read_text() == "of before"


def test_an_unwritable_file_is_reported_before_the_report(
    local_run: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "none" / "day.csv"
    assert cli.main(["reconcile", "--csv", str(file)]) == 2
    printed = capsys.readouterr()
    assert (printed.out, printed.err) == ("", f"{file} can't be written: No such file or directory\n")


def test_a_transfer_is_explained_with_its_deployment(local_run: World, capsys: pytest.CaptureFixture[str]) -> None:
    reference = local_run.create(order()).body["partnerReferenceNo"]
    capsys.readouterr()
    assert cli.main(["explain", reference]) == 0
    explained = capsys.readouterr().out
    assert explained.startswith(f"in local, {reference}: ACCEPTED")
    (external_id,) = local_run.get(reference).body["history"][0]["externalId"].split()
    assert f"X-EXTERNAL-ID {external_id}" in explained
    assert "WIB  stored, before it is sent" in explained, "the record alone does not prove that it was sent"
    assert cli.main(["explain", "--dead"]) == 0
    assert "0 shown in local;" in capsys.readouterr().out


def test_a_code_is_answered_first(local_run: World, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["explain", "4034314"]) == 0
    printed = capsys.readouterr()
    assert printed.out.startswith("snap 4034314")
    assert printed.err == "local has no transfer 4034314\n"


@pytest.mark.parametrize("text", ["INSUFFICIENT_FUND", "4034399", "n\x1bonsense"])
def test_what_is_neither_transfer_nor_code(text: str, local_run: World, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["explain", text]) == 1
    assert capsys.readouterr().err == f"{text!a} is neither a transfer in local nor a known code\n"


def test_a_settlement_says_where(local_run: World, capsys: pytest.CaptureFixture[str]) -> None:
    reference = local_run.create(order()).body["partnerReferenceNo"]
    word = ["SUCCESS", "--by", "Dewi", "--reason", "ticket 4711"]
    capsys.readouterr()
    assert cli.main(["settle", "PAY-UNKNOWN", *word]) == 1
    assert capsys.readouterr().err == "local has no transfer PAY-UNKNOWN\n"
    assert cli.main(["settle", reference, *word]) == 1
    assert capsys.readouterr().err.startswith(f"in local, {reference} is ACCEPTED and needs no decision")


def test_reports_as_json(local_run: World, capsys: pytest.CaptureFixture[str]) -> None:
    body = order()
    reference = local_run.create(body).body["partnerReferenceNo"]
    day = local_run.get(reference).body["createdAt"][:10]
    capsys.readouterr()
    assert cli.main(["reconcile", "--day", day, "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["deployment"], report["day"]) == ("local", day)
    assert report["statuses"]["ACCEPTED"]["count"] >= 1
    assert report["balance"] is None, "it was not measured"
    assert reference not in {line["partnerReferenceNo"] for line in report["attention"]}, "it was just sent"
    assert cli.main(["explain", reference, "--json"]) == 0
    text = capsys.readouterr().out
    assert json.loads(text)["status"] == "ACCEPTED"
    assert body["beneficiaryAccountNumber"] not in text
    assert body["beneficiaryAccountName"] not in text
    assert cli.main(["redrive", "--dry-run", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"deployment": "local", "deadNotifications": 0}


def test_the_script_needs_no_import_path(tmp_path: Path) -> None:
    """From any folder, as `make setup` installs it."""
    command = [str(Path(sys.executable).with_name("payouts")), "codes", "5586"]
    ended = subprocess.run(command, cwd=tmp_path, env={"PATH": os.defpath}, capture_output=True, text=True)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout.startswith("biller 5586")
