"""Lambda entry point of the transfer API: API Gateway HTTP API, payload 2.0."""

import os

from payouts.runtime.cold_start import quick_start

with quick_start():
    from aws_lambda_powertools import Logger

    from transfer_api.app import create_handler
    from transfer_api.services import build_services

    services = build_services(os.environ)
    handler = create_handler(services, Logger())
