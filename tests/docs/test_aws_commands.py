"""AWS commands in README and docs/: the operations, options and values are those of AWS's own service models."""

import re
import shlex
from collections.abc import Iterator
from typing import Any

import pytest
from botocore import xform_name
from botocore.model import OperationModel, Shape
from botocore.session import get_session

from tests.docs.test_documents import PAGES, blocks

OF_THE_CLI = {"query", "output", "region", "profile", "no-paginate"}
"""Options that every command has."""
OF_ITS_OWN = {"logs tail": {"since", "follow"}, "lambda create-function": {"zip-file"}}
"""Options that the command line adds to the service's."""


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
def test_a_command_is_one_that_aws_has(words: list[str]) -> None:
    service, operation = words[1:3]
    if operation == "wait":  # the command line's own: a waiter's options are those of the operation that it polls
        operation = polled_by(service, words[3])
    options = {word.removeprefix("--").partition("=")[0] for word in words[3:] if word.startswith("--")}
    options -= OF_THE_CLI | OF_ITS_OWN.get(f"{service} {operation}", set())
    if f"{service} {operation}" == "logs tail":  # the command line's own
        assert options == set()
        return
    known = members(model(service, operation))
    assert {option.removeprefix("no-") if option not in known else option for option in options} <= known.keys()


def model(service: str, operation: str) -> OperationModel:
    """The operation by the command line's name."""
    models = get_session().get_service_model(service)
    (found,) = (name for name in models.operation_names if xform_name(name, "-") == operation)
    return models.operation_model(found)


def polled_by(service: str, waiter: str) -> str:
    """The operation of a waiter, by the command line's names."""
    waiters = get_session().get_waiter_model(service)
    (found,) = (name for name in waiters.waiter_names if xform_name(name, "-") == waiter)
    return str(xform_name(waiters.get_waiter(found).operation, "-"))


def members(operation: OperationModel) -> dict[str, Shape]:
    """The operation's parameters by the command line's names."""
    assert operation.input_shape is not None
    shapes: dict[str, Shape] = operation.input_shape.members
    return {xform_name(name, "-"): shape for name, shape in shapes.items()}


def given(operation: str, option: str) -> str:
    """An option's value in the one command of an operation that has it."""
    (value,) = (words[words.index(option) + 1] for words in COMMANDS if words[2] == operation and option in words)
    return value


def test_the_user_pool_has_the_plan_and_the_trigger_that_client_credentials_need() -> None:
    known: Any = members(model("cognito-idp", "create-user-pool"))
    assert given("create-user-pool", "--user-pool-tier") in set(known["user-pool-tier"].enum) - {"LITE"}
    trigger = re.fullmatch(
        r"PreTokenGenerationConfig=\{LambdaVersion=(\w+),LambdaArn=\$TRIGGER\}",
        given("create-user-pool", "--lambda-config"),
    )
    assert trigger is not None
    versions = known["lambda-config"].members["PreTokenGenerationConfig"].members["LambdaVersion"].enum
    assert trigger[1] == "V3_0"
    assert trigger[1] in versions
    assert given("create-user-pool", "--admin-create-user-config") == "AllowAdminCreateUserOnly=true"
