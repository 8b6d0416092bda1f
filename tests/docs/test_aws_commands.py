"""AWS commands in README and docs/: operations, options and values exist in AWS's service models."""

import re
import shlex
from collections.abc import Iterator
from typing import Any

import pytest
from botocore import xform_name
from botocore.model import OperationModel, Shape
from botocore.session import get_session

from tests.docs.pages import PAGES, blocks

CLI_OPTIONS = {"query", "output", "region", "profile", "no-paginate"}
"""Options that every command has."""
CLI_ONLY_OPTIONS = {"logs tail": {"since", "follow"}, "lambda create-function": {"zip-file"}}
"""Options that the command line adds to those of the service."""


def commands() -> Iterator[list[str]]:
    """The words of each AWS command of each block, those in $(...) included."""
    for page in PAGES:
        for block in blocks(page, "sh"):
            for line in block.replace("\\\n", " ").splitlines():
                while match := re.search(r'"?\$\((aws [^()]*)\)"?', line):
                    yield shlex.split(match[1])
                    line = line.replace(match[0], "ANSWER")
                if line.startswith("aws "):
                    yield shlex.split(line)


COMMANDS = list(commands())


@pytest.mark.parametrize("words", COMMANDS, ids=lambda words: " ".join(words[1:3]))
def test_an_aws_command_exists(words: list[str]) -> None:
    service, operation = words[1:3]
    if operation == "wait":  # a waiter has the options of the operation that it polls
        operation = waiter_operation(service, words[3])
    options = {word.removeprefix("--").partition("=")[0] for word in words[3:] if word.startswith("--")}
    options -= CLI_OPTIONS | CLI_ONLY_OPTIONS.get(f"{service} {operation}", set())
    if f"{service} {operation}" == "logs tail":  # not an operation of the service
        assert options == set()
        return
    known = parameters(model(service, operation))
    assert {option.removeprefix("no-") if option not in known else option for option in options} <= known.keys()


def model(service: str, operation: str) -> OperationModel:
    """The operation by the command line's name."""
    models = get_session().get_service_model(service)
    (found,) = (name for name in models.operation_names if xform_name(name, "-") == operation)
    return models.operation_model(found)


def waiter_operation(service: str, waiter: str) -> str:
    """The operation of a waiter, by the command line's names."""
    waiters = get_session().get_waiter_model(service)
    (found,) = (name for name in waiters.waiter_names if xform_name(name, "-") == waiter)
    return str(xform_name(waiters.get_waiter(found).operation, "-"))


def parameters(operation: OperationModel) -> dict[str, Shape]:
    """The operation's parameters by the command line's names."""
    assert operation.input_shape is not None
    shapes: dict[str, Shape] = operation.input_shape.members
    return {xform_name(name, "-"): shape for name, shape in shapes.items()}


def option_value(operation: str, option: str) -> str:
    """An option's value in the one command of an operation that has it."""
    (value,) = (words[words.index(option) + 1] for words in COMMANDS if words[2] == operation and option in words)
    return value


def test_the_user_pool_supports_client_credentials() -> None:
    known: Any = parameters(model("cognito-idp", "create-user-pool"))
    assert option_value("create-user-pool", "--user-pool-tier") in set(known["user-pool-tier"].enum) - {"LITE"}
    trigger = re.fullmatch(
        r"PreTokenGenerationConfig=\{LambdaVersion=(\w+),LambdaArn=\$TRIGGER\}",
        option_value("create-user-pool", "--lambda-config"),
    )
    assert trigger is not None
    versions = known["lambda-config"].members["PreTokenGenerationConfig"].members["LambdaVersion"].enum
    assert trigger[1] == "V3_0"
    assert trigger[1] in versions
    assert option_value("create-user-pool", "--admin-create-user-config") == "AllowAdminCreateUserOnly=true"
