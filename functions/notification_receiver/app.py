"""Lambda handler of DOKU's notifications: API Gateway HTTP API, payload 2.0."""

import os

from aws_lambda_powertools import Logger

from notification_receiver.entry import compose, create_handler

handler = create_handler(compose(os.environ), Logger())
