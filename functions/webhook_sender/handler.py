"""Lambda entry point of the webhook sender: SQS with partial batch responses, and EventBridge Scheduler."""

import os

from payouts.runtime.cold_start import quick_start

with quick_start():
    from aws_lambda_powertools import Logger

    from webhook_sender.app import create_handler
    from webhook_sender.services import build_services

    services = build_services(os.environ)
    handler = create_handler(services, Logger())
