"""Lambda entry point of the status poller: EventBridge Scheduler."""

import os

from payouts.runtime.cold_start import quick_start

with quick_start():
    from aws_lambda_powertools import Logger

    from status_poller.app import create_handler
    from status_poller.services import build_services

    services = build_services(os.environ)
    handler = create_handler(services, Logger())
