"""Lambda entry point of the batch worker: SQS with partial batch responses."""

import os

from payouts.runtime.cold_start import quick_start

with quick_start():
    from aws_lambda_powertools import Logger

    from batch_worker.app import create_handler
    from batch_worker.services import build_services

    services = build_services(os.environ)
    handler = create_handler(services, Logger())
