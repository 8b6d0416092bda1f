"""ElasticMQ from Maven Central: queues that are not moto's."""

from contextlib import AbstractContextManager
from pathlib import Path

from local.aws.moto_server import ACCOUNT
from local.aws.session import REGION
from local.engines.java_engine import HERE, Engine

ENGINE = Engine("ElasticMQ", HERE / "elasticmq.pom.xml", HERE / "ElasticMq.java", "36 MB")


def running(clock: Path) -> AbstractContextManager[str]:
    """The URL of fresh queues by the clock whose offset is in a file (local.clock). Raises NotAvailable."""
    return ENGINE.running(str(clock), REGION, ACCOUNT)
