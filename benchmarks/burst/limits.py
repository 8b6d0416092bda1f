"""The limits, variables and the table of a deployment with default parameters, read from template.yaml."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from benchmarks.child_process import ROOT
from local.aws import bundle
from local.aws.template import Template, load

_PARAMETERS = {"JwtIssuer": "https://login.example.com/", "JwtAudience": "payouts"}
_ROUTE = "POST /v1/transfers"
_ACCOUNT_CONCURRENCY = 1000
"""Concurrent invocations of an AWS account, unless AWS raises them."""
_AWS = {"AWS_DEFAULT_REGION": "ap-southeast-3", "AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing"}
_QUIET = {"POWERTOOLS_LOG_LEVEL": "CRITICAL", "POWERTOOLS_METRICS_DISABLED": "true"}


@dataclass(frozen=True)
class Limits:
    """Requests in a second of the create route, concurrency and time-outs (seconds) of API and poller."""

    requests_per_second: float
    api_concurrency: int
    api_timeout: float
    poller_concurrency: int
    poller_timeout: float
    pollers: int
    table: Mapping[str, Any]
    environment: Mapping[str, str]

    @classmethod
    def read(cls) -> "Limits":
        """Read the template."""
        template = load(ROOT / "template.yaml", _PARAMETERS)
        functions = bundle.read(template).functions
        api, poller = functions["TransferApiFunction"], functions["StatusPollerFunction"]
        (stage,) = template.of_type("AWS::ApiGatewayV2::Stage").values()
        (table,) = template.of_type("AWS::DynamoDB::Table").values()
        return cls(
            requests_per_second=float(template.resolve(stage["RouteSettings"][_ROUTE]["ThrottlingRateLimit"])),
            api_concurrency=_concurrency(template, api.name),
            api_timeout=api.timeout,
            poller_concurrency=_concurrency(template, poller.name),
            poller_timeout=poller.timeout,
            pollers=int(template.parameters["Pollers"]),
            table=table,
            environment=_variables(template, api.variables) | _variables(template, poller.variables) | _AWS | _QUIET,
        )


def _concurrency(template: Template, function: str) -> int:
    """The function's reserved concurrency, else what the others leave of the account's."""
    reserved = {
        name: int(found)
        for name, properties in template.of_type("AWS::Lambda::Function").items()
        if (found := template.resolve(properties.get("ReservedConcurrentExecutions"))) is not None
    }
    return reserved.get(function, _ACCOUNT_CONCURRENCY - sum(reserved.values()))


def _variables(template: Template, variables: Mapping[str, Any]) -> dict[str, str]:
    """A function's variables, with logical ids in place of what only a deployment knows."""
    resolved = {name: template.resolve(value) for name, value in variables.items()}
    return {name: value if isinstance(value, str) else str(value.get("Ref")) for name, value in resolved.items()}
