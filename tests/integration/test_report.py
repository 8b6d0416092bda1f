"""The reconciliation of a day."""

import csv
import io

import boto3
import pytest

from payouts.domain.transfer import Transfer
from payouts.services.daily_report import of_day
from payouts.store import items
from tests.support.harness import World, order


@pytest.fixture
def day(world: World) -> str:
    """A day of its own, with one transfer of each kind of end."""
    world.clock.advance(86_400)
    today = items.day(int(world.clock() * 1000))
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


def test_a_day_is_counted_and_summed_by_status(world: World, day: str) -> None:
    text = of_day(world.store, day, int(world.clock() * 1000)).text()
    rows = {line.split()[0]: line.split()[1:] for line in text.splitlines() if len(line.split()) == 3}
    assert rows["SUCCESS"] == rows["FAILED"] == rows["ACCEPTED"] == rows["DISPUTED"] == ["1", "200000.00"]
    assert rows["REFUNDED"] == ["1", "200000.00"]
    assert rows["all"] == ["5", "1000000.00"]
    assert "2 need attention" in text


def test_a_transfer_just_sent_needs_no_attention(world: World, day: str) -> None:
    report = of_day(world.store, day, int(world.clock() * 1000))
    attention = {line.transfer.status: line.attention for line in report.lines}
    assert attention["ACCEPTED"] == ""  # type: ignore[index]


def test_open_disputed_and_refunded_need_attention(world: World, day: str) -> None:
    report = of_day(world.store, day, int((world.clock() + 7200) * 1000))
    attention = {line.transfer.status: line.attention for line in report.lines}
    assert attention["SUCCESS"] == attention["FAILED"] == ""  # type: ignore[index]
    assert attention["ACCEPTED"] == "open, not checked yet"  # type: ignore[index]
    assert attention["DISPUTED"] == "DOKU contradicts itself, or what was reported"  # type: ignore[index]
    assert attention["REFUNDED"] == "paid, and refunded later"  # type: ignore[index]


def test_the_csv_has_every_transfer_and_no_account_or_name(world: World, day: str) -> None:
    text = of_day(world.store, day, int(world.clock() * 1000)).csv()
    rows = list(csv.DictReader(io.StringIO(text)))
    assert len(rows) == 5
    assert [row["createdAt"] for row in rows] == sorted(row["createdAt"] for row in rows)
    assert "8377388292" not in text
    assert "SUHUT" not in text


def test_no_cell_is_a_formula(world: World) -> None:
    reference = world.create(order(partnerReferenceNo="-1.2~x")).body["partnerReferenceNo"]
    found = world.stored(reference)
    assert isinstance(found, Transfer)
    text = of_day(world.store, items.day(found.created_at), int(world.clock() * 1000)).csv()
    assert "\n'-1.2~x," in text


def test_the_schedule_writes_yesterdays_report_to_the_bucket(world: World, day: str) -> None:
    s3 = boto3.Session().client("s3")
    s3.create_bucket(Bucket="reports-of-a-test", CreateBucketConfiguration={"LocationConstraint": "ap-southeast-3"})
    world.environment = {**world.environment, "REPORT_BUCKET": "reports-of-a-test"}
    world.clock.advance(86_400)
    written = world.restarted().report()
    assert (written["day"], written["transfers"], written["attention"]) == (day, 5, 3)
    text = s3.get_object(Bucket="reports-of-a-test", Key=f"reports/{day}.txt")["Body"].read().decode()
    assert "3 need attention" in text
    assert s3.get_object(Bucket="reports-of-a-test", Key=f"reports/{day}.csv")["Body"].read().count(b"\n") == 6


def test_without_a_bucket_there_is_no_report(world: World) -> None:
    with pytest.raises(ValueError, match="REPORT_BUCKET"):
        world.report()
