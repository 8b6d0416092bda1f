"""A common style of handler: imports and creates at init everything that any function of the bundle uses."""

from typing import Any

import boto3
import pydantic
import requests
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.serialization import load_pem_private_key

clients = [boto3.client(name) for name in ("dynamodb", "secretsmanager", "sqs", "s3")]
session, logger, metrics, app = requests.Session(), Logger(), Metrics(), APIGatewayHttpResolver()
used = (pydantic.BaseModel, padding, rsa, Cipher, load_pem_private_key)


def handler(event: Any, context: Any) -> Any:
    """Answer with the resolver, which has no routes."""
    return app.resolve(event, context)
