"""`make deploy` up to the call of SAM: what it asks, what it refuses and why, what it puts into the secret.

`make deploy-check` runs the real SAM.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs
from uuid import uuid4

import boto3
import pytest

from local import doku_secret
from local.aws.moto_server import start
from local.aws.template import TemplateError, load
from local.clock import Clock
from local.gateway.http_server import HttpServer, Request, Response
from tests.support import oidc_provider
from tests.support.harness import ROOT
from tests.support.oidc_provider import Provider
from tests.template.reading import translated
from tools import cli
from tools.deploy import Stopped, deploy
from tools.deploy.account import check_concurrency, identify
from tools.deploy.parameters import environment, for_sam, in_force, missing, overrides
from tools.deploy.secret import fill_secret, is_filled
from tools.deploy.stack import Stack
from tools.errors import UsageError

SLOTS = {
    "JwtIssuer": {"Type": "String", "AllowedPattern": "^https://.+", "Description": "Issuer URL"},
    "JwtAudience": {"Type": "CommaDelimitedList"},
    "MinAmount": {"Type": "String", "Default": "10000.00"},
}
CALLERS = {"JwtIssuer": "https://login.example.com/", "JwtAudience": "payouts"}
REGION, STACK = "ap-southeast-3", "kirim-doku-payouts-sandbox"
Answer = Callable[[str, Request], Response]


def never_asked(question: str) -> str:
    raise AssertionError(f"asked: {question}")


@pytest.fixture
def account(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[boto3.Session]:
    """An AWS account without a stack of ours; moto's is the same for the whole process."""
    with closing(start(0, Clock(tmp_path / "clock"))) as server:
        session = _session(server.url, monkeypatch)
        yield session
        session.client("cloudformation").delete_stack(StackName=STACK)


def _session(url: str, monkeypatch: pytest.MonkeyPatch) -> boto3.Session:
    for name, value in {"ENDPOINT_URL": url, "ACCESS_KEY_ID": "test", "SECRET_ACCESS_KEY": "test"}.items():
        monkeypatch.setenv(f"AWS_{name}", value)
    return boto3.Session(region_name=REGION)


@pytest.fixture
def aws_that_says(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Answer], boto3.Session]]:
    """AWS as a function from action and request to response, for answers that moto does not give."""
    servers = []

    def serve(answer: Answer) -> boto3.Session:
        servers.append(HttpServer(lambda request: answer(_action(request), request), 0))
        servers[-1].start()
        return _session(servers[-1].url, monkeypatch)

    yield serve
    for server in servers:
        server.close()


def _action(request: Request) -> str:
    """The action of a form, else the last part of the path."""
    return parse_qs(request.data.decode()).get("Action", [request.path.rpartition("/")[2]])[0]


@pytest.fixture
def secret(account: boto3.Session) -> str:
    """As CloudFormation creates it: without a value."""
    created: str = account.client("secretsmanager").create_secret(Name=f"doku-{uuid4()}")["ARN"]
    return created


@pytest.fixture
def provider(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Provider]:
    """An identity provider whose certificate authority this process trusts."""
    with oidc_provider.serving(tmp_path) as found:
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(found.authority))
        yield found


def held(account: boto3.Session, secret_id: str) -> dict[str, str]:
    value: dict[str, str] = json.loads(
        account.client("secretsmanager").get_secret_value(SecretId=secret_id)["SecretString"]
    )
    return value


# --- parameters


@pytest.mark.parametrize("name", ["", "prod", "default", "version"])
def test_an_environment_that_is_not_in_the_file(name: str) -> None:
    with pytest.raises(UsageError, match="ENV=sandbox or ENV=production"):
        environment(name, ROOT)


def test_what_is_given_counts_before_the_file() -> None:
    assert overrides("A=1 B='two words'", ["A=3"]) == {"A": "3", "B": "two words"}
    with pytest.raises(UsageError, match="'A' is not Parameter=value"):
        overrides("", ["A"])


def test_only_what_is_missing_is_asked_until_it_is_right(capsys: pytest.CaptureFixture[str]) -> None:
    answers = iter(["login.example.com", "https://login.example.com/", "", "payouts"])
    assert missing(SLOTS, {}, None, lambda _: next(answers)) == CALLERS
    assert "login.example.com" in capsys.readouterr().out


def test_nothing_is_asked_where_it_is_deployed_or_given() -> None:
    deployed = {"JwtIssuer": "https://login.example.com/"}
    assert missing(SLOTS, {"JwtAudience": "payouts"}, deployed, never_asked) == {}


@pytest.mark.parametrize("chosen", [{"Nonsense": "1"}, {"JwtIssuer": "ftp://x"}])
def test_a_parameter_that_the_template_refuses(chosen: dict[str, str]) -> None:
    with pytest.raises(TemplateError, match=next(iter(chosen))):
        missing(SLOTS, chosen, None, never_asked)


def test_chosen_counts_before_deployed_before_default() -> None:
    deployed = {"JwtIssuer": "https://deployed.example/", "MinAmount": "1.00", "OfAnOlderTemplate": "1"}
    found = in_force(SLOTS, {"JwtIssuer": "https://chosen.example/"}, deployed)
    assert found == {"JwtIssuer": "https://chosen.example/", "JwtAudience": "", "MinAmount": "1.00"}


def test_values_are_quoted_for_sam() -> None:
    """That SAM's own parser reads them back is part of `make deploy-check`."""
    chosen = {"DailyAmountLimit": "", "NotificationSources": "203.0.113.0/28, 198.51.100.0/24", "A": 'say "a"'}
    assert for_sam(chosen) == [
        "--parameter-overrides",
        'DailyAmountLimit=""',
        'NotificationSources="203.0.113.0/28, 198.51.100.0/24"',
        'A="say \\"a\\""',
    ]


@pytest.mark.parametrize("value", ["a\\ b", "two\nlines", "ParameterKey=A,ParameterValue=B"])
def test_a_value_that_sam_would_change_is_refused(value: str) -> None:
    with pytest.raises(Stopped, match=r"parameter A is .*SAM can't pass on"):
        for_sam({"A": value})


# --- versions


def versions(template: Path, **parameters: str) -> set[str]:
    """The logical ids of the versions that SAM would publish."""
    return set(load(template, CALLERS | parameters).of_type("AWS::Lambda::Version"))


def test_sam_versions_ignore_layers_and_parameters(tmp_path: Path) -> None:
    """Why a deployment is stamped. Should this fail one day, the stamp is needed no more."""
    text = (ROOT / "template.yaml").read_text()
    changed, other_code = tmp_path / "layer.yaml", tmp_path / "code.yaml"
    changed.write_text(text.replace("ContentUri: layers/payouts", "ContentUri: layers/other"))
    other_code.write_text(text.replace("CodeUri: functions/", "CodeUri: other/"))
    before = versions(ROOT / "template.yaml")
    assert len(before) >= 4
    assert versions(changed) == versions(ROOT / "template.yaml", MaxAmount="20000.00") == before
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


# --- the secret


def test_the_secret_is_filled_in_from_a_file(account: boto3.Session, secret: str, tmp_path: Path) -> None:
    file = tmp_path / "doku.json"
    file.write_text(doku_secret.generate())
    fill_secret(account.client("secretsmanager"), secret, file, never_asked)
    assert held(account, secret) == json.loads(file.read_text())
    fill_secret(account.client("secretsmanager"), secret, None, never_asked)  # it is filled, so nothing is asked


@pytest.mark.parametrize("text", ["", "{}", "no json", json.dumps(dict.fromkeys(doku_secret.FIELDS, "x"))])
def test_a_file_that_is_no_secret_leaves_it_without_a_value(
    account: boto3.Session, secret: str, tmp_path: Path, text: str
) -> None:
    file = tmp_path / "doku.json"
    file.write_text(text)
    with pytest.raises(Stopped):
        fill_secret(account.client("secretsmanager"), secret, file, never_asked)
    with pytest.raises(Stopped, match="can't be read"):
        fill_secret(account.client("secretsmanager"), secret, tmp_path / "none.json", never_asked)
    assert not is_filled(account.client("secretsmanager"), secret)


def test_the_secret_may_wait(account: boto3.Session, secret: str, capsys: pytest.CaptureFixture[str]) -> None:
    fill_secret(account.client("secretsmanager"), secret, None, lambda _: "")
    assert "nothing can be paid before" in capsys.readouterr().out


def test_a_secret_that_is_not_json_counts_as_filled(account: boto3.Session, secret: str) -> None:
    """The doctor says what is wrong with it; nothing replaces it unasked."""
    account.client("secretsmanager").put_secret_value(SecretId=secret, SecretString="by hand")
    fill_secret(account.client("secretsmanager"), secret, None, never_asked)


def test_a_secret_that_is_gone(account: boto3.Session) -> None:
    with pytest.raises(Stopped, match="the secret can't be read"):
        fill_secret(account.client("secretsmanager"), "no-such-secret", None, never_asked)


# --- the identity provider


def test_an_issuer_that_is_right(provider: Provider) -> None:
    deploy.check_issuer(provider.url, None)


def test_an_issuer_that_differs_by_a_slash(provider: Provider) -> None:
    """Also where it is deployed already: every call with a token is refused."""
    issuer = provider.url.rstrip("/")
    for deployed in (None, {"JwtIssuer": issuer}):
        with pytest.raises(Stopped, match=f"calls itself {provider.url}.*a slash at the end counts"):
            deploy.check_issuer(issuer, deployed)


def test_an_issuer_that_is_not_https() -> None:
    with pytest.raises(Stopped, match="begins with https://"):
        deploy.check_issuer("http://127.0.0.1:3000/", None)


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (404, b"{}", "answers HTTP 404 instead of 200"),
        (302, b"{}", "answers HTTP 302 instead of 200"),
        (200, b"<html>", "is not JSON"),
        (200, b"[]", "names no issuer"),
        (200, b"{}", "names no issuer"),
    ],
)
def test_an_issuer_without_a_document(provider: Provider, status: int, body: bytes, said: str) -> None:
    provider.status, provider.body = status, body
    with pytest.raises(Stopped, match=said):
        deploy.check_issuer(provider.url, None)


def test_a_certificate_that_is_not_trusted(provider: Provider, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("REQUESTS_CA_BUNDLE")
    with pytest.raises(Stopped, match="certificate"):
        deploy.check_issuer(provider.url, None)


def test_a_provider_that_is_down_blocks_no_later_deployment(capsys: pytest.CaptureFixture[str]) -> None:
    issuer = "https://127.0.0.1:1/"
    with pytest.raises(Stopped, match=r"can't be fetched \(.*[Rr]efused"):
        deploy.check_issuer(issuer, {"JwtIssuer": "https://another.example/"})
    deploy.check_issuer(issuer, {"JwtIssuer": issuer})
    assert "warning: https://127.0.0.1:1/.well-known/openid-configuration can't be fetched" in capsys.readouterr().out


# --- the account


def test_without_a_login(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    assert cli.main(["deploy", "--env", "sandbox", "--yes"]) == 1
    assert "aws sso login" in capsys.readouterr().err


def test_with_a_profile_that_is_not_there(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("AWS_PROFILE", "nonexistent")
    assert cli.main(["deploy", "--env", "sandbox", "--yes"]) == 1
    printed = capsys.readouterr().err
    assert "nonexistent" in printed
    assert "aws sso login" in printed


IDENTITY = """<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>
<Account>123456789012</Account></GetCallerIdentityResult></GetCallerIdentityResponse>"""
INVALID = """<ErrorResponse><Error><Code>InvalidClientTokenId</Code>
<Message>The security token included in the request is invalid</Message></Error></ErrorResponse>"""


def opt_in(status: str) -> Answer:
    """AWS with valid credentials, and our Region in this state."""

    def answer(action: str, request: Request) -> Response:
        if action == "getRegionOptStatus":
            return Response(json.dumps({"RegionName": REGION, "RegionOptStatus": status}), 200)
        accepted = f"/{REGION}/" not in (request.headers.get("authorization") or "")
        return Response(IDENTITY, 200) if accepted else Response(INVALID, 403)

    return answer


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (
            "DISABLED",
            f"(?s)Region {REGION} is not enabled in account 123456789012.*aws account enable-region --region-name",
        ),
        ("ENABLING", f"Region {REGION} is being enabled"),
        ("ENABLED", f"Region {REGION} is enabled.*AWS_STS_REGIONAL_ENDPOINTS=regional"),
    ],
)
def test_a_region_that_does_not_accept_the_login(
    aws_that_says: Callable[[Answer], boto3.Session], status: str, said: str
) -> None:
    with pytest.raises(Stopped, match=said):
        identify(aws_that_says(opt_in(status)))


def test_credentials_that_are_wrong_everywhere(aws_that_says: Callable[[Answer], boto3.Session]) -> None:
    session = aws_that_says(lambda _action, _request: Response(INVALID, 403))
    with pytest.raises(Stopped, match=r"AWS does not know who you are .*InvalidClientTokenId"):
        identify(session)


def concurrency(total: int, unreserved: int, held_by_ours: int) -> Answer:
    """Lambda of an account with these limits, in which our function holds this much."""

    def answer(action: str, request: Request) -> Response:
        limit = {"ConcurrentExecutions": total, "UnreservedConcurrentExecutions": unreserved}
        found = {
            "": {"AccountLimit": limit},
            "account-settings": {"AccountLimit": limit},
            "concurrency": {"ReservedConcurrentExecutions": held_by_ours},
        }
        if action == "ListStackResources":
            return Response(RESOURCES, 200)
        return Response(json.dumps(found[action]), 200)

    return answer


RESOURCES = """<ListStackResourcesResponse xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/">
<ListStackResourcesResult><StackResourceSummaries><member><LogicalResourceId>StatusPollerFunction</LogicalResourceId>
<PhysicalResourceId>poller</PhysicalResourceId><ResourceType>AWS::Lambda::Function</ResourceType>
<ResourceStatus>CREATE_COMPLETE</ResourceStatus></member></StackResourceSummaries></ListStackResourcesResult>
</ListStackResourcesResponse>"""


def _check_concurrency(session: boto3.Session, *, deployed: bool = False, **parameters: str) -> None:
    status = "CREATE_COMPLETE" if deployed else ""
    stack = Stack(session.client("cloudformation"), STACK, REGION, status, {} if deployed else None)
    check_concurrency(session, translated(**parameters), stack, "production")


@pytest.mark.parametrize(("total", "unreserved"), [(10, 10), (1000, 221), (100, 100)])
def test_an_account_without_room_for_the_reservation(
    aws_that_says: Callable[[Answer], boto3.Session], total: int, unreserved: int
) -> None:
    session = aws_that_says(concurrency(total, unreserved, 0))
    said = (
        f"(?s)2 for StatusPollerFunction.*This account has {total} in {REGION}, {unreserved} of it.*--desired-value 1"
        ".*make deploy ENV=production ARGS=ReserveConcurrency=false"
    )
    with pytest.raises(Stopped, match=said):
        _check_concurrency(session)
    _check_concurrency(session, ReserveConcurrency="false")


def test_an_account_with_room(aws_that_says: Callable[[Answer], boto3.Session]) -> None:
    session = aws_that_says(concurrency(1000, 222, 0))
    _check_concurrency(session)
    with pytest.raises(Stopped, match="5 for StatusPollerFunction"):
        _check_concurrency(session, Pollers="4")


def test_what_the_stack_holds_already_counts_as_room(aws_that_says: Callable[[Answer], boto3.Session]) -> None:
    session = aws_that_says(concurrency(1000, 220, 2))
    _check_concurrency(session, deployed=True)
    with pytest.raises(Stopped, match="5 for StatusPollerFunction"):
        _check_concurrency(session, deployed=True, Pollers="4")


# --- the stack

CLOUDFORMATION = 'xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/"'
EVENTS = (
    ("StatusEventBus", "AWS::Events::EventBus", "CREATE_FAILED", "the bus already exists", "bus"),
    ("PayoutsLayer", "AWS::Lambda::LayerVersion", "DELETE_SKIPPED", "", "layer:1"),
    ("HttpApi", "AWS::ApiGatewayV2::Api", "CREATE_FAILED", "Resource creation cancelled", "api"),
    ("TransfersTable", "AWS::DynamoDB::Table", "DELETE_SKIPPED", "", "the-table"),
)


def stack_in(status: str) -> Answer:
    """CloudFormation with our stack in this state, after a deployment that failed."""
    events = "".join(
        f"<member><EventId>{number}</EventId><StackId>s</StackId><StackName>{STACK}</StackName>"
        f"<Timestamp>2026-11-28T00:00:00Z</Timestamp><LogicalResourceId>{name}</LogicalResourceId>"
        f"<ResourceType>{kind}</ResourceType><ResourceStatus>{state}</ResourceStatus>"
        f"<ResourceStatusReason>{reason}</ResourceStatusReason><PhysicalResourceId>{known}</PhysicalResourceId></member>"
        for number, (name, kind, state, reason, known) in reversed(list(enumerate(EVENTS)))
    )
    stack = f"<member><StackName>{STACK}</StackName><StackStatus>{status}</StackStatus></member>"
    bodies = {
        "DescribeStacks": f"<Stacks>{stack}</Stacks>",
        "DescribeStackEvents": f"<StackEvents>{events}</StackEvents>",
    }

    def answer(action: str, _request: Request) -> Response:
        body = (
            f"<{action}Response {CLOUDFORMATION}><{action}Result>{bodies[action]}</{action}Result></{action}Response>"
        )
        return Response(body, 200)

    return answer


@pytest.mark.parametrize("status", ["ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "DELETE_FAILED"])
def test_a_stack_that_can_only_be_deleted(aws_that_says: Callable[[Answer], boto3.Session], status: str) -> None:
    stack = Stack.read(aws_that_says(stack_in(status)), STACK)
    with pytest.raises(Stopped) as stopped:
        stack.check_state()
    said = str(stopped.value)
    assert f"stack {STACK} is {status}" in said
    assert "StatusEventBus (AWS::Events::EventBus): the bus already exists" in said
    assert "does not belong to this stack" in said
    assert "HttpApi" not in said, "CloudFormation cancelled it because of the other"
    assert "TransfersTable (AWS::DynamoDB::Table): the-table" in said
    assert "PayoutsLayer" not in said
    assert f"aws cloudformation delete-stack --stack-name {STACK} --region {REGION}" in said


@pytest.mark.parametrize(
    ("status", "said"),
    [
        ("UPDATE_ROLLBACK_FAILED", "(?s)StatusEventBus.*aws cloudformation continue-update-rollback"),
        ("UPDATE_IN_PROGRESS", "another deployment or deletion is running"),
        ("DELETE_IN_PROGRESS", "another deployment or deletion is running"),
    ],
)
def test_a_stack_that_is_busy_or_stuck(
    aws_that_says: Callable[[Answer], boto3.Session], status: str, said: str
) -> None:
    with pytest.raises(Stopped, match=said):
        Stack.read(aws_that_says(stack_in(status)), STACK).check_state()


@pytest.mark.parametrize("status", ["CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE"])
def test_a_stack_that_can_be_updated(aws_that_says: Callable[[Answer], boto3.Session], status: str) -> None:
    stack = Stack.read(aws_that_says(stack_in(status)), STACK)
    stack.check_state()
    assert stack.parameters == {}


def test_changes_that_were_never_confirmed_are_no_deployment(aws_that_says: Callable[[Answer], boto3.Session]) -> None:
    stack = Stack.read(aws_that_says(stack_in("REVIEW_IN_PROGRESS")), STACK)
    stack.check_state()
    assert stack.parameters is None


def test_a_failure_names_only_what_came_after_its_beginning(aws_that_says: Callable[[Answer], boto3.Session]) -> None:
    stack = Stack.read(aws_that_says(stack_in("UPDATE_ROLLBACK_COMPLETE")), STACK)
    assert "StatusEventBus" in stack.explain_failure(since="")
    later = stack.explain_failure(since=stack.last_event())
    assert "StatusEventBus" not in later
    assert "The version before still runs" in later


# --- all of it


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
    given = {name: value.strip('"') for name, value in (text.split("=", 1) for text in parameters)}
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


def options(provider: Provider, secret_file: Path | None = None) -> deploy.Request:
    parameters = [f"JwtIssuer={provider.url}", "JwtAudience=payouts", "DokuBaseUrl=http://127.0.0.1:1"]
    return deploy.Request("sandbox", parameters, secret_file, yes=True)


def test_from_nothing_to_the_doctor(
    account: boto3.Session, secret: str, provider: Provider, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found, commands = outputs(account, secret), list[Sequence[str]]()
    file = tmp_path / "doku.json"
    file.write_text(doku_secret.generate())
    given = options(provider, file)

    def sam(command: Sequence[str]) -> int:
        commands.append(command)
        if "sam" in command:
            assert command[command.index("--config-file") + 1] == str(ROOT / "samconfig.toml")
            assert command[command.index("--template-file") + 1].endswith(".aws-sam/build/template.yaml")
            parameters = command[command.index("--parameter-overrides") + 1 :]
            account.client("cloudformation").create_stack(**stack_with(found, parameters))
        return 0

    assert not deploy.deploy(given, never_asked, sam, ROOT), "DOKU does not answer here"
    printed = capsys.readouterr().out
    build, deployed_by = commands
    assert build[:2] == ["make", "build"]
    group = deployed_by.index("--only-group")
    assert deployed_by[group : group + 4] == ["--only-group", "sam", "sam", "deploy"]
    assert "build for arm64" in printed
    assert "wrong    DOKU's host" in printed
    assert held(account, secret) == json.loads(file.read_text())
    deployed = Stack.read(account, STACK).parameters
    assert deployed is not None
    assert deployed.items() >= dict(text.split("=", 1) for text in given.parameters).items()


def test_a_wrong_issuer_builds_nothing(account: boto3.Session, provider: Provider) -> None:
    provider.state("https://another.example/")
    with pytest.raises(Stopped, match=r"calls itself https://another\.example/"):
        deploy.deploy(options(provider), never_asked, lambda command: pytest.fail(f"ran {command}"), ROOT)


def test_a_build_that_fails_deploys_nothing(account: boto3.Session, provider: Provider) -> None:
    with pytest.raises(Stopped, match="Nothing was deployed"):
        deploy.deploy(options(provider), never_asked, lambda command: int(command[0] == "make"), ROOT)


def test_changes_that_are_not_confirmed(account: boto3.Session, provider: Provider) -> None:
    """SAM ends with 0 where a person answers no."""
    with pytest.raises(Stopped, match="not confirmed, so nothing was deployed"):
        deploy.deploy(options(provider), never_asked, lambda _: 0, ROOT)
