"""DOKU's statement, compared with our transfers by `payouts reconcile --statement`."""

import csv
import json
from pathlib import Path

import pytest

from tests.support.harness import World, order
from tools import cli

_HEAD = "Partner Reference No,Reference No,Amount,Fee,Status"


class Day:
    """A day with transfers, and the file that is compared with it."""

    def __init__(self, world: World, folder: Path) -> None:
        self.world = world
        self.file = folder / "statement.csv"
        self.folder = folder
        world.clock.advance(86_400)

    def pay(self, **changes: object) -> dict[str, str]:
        reference = self.world.create(order(**changes)).body["partnerReferenceNo"]
        found: dict[str, str] = self.world.get(reference, refresh=True).body
        self.day = found["createdAt"][:10]
        return found

    def row(self, transfer: dict[str, str], **changes: str) -> str:
        usual = {"reference": transfer["partnerReferenceNo"], "doku": transfer["referenceNo"] or ""}
        given = usual | {"amount": '"200,000.00"', "fee": "4500", "status": "Success"} | changes
        return ",".join(given.values())

    def compare(self, *rows: str, head: str = _HEAD, arguments: tuple[str, ...] = ()) -> int:
        self.file.write_text("\n".join([head, *rows, ""]))
        return cli.main(["reconcile", "--statement", str(self.file), "--day", self.day, "--json", *arguments])


@pytest.fixture
def day(local_run: World, tmp_path: Path) -> Day:
    return Day(local_run, tmp_path)


def results(text: str) -> dict[str, str]:
    return {line["partnerReferenceNo"] or line["referenceNo"]: line["result"] for line in json.loads(text)["lines"]}


def test_a_transfer_and_its_row_match(day: Day, capsys: pytest.CaptureFixture[str]) -> None:
    paid = day.pay()
    capsys.readouterr()
    assert day.compare(day.row(paid)) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["counts"] == {
        "MATCHED": 1,
        "AMOUNT_DIFFERS": 0,
        "FEE_DIFFERS": 0,
        "STATUS_DIFFERS": 0,
        "ONLY_OURS": 0,
        "ONLY_DOKU": 0,
    }
    assert report["lines"] == []


@pytest.mark.parametrize(
    ("changes", "result"),
    [
        ({"amount": "200001.00"}, "AMOUNT_DIFFERS"),
        ({"fee": "4500.50"}, "FEE_DIFFERS"),
        ({"status": "Failed"}, "STATUS_DIFFERS"),
        ({"amount": "1.00", "fee": "0", "status": "Failed"}, "AMOUNT_DIFFERS"),
    ],
)
def test_a_row_that_differs(day: Day, capsys: pytest.CaptureFixture[str], changes: dict[str, str], result: str) -> None:
    paid = day.pay()
    capsys.readouterr()
    day.compare(day.row(paid, **changes))
    assert results(capsys.readouterr().out) == {paid["partnerReferenceNo"]: result}


def test_another_reference_of_doku_is_another_payment(day: Day, capsys: pytest.CaptureFixture[str]) -> None:
    paid = day.pay()
    capsys.readouterr()
    day.compare(day.row(paid, doku="DK99999999", amount="1.00"))
    lines = json.loads(capsys.readouterr().out)["lines"]
    assert [line["result"] for line in lines] == ["ONLY_DOKU", "ONLY_OURS"]


def test_what_one_side_lacks(day: Day, capsys: pytest.CaptureFixture[str]) -> None:
    paid = day.pay()
    capsys.readouterr()
    day.compare("OTHER-1,DK1,5000,0,Success")
    assert results(capsys.readouterr().out) == {"OTHER-1": "ONLY_DOKU", paid["partnerReferenceNo"]: "ONLY_OURS"}


def test_a_second_row_of_a_transfer_is_dokus_alone(day: Day, capsys: pytest.CaptureFixture[str]) -> None:
    paid = day.pay()
    capsys.readouterr()
    day.compare(day.row(paid, fee="1.00"), day.row(paid), day.row(paid))
    report = json.loads(capsys.readouterr().out)
    assert (report["counts"]["MATCHED"], report["counts"]["ONLY_DOKU"]) == (1, 2)
    assert [line["statementLine"] for line in report["lines"]] == ["2", "4"]


def test_a_refused_transfer_is_not_expected(day: Day, capsys: pytest.CaptureFixture[str]) -> None:
    day.world.doku.deposit("1.00")
    assert day.pay()["status"] == "FAILED"
    capsys.readouterr()
    day.compare()
    assert results(capsys.readouterr().out) == {}


def test_a_refused_transfer_that_doku_paid_differs(day: Day, capsys: pytest.CaptureFixture[str]) -> None:
    day.world.doku.deposit("1.00")
    refused = day.pay()
    capsys.readouterr()
    day.compare(day.row(refused))
    assert results(capsys.readouterr().out) == {refused["partnerReferenceNo"]: "STATUS_DIFFERS"}


def test_a_row_without_a_status_does_not_match_a_failure(day: Day, capsys: pytest.CaptureFixture[str]) -> None:
    """DOKU refused it, executed it all the same, and the statement names reference and amount alone."""
    day.world.doku.fault("transfer", "unknown-code", responseCode="4034302", execute=True)
    refused = day.world.create(order()).body
    day.day = refused["createdAt"][:10]
    assert (refused["status"], len(day.world.debits(refused["partnerReferenceNo"]))) == ("FAILED", 1)
    columns = day.folder / "columns.toml"
    columns.write_text('[columns]\npartnerReferenceNo = "Ref"\namount = "Amount"\n')
    capsys.readouterr()
    row = f"{refused['partnerReferenceNo']},200000.00"
    day.compare(row, head="Ref,Amount", arguments=("--columns", str(columns)))
    assert results(capsys.readouterr().out) == {refused["partnerReferenceNo"]: "STATUS_DIFFERS"}


def test_a_fee_for_a_refused_transfer_differs(day: Day, capsys: pytest.CaptureFixture[str]) -> None:
    day.world.doku.deposit("1.00")
    refused = day.pay()
    capsys.readouterr()
    day.compare(day.row(refused, status="FAILED"))
    assert results(capsys.readouterr().out) == {refused["partnerReferenceNo"]: "FEE_DIFFERS"}


def test_a_transfer_of_another_day_is_found(day: Day, capsys: pytest.CaptureFixture[str]) -> None:
    before = day.pay()
    day.world.clock.advance(86_400)
    now = day.pay()
    capsys.readouterr()
    day.compare(day.row(before), day.row(now))
    assert json.loads(capsys.readouterr().out)["counts"]["MATCHED"] == 2


def test_dokus_reference_alone_is_enough(day: Day, capsys: pytest.CaptureFixture[str]) -> None:
    paid = day.pay()
    columns = day.folder / "columns.toml"
    columns.write_text('[columns]\nreferenceNo = "No"\namount = "Jumlah"\n[file]\ndecimal = ","\nthousands = "."\n')
    capsys.readouterr()
    row = f'{paid["referenceNo"]},"200.000,00"'
    assert day.compare(row, head="No,Jumlah", arguments=("--columns", str(columns))) == 0
    assert json.loads(capsys.readouterr().out)["counts"]["MATCHED"] == 1


@pytest.mark.parametrize(
    ("rows", "head", "message"),
    [
        (["A,B,1.2.3,0,Success"], _HEAD, "line 2: '1.2.3' is no amount"),
        (["A,B,20,00.00,0,Success"], _HEAD, "line 2: more or fewer values than columns"),
        (['A,B,"20,00.00",0,Success'], _HEAD, "line 2: '20,00.00' is no amount"),
        (["A,B,1000,0,Settled"], _HEAD, "line 2: the status 'Settled' is not in [statuses]"),
        ([",,1000,0,Success"], _HEAD, "line 2: the row has no reference"),
        ([], "Partner Reference No,Amount", "has not once the columns Reference No, Fee, Status"),
        (["A,B,-1000,0,Success"], _HEAD, "line 2: '-1000' is no amount"),
    ],
)
def test_a_row_is_never_left_out(
    day: Day, capsys: pytest.CaptureFixture[str], rows: list[str], head: str, message: str
) -> None:
    day.day = "2024-09-17"
    assert day.compare(*rows, head=head) == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "can't be read"),
        ('[columns]\namount = "A"', "needs amount, and partnerReferenceNo or referenceNo"),
        ('[columns]\namount = "A"\nreferenceNo = "B"\nname = "C"', "[columns] has name"),
        ('[columns]\namount = "A"\nreferenceNo = "B"\n[statuses]\nOk = "PAID"', "[statuses] has PAID"),
        ('[columns]\namount = "A"\nreferenceNo = "B"\n[file]\ndecimal = ","', "thousands is another than decimal"),
        ('[columns]\namount = 1\nreferenceNo = "B"', "every value is text"),
    ],
)
def test_a_wrong_mapping_is_refused(day: Day, capsys: pytest.CaptureFixture[str], text: str, message: str) -> None:
    day.day = "2024-09-17"
    columns = day.folder / "columns.toml"
    columns.write_text(text)
    assert day.compare(arguments=("--columns", str(columns))) == 2
    assert message in capsys.readouterr().err


def test_the_file_has_every_line(day: Day, capsys: pytest.CaptureFixture[str]) -> None:
    paid, other = day.pay(), day.pay()
    written = day.folder / "compared.csv"
    day.compare(day.row(paid), "=1+1,DK1,5000,0,Success", arguments=("--csv", str(written)))
    rows = list(csv.DictReader(written.read_text().splitlines()))
    assert [row["result"] for row in rows] == ["MATCHED", "ONLY_DOKU", "ONLY_OURS"]
    assert rows[1]["partnerReferenceNo"] == "'=1+1"
    assert rows[2]["partnerReferenceNo"] == other["partnerReferenceNo"]


def test_text_for_people_names_both_sides(day: Day, capsys: pytest.CaptureFixture[str]) -> None:
    paid = day.pay()
    day.file.write_text("\n".join([_HEAD, day.row(paid, amount="1.00"), ""]))
    assert cli.main(["reconcile", "--statement", str(day.file), "--day", day.day]) == 0
    text = capsys.readouterr().out
    assert f"{paid['partnerReferenceNo']}: ours 200000.00 4500.00 SUCCESS, DOKU's 1.00 4500.00 SUCCESS, line 2" in text


def test_columns_need_a_statement(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["reconcile", "--columns", "x.toml"]) == 2
    assert "--columns needs --statement" in capsys.readouterr().err
