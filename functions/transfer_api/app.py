"""Lambda handler of the transfer API: API Gateway HTTP API, payload 2.0."""

import os

from aws_lambda_powertools import Logger

from transfer_api.entry import create_handler
from transfer_api.services import compose

handler = create_handler(compose(os.environ), Logger())
