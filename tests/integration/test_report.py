"""The reconciliation of a day."""

import csv
import io
import itertools
from dataclasses import replace
from typing import Any

import boto3
import pytest

from payouts.domain.days import day_of
from payouts.domain.transfer import Transfer
from payouts.services import report_summary
from payouts.services.daily_report import COLUMNS, Line, lines
from payouts.services.report_summary import ReportSummary
from payouts.services.safe_csv import csv_rows
from tests.support.harness import World, order

_numbers = itertools.count(1)


@pytest.fixture
def day(world: World) -> str:
    """A day of its own, with one transfer of each kind of end."""
    world.clock.advance(86_400)
    today = day_of(int(world.clock() * 1000))
    paid = world.create(order()).body["partnerReferenceNo"]
    world.get(paid, refresh=True)
    refunded = world.create(order(beneficiaryAccountNumber="7746555134")).body["partnerReferenceNo"]
    world.get(refunded, refresh=True)
    disputed = world.create(order()).body["partnerReferenceNo"]
    world.get(disputed, refresh=True)
    world.doku.fault("status", "status-says", latestTransactionStatus="06")
    world.clock.advance(11)
    world.request("POST", f"/v1/transfers/{disputed}/status-checks")
    world.create(order(remark="=HYPERLINK"))
    world.doku.deposit("1.00")
    world.create(order())
    world.clock.advance(360)
    world.request("POST", f"/v1/transfers/{refunded}/status-checks")
    return today


def lines_of(world: World, day: str) -> list[Line]:
    return list(lines(world.store, day, int(world.clock() * 1000)))


def csv_of(found: list[Line]) -> str:
    return csv_rows([COLUMNS, *(line.cells() for line in found)])


def summary_of(found: list[Line]) -> ReportSummary:
    summary = ReportSummary()
    for line in found:
        summary.add(line)
    return summary


def test_a_day_is_counted_and_summed_by_status(world: World, day: str) -> None:
    text = summary_of(lines_of(world, day)).text(day)
    rows = {line.split()[0]: line.split()[1:] for line in text.splitlines() if len(line.split()) == 3}
    assert rows["SUCCESS"] == rows["FAILED"] == rows["ACCEPTED"] == rows["DISPUTED"] == ["1", "200000.00"]
    assert rows["REFUNDED"] == ["1", "200000.00"]
    assert rows["all"] == ["5", "1000000.00"]
    assert "2 need attention" in text


def test_a_transfer_just_sent_needs_no_attention(world: World, day: str) -> None:
    attention = {str(line.transfer.status): line.attention for line in lines_of(world, day)}
    assert attention["ACCEPTED"] == ""


def test_a_summary_lists_a_bounded_number(world: World, day: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report_summary, "LISTED", 1)
    summary = summary_of(lines_of(world, day))
    assert len(summary.listed) == 1
    assert "2 need attention" in summary.text(day)
    assert "and 1 more" in summary.text(day)
    assert ReportSummary.restored(summary.as_dict()).text(day) == summary.text(day)


def test_open_disputed_and_refunded_need_attention(world: World, day: str) -> None:
    found = lines(world.store, day, int((world.clock() + 7200) * 1000))
    attention = {str(line.transfer.status): line.attention for line in found}
    assert attention["SUCCESS"] == attention["FAILED"] == ""
    assert attention["ACCEPTED"] == "open, not checked yet"
    assert attention["DISPUTED"] == "DOKU contradicts itself, or what was reported"
    assert attention["REFUNDED"] == "paid, and refunded later"


def test_the_csv_has_every_transfer(world: World, day: str) -> None:
    rows = list(csv.DictReader(io.StringIO(csv_of(lines_of(world, day)))))
    assert len(rows) == 5
    assert [row["createdAt"] for row in rows] == sorted(row["createdAt"] for row in rows)
    accounts = {row["beneficiaryAccountNumber"] for row in rows}
    assert accounts == {"8377388292", "7746555134"}
    assert {(row["beneficiaryAccountName"], row["createdBy"]) for row in rows} == {("SUHUT", "frontend-1")}
    assert {row["fee"] for row in rows if row["status"] != "FAILED"} == {"4500.00"}
    assert [row["fee"] for row in rows if row["code"] == "4034314"] == [""]
    assert [row["remark"] for row in rows][3] == "'=HYPERLINK"


@pytest.mark.parametrize(
    ("account", "cell"),
    [("0123456789", "'0123456789"), ("1234567890123456", "'1234567890123456"), ("123456789012345", "123456789012345")],
)
def test_a_spreadsheet_shortens_no_account_number(world: World, account: str, cell: str) -> None:
    transfer = world.existing(world.create(order()).body["partnerReferenceNo"])
    other = replace(transfer, intent=replace(transfer.intent, beneficiary_account_number=account))
    assert dict(zip(COLUMNS, Line(other, "").cells(), strict=True))["beneficiaryAccountNumber"] == cell


def test_lines_go_on_behind_a_position(world: World, day: str) -> None:
    found = lines_of(world, day)
    for index, line in enumerate(found):
        rest = lines(world.store, day, int(world.clock() * 1000), after=line.position)
        assert [each.position for each in rest] == [each.position for each in found[index + 1 :]]


def test_no_cell_is_a_formula(world: World) -> None:
    reference = world.create(order(partnerReferenceNo="-1.2~x")).body["partnerReferenceNo"]
    found = world.stored(reference)
    assert isinstance(found, Transfer)
    assert "\n'-1.2~x," in csv_of(lines_of(world, day_of(found.created_at)))


@pytest.fixture
def bucket(world: World) -> Any:
    """A bucket of its own, as `bucket(key)` reads it."""
    s3 = boto3.Session().client("s3")
    name = f"reports-{next(_numbers)}"
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "ap-southeast-3"})
    world.environment = {**world.environment, "REPORT_BUCKET": name}

    def read(key: str) -> str | None:
        found = s3.list_objects_v2(Bucket=name, Prefix=key).get("Contents")
        return s3.get_object(Bucket=name, Key=key)["Body"].read().decode() if found else None

    return read


def test_the_schedule_writes_yesterdays_report_to_the_bucket(world: World, day: str, bucket: Any) -> None:
    world.clock.advance(86_400)
    written = world.restarted().report()
    assert written == {"day": day, "transfers": 5, "attention": 3, "finished": True}
    assert "3 need attention" in bucket(f"reports/{day}.txt")
    assert bucket(f"reports/{day}.csv").count("\n") == 6


def test_a_day_without_transfers_has_a_report(world: World, bucket: Any) -> None:
    world.clock.advance(10 * 86_400)
    written = world.restarted().report()
    assert bucket(f"reports/{written['day']}.csv").count("\n") == 1


def test_a_finished_report_is_not_written_again(world: World, day: str, bucket: Any) -> None:
    world.clock.advance(86_400)
    poller = world.restarted()
    first = poller.report()
    poller.faults.calls.clear()
    assert poller.report() == first
    assert poller.faults.calls == ["GetItem"]


def test_without_a_bucket_there_is_no_report(world: World) -> None:
    with pytest.raises(ValueError, match="REPORT_BUCKET"):
        world.report()
