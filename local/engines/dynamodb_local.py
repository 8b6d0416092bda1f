"""DynamoDB Local from Maven Central, which reports consumed capacity, unlike moto.

python -m local.engines.dynamodb_local    prints the URL for AWS_ENDPOINT_URL_DYNAMODB and runs until Ctrl-C
"""

import signal
import sys
from contextlib import AbstractContextManager

from local.engines.java_engine import HERE, Engine, NotAvailable

ENGINE = Engine("DynamoDB Local", HERE / "pom.xml", HERE / "DynamoDbLocal.java", "51 MB")


def running() -> AbstractContextManager[str]:
    """Start an empty engine on 127.0.0.1 for the `with`; its value is the URL. Raises NotAvailable."""
    return ENGINE.running("-inMemory", "-sharedDb", "-disableTelemetry")


if __name__ == "__main__":
    try:
        with running() as url:
            print(url, flush=True)
            signal.sigwait({signal.SIGINT, signal.SIGTERM})
    except NotAvailable as reason:
        sys.exit(f"bench: {reason}")
