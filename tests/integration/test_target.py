"""The deployment that a command finds: the local run, or one of AWS by the shell's login."""

from contextlib import closing
from pathlib import Path

import pytest

from local.aws import moto_server
from local.clock import Clock
from tests.support.harness import World
from tools import cli
from tools.deployment import NoSuchDeployment, find

ELSEWHERE = {
    "AWS_REGION": "us-east-1",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_PROFILE": "nonexistent",
    "AWS_ENDPOINT_URL": "http://127.0.0.1:1",
    "http_proxy": "http://127.0.0.1:1",
    "no_proxy": "",
    "AWS_ACCESS_KEY_ID": "theirs",
    "AWS_SECRET_ACCESS_KEY": "theirs",
}


@pytest.mark.usefixtures("local_run")
def test_the_local_run_does_not_listen_to_the_shell(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in ELSEWHERE.items():
        monkeypatch.setenv(name, value)
    assert "TransfersTable" in find("local").outputs["TableName"]
    assert cli.main(["explain", "PAY-0001"]) == 1
    assert "PAY-0001" in "".join(capsys.readouterr())
    assert cli.main(["reconcile"]) == 0


def test_the_standard_variable_names_another_port(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LOCAL_AWS_PORT", raising=False)
    monkeypatch.setenv("AWS_ENDPOINT_URL", world.environment["AWS_ENDPOINT_URL"])
    assert find("local").outputs["TableName"]


def test_another_aws_answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with closing(moto_server.start(0, Clock(tmp_path / "clock"))) as server:
        monkeypatch.setenv("LOCAL_AWS_PORT", server.url.rpartition(":")[2])
        monkeypatch.setattr("local.aws.session.REGION", "us-west-2")  # an empty Region
        with pytest.raises(NoSuchDeployment, match="does not hold the bundle"):
            find("local")


def test_a_deployment_without_a_login(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "nonexistent")
    with pytest.raises(NoSuchDeployment, match=r"nonexistent.*aws sso login, or aws configure, or AWS_PROFILE"):
        find("production")


def test_a_deployment_without_credentials(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    with pytest.raises(NoSuchDeployment, match=r"Unable to locate credentials.*aws sso login"):
        find("production")
