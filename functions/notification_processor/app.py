"""Lambda handler of the notification queue: SQS with partial batch responses."""

import os

from aws_lambda_powertools import Logger

from notification_processor.entry import compose, create_handler

handler = create_handler(compose(os.environ), Logger())
