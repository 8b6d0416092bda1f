"""Imports the libraries of functions and tests once, before a process forks. Imports no module of the bundle."""

import gc
import importlib
from functools import cache

import boto3
import botocore.session
import moto.backends

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


def load() -> None:
    """Import the libraries, and let botocore read the descriptions of its services.

    The garbage collector then ignores all existing objects, since a forked child would copy every page that it visits.
    """
    for name in _MODULES:
        importlib.import_module(name)
    for service in ("cloudformation", "dynamodb", "secretsmanager", "sqs"):
        moto.backends.get_backend(service)
    botocore.session.create_loader = cache(botocore.session.create_loader)  # each session would read them again
    for service in ("dynamodb", "secretsmanager", "sqs"):
        boto3.client(service, region_name=REGION, aws_access_key_id="none", aws_secret_access_key="none")
    gc.freeze()
