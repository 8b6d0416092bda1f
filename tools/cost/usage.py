"""What a transfer, and a month without any, use of AWS: counted by `make bench`, else assumed here."""

import json
import math
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from local.aws.template import Template
from payouts.domain.batch_rows import CHUNK_ROWS
from payouts.domain.rate import Share
from payouts.services.batch_rows import MOST_ROWS
from payouts.services.row_threads import ROWS_AT_ONCE
from payouts.store.due_index import READ_SHARDS

# --- assumptions, listed on the page

GETS = 3
"""Reads of a transfer by a frontend."""
UNPAID = 0.1
"""Share of transfers that are not paid at once: a notification and two more checks."""
LOOKS = 3
"""Looks at a paid transfer: after 1, 3 and 7 days."""
DOKU_SECONDS, STATUS_SECONDS = 0.5, 0.3
"""DOKU's latency for an inquiry or a transfer, and for a status check."""
AWS_SECONDS = 0.005
"""Latency of a call to DynamoDB or SQS."""
VCPU_MB = 1769
"""Memory at which a function has one virtual processor. It is assumed to be as fast as that of the benchmark."""
PROOF_READS = 0.5 * (1 + 4 / 15)
"""Read units of the balance proof for a transfer: a read that need not be consistent, and another one for each that was
created in the last 4 of the 15 minutes before a reading."""
MEASUREMENTS = 4 * 24 * 30.0
"""Readings of the balance in a month."""
DAY_KB = 5
"""Mean size of the item with a day's readings, which each reading writes."""
ASKED = 2
"""Requests to DOKU by the API for a transfer: account inquiry and transfer."""
PEAK = 10
"""The busiest second of a month, as a multiple of the mean."""
MILLION = 1_000_000
ITEM_KB = 1.0
BATCH_ROW_KB = 0.1
"""A row in its chunk, compressed, with its part of the chunk's summary."""
BATCH_ASKED = 3
"""Requests to DOKU by the worker for a row: an account inquiry when it is checked, another one and the transfer."""
BATCH_HOURS = 2
"""Hours in which a batch of `MOST_ROWS` is to be paid: batches are for pay days."""
EMPTY_READS = 2.0
"""Read units of a row's reads that find nothing, which DynamoDB Local does not charge: other transfers with its
reference (half) and to its account (half) when it is checked, and its own transfer before it is paid."""
LAST_RESULT_READS = 0.6
"""Read units of a row for the result that is written nine days after the end: half for its transfer, the rest for its
part of the chunk's rows and reasons."""
_ROW_READS = EMPTY_READS + LAST_RESULT_READS
STREAM_SHARDS = 4
"""A new on-demand table accepts 4,000 writes a second: four partitions, each with a shard of the stream."""
STREAM_READS = 4
"""Reads by a pipe of an idle stream, for each second and shard."""
PAID_ROTATIONS = 2
"""Earlier key materials that are charged: the first and the second, no later ones."""
OUR_NAMESPACE = "Payouts"
MONTH = 30 * 86_400
TICKS = 60 * 24 * 30.0
TICK_SECONDS = 0.15
"""Duration of a tick without due transfers."""
_CONTEXT = {
    "requestId": "JKJaXmPLvHcESHA=",
    "routeKey": "GET /v1/transfers/{partnerReferenceNo}",
    "status": "200",
    "responseLatency": "1234",
    "integrationLatency": "1200",
}
"""Typical values of an access log line. Errors are "-" in a line without an error."""
_LINE_BYTES = 26
"""Bytes that CloudWatch adds to each line."""


def checks() -> float:
    """Status checks of the poller for a transfer: the first, further ones of unpaid transfers, and the looks."""
    return 1 + 2 * UNPAID + LOOKS


def needed_rate(transfers: float) -> float:
    """`DokuRequestsPerSecond` whose share for the API carries the busiest second of a month with so many transfers."""
    return math.ceil(transfers / MONTH * PEAK * ASKED / Share.API.of(1.0))


def poll_seconds(figures: Mapping[str, float], template: Template, rate: float) -> float:
    """Time of a poller for one check at a rate towards DOKU: by DOKU's latency or by the rate, whichever is longer."""
    threads = float(template.parameters["PollConcurrency"])
    by_latency = STATUS_SECONDS / threads / figures["poll_share_of_ideal"]
    return max(by_latency, float(template.parameters["Pollers"]) / Share.POLLER.of(rate) if rate else 0.0)


def seconds(figures: Mapping[str, float], operation: str, gigabytes: float, doku: float) -> float:
    """Duration of an invocation: processor time at this memory, the calls to AWS, and DOKU's latency."""
    processor = figures[f"cpu_us_{operation}"] / 1e6 * VCPU_MB / (gigabytes * 1024)
    return processor + figures[f"calls_aws_{operation}"] * AWS_SECONDS + doku


def api_seconds(figures: Mapping[str, float], gigabytes: float) -> float:
    """Duration of all API invocations of a transfer together."""
    asking = (seconds(figures, operation, gigabytes, DOKU_SECONDS) for operation in ("inquire", "create"))
    return sum(asking) + GETS * seconds(figures, "get", gigabytes, 0.0)


def transfer(figures: Mapping[str, float], template: Template) -> dict[str, float]:
    """The usage of one transfer by price name."""
    invocations, requests = 2 + GETS + 2 * UNPAID, 2 + GETS + UNPAID
    return {
        "lambda_requests": invocations,
        "lambda_gb_seconds": _gb_seconds(figures, template),
        "api_requests": requests,
        "writes": _sum(figures, "write_units"),
        "reads": _sum(figures, "read_units") + PROOF_READS,
        "storage_gb_months": ITEM_KB / 1e6,
        "backup_gb_months": ITEM_KB / 1e6,
        "sqs_requests": 3 * UNPAID,
        "log_gb": (_sum(figures, "log_bytes") + requests * access_log_bytes(template)) / 1e9,
        "pipe_requests": _events(),
        "events": _events(),
    }


def batch_rate() -> float:
    """`DokuRequestsPerSecond` whose share for batches pays the largest one in `BATCH_HOURS`."""
    return math.ceil(MOST_ROWS / (BATCH_HOURS * 3600) * (BATCH_ASKED - 1) / Share.BATCHES.of(1.0))


def batch_workers(figures: Mapping[str, float], template: Template) -> int:
    """`BatchConcurrency` that pays the largest batch in `BATCH_HOURS`."""
    return math.ceil(MOST_ROWS / (BATCH_HOURS * 3600) * _paid_seconds(figures, template) / ROWS_AT_ONCE)


def batch_row(figures: Mapping[str, float], template: Template, rate: float, workers: float) -> dict[str, float]:
    """The usage of a row of a batch and of its transfer, by price name, at a rate towards DOKU.

    The worker's part is counted as a whole; the poller and the notifications do the same as for any transfer.
    """
    later = {"first_check": 1, "look": LOOKS, "later_check": 2 * UNPAID, "receive": UNPAID, "process": UNPAID}

    def total(kind: str) -> float:
        return sum(times * figures[f"{kind}_{operation}"] for operation, times in later.items())

    worker = memory(template)["BatchWorkerFunction"] * row_seconds(figures, template, rate, workers)
    return {
        "lambda_requests": 2 * UNPAID + 4 / CHUNK_ROWS,
        "lambda_gb_seconds": worker + _polled(figures, template, rate) + _notified(figures, template),
        "writes": total("write_units") + figures["write_units_batch_transfer"] + figures["write_units_batch_row"],
        "reads": total("read_units") + figures["read_units_batch_row"] + _ROW_READS + PROOF_READS,
        "storage_gb_months": (ITEM_KB + BATCH_ROW_KB) / 1e6,
        "backup_gb_months": (ITEM_KB + BATCH_ROW_KB) / 1e6,
        "sqs_requests": 3 * UNPAID + 12 / CHUNK_ROWS,
        "log_gb": (total("log_bytes") + figures["log_bytes_batch_row"] + UNPAID * access_log_bytes(template)) / 1e9,
        "pipe_requests": _events(),
        "events": _events(),
    }


def row_seconds(figures: Mapping[str, float], template: Template, rate: float, workers: float) -> float:
    """Time of a worker for one row: by DOKU's latency or by the rate, whichever is longer.

    All workers are at work, and a chunk's first row goes alone.
    """
    asked = _checked_seconds(figures, template) + _paid_seconds(figures, template)
    by_rate = BATCH_ASKED * workers / Share.BATCHES.of(rate) if rate else 0.0
    return asked / CHUNK_ROWS + max(asked / ROWS_AT_ONCE, by_rate)


def _checked_seconds(figures: Mapping[str, float], template: Template) -> float:
    """Time of a row's check. The API's calls of AWS are more than the worker's."""
    return seconds(figures, "inquire", memory(template)["BatchWorkerFunction"], DOKU_SECONDS)


def _paid_seconds(figures: Mapping[str, float], template: Template) -> float:
    """Time of a row's payment, with an inquiry and the reading of its batch."""
    worker = memory(template)["BatchWorkerFunction"]
    return seconds(figures, "create_without_session", worker, 2 * DOKU_SECONDS) + AWS_SECONDS


def _sum(figures: Mapping[str, float], kind: str) -> float:
    """The figures of this kind over all operations of a transfer."""
    often = {"inquire": 1, "create": 1, "get": GETS, "first_check": 1, "look": LOOKS}
    seldom = {"later_check": 2 * UNPAID, "receive": UNPAID, "process": UNPAID}
    return sum(times * figures[f"{kind}_{operation}"] for operation, times in (often | seldom).items())


def _gb_seconds(figures: Mapping[str, float], template: Template) -> float:
    api = memory(template)["TransferApiFunction"]
    polled = _polled(figures, template, needed_rate(MILLION))
    return api * api_seconds(figures, api) + _notified(figures, template) + polled


def _notified(figures: Mapping[str, float], template: Template) -> float:
    """Gigabyte-seconds for the notifications of a transfer."""
    sizes = memory(template)
    receiver, processor = sizes["NotificationReceiverFunction"], sizes["NotificationProcessorFunction"]
    notified = receiver * seconds(figures, "receive", receiver, 0.0)
    return UNPAID * (notified + processor * seconds(figures, "process", processor, STATUS_SECONDS))


def _polled(figures: Mapping[str, float], template: Template, rate: float) -> float:
    """Gigabyte-seconds for the checks of a transfer at a rate towards DOKU."""
    poller = memory(template)["StatusPollerFunction"]
    return poller * checks() * poll_seconds(figures, template, rate)


def _events() -> float:
    """Changes of the status that are events: paid, and "unpaid" before it. That DOKU accepted is none."""
    return 1 + UNPAID


def access_log_bytes(template: Template) -> int:
    """Bytes of a typical line of API Gateway's access log."""
    (stage,) = template.deployed("AWS::ApiGatewayV2::Stage").values()
    line = re.sub(
        r"\$context\.([\w.]+)", lambda found: _CONTEXT.get(found[1], "-"), stage["AccessLogSettings"]["Format"]
    )
    return len(line) + _LINE_BYTES


def idle(figures: Mapping[str, float], template: Template) -> dict[str, float]:
    """The usage of a month without transfers, by price name."""
    ticks = TICKS * float(template.parameters["Pollers"])
    return {
        "lambda_requests": ticks,
        "lambda_gb_seconds": ticks * TICK_SECONDS * memory(template)["StatusPollerFunction"],
        "writes": ticks * figures["write_units_idle_tick"] + MEASUREMENTS * DAY_KB,
        "reads": ticks * (figures["read_units_idle_tick"] + READ_SHARDS / 2),  # AWS charges for an empty query, too
        "sqs_requests": 5 * 3 * TICKS,  # Lambda polls the queue with five connections, each for 20 s
        "schedules": ticks,
        "log_gb": ticks * figures["log_bytes_idle_tick"] / 1e9,
        "stream_reads": len(template.deployed("AWS::Pipes::Pipe")) * STREAM_SHARDS * STREAM_READS * MONTH,
        "metrics": len(own_metrics(template)),
        "alarms": len(list(alarm_metrics(template))),
        "dashboards": len(template.deployed("AWS::CloudWatch::Dashboard")),
        "secrets": len(template.deployed("AWS::SecretsManager::Secret")),
        "secret_calls": TICKS / 5,
        "keys": len(template.deployed("AWS::KMS::Key")),
        "key_rotations": PAID_ROTATIONS * sum(key["EnableKeyRotation"] for key in _keys(template)),
    }


def alarm_metrics(template: Template) -> Iterator[Mapping[str, Any]]:
    """Each metric that an alarm watches: AWS charges for every metric in an expression."""
    for alarm in template.deployed("AWS::CloudWatch::Alarm").values():
        if "MetricName" in alarm:
            yield alarm
        else:
            metrics = filter(None, template.resolve(alarm["Metrics"]))
            yield from (one["MetricStat"]["Metric"] for one in metrics if "MetricStat" in one)


def own_metrics(template: Template) -> set[tuple[str, ...]]:
    """Names and statuses of our own metrics on an alarm or the dashboard."""
    watched = [metric for metric in alarm_metrics(template) if metric["Namespace"] == OUR_NAMESPACE]
    found = {(one["MetricName"], *_values(one["Dimensions"])) for one in watched}
    (dashboard,) = template.deployed("AWS::CloudWatch::Dashboard").values()
    for widget in json.loads(dashboard["DashboardBody"]["Fn::Sub"])["widgets"]:
        for namespace, name, *rest in widget["properties"].get("metrics", []):
            if namespace == OUR_NAMESPACE:
                found.add((name, *(part for part in rest[3:4] if isinstance(part, str))))
    return found


def _values(dimensions: list[Mapping[str, Any]]) -> Iterator[str]:
    """The values of all dimensions except the first, the deployment."""
    return (dimension["Value"] for dimension in dimensions[1:])


def _keys(template: Template) -> Iterable[Mapping[str, Any]]:
    return template.deployed("AWS::KMS::Key").values()


def memory(template: Template) -> dict[str, float]:
    """Memory of each function, in gigabytes."""
    functions = template.deployed("AWS::Lambda::Function")
    return {name: float(template.resolve(properties["MemorySize"])) / 1024 for name, properties in functions.items()}
