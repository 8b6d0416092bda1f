"""Lambda entry point of the rollout check: CodeDeploy's BeforeAllowTraffic hook."""

import os

from payouts.runtime.cold_start import quick_start

with quick_start():
    from aws_lambda_powertools import Logger

    from rollout_check.app import create_handler
    from rollout_check.services import build_services

    handler = create_handler(build_services(os.environ), Logger())
