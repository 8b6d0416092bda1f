"""Log lines in CloudWatch's embedded metric format."""

import io
import json

from aws_lambda_powertools import Logger

from payouts.runtime.metrics import BY_STATUS, measured


def line(**members: object) -> dict[str, object]:
    stream = io.StringIO()
    Logger(service="payouts-test-measure", stream=stream).info("told", **members)  # type: ignore[arg-type]
    found: dict[str, object] = json.loads(stream.getvalue())
    return found


def test_metrics_and_dimensions_stand_at_the_root_of_the_line() -> None:
    told = line(transfer_status="SUCCESS", **measured({"Transfers": 1, "OldestDueAge": 2.5}, BY_STATUS))
    (directive,) = told["_aws"]["CloudWatchMetrics"]  # type: ignore[index]
    assert directive["Namespace"] == "Payouts"
    assert directive["Dimensions"] == [["service", "transfer_status"]]
    assert [told[name] for name in directive["Dimensions"][0]] == ["payouts-test-measure", "SUCCESS"]
    assert [(one["Name"], one["Unit"]) for one in directive["Metrics"]] == [
        ("Transfers", "Count"),
        ("OldestDueAge", "Seconds"),
    ]
    assert (told["Transfers"], told["OldestDueAge"], told["message"]) == (1, 2.5, "told")


def test_the_time_is_in_milliseconds() -> None:
    aws = measured({"Transfers": 1})["_aws"]
    assert len(str(aws["Timestamp"])) == 13
