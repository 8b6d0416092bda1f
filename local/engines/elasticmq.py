"""ElasticMQ from Maven Central: SQS queues in place of moto's."""

from contextlib import AbstractContextManager
from pathlib import Path

from local.aws.moto_server import ACCOUNT
from local.aws.session import REGION
from local.engines.java_engine import HERE, Engine

ENGINE = Engine("ElasticMQ", HERE / "elasticmq.pom.xml", HERE / "ElasticMq.java", "36 MB")


def running(clock: Path) -> AbstractContextManager[str]:
    """Start a server without queues for the `with`; its value is the URL. `clock` is the file of a local.clock.Clock.

    Raises NotAvailable.
    """
    return ENGINE.running(str(clock), REGION, ACCOUNT)
