"""`make settle`: the author, refused input, and many transfers by a file."""

from pathlib import Path

import pytest
from botocore.exceptions import EndpointConnectionError

from payouts.domain.transfer import Source, Status
from tests.support.harness import World, order
from tools import cli
from tools.deployment import Deployment

ARN = "arn:aws:sts::123456789012:user/moto"
HEADER = "partnerReferenceNo,verdict,reason\n"


def disputed(world: World) -> str:
    reference = str(world.create(order()).body["partnerReferenceNo"])
    world.get(reference, refresh=True)
    world.doku.fault("status", "status-says", latestTransactionStatus="06", partnerReferenceNo=reference)
    world.clock.advance(11)  # a check that is younger is not repeated
    world.request("POST", f"/v1/transfers/{reference}/status-checks")
    assert status(world, reference) is Status.DISPUTED
    return reference


def status(world: World, reference: str) -> Status:
    return world.existing(reference).status


def words(world: World, reference: str) -> list[str]:
    """What operators have said, as the history keeps it."""
    return [seen.message for seen in world.existing(reference).history if seen.source is Source.OPERATOR]


def test_the_aws_identity_is_kept_beside_the_name(local_run: World, capsys: pytest.CaptureFixture[str]) -> None:
    reference = disputed(local_run)
    capsys.readouterr()
    assert cli.main(["settle", reference, "SUCCESS", "--by", " Dewi ", "--reason", "ticket 4711"]) == 0
    assert words(local_run, reference) == [f"Dewi ({ARN}): ticket 4711"]
    assert f"in local, {reference} is SUCCESS, by Dewi ({ARN})\n" in capsys.readouterr().out


def test_without_an_identity_nothing_is_settled(
    local_run: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    reference, client = disputed(local_run), Deployment.client

    def unreachable(target: Deployment, service: str) -> object:
        if service == "sts":
            raise EndpointConnectionError(endpoint_url="https://sts.example.com")
        return client(target, service)

    monkeypatch.setattr(Deployment, "client", unreachable)
    capsys.readouterr()
    assert cli.main(["settle", reference, "SUCCESS", "--by", "Dewi", "--reason", "ticket 4711"]) == 1
    printed = capsys.readouterr().err
    assert printed.startswith("AWS does not report your identity (")
    assert printed.endswith("; nothing was settled in local\n")
    assert status(local_run, reference) is Status.DISPUTED


@pytest.mark.parametrize(
    ("by", "reason", "printed"),
    [
        ("", "x", "--by must be 1 to 64 printable characters\n"),
        ("x" * 65, "x", "--by must be 1 to 64 printable characters\n"),
        ("De\nwi", "x", "--by must be 1 to 64 printable characters\n"),
        ("Dewi", " ", "the reason must be 1 to 200 printable characters\n"),
        ("Dewi", "x" * 201, "the reason must be 1 to 200 printable characters\n"),
        ("Dewi", "x\x1b[31m", "the reason must be 1 to 200 printable characters\n"),
    ],
)
def test_name_and_reason_are_bounded(by: str, reason: str, printed: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Before any deployment is looked for."""
    assert cli.main(["settle", "PAY-1", "SUCCESS", "--by", by, "--reason", reason]) == 2
    assert capsys.readouterr() == ("", printed)


def test_the_longest_name_and_reason_are_kept_whole(local_run: World) -> None:
    reference = disputed(local_run)
    assert cli.main(["settle", reference, "FAILED", "--by", "n" * 64, "--reason", "r" * 200]) == 0
    assert words(local_run, reference) == [f"{'n' * 64} ({ARN}): {'r' * 200}"]


def test_a_file_settles_many_and_reports_each(
    local_run: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    paid, failed = disputed(local_run), disputed(local_run)
    open_one = str(local_run.create(order()).body["partnerReferenceNo"])
    file = tmp_path / "settlements.csv"
    lines = [f"{paid},SUCCESS,ticket 1", f"{open_one},FAILED,ticket 2", "PAY-NONE,FAILED,ticket 3", ""]
    file.write_text("\ufeff" + HEADER + "\r\n".join([*lines, f'{failed},FAILED,"ticket 4, by phone"']))
    capsys.readouterr()
    assert cli.main(["settle", "--file", str(file), "--by", "Dewi"]) == 1
    printed = capsys.readouterr()
    assert [line for line in printed.out.splitlines() if line.startswith("in local")] == [
        f"in local, {paid} is SUCCESS, by Dewi ({ARN})",
        f"in local, {failed} is FAILED, by Dewi ({ARN})",
    ]
    refused, unknown = printed.err.splitlines()
    assert refused.startswith(f"in local, {open_one} is ACCEPTED and needs no decision")
    assert unknown == "local has no transfer PAY-NONE"
    assert words(local_run, failed) == [f"Dewi ({ARN}): ticket 4, by phone"]
    assert [status(local_run, one) for one in (paid, failed)] == ["SUCCESS", "FAILED"]


def test_a_file_of_which_all_is_settled_ends_well(local_run: World, tmp_path: Path) -> None:
    file = tmp_path / "settlements.csv"
    file.write_text(HEADER + f"{disputed(local_run)},REFUNDED,ticket 1\n")
    assert cli.main(["settle", "--file", str(file), "--by", "Dewi"]) == 0


def test_a_dry_run_writes_nothing(local_run: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    reference = disputed(local_run)
    before = local_run.stored(reference)
    file = tmp_path / "settlements.csv"
    file.write_text(HEADER + f"{reference},SUCCESS,ticket 1\nPAY-NONE,FAILED,ticket 2\n")
    capsys.readouterr()
    assert cli.main(["settle", "--file", str(file), "--by", "Dewi", "--dry-run"]) == 1
    assert f"in local, {reference} would be SUCCESS, by Dewi ({ARN})" in capsys.readouterr().out
    assert local_run.stored(reference) == before


BAD_FILES: list[tuple[str | None, str]] = [
    ("", "line 1: the columns must be partnerReferenceNo,verdict,reason"),
    ("reference,verdict,reason\nPAY-1,SUCCESS,x\n", "line 1: the columns must be"),
    (HEADER, "has no line to settle"),
    (HEADER + "{good},SUCCESS,x\nPAY-2,UNPAID,x\n", "line 3: the verdict must be one of FAILED, REFUNDED, SUCCESS"),
    (HEADER + "{good},SUCCESS,x\nPAY-2,success,x\n", "line 3: the verdict must be one of"),
    (HEADER + "{good},SUCCESS,x\nPAY-2,SUCCESS\n", "line 3: 3 values are needed, not 2"),
    (HEADER + "{good},SUCCESS,x\nPAY-2,SUCCESS,x,y\n", "line 3: 3 values are needed, not 4"),
    (HEADER + "{good},SUCCESS,x\nPAY-2,SUCCESS, \n", "line 3: the reason must be 1 to 200"),
    (HEADER + "{good},SUCCESS,x\n,SUCCESS,x\n", "line 3: partnerReferenceNo must be 1 to 64"),
    (HEADER + "{good},SUCCESS,x\n{good},FAILED,x\n", "{good} occurs 2 times"),
    (HEADER + '{good},SUCCESS,"x\n', "can't be read"),
    (HEADER + "{good},SUCCESS,caf\udce9\n", "can't be read"),
    (None, "can't be read"),
]


def test_a_bad_file_is_refused_as_a_whole(local_run: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good, file = disputed(local_run), tmp_path / "settlements.csv"
    for content, printed in BAD_FILES:
        file.unlink(missing_ok=True)
        if content is not None:
            file.write_bytes(content.replace("{good}", good).encode("utf-8", "surrogateescape"))
        capsys.readouterr()
        assert cli.main(["settle", "--file", str(file), "--by", "Dewi"]) == 2, content
        said = capsys.readouterr()
        assert printed.replace("{good}", good) in said.err
        assert "in local" not in said.out
        assert status(local_run, good) is Status.DISPUTED
        assert words(local_run, good) == []


def test_a_file_may_name_the_versions_that_were_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "decisions.csv"
    path.write_text("partnerReferenceNo,verdict,reason,version\nPAY-1,SUCCESS,x,three\n")
    assert cli.main(["settle", "--by", "Dewi", "--file", str(path)]) == 2
    assert "line 2: version must be a whole number, not 'three'" in capsys.readouterr().err
