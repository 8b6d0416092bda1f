"""Imports the libraries of functions and tests once, before a process forks. Imports no module of the bundle."""

import gc
import importlib
from functools import cache
from typing import Any

import boto3
import moto.backends
from botocore.loaders import JSONFileLoader

from local.aws.session import REGION

_MODULES = (
    "aws_lambda_powertools.event_handler",
    "aws_lambda_powertools.logging",
    "aws_lambda_powertools.metrics",
    "aws_lambda_powertools.utilities.data_classes",
    "boto3.dynamodb.types",
    "cryptography.hazmat.primitives.asymmetric.padding",
    "cryptography.hazmat.primitives.ciphers",
    "cryptography.hazmat.primitives.serialization",
    "pydantic",
    "requests",
)


_load_file = JSONFileLoader.load_file


def load() -> None:
    """Import the libraries, and let botocore read the descriptions of its services.

    The garbage collector then ignores all existing objects, since a forked child would copy every page that it visits.
    """
    for name in _MODULES:
        importlib.import_module(name)
    for service in ("cloudformation", "dynamodb", "secretsmanager", "sqs"):
        moto.backends.get_backend(service)
    JSONFileLoader.load_file = lambda _, path: _description(path)  # type: ignore[method-assign, assignment]
    for service in ("dynamodb", "secretsmanager", "sqs"):
        boto3.client(service, region_name=REGION, aws_access_key_id="none", aws_secret_access_key="none")
    gc.freeze()


@cache
def _description(path: str) -> Any:
    """A service's description. botocore parses it once for each session, which is most of a client's creation."""
    return _load_file(JSONFileLoader(), path)
