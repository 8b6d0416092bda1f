"""Lambda handler of DOKU's notifications: API Gateway HTTP API, payload 2.0."""

import os

from aws_lambda_powertools import Logger

from notification_receiver.entry import compose, create_handler
from payouts import snapshot

services = compose(os.environ)
handler = create_handler(services, Logger())
snapshot.register(os.environ, services.held)
