"""Lambda handler of the notification queue: SQS with partial batch responses."""

import os

from aws_lambda_powertools import Logger

from notification_processor.entry import compose, create_handler
from payouts import snapshot

services = compose(os.environ)
handler = create_handler(services, Logger())
snapshot.register(os.environ, services.held)
