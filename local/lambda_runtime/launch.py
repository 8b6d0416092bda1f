"""The environment of a function's process: Lambda's and the template's variables, none of the caller's."""

import os
from collections.abc import Mapping
from pathlib import Path

from local.aws.bundle import Function
from local.aws.moto_server import ACCOUNT
from local.aws.session import REGION
from local.clock import Clock
from local.lambda_runtime.runtime import Launch, Start, start_python
from local.lambda_runtime.worker import CLOCK_FILE, PLAIN
from local.state import StateDirectory


def launch(
    function: Function,
    root: Path,
    state: StateDirectory,
    aws: Mapping[str, str],
    variables: Mapping[str, str],
    start: Start = start_python,
) -> Launch:
    """How to start `function` of the bundle at `root`, with these environment variables."""
    environment = {
        **_platform(function, root),
        **aws,
        **variables,
        CLOCK_FILE: str(state.clock),
        "PATH": os.environ.get("PATH", os.defpath),
        "PYTHONPATH": os.pathsep.join(_import_paths(function, root)),
    }
    if plain := os.environ.get(PLAIN):
        environment[PLAIN] = plain
    return Launch(
        handler=function.handler,
        arn=f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{function.name}",
        timeout=function.timeout,
        environment=environment,
        log=state.logs / f"{function.name}.log",
        clock=Clock(state.clock),
        start=start,
    )


def _platform(function: Function, root: Path) -> dict[str, str]:
    """Lambda's own variables. https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html"""
    return {
        "_HANDLER": function.handler,
        "AWS_EXECUTION_ENV": f"AWS_Lambda_{function.runtime}",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory),
        "AWS_LAMBDA_FUNCTION_NAME": function.name,
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_FORMAT": function.log_format,
        "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{function.name}",
        "AWS_LAMBDA_LOG_STREAM_NAME": "local",
        "AWS_XRAY_CONTEXT_MISSING": "LOG_ERROR",
        "LAMBDA_TASK_ROOT": str(root / function.paths[0]),
        "LANG": "en_US.UTF-8",
        "TZ": ":UTC",
    }


def _import_paths(function: Function, root: Path) -> list[str]:
    """The function's code, then its layers; for a built layer its `python` directory, as in Lambda."""
    paths = [root / path for path in function.paths]
    return [str(path / "python" if (path / "python").is_dir() else path) for path in paths]
