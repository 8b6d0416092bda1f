"""Lambda handler of the poller: EventBridge Scheduler."""

import os

from aws_lambda_powertools import Logger

from payouts import snapshot
from status_poller.entry import compose, create_handler

services = compose(os.environ)
handler = create_handler(services, Logger())
snapshot.register(os.environ, services.held)
