"""The AWS account before a deployment: credentials, Region, and room for the reserved concurrency."""

from collections.abc import Mapping
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from local.aws.template import Template
from tools.deploy import Stopped
from tools.deploy.stack import Stack
from tools.deployment import LOG_IN

_ALWAYS_ENABLED = "us-east-1"
_REFUSED = frozenset({"InvalidClientTokenId", "UnrecognizedClientException", "AuthFailure", "OptInRequired"})
"""AWS's error codes in a Region that is not enabled; wrong credentials have the same codes."""
_KEPT_UNRESERVED = 100
"""Concurrent executions that Lambda keeps for functions without a reservation."""
_CONCURRENCY_QUOTA = "L-B99A9384"


def identify(session: boto3.Session) -> str:
    """The number of the account. Raises Stopped without valid credentials, or where the Region is not enabled."""
    try:
        return _account(session)
    except ClientError as error:
        if error.response["Error"].get("Code") in _REFUSED:
            _check_region(session)
        raise _unknown(error) from error
    except BotoCoreError as error:
        raise _unknown(error) from error


def _account(session: boto3.Session, region: str | None = None) -> str:
    account: str = session.client("sts", region_name=region).get_caller_identity()["Account"]
    return account


def _unknown(error: Exception) -> Stopped:
    return Stopped(f"AWS does not know who you are ({type(error).__name__}: {error}). {LOG_IN}")


def _check_region(session: boto3.Session) -> None:
    """Raise Stopped if the credentials are valid elsewhere, so that the Region is the cause."""
    try:
        account = _account(session, _ALWAYS_ENABLED)
    except (BotoCoreError, ClientError):
        return
    region = session.region_name
    status = _opt_in_status(session, region)
    if status == "ENABLED":
        raise Stopped(
            f"Region {region} is enabled in account {account}, but does not accept these credentials: session tokens of"
            " the global STS endpoint are not valid in opt-in Regions. Set AWS_STS_REGIONAL_ENDPOINTS=regional and log"
            " in again"
        )
    if status == "ENABLING":
        raise Stopped(f"Region {region} is being enabled in account {account}; try again in some minutes")
    raise Stopped(
        f"Region {region} is not enabled in account {account}: it is an opt-in Region. Enable it with\n"
        f"   aws account enable-region --region-name {region}\n"
        f"and deploy when this says ENABLED, after some minutes or hours:\n"
        f"   aws account get-region-opt-status --region-name {region}"
    )


def _opt_in_status(session: boto3.Session, region: str) -> str:
    """The Region's status in this account; DISABLED where the caller may not ask."""
    try:
        client = session.client("account", region_name=_ALWAYS_ENABLED)
        status: str = client.get_region_opt_status(RegionName=region)["RegionOptStatus"]
    except (BotoCoreError, ClientError):
        return "DISABLED"
    return status


def check_concurrency(session: boto3.Session, template: Template, stack: Stack, environment: str) -> None:
    """Raise Stopped where the account has too little concurrency for what the template reserves."""
    wanted = reserved_by(template)
    if not wanted:
        return
    functions = session.client("lambda")
    try:
        limit = functions.get_account_settings()["AccountLimit"]
        held = sum(_reserved(functions, name) for name in stack.functions())
    except ClientError as error:
        print(f"   the account's concurrency can't be read, so it is not checked: {error}")
        return
    total, unreserved = limit["ConcurrentExecutions"], limit["UnreservedConcurrentExecutions"] + held
    if unreserved - sum(wanted.values()) < _KEPT_UNRESERVED:
        raise Stopped(_too_little(wanted, total, unreserved, session.region_name, environment))


def reserved_by(template: Template) -> Mapping[str, int]:
    """The concurrency that the template reserves, by function."""
    functions = template.of_type("AWS::Lambda::Function")
    found = {name: template.resolve(p.get("ReservedConcurrentExecutions")) for name, p in functions.items()}
    return {name: int(value) for name, value in found.items() if value is not None}


def _reserved(functions: Any, name: str) -> int:
    return int(functions.get_function_concurrency(FunctionName=name).get("ReservedConcurrentExecutions", 0))


def _too_little(wanted: Mapping[str, int], total: int, unreserved: int, region: str, environment: str) -> str:
    needed = max(1000, total - unreserved + sum(wanted.values()) + _KEPT_UNRESERVED)
    reserves = " and ".join(f"{count} for {name}" for name, count in wanted.items())
    return (
        f"the template reserves concurrency, {reserves}, and Lambda keeps {_KEPT_UNRESERVED} unreserved. This account"
        f" has {total} in {region}, {unreserved} of it unreserved; a new account starts with 10. Ask for {needed},"
        " which takes minutes to days:\n"
        f"   aws service-quotas request-service-quota-increase --region {region} --service-code lambda \\\n"
        f"     --quota-code {_CONCURRENCY_QUOTA} --desired-value {needed}\n"
        "Until then, deploy without the reservation:\n"
        f"   make deploy ENV={environment} ARGS=ReserveConcurrency=false"
    )
