"""Builds and deploys, from nothing: asks for what is missing, fills in the secret, and checks the result.

Parameters are those of template.yaml. What is given here counts before samconfig.toml, that before what is deployed.
"""

import argparse
import json
import os
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError
from samtranslator.yaml_helper import yaml_parse

from doku_signing.notification import Scheme
from local.template import TemplateError, check_parameter
from tools.build.artefact import directory as built
from tools.doctor import __main__ as doctor
from tools.doctor import secret as secret_check
from tools.doctor.finding import Verdict
from tools.doctor.setup import of_target
from tools.target import LOG_IN, NoSuchDeployment, find, session_in

Ask = Callable[[str], str]
Run = Callable[[Sequence[str]], int]


class Stopped(Exception):
    """Nothing more is done; the message says why and what to do."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit code 0 when all is deployed and the doctor finds nothing wrong."""
    parser = argparse.ArgumentParser(prog="make deploy", description=__doc__)
    parser.add_argument("--env", default=os.environ.get("ENV"), help="an environment of samconfig.toml: ENV=sandbox")
    parser.add_argument("--sam", default="sam", help="the sam command")
    parser.add_argument("--secret-file", type=Path, help="JSON with DOKU's credentials, put into the stack's secret")
    parser.add_argument("--yes", action="store_true", help="ask nothing: fail where something is missing")
    parser.add_argument("parameters", nargs="*", metavar="Parameter=value", help="parameters of template.yaml")
    options = parser.parse_args(arguments)
    try:
        return deploy(options, _nobody if options.yes else input, _run)
    except (Stopped, TemplateError, NoSuchDeployment) as error:
        print(f"make deploy: {error}", file=sys.stderr)
        return 1


def deploy(options: argparse.Namespace, ask: Ask, run: Run, root: Path = Path()) -> int:
    """The steps, one after the other; each can be repeated. Raises Stopped, TemplateError or NoSuchDeployment."""
    config = environment(options.env, root)
    session = session_in(config["region"])
    print(f"1. AWS account {_account(session)}, region {config['region']}, stack {config['stack_name']}")
    deployed = deployed_parameters(session, config["stack_name"])
    chosen = overrides(config.get("parameter_overrides", ""), options.parameters)
    slots = yaml_parse((root / "template.yaml").read_text())["Parameters"]
    chosen |= missing(slots, chosen, deployed, ask)
    known = {name: slot.get("Default") for name, slot in slots.items()} | (deployed or {}) | chosen
    print(f"2. build for {known['Architecture']} and deploy {'anew' if deployed is None else 'over what is there'}")
    if run(["make", "build", f"ARCH={known['Architecture']}"]) != 0:
        raise Stopped("the build failed; what it said is above. Nothing was deployed")
    stamp(root)
    if run(_sam(options, chosen, built(str(known["Architecture"])))) != 0:
        raise Stopped("sam did not deploy; what it said is above. What was deployed before still runs")
    target = find(options.env, root)
    print("3. the secret")
    fill_secret(target.client("secretsmanager"), target.outputs["SecretId"], options.secret_file, ask)
    print("4. the doctor looks at it")
    code = doctor.told(doctor.examine(of_target(target)))
    print("\n5. Register these two with DOKU; docs/going-live.md has the rest:")
    for name in ("UnpaidNotificationUrl", "RefundNotificationUrl"):
        print(f"   {target.outputs[name]}")
    print(f"   The API is at {target.outputs['ApiUrl']}")
    return code


def stamp(root: Path) -> None:
    """Let the code of every built function differ from what was deployed before.

    SAM publishes a version, and moves the alias to it, only where a function's own code differs. Another layer, which
    holds what moves the money, or another parameter would be deployed and never run.
    """
    for function in (root / ".aws-sam").glob("build*/*Function"):
        (function / "DEPLOYED").write_text(f"{datetime.now(UTC).isoformat()}\n")


def environment(name: str | None, root: Path = Path()) -> dict[str, Any]:
    """The environment's deployment settings in samconfig.toml. Raises Stopped."""
    config = tomllib.loads((root / "samconfig.toml").read_text())
    known = [key for key, value in config.items() if isinstance(value, dict) and "deploy" in value]
    if name not in known:
        raise Stopped(f"say where: make deploy ENV={' or ENV='.join(known)}")
    parameters: dict[str, Any] = config[name]["deploy"]["parameters"]
    return parameters


def overrides(configured: str, given: Sequence[str]) -> dict[str, str]:
    """Parameters by name; those given count before those of samconfig.toml. Raises Stopped."""
    chosen: dict[str, str] = {}
    for text in [*shlex.split(configured), *given]:
        name, found, value = text.partition("=")
        if not found:
            raise Stopped(f"{text!r} is not Parameter=value")
        chosen[name] = value
    return chosen


def missing(
    slots: Mapping[str, Mapping[str, Any]], chosen: Mapping[str, str], deployed: Mapping[str, str] | None, ask: Ask
) -> dict[str, str]:
    """What must still be said, asked for one by one. Raises TemplateError for what the template refuses."""
    if unknown := chosen.keys() - slots.keys():
        raise TemplateError(f"the template has no parameter {', '.join(sorted(unknown))}")
    for name, value in chosen.items():
        check_parameter(name, value, slots[name])
    answers = {}
    for name, slot in slots.items():
        if "Default" not in slot and name not in chosen and name not in (deployed or {}):
            answers[name] = _answer(name, slot, ask)
    return answers


def _answer(name: str, slot: Mapping[str, Any], ask: Ask) -> str:
    while True:
        value = ask(f"   {name}: {slot.get('Description', 'no default')}\n   > ").strip()
        try:
            check_parameter(name, value, slot)
        except TemplateError as error:
            print(f"   {error}")
        else:
            if value:
                return value


def deployed_parameters(session: boto3.Session, stack_name: str) -> dict[str, str] | None:
    """The parameters of the stack that is there; None where there is none."""
    try:
        stacks = session.client("cloudformation").describe_stacks(StackName=stack_name)["Stacks"]
    except ClientError as error:
        if "does not exist" in str(error):
            return None
        raise Stopped(f"stack {stack_name} can't be read: {error}") from error
    return {parameter["ParameterKey"]: parameter["ParameterValue"] for parameter in stacks[0].get("Parameters", [])}


def fill_secret(client: Any, secret_id: str, file: Path | None, ask: Ask) -> None:
    """Put DOKU's credentials in, from a file that passes the doctor's checks. Raises Stopped."""
    filled = any(json.loads(client.get_secret_value(SecretId=secret_id)["SecretString"]).values())
    if file is None and filled:
        print("   it is filled in; --secret-file replaces it")
        return
    if file is None:
        answered = ask("   it is empty. Path of a JSON file with DOKU's credentials (empty: later)\n   > ").strip()
        if not answered:
            print("   later, then: nothing can be paid before. Repeat with --secret-file")
            return
        file = Path(answered)
    try:
        text = file.expanduser().read_text()
    except OSError as error:
        raise Stopped(f"{file} can't be read: {error.strerror}") from error
    findings = list(secret_check.check(text, Scheme.HMAC_SHA512))
    if bad := [finding for finding in findings if finding.verdict is Verdict.WRONG]:
        raise Stopped("; ".join(f"{finding.check}: {finding.seen}. {finding.mend}" for finding in bad))
    client.put_secret_value(SecretId=secret_id, SecretString=text)
    print(f"   filled in from {file}: remove that file now")


def _sam(options: argparse.Namespace, chosen: Mapping[str, str], artefact: Path) -> list[str]:
    command = [options.sam, "deploy", "--config-env", options.env, "--no-fail-on-empty-changeset"]
    command += ["--template-file", str(artefact / "template.yaml")]
    command += ["--no-confirm-changeset"] if options.yes else []
    return [*command, "--parameter-overrides", *(f"{name}={value}" for name, value in chosen.items())]


def _account(session: boto3.Session) -> str:
    try:
        account: str = session.client("sts").get_caller_identity()["Account"]
    except (BotoCoreError, ClientError) as error:
        raise Stopped(f"AWS does not know who you are ({type(error).__name__}). {LOG_IN}") from error
    return account


def _run(command: Sequence[str]) -> int:
    return subprocess.run(command, check=False).returncode


def _nobody(question: str) -> str:
    raise Stopped(f"this must be given, as --yes asks nobody:\n{question}")


if __name__ == "__main__":
    sys.exit(main())
