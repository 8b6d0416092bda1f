"""Lambda handler of the transfer API: API Gateway HTTP API, payload 2.0."""

import os

from aws_lambda_powertools import Logger

from payouts import snapshot
from transfer_api.entry import create_handler
from transfer_api.services import compose

services = compose(os.environ)
handler = create_handler(services, Logger())
snapshot.register(os.environ, services.held, late=["transfer_api.body", "transfer_api.requests"])
