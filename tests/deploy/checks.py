"""The checks, each building upon the one before. All deploy the same sandbox stack."""

import json
import platform
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.deploy.emulator import REGION, Emulator
from tests.deploy.workspace import Ended, Workspace
from tools import locked
from tools.deploy.parameters import for_sam

STACK = "kirim-doku-payouts-sandbox"
_BUS = f"{STACK}-status-events"
_NETWORKS = "203.0.113.0/28, 198.51.100.0/24"
_FUNCTION = "TransferApiFunction"


@dataclass
class Deployment:
    """The account, the checkout it is deployed from, and what `make deploy` printed last."""

    aws: Emulator
    workspace: Workspace
    secret: Path
    issuer: str
    doku_url: str
    last: Ended = field(default_factory=lambda: Ended(0, ""))

    def deploy(self, *arguments: str, expected: int = 0) -> str:
        """What `make deploy` printed. What replaces a value of samconfig.toml is given each time."""
        self.last = self.workspace.deploy(*arguments, f"DokuBaseUrl={self.doku_url}", "ReserveConcurrency=true")
        assert bool(self.last.code) == bool(expected), f"exit code {self.last.code}"
        return self.last.output

    def first_deploy(self, expected: int = 0) -> str:
        """Run `make deploy` with everything that a new stack needs."""
        architecture = "x86_64" if platform.machine() in ("x86_64", "AMD64") else "arm64"
        return self.deploy(
            f"--secret-file={self.secret}",
            f"JwtIssuer={self.issuer}",
            "JwtAudience=payouts",
            f"Architecture={architecture}",
            "DailyAmountLimit=500000000.00",
            f"NotificationSources={_NETWORKS}",
            expected=expected,
        )

    def stack(self) -> dict[str, Any]:
        """The stack as CloudFormation describes it."""
        found: dict[str, Any] = self.aws.client("cloudformation").describe_stacks(StackName=STACK)["Stacks"][0]
        return found

    def parameters(self) -> dict[str, str]:
        """The stack's parameters."""
        return {one["ParameterKey"]: one["ParameterValue"] for one in self.stack()["Parameters"]}

    def physical_id(self, name: str) -> str:
        """What a resource is called in the account."""
        client = self.aws.client("cloudformation")
        resource = client.describe_stack_resource(StackName=STACK, LogicalResourceId=name)["StackResourceDetail"]
        return str(resource["PhysicalResourceId"])

    def stored_secret(self) -> dict[str, str]:
        """What is in the stack's secret."""
        client = self.aws.client("secretsmanager")
        text = client.get_secret_value(SecretId=self.physical_id("DokuSecret"))["SecretString"]
        value: dict[str, str] = json.loads(text)
        return value

    def live(self) -> Mapping[str, Any]:
        """The configuration of the version that the API's alias leads to."""
        client, name = self.aws.client("lambda"), self.physical_id(_FUNCTION)
        version = client.get_alias(FunctionName=name, Name="live")["FunctionVersion"]
        found: Mapping[str, Any] = client.get_function_configuration(FunctionName=name, Qualifier=version)
        return found


def parameters_as_sam_reads_them(deployment: Deployment) -> None:
    """SAM's own parser, in its own environment, returns every value whole."""
    chosen = {
        "DailyAmountLimit": "",
        "NotificationSources": _NETWORKS,
        "CorsOrigins": "https://pay.example.com,https://back.example.com",
        "JwtAudience": 'it\'s,"quoted",a=b c=d',
        "JwtIssuer": "https://login.example.com/realms/a?b='c d'",
    }
    program = (
        "import json, sys; from samcli.cli.types import CfnParameterOverridesType as T;"
        "print(json.dumps(T().convert(tuple(sys.argv[2:]), None, None)))"
    )
    command = locked.command("sam", "python", "-c", program, *for_sam(chosen))
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    deployment.last = Ended(ended.returncode, ended.stdout + ended.stderr)
    assert json.loads(ended.stdout) == chosen


def failing_first_deploy(deployment: Deployment) -> None:
    """A name that is taken: the cause is named, and the rollback leaves no table, secret or key."""
    deployment.aws.client("events").create_event_bus(Name=_BUS)
    output = deployment.first_deploy(expected=1)
    assert deployment.stack()["StackStatus"] == "ROLLBACK_COMPLETE"
    assert "StatusEventBus (AWS::Events::EventBus)" in output
    assert "does not belong to this stack" in output
    assert f"aws cloudformation delete-stack --stack-name {STACK} --region {REGION}" in output
    assert "left behind" not in output
    assert deployment.aws.client("dynamodb").list_tables()["TableNames"] == []
    assert deployment.aws.client("secretsmanager").list_secrets()["SecretList"] == []


def clean_up(deployment: Deployment) -> None:
    """The empty stack is refused before anything is built, with the command that deletes it."""
    output = deployment.first_deploy(expected=1)
    assert "is ROLLBACK_COMPLETE" in output
    assert "StatusEventBus" in output
    assert f"aws cloudformation delete-stack --stack-name {STACK} --region {REGION}" in output
    assert "2. build" not in output
    client = deployment.aws.client("cloudformation")
    client.delete_stack(StackName=STACK)
    client.get_waiter("stack_delete_complete").wait(StackName=STACK, WaiterConfig={"Delay": 1})
    deployment.aws.client("events").delete_event_bus(Name=_BUS)


def first_deploy(deployment: Deployment) -> None:
    """From nothing: the stack stands with all parameters as they were given."""
    output = deployment.first_deploy()
    parameters = deployment.parameters()
    assert parameters["NotificationSources"] == _NETWORKS
    assert parameters["DailyAmountLimit"] == "500000000.00"
    assert parameters["JwtIssuer"] == deployment.issuer
    assert deployment.live()["Environment"]["Variables"]["DAILY_AMOUNT_LIMIT"] == "500000000.00"
    assert "/notifications/kirim-doku/unpaid" in output


def secret_and_doctor(deployment: Deployment) -> None:
    """The secret holds what was in the file, and the doctor finds the API, DOKU and the issuer in order."""
    assert deployment.stored_secret() == json.loads(deployment.secret.read_text())
    output = deployment.last.output
    assert " 0 wrong" in output
    for found in ("ok       API", "ok       notification URL", "ok       identity provider", "ok       balance"):
        assert found in output, found


def one_parameter_changed(deployment: Deployment) -> None:
    """Only that parameter changes; a new version runs with the secret and everything else as before."""
    before, secret, live = deployment.parameters(), deployment.stored_secret(), deployment.live()
    deployment.deploy("StatusEvents=false")
    assert deployment.parameters() == before | {"StatusEvents": "false"}
    assert deployment.stored_secret() == secret
    assert deployment.live()["Version"] != live["Version"]


def parameter_cleared(deployment: Deployment) -> None:
    """`DailyAmountLimit=` clears the limit, in the stack and in the function."""
    before = deployment.parameters()
    deployment.deploy("DailyAmountLimit=")
    assert deployment.parameters() == before | {"DailyAmountLimit": ""}
    assert not deployment.live()["Environment"]["Variables"].get("DAILY_AMOUNT_LIMIT")


def rollback(deployment: Deployment) -> None:
    """An update that fails is undone: parameters, secret and the running version are those of before."""
    before, secret, live = deployment.parameters(), deployment.stored_secret(), deployment.live()
    deployment.aws.client("events").create_event_bus(Name=_BUS)
    output = deployment.deploy("StatusEvents=true", "MaxAmount=20000.00", expected=1)
    assert "StatusEventBus (AWS::Events::EventBus)" in output
    assert "The version before still runs" in output
    assert deployment.stack()["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert deployment.parameters() == before
    assert deployment.stored_secret() == secret
    assert deployment.live()["CodeSha256"] == live["CodeSha256"]
    assert deployment.live()["Environment"] == live["Environment"]


CHECKS: dict[str, Callable[[Deployment], None]] = {
    "parameters as SAM's parser reads them": parameters_as_sam_reads_them,
    "a failing first deploy": failing_first_deploy,
    "its clean-up": clean_up,
    "first deploy": first_deploy,
    "secret from a file, and the doctor": secret_and_doctor,
    "second deploy with one parameter changed": one_parameter_changed,
    "a parameter cleared": parameter_cleared,
    "rollback of a failing update": rollback,
}
