"""`make deploy` up to AWS's door: what it asks, what it refuses, what it puts into the secret."""

import argparse
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from uuid import uuid4

import boto3
import pytest

from local import doku_secret
from local.clock import Clock
from local.moto_server import start
from local.template import TemplateError, load
from tests.harness import ROOT
from tools import deploy

SLOTS = {
    "JwtIssuer": {"Type": "String", "AllowedPattern": "^https://.+", "Description": "Issuer URL"},
    "JwtAudience": {"Type": "CommaDelimitedList"},
    "MinAmount": {"Type": "String", "Default": "10000.00"},
}
REGION, STACK = "ap-southeast-3", "kirim-doku-payouts-sandbox"


def nobody(question: str) -> str:
    raise AssertionError(f"asked: {question}")


@pytest.fixture
def account(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[boto3.Session]:
    """An AWS account without a stack of ours; moto's is the same for the whole process."""
    server = start(0, Clock(tmp_path / "clock"))
    for name, value in {"ENDPOINT_URL": server.url, "ACCESS_KEY_ID": "test", "SECRET_ACCESS_KEY": "test"}.items():
        monkeypatch.setenv(f"AWS_{name}", value)
    session = boto3.Session(region_name=REGION)
    yield session
    session.client("cloudformation").delete_stack(StackName=STACK)
    server.close()


@pytest.fixture
def secret(account: boto3.Session) -> str:
    empty = json.dumps(dict.fromkeys(doku_secret.FIELDS, ""))
    created: str = account.client("secretsmanager").create_secret(Name=f"doku-{uuid4()}", SecretString=empty)["ARN"]
    return created


def held(account: boto3.Session, secret_id: str) -> dict[str, str]:
    value: dict[str, str] = json.loads(
        account.client("secretsmanager").get_secret_value(SecretId=secret_id)["SecretString"]
    )
    return value


@pytest.mark.parametrize("name", [None, "", "prod", "default", "version"])
def test_an_environment_that_is_not_in_the_file(name: str | None) -> None:
    with pytest.raises(deploy.Stopped, match="ENV=sandbox or ENV=production"):
        deploy.environment(name, ROOT)


def test_what_is_given_counts_before_the_file() -> None:
    assert deploy.overrides("A=1 B='two words'", ["A=3"]) == {"A": "3", "B": "two words"}
    with pytest.raises(deploy.Stopped, match="'A' is not Parameter=value"):
        deploy.overrides("", ["A"])


def test_only_what_is_missing_is_asked_and_asked_again_until_it_is_right(capsys: pytest.CaptureFixture[str]) -> None:
    answers = iter(["login.example.com", "https://login.example.com/", "", "payouts"])
    chosen = deploy.missing(SLOTS, {}, None, lambda _: next(answers))
    assert chosen == {"JwtIssuer": "https://login.example.com/", "JwtAudience": "payouts"}
    assert "login.example.com" in capsys.readouterr().out


def test_nothing_is_asked_where_it_is_deployed_or_given() -> None:
    deployed = {"JwtIssuer": "https://login.example.com/"}
    assert deploy.missing(SLOTS, {"JwtAudience": "payouts"}, deployed, nobody) == {}


@pytest.mark.parametrize("chosen", [{"Nonsense": "1"}, {"JwtIssuer": "ftp://x"}])
def test_a_parameter_that_the_template_refuses(chosen: dict[str, str]) -> None:
    with pytest.raises(TemplateError, match=next(iter(chosen))):
        deploy.missing(SLOTS, chosen, None, nobody)


def versions(template: Path, **parameters: str) -> set[str]:
    """The logical ids of the versions that SAM would publish."""
    known = {"JwtIssuer": "https://login.example.com/", "JwtAudience": "payouts"}
    return set(load(template, known | parameters).of_type("AWS::Lambda::Version"))


def test_sam_publishes_no_version_for_another_layer_or_parameter_alone(tmp_path: Path) -> None:
    """Why a deployment is stamped. Should this fail one day, the stamp is needed no more."""
    text = (ROOT / "template.yaml").read_text()
    changed, other_code = tmp_path / "layer.yaml", tmp_path / "code.yaml"
    changed.write_text(text.replace("ContentUri: layers/payouts", "ContentUri: layers/other"))
    other_code.write_text(text.replace("CodeUri: functions/", "CodeUri: other/"))
    before = versions(ROOT / "template.yaml")
    assert len(before) == 4
    assert versions(changed) == versions(ROOT / "template.yaml", SnapStart="on", MaxAmount="20000.00") == before
    assert not versions(other_code) & before


def test_no_two_deployments_have_the_same_code(tmp_path: Path) -> None:
    functions = [tmp_path / ".aws-sam" / name for name in ("build/PollerFunction", "build-x86_64/ApiFunction")]
    layer = tmp_path / ".aws-sam" / "build" / "PayoutsLayer"
    for folder in (*functions, layer):
        folder.mkdir(parents=True)
    seen = set()
    for _ in range(2):
        deploy.stamp(tmp_path)
        seen |= {(folder / "DEPLOYED").read_text() for folder in functions}
    assert len(seen) == 4
    assert list(layer.iterdir()) == []


def test_the_secret_is_filled_in_from_a_file(account: boto3.Session, secret: str, tmp_path: Path) -> None:
    file = tmp_path / "doku.json"
    file.write_text(doku_secret.generate())
    deploy.fill_secret(account.client("secretsmanager"), secret, file, nobody)
    assert held(account, secret) == json.loads(file.read_text())
    deploy.fill_secret(account.client("secretsmanager"), secret, None, nobody)  # nothing is asked any more


@pytest.mark.parametrize("text", ["{}", "no json", json.dumps(dict.fromkeys(doku_secret.FIELDS, "x"))])
def test_a_file_that_is_no_secret_leaves_it_as_it_was(
    account: boto3.Session, secret: str, tmp_path: Path, text: str
) -> None:
    file = tmp_path / "doku.json"
    file.write_text(text)
    with pytest.raises(deploy.Stopped):
        deploy.fill_secret(account.client("secretsmanager"), secret, file, nobody)
    with pytest.raises(deploy.Stopped, match="can't be read"):
        deploy.fill_secret(account.client("secretsmanager"), secret, tmp_path / "none.json", nobody)
    assert not any(held(account, secret).values())


def test_the_secret_may_wait(account: boto3.Session, secret: str, capsys: pytest.CaptureFixture[str]) -> None:
    deploy.fill_secret(account.client("secretsmanager"), secret, None, lambda _: "")
    assert "nothing can be paid before" in capsys.readouterr().out


def test_without_a_login(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    assert deploy.main(["--env", "sandbox", "--yes"]) == 1
    assert "aws sso login" in capsys.readouterr().err


def test_with_a_profile_that_is_not_there(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("AWS_PROFILE", "nonexistent")
    assert deploy.main(["--env", "sandbox", "--yes"]) == 1
    told = capsys.readouterr().err
    assert "nonexistent" in told
    assert "aws sso login" in told


def outputs(account: boto3.Session, secret_id: str) -> dict[str, str]:
    table = f"transfers-{uuid4()}"
    account.client("dynamodb").create_table(
        TableName=table,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
    )
    names = ("ApiUrl", "UnpaidNotificationUrl", "RefundNotificationUrl")
    return {"SecretId": secret_id, "TableName": table} | dict.fromkeys(names, "http://127.0.0.1:1")


def stack_with(found: dict[str, str], parameters: Sequence[str]) -> dict[str, Any]:
    """A stack as SAM would leave it, as far as its parameters and outputs go."""
    given = dict(text.split("=", 1) for text in parameters)
    template = {
        "Parameters": {name: {"Type": "String"} for name in given},
        "Resources": {"Queue": {"Type": "AWS::SQS::Queue"}},
        "Outputs": {name: {"Value": value} for name, value in found.items()},
    }
    return {
        "StackName": STACK,
        "TemplateBody": json.dumps(template),
        "Parameters": [{"ParameterKey": name, "ParameterValue": value} for name, value in given.items()],
    }


def test_from_nothing_to_the_doctor(
    account: boto3.Session, secret: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found, commands = outputs(account, secret), []
    file = tmp_path / "doku.json"
    file.write_text(doku_secret.generate())
    options = argparse.Namespace(
        env="sandbox",
        sam="sam",
        secret_file=file,
        yes=True,
        parameters=["JwtIssuer=https://login.example.com/", "JwtAudience=payouts", "DokuBaseUrl=http://127.0.0.1:1"],
    )

    def sam(command: Sequence[str]) -> int:
        commands.append(command[:2])
        if command[0] == "sam":
            assert command[command.index("--template-file") + 1].endswith(".aws-sam/build/template.yaml")
            parameters = command[command.index("--parameter-overrides") + 1 :]
            account.client("cloudformation").create_stack(**stack_with(found, parameters))
        return 0

    assert deploy.deploy(options, nobody, sam, ROOT) == 1, "DOKU does not answer here"
    told = capsys.readouterr().out
    assert commands == [["make", "build"], ["sam", "deploy"]]
    assert "build for arm64" in told
    assert "wrong    DOKU's host" in told
    assert held(account, secret) == json.loads(file.read_text())
    deployed = deploy.deployed_parameters(account, STACK)
    assert deployed is not None
    assert deployed.items() >= dict(text.split("=", 1) for text in options.parameters).items()


def test_a_build_that_fails_deploys_nothing(account: boto3.Session, secret: str) -> None:
    options = argparse.Namespace(
        env="sandbox",
        sam="sam",
        secret_file=None,
        yes=True,
        parameters=["JwtIssuer=https://x.example/", "JwtAudience=a"],
    )
    with pytest.raises(deploy.Stopped, match="Nothing was deployed"):
        deploy.deploy(options, nobody, lambda command: int(command[0] == "make"), ROOT)
