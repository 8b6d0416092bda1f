"""CloudWatch metrics by Powertools, in the embedded metric format: each set is a line of its own on stdout."""

import json
import sys
from collections.abc import Mapping

from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit
from aws_lambda_powertools.metrics.functions import is_metrics_disabled

NAMESPACE = "Payouts"
_SECONDS = frozenset({"OldestDueAge", "OldestInDoubtAge", "OldestLookAge"})


def publish(metrics: Mapping[str, float], line: Mapping[str, str] | None = None, **dimensions: str) -> None:
    """Write the metrics at once, under `dimensions` and `service` (from POWERTOOLS_SERVICE_NAME).

    `line` has further members of the log line. Where Powertools' metrics are disabled, nothing is written. The set and
    its dimensions belong to this call alone, so nothing leaks into another thread or invocation.
    """
    if not metrics or is_metrics_disabled():
        return
    metric_set = EphemeralMetrics(namespace=NAMESPACE)
    for dimension, text in dimensions.items():
        metric_set.add_dimension(dimension, text)
    for name, value in metrics.items():
        unit = MetricUnit.Seconds if name in _SECONDS else MetricUnit.Count
        metric_set.add_metric(name, unit, value)
    # Not `flush_metrics`, whose `print` writes the line break separately: another thread's line could come in between.
    sys.stdout.write(json.dumps({**metric_set.serialize_metric_set(), **(line or {})}, separators=(",", ":")) + "\n")
    sys.stdout.flush()
