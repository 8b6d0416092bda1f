"""Lambda handler of the poller: EventBridge Scheduler."""

import os

from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics import Metrics

from status_poller.entry import compose, create_handler

handler = create_handler(compose(os.environ), Logger(), Metrics())
