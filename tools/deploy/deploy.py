"""Build, deploy and check: ask for missing parameters, fill in the secret, and run the doctor on the result.

Parameters are those of template.yaml. The command line overrides samconfig.toml, which overrides the deployed values.
"""

import os
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import boto3
from samtranslator.yaml_helper import yaml_parse

from local.aws.template import load
from tools import issuer, locked
from tools.build.artefact import directory as built
from tools.deploy import Stopped
from tools.deploy.account import check_concurrency, identify
from tools.deploy.parameters import Ask, environment, for_sam, in_force, missing, overrides
from tools.deploy.secret import fill_secret
from tools.deploy.stack import Stack
from tools.deployment import find, session_in
from tools.doctor import examine as doctor
from tools.doctor.setup import of_deployment

Run = Callable[[Sequence[str]], int]


@dataclass(frozen=True)
class Request:
    """The arguments of a deployment: `environment` is one of samconfig.toml, `parameters` are Name=value."""

    environment: str
    parameters: Sequence[str] = ()
    secret_file: Path | None = None
    yes: bool = False


def run(request: Request) -> bool:
    """Deploy, and ask on the terminal for what is missing, unless `yes` is set."""
    return deploy(request, _refuse_to_ask if request.yes else input, _run)


def deploy(request: Request, ask: Ask, run: Run, root: Path = locked.ROOT) -> bool:
    """Run the steps in order; each can be repeated. Return False if the doctor finds something wrong.

    Raises Stopped, TemplateError or NoSuchDeployment.
    """
    config = environment(request.environment, root)
    session = session_in(config["region"])
    account = identify(session)
    _say(f"1. AWS account {account}, region {config['region']}, stack {config['stack_name']}")
    stack = Stack.read(session, config["stack_name"])
    stack.check_state()
    chosen = overrides(config.get("parameter_overrides", ""), request.parameters)
    slots = yaml_parse((root / "template.yaml").read_text())["Parameters"]
    chosen |= missing(slots, chosen, stack.parameters, ask)
    parameters = in_force(slots, chosen, stack.parameters)
    check_issuer(parameters["JwtIssuer"], stack.parameters)
    check_concurrency(session, load(root / "template.yaml", parameters), stack, request.environment)
    _build(parameters["Architecture"], stack, run, root)
    _deploy(request, chosen, built(parameters["Architecture"]), stack, session, run, root)
    return _finish(request, ask, root)


def check_issuer(issuer_url: str, deployed: Mapping[str, str] | None) -> None:
    """Raise Stopped if JwtIssuer can't work.

    An issuer that is deployed already only has to be spelled right: an outage of the provider must not block a fix.
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
    request: Request,
    chosen: Mapping[str, str],
    artefact: Path,
    stack: Stack,
    session: boto3.Session,
    run: Run,
    root: Path,
) -> None:
    _say("3. deploy with sam; a first deployment takes about five minutes")
    before = stack.last_event()
    code = run(_sam(request, chosen, artefact, root))
    after = Stack.read(session, stack.name)
    if code != 0:
        raise Stopped(after.explain_failure(before))
    if after.parameters is None:
        raise Stopped("the changes were not confirmed, so nothing was deployed")


def _finish(request: Request, ask: Ask, root: Path) -> bool:
    deployment = find(request.environment, root)
    _say("4. the secret")
    fill_secret(deployment.client("secretsmanager"), deployment.outputs["SecretId"], request.secret_file, ask)
    _say("5. the doctor checks the deployment")
    right = doctor.print_findings(doctor.examine(of_deployment(deployment)))
    print("\n6. Register these two with DOKU; docs/going-live.md has the rest:")
    for name in ("UnpaidNotificationUrl", "RefundNotificationUrl"):
        print(f"   {deployment.outputs[name]}")
    print(f"   The API is at {deployment.outputs['ApiUrl']}")
    return right


def stamp(root: Path) -> None:
    """Make the code of every built function differ from the deployed one.

    SAM publishes a version, and moves the alias to it, only if the function's own code differs. A changed layer, which
    holds the code that pays, or a changed parameter would be deployed and never run.
    """
    for function in (root / ".aws-sam").glob("build*/*Function"):
        (function / "DEPLOYED").write_text(f"{datetime.now(UTC).isoformat()}\n")


def _sam(request: Request, chosen: Mapping[str, str], artefact: Path, root: Path) -> list[str]:
    """The command names samconfig.toml: SAM looks for it beside the template, which is in the build folder."""
    command = [*locked.command("sam", "sam", "deploy"), "--config-file", str((root / "samconfig.toml").resolve())]
    command += ["--config-env", request.environment, "--no-fail-on-empty-changeset"]
    command += ["--template-file", str(artefact / "template.yaml")]
    command += ["--no-confirm-changeset"] if request.yes else []
    return [*command, *for_sam(chosen)]


def _run(command: Sequence[str]) -> int:
    return subprocess.run(
        command, check=False, cwd=locked.ROOT, env={**os.environ, "SAM_CLI_TELEMETRY": "0"}
    ).returncode


def _say(step: str) -> None:
    print(step, flush=True)


def _refuse_to_ask(question: str) -> str:
    raise Stopped(f"--yes asks nothing, so give this value:\n{question}")
