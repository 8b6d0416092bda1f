"""Log lines that are metrics as well: CloudWatch reads the embedded metric format out of them.

One line tells a person what happened and an alarm how often, and no function imports more than its logger for it.
"""

import time
from collections.abc import Mapping
from typing import Any

NAMESPACE = "Payouts"
BY_SERVICE = ("service",)
"""The logger's service, which is the name of the deployment."""
BY_STATUS = ("service", "transfer_status")
_UNITS = {"OldestDueAge": "Seconds", "OldestInDoubtAge": "Seconds"}


def measured(metrics: Mapping[str, float], dimensions: tuple[str, ...] = BY_SERVICE) -> dict[str, Any]:
    """Members that make a line of the logger a measurement. What `dimensions` name must stand in the line as well."""
    definitions = [{"Name": name, "Unit": _UNITS.get(name, "Count")} for name in metrics]
    directive = {"Namespace": NAMESPACE, "Dimensions": [list(dimensions)], "Metrics": definitions}
    return {"_aws": {"Timestamp": int(time.time() * 1000), "CloudWatchMetrics": [directive]}, **metrics}
