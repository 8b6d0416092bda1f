"""Lambda entry point of the notification receiver: API Gateway HTTP API, payload 2.0."""

import os

from payouts.runtime.cold_start import quick_start

with quick_start():
    from aws_lambda_powertools import Logger

    from notification_receiver.app import create_handler
    from notification_receiver.services import build_receiver

    handler = create_handler(build_receiver(os.environ), Logger())
