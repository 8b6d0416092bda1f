"""The response-codes page matches the tables, and the commands explain codes."""

import pytest

from tools import cli, codes_page, explain
from tools.deployment import NoSuchDeployment


def test_the_page_is_current() -> None:
    for path, content in codes_page.pages().items():
        assert path.read_text(encoding="utf-8") == content, "run `make codes`"


@pytest.mark.parametrize(
    "code", ["4034314", "4045301", "5586", "IT08", "DUPLICATE_TRANSACTION", "503", "07", "40", "64"]
)
def test_the_page_holds_every_kind_of_code(code: str) -> None:
    for page in codes_page.pages().values():
        assert f"| {code} |" in page or f" {code}, " in page


def test_each_page_has_one_language() -> None:
    english, indonesian = codes_page.pages().values()
    assert "Keep the money on hold" in english
    assert "Tahan dana" not in english
    assert "Tahan dana" in indonesian
    assert "Keep the money on hold" not in indonesian
    assert "| unknown |" not in indonesian


def test_every_table_of_the_page_is_rectangular() -> None:
    widths: list[int] = []
    for line in "\n".join(codes_page.pages().values()).splitlines():
        if line.startswith("|"):
            widths.append(line.replace("\\|", "").count("|"))
        else:
            assert len(set(widths)) <= 1, line
            widths = []


def test_the_command_tells_a_code_in_both_languages(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["codes", "server_error"]) == 0
    printed = capsys.readouterr().out
    assert "Retry or contact DOKU support (NOT safe for a payout)" in printed
    assert "check status" in printed
    assert "cek status" in printed


def test_the_command_says_that_a_code_is_in_no_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["codes", "4034399"]) == 1
    assert "is in no table; the most likely meaning" in capsys.readouterr().out


def test_the_command_can_be_told_the_system(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["codes", "00", "--system", "kirim-doku-payment"]) == 0
    assert "latestTransactionStatus" in capsys.readouterr().out


def nowhere(_: str) -> None:
    raise NoSuchDeployment("nothing answers")


def test_explain_needs_no_deployment_for_a_known_code(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(explain, "find", nowhere)
    assert cli.main(["explain", "5586"]) == 0
    printed = capsys.readouterr()
    assert printed.out.startswith("biller 5586")
    assert "callback" in printed.out
    assert printed.err == "nothing answers\n"
    assert cli.main(["explain", "PAY-0001"]) == 1
    assert cli.main(["explain", "--dead"]) == 1
