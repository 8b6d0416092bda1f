"""`payouts batches` and what `payouts forget` erases of batches, on a running deployment."""

import base64
import csv
import io
import json
import zlib
from pathlib import Path
from types import SimpleNamespace

import boto3
import pytest

from local.in_process.batches import Batches
from payouts.domain.days import day_of
from payouts.store.batch_chunks import ChunkStore
from tests.integration.batches.rows import new_batch, row
from tests.support.harness import Crash, World
from tools import batches as batch_tools
from tools import cli, forget
from tools.deployment import find

_DAY = 86_400
_ACCOUNT = "8377388292"
_PERSONAL = (_ACCOUNT, "SUHUT", "628115678890", "dewi", "budi", "Gaji September", "Looks right")


@pytest.fixture
def batches(local_run: World, monkeypatch: pytest.MonkeyPatch) -> Batches:
    """The deployment, whose operators share its clock."""
    for tool in (forget, batch_tools):
        monkeypatch.setattr(tool, "time", SimpleNamespace(time=local_run.clock))
    return Batches.start(local_run)


def paid(batches: Batches, *rows: dict[str, object]) -> str:
    reference = new_batch()
    batches.create(reference, *(rows or (row(beneficiaryAccountNumber=_ACCOUNT),)), remark="Gaji September")
    batches.work()
    invalid = [each["row"] for each in batches.rows(reference, outcome="INVALID")]
    if invalid:
        batches.request("PATCH", f"{reference}/rows", {"rows": invalid, "excluded": True})
    digest = batches.submit(reference)["digest"]
    body = {"decision": "APPROVE", "digest": digest, "comment": "Looks right"}
    batches.request("POST", f"{reference}/approvals", body, "budi")
    batches.pass_time(12)
    return reference


def items(batches: Batches, reference: str) -> str:
    """Everything that the table has of the batch, with its rows unpacked."""
    found = [each for each in batches.world.scan() if str(each["pk"]).startswith(f"BATCH#{reference}")]
    packed = [each["rows"] for each in found if isinstance(each.get("rows"), str)]
    return str([*found, *(zlib.decompress(base64.b64decode(each)) for each in packed)])


def run_forget(batches: Batches, *arguments: str) -> int:
    before = day_of(int((batches.world.clock() - 31 * _DAY) * 1000))
    return cli.main(["forget", "--before", before, "--yes", *arguments])


def test_batches_are_listed_newest_first(batches: Batches, capsys: pytest.CaptureFixture[str]) -> None:
    first = paid(batches)
    second = new_batch()
    batches.create(second, row(), row())
    capsys.readouterr()
    assert cli.main(["batches", "list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[:3] for line in lines] == [[second, "CHECKING", "2"], [first, "DONE", "1"]]
    assert cli.main(["batches", "list", "--status", "DONE", "--json"]) == 0
    assert [each["batchReference"] for each in json.loads(capsys.readouterr().out)] == [first]


def test_a_batch_is_shown(batches: Batches, capsys: pytest.CaptureFixture[str]) -> None:
    reference = paid(batches)
    capsys.readouterr()
    assert cli.main(["batches", "show", reference]) == 0
    shown = capsys.readouterr().out
    assert f"batchReference   {reference}\nstatus           DONE\n" in shown
    assert "SUCCESS                1 rows             200000.00 + 4500.00 fees" in shown
    assert "APPROVED               budi                 Looks right" in shown
    found = batches.get(reference)
    capsys.readouterr()
    assert cli.main(["batches", "show", reference, "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == found


def test_a_result_is_written(batches: Batches, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    reference, file = paid(batches, row(), row()), tmp_path / "result.csv"
    capsys.readouterr()
    assert cli.main(["batches", "result", reference]) == 0
    found = list(csv.DictReader(io.StringIO(capsys.readouterr().out), strict=True))
    assert [(each["row"], each["status"]) for each in found] == [("1", "SUCCESS"), ("2", "SUCCESS")]
    assert cli.main(["batches", "result", reference, "--csv", str(file)]) == 0
    with file.open(encoding="utf-8-sig", newline="") as written:
        assert untimed(list(csv.DictReader(written, strict=True))) == untimed(found)
    assert cli.main(["batches", "result", reference, "--json"]) == 0
    assert untimed(json.loads(capsys.readouterr().out)) == untimed(found)


def untimed(found: list[dict[str, str]]) -> list[dict[str, str]]:
    """Without the time of writing, which is another one each time."""
    return [{name: value for name, value in each.items() if name != "writtenAt"} for each in found]


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["show", "UNKNOWN"], 1, "local has no batch UNKNOWN\n"),
        (["result", "UNKNOWN"], 1, "local has no batch UNKNOWN\n"),
        (["list", "--month", "2024"], 2, "month must be a month such as 2024-09\n"),
        (["list", "--status", "PAID"], 2, "status must be one of"),
    ],
)
def test_what_is_wrong_is_reported(
    batches: Batches, capsys: pytest.CaptureFixture[str], arguments: list[str], code: int, said: str
) -> None:
    assert cli.main(["batches", *arguments]) == code
    assert said in capsys.readouterr().err


def test_personal_data_of_a_batch_is_erased(batches: Batches, capsys: pytest.CaptureFixture[str]) -> None:
    reference = paid(
        batches, row(remark="Remark test", beneficiaryAccountNumber=_ACCOUNT), row(beneficiaryAccountNumber=None)
    )
    assert not [text for text in _PERSONAL if text not in items(batches, reference)]
    before = batches.get(reference)
    batches.world.clock.advance(60 * _DAY)
    assert run_forget(batches) == 0
    assert "so is that of 1 batches" in capsys.readouterr().out
    left = items(batches, reference)
    assert [text for text in (*_PERSONAL, before["digest"], "Remark test") if text in left] == []
    after = batches.get(reference)
    for name in ("status", "rows", "payable", "statuses", "createdAt", "outcomes"):
        assert after[name] == before[name], name
    assert [each["at"] for each in after["history"]] == [each["at"] for each in before["history"]]
    assert [each["partnerReferenceNo"] for each in batches.rows(reference)] == [f"{reference}-1", None]


def test_a_forgotten_batch_is_not_paid_again(batches: Batches) -> None:
    reference = new_batch()
    batches.approved(reference, row())
    batches.world.doku.deposit("0.00")
    batches.work()
    batches.request("POST", f"{reference}/cancellation")
    batches.pass_time(3)
    batches.world.clock.advance(60 * _DAY)
    run_forget(batches)
    assert batches.repay(reference, new_batch()).status == 409
    replayed = batches.create(reference, row())
    assert (replayed.status, replayed.body["response_code"]) == (409, "DUPLICATE_TRANSACTION")


def test_an_open_or_young_batch_keeps_its_data(batches: Batches, capsys: pytest.CaptureFixture[str]) -> None:
    """A batch that was created long ago and ended a few days ago is young."""
    still_open, young = new_batch(), new_batch()
    for reference in (still_open, young):
        batches.create(reference, row(beneficiaryAccountNumber=_ACCOUNT))
    batches.work()
    batches.world.clock.advance(60 * _DAY)
    batches.request("POST", f"{young}/cancellation")
    run_forget(batches)
    said = capsys.readouterr().out
    for reference in (still_open, young):
        assert "8377388292" in items(batches, reference)
        assert f"  {reference}\n" in said


def test_a_dry_run_erases_nothing_of_a_batch(batches: Batches, capsys: pytest.CaptureFixture[str]) -> None:
    reference = paid(batches)
    batches.world.clock.advance(60 * _DAY)
    run_forget(batches, "--dry-run")
    assert "so would be that of 1 batches" in capsys.readouterr().out
    assert "8377388292" in items(batches, reference)


@pytest.mark.parametrize("deleted", [("#ROWS#0",), ("#PAGE#0",), ("#ROWS#0", "#PAGE#0")])
def test_a_batch_whose_rows_have_expired_is_erased(batches: Batches, deleted: tuple[str, ...]) -> None:
    """DynamoDB deletes rows and figures 400 days after the creation, one before the other."""
    reference, world = paid(batches), batches.world
    world.clock.advance(401 * _DAY)
    for item in deleted:
        key = {"pk": {"S": f"BATCH#{reference}{item}"}}
        world.dynamodb.delete_item(TableName=world.environment["TABLE_NAME"], Key=key)
    assert run_forget(batches) == 0
    assert [text for text in _PERSONAL if text in items(batches, reference)] == []
    assert batches.get(reference)["status"] == "DONE"


def test_a_crash_while_erasing_is_made_good(batches: Batches, monkeypatch: pytest.MonkeyPatch) -> None:
    reference = paid(batches)
    batches.world.clock.advance(60 * _DAY)

    def crash(self: ChunkStore, reference: str, index: int) -> None:
        raise Crash

    with monkeypatch.context() as patch:
        patch.setattr(ChunkStore, "forget", crash)
        with pytest.raises(Crash):
            run_forget(batches)
    assert "8377388292" in items(batches, reference)
    run_forget(batches)
    assert [text for text in _PERSONAL if text in items(batches, reference)] == []


def test_the_objects_of_a_batch_are_deleted(batches: Batches) -> None:
    reference = paid(batches)
    s3, bucket = boto3.Session().client("s3"), find("local").outputs["BatchBucketName"]
    for key in (f"results/{reference}/1.csv", f"uploads/{reference}/abc", f"results/{reference}0/1.csv"):
        s3.put_object(Bucket=bucket, Key=key, Body=b"x")
    batches.world.clock.advance(60 * _DAY)
    run_forget(batches)
    left = {each["Key"] for each in s3.list_objects_v2(Bucket=bucket).get("Contents", [])}
    assert not [key for key in left if key.startswith((f"results/{reference}/", f"uploads/{reference}/"))]
    assert f"results/{reference}0/1.csv" in left
