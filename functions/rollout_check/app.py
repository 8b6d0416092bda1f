"""Lambda handler of the rollout check: CodeDeploy's BeforeAllowTraffic hook."""

import os

from aws_lambda_powertools import Logger

from rollout_check.entry import compose, create_handler

handler = create_handler(compose(os.environ), Logger())
