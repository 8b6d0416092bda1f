"""Builds and deploys, from nothing: asks for what is missing, fills in the secret, and checks the result.

Parameters are those of template.yaml. What is given here counts before samconfig.toml, that before what is deployed.
"""

import argparse
import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import boto3
from samtranslator.yaml_helper import yaml_parse

from local.aws.template import TemplateError, load
from tools import issuer
from tools.build.artefact import directory as built
from tools.deploy import Stopped
from tools.deploy.account import check_concurrency, identify
from tools.deploy.parameters import Ask, environment, for_sam, in_force, missing, overrides
from tools.deploy.secret import fill_secret
from tools.deploy.stack import Stack
from tools.deployment import NoSuchDeployment, find, session_in
from tools.doctor import __main__ as doctor
from tools.doctor.setup import of_target

Run = Callable[[Sequence[str]], int]


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
        return deploy(options, _refuse_to_ask if options.yes else input, _run)
    except (Stopped, TemplateError, NoSuchDeployment) as error:
        print(f"make deploy: {error}", file=sys.stderr)
        return 1


def deploy(options: argparse.Namespace, ask: Ask, run: Run, root: Path = Path()) -> int:
    """The steps, one after the other; each can be repeated. Raises Stopped, TemplateError or NoSuchDeployment."""
    config = environment(options.env, root)
    session = session_in(config["region"])
    account = identify(session)
    _say(f"1. AWS account {account}, region {config['region']}, stack {config['stack_name']}")
    stack = Stack.read(session, config["stack_name"])
    stack.check_state()
    chosen = overrides(config.get("parameter_overrides", ""), options.parameters)
    slots = yaml_parse((root / "template.yaml").read_text())["Parameters"]
    chosen |= missing(slots, chosen, stack.parameters, ask)
    parameters = in_force(slots, chosen, stack.parameters)
    check_issuer(parameters["JwtIssuer"], stack.parameters)
    check_concurrency(session, load(root / "template.yaml", parameters), stack, options.env)
    _build(parameters["Architecture"], stack, run, root)
    _deploy(options, chosen, built(parameters["Architecture"]), stack, session, run, root)
    return _finish(options, ask, root)


def check_issuer(issuer_url: str, deployed: Mapping[str, str] | None) -> None:
    """Raise Stopped if JwtIssuer can't work.

    An issuer that is deployed already only has to be spelled right: a provider that is down must not block a fix.
    """
    try:
        issuer.check(issuer_url)
    except issuer.IssuerUnreachable as error:
        if (deployed or {}).get("JwtIssuer") != issuer_url:
            raise Stopped(str(error)) from error
        print(f"   warning: {error}")
    except issuer.IssuerError as error:
        raise Stopped(str(error)) from error


def _build(architecture: str, stack: Stack, run: Run, root: Path) -> None:
    target = "as a new stack" if stack.parameters is None else "over what is there"
    _say(f"2. build for {architecture}, to be deployed {target}")
    if run(["make", "build", f"ARCH={architecture}"]) != 0:
        raise Stopped("the build failed; its output is above. Nothing was deployed")
    stamp(root)


def _deploy(
    options: argparse.Namespace,
    chosen: Mapping[str, str],
    artefact: Path,
    stack: Stack,
    session: boto3.Session,
    run: Run,
    root: Path,
) -> None:
    _say("3. deploy with sam; a first deployment takes about five minutes")
    before = stack.last_event()
    code = run(_sam(options, chosen, artefact, root))
    after = Stack.read(session, stack.name)
    if code != 0:
        raise Stopped(after.explain_failure(before))
    if after.parameters is None:
        raise Stopped("the changes were not confirmed, so nothing was deployed")


def _finish(options: argparse.Namespace, ask: Ask, root: Path) -> int:
    target = find(options.env, root)
    _say("4. the secret")
    fill_secret(target.client("secretsmanager"), target.outputs["SecretId"], options.secret_file, ask)
    _say("5. the doctor checks the deployment")
    code = doctor.told(doctor.examine(of_target(target)))
    print("\n6. Register these two with DOKU; docs/going-live.md has the rest:")
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


def _sam(options: argparse.Namespace, chosen: Mapping[str, str], artefact: Path, root: Path) -> list[str]:
    """SAM looks for samconfig.toml beside the template, which is in the build folder: so it is named."""
    command = [options.sam, "deploy", "--config-file", str((root / "samconfig.toml").resolve())]
    command += ["--config-env", options.env, "--no-fail-on-empty-changeset"]
    command += ["--template-file", str(artefact / "template.yaml")]
    command += ["--no-confirm-changeset"] if options.yes else []
    return [*command, *for_sam(chosen)]


def _run(command: Sequence[str]) -> int:
    return subprocess.run(command, check=False, env={**os.environ, "SAM_CLI_TELEMETRY": "0"}).returncode


def _say(step: str) -> None:
    print(step, flush=True)


def _refuse_to_ask(question: str) -> str:
    raise Stopped(f"this must be given, as --yes asks nothing:\n{question}")


if __name__ == "__main__":
    sys.exit(main())
