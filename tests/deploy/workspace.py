"""A copy of the checkout in which `make deploy` is typed, with a template that the emulator can deploy."""

import json
import os
import shlex
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from samtranslator.yaml_helper import yaml_parse

from tools.build.artefact import ROOT

_IMPORT_PATHS = ("functions", "layers/doku_signing", "layers/payouts", ".")
"""Of the copy, before those of the checkout, which the virtual environment names."""
_OF_THE_CALLER = ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "ARGS", "ENV", "PYTHONPATH")
_API_URL = "https://${HttpApi}.execute-api.${AWS::Region}.${AWS::URLSuffix}"
_GUARDED = {"AuthorizationType": "JWT", "AuthorizerId": {"Ref": "EmulatedAuthorizer"}}


@dataclass(frozen=True)
class Ended:
    """How a command ended, and what it printed."""

    code: int
    output: str


@dataclass(frozen=True)
class Workspace:
    """The copy in `path`, and the variables that its shell exports."""

    path: Path
    variables: Mapping[str, str]

    def deploy(self, *arguments: str) -> Ended:
        """`make deploy ENV=sandbox ARGS=...`, as a person would type it, with --yes."""
        given = " ".join(shlex.quote(argument) for argument in ("--yes", *arguments))
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith("AWS_") and not name.lower().endswith("_proxy") and name not in _OF_THE_CALLER
        }
        ended = subprocess.run(
            ["make", "--no-print-directory", "deploy", "ENV=sandbox", f"ARGS={given}"],
            cwd=self.path,
            env=kept | dict(self.variables) | {"PYTHONPATH": os.pathsep.join(_IMPORT_PATHS)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        return Ended(ended.returncode, ended.stdout)


def prepare(path: Path, variables: Mapping[str, str]) -> Workspace:
    """Copy what git knows or would add; the virtual environment is shared by a link."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
        text=True,
    ).stdout
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (path / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, path / name)  # with its time: make compares it with that of the environment
    (path / ".venv").symlink_to(ROOT / ".venv")
    template = path / "template.yaml"
    template.write_text(json.dumps(for_the_emulator(yaml_parse(template.read_text()), variables["AWS_ENDPOINT_URL"])))
    return Workspace(path, variables)


def for_the_emulator(template: dict[str, Any], url: str) -> dict[str, Any]:
    """The template without what ministack lacks: CodeDeploy, alarms on metric math, routes from an OpenAPI document.

    The routes become resources of their own, and the URL of the API is the emulator's.
    """
    functions = [template["Globals"]["Function"], *(r.get("Properties", {}) for r in template["Resources"].values())]
    for properties in functions:
        properties.pop("DeploymentPreference", None)
    for name in [name for name, resource in template["Resources"].items() if _is_metric_math(resource)]:
        del template["Resources"][name]
    template["Resources"] |= _routes(template)
    outputs = json.dumps(template["Outputs"])
    assert _API_URL in outputs
    return template | {"Outputs": json.loads(outputs.replace(_API_URL, f"{url}/_aws/execute-api/${{HttpApi}}"))}


def _routes(template: Mapping[str, Any]) -> dict[str, Any]:
    """What SAM writes into the API's OpenAPI document, as resources: a route and an integration for each event."""
    api = {"ApiId": {"Ref": "HttpApi"}}
    jwt = {"Issuer": {"Ref": "JwtIssuer"}, "Audience": {"Ref": "JwtAudience"}}
    authorizer = {"Name": "Merchant", "AuthorizerType": "JWT", "JwtConfiguration": jwt}
    found = {"EmulatedAuthorizer": ("Authorizer", authorizer | {"IdentitySource": ["$request.header.Authorization"]})}
    for function, event, route in _events(template):
        proxy = {"IntegrationType": "AWS_PROXY", "PayloadFormatVersion": "2.0"}
        found[f"Emulated{event}Target"] = ("Integration", proxy | {"IntegrationUri": {"Ref": f"{function}.Alias"}})
        auth = _GUARDED if "Auth" in route else {}
        target = {"Target": {"Fn::Sub": f"integrations/${{Emulated{event}Target}}"}}
        found[f"Emulated{event}"] = ("Route", {"RouteKey": f"{route['Method']} {route['Path']}"} | target | auth)
    return {
        name: {"Type": f"AWS::ApiGatewayV2::{kind}", "Properties": api | properties}
        for name, (kind, properties) in found.items()
    }


def _events(template: Mapping[str, Any]) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    for function, resource in template["Resources"].items():
        for event, source in resource.get("Properties", {}).get("Events", {}).items():
            if source["Type"] == "HttpApi":
                yield function, event, source["Properties"]


def _is_metric_math(resource: Mapping[str, Any]) -> bool:
    return resource["Type"] == "AWS::CloudWatch::Alarm" and "Metrics" in resource["Properties"]
