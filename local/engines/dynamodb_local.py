"""DynamoDB Local from Maven Central: an engine that is not moto, and that reports consumed capacity.

python -m local.engines.dynamodb_local    runs it until Ctrl-C and prints the URL for AWS_ENDPOINT_URL_DYNAMODB
"""

import signal
import sys
from contextlib import AbstractContextManager

from local.engines.java_engine import HERE, Engine, NotAvailable

ENGINE = Engine("DynamoDB Local", HERE / "pom.xml", HERE / "DynamoDbLocal.java", "51 MB")


def running() -> AbstractContextManager[str]:
    """The URL of a fresh, empty engine on 127.0.0.1, stopped at the end. Raises NotAvailable."""
    return ENGINE.running("-inMemory", "-sharedDb", "-disableTelemetry")


if __name__ == "__main__":
    try:
        with running() as url:
            print(url, flush=True)
            signal.sigwait({signal.SIGINT, signal.SIGTERM})
    except NotAvailable as reason:
        sys.exit(f"bench: {reason}")
