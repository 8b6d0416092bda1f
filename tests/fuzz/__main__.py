"""Hostile requests against the running bundle, from docs/openapi.json: make fuzz (needs the dependency group `fuzz`).

schemathesis sends what the document allows and what it forbids. Nothing may be answered but what is documented, nothing
with a 5xx; only what was acknowledged may be stored or paid; and no log may hold what was sent, or a secret.
"""

import argparse
import json
import os
import subprocess
import sys
from collections import Counter
from http import HTTPStatus
from pathlib import Path

from boto3.dynamodb.types import TypeDeserializer

from local.stack import LocalStack
from tests.support import log_watch
from tests.support.openapi_contract import described
from tools.openapi.document import PATH

_CHECKS = (
    *("not_a_server_error", "status_code_conformance", "content_type_conformance", "response_headers_conformance"),
    *("response_schema_conformance", "negative_data_rejection", "missing_required_header", "ignored_auth"),
)
_ACKNOWLEDGED = (201, 202)


def main(arguments: list[str] | None = None) -> int:
    """Exit code 1 when anything was found."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz.__main__", description=__doc__)
    parser.add_argument("--seconds", type=int, default=75, help="how long at most (%(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="the same seed sends the same requests (%(default)s)")
    parser.add_argument("--examples", type=int, default=40, help="requests an operation (%(default)s)")
    options = parser.parse_args(arguments)
    with LocalStack(report=print) as stack:
        stack.simulator.deposit("9999999999999.00")
        log_watch.keep(stack.state.secret.read_text())
        environment = os.environ | {
            "SCHEMATHESIS_HOOKS": "tests.fuzz.hooks",
            "FUZZ_API": stack.api_url,
            "FUZZ_TOKEN": stack.token(),
        }
        ran = subprocess.run(_command(stack, options), env=environment, check=False)
        found = [*_unacknowledged(stack), *_executed(stack), *_leaks(stack)]
    for problem in found:
        print(f"fuzz: {problem}")
    failed = ran.returncode != 0 or bool(found)
    print(f"fuzz: {'FAILED' if failed else 'nothing found'}, seed {options.seed}")
    return int(failed)


def _command(stack: LocalStack, options: argparse.Namespace) -> list[str]:
    return [
        *(str(Path(sys.executable).parent / "schemathesis"), "run", str(PATH), "--url", stack.api_url),
        *("--header", f"Authorization: Bearer {stack.token()}", "--checks", ",".join(_CHECKS)),
        *("--phases", "examples,coverage,fuzzing", "--max-examples", str(options.examples), "--no-shrink"),
        *("--seed", str(options.seed), "--max-time", str(options.seconds), "--workers", "1"),
        *("--continue-on-failure", "--suppress-health-check", "all", "--warnings", "off"),
    ]


def _unacknowledged(stack: LocalStack) -> list[str]:
    """What is stored or paid and was not acknowledged, or the other way round."""
    logged = [json.loads(line) for line in stack.logs().splitlines() if line.startswith('{"level"')]
    created = [one for one in logged if one.get("route") == "POST /v1/transfers" and one.get("message") == "request"]
    answered = [one["partner_reference_no"] for one in created if one["status"] in _ACKNOWLEDGED]
    acknowledged = set(answered)
    stored = _stored(stack)
    paid = {debit["partnerReferenceNo"] for debit in stack.simulator.ledger()["debits"]}
    print(
        f"fuzz: {len(created)} creates, {len(answered)} acknowledged; {len(stored)} transfers stored, {len(paid)} paid"
    )
    return [
        *(f"stored, and not acknowledged: {reference}" for reference in stored - acknowledged),
        *(f"acknowledged, and not stored: {reference}" for reference in acknowledged - stored),
        *(f"paid, and not stored: {reference}" for reference in paid - stored),
    ]


def _executed(stack: LocalStack) -> list[str]:
    """What DOKU was asked to execute more than once, by its ledger; or that it got no transfer at all."""
    requests = [one for one in stack.simulator.ledger()["requests"] if one["operation"] == "transfer"]
    asked = Counter(one["partnerReferenceNo"] for one in requests if one["httpStatus"] != HTTPStatus.UNAUTHORIZED)
    print(f"fuzz: DOKU got {len(asked)} transfers")
    return [
        *(f"DOKU was asked {times} times to execute {reference}" for reference, times in asked.items() if times > 1),
        *([] if asked else ["DOKU got no transfer at all: these requests prove nothing"]),
    ]


def _stored(stack: LocalStack) -> set[str]:
    decode = TypeDeserializer().deserialize
    pages = stack.aws.dynamodb.get_paginator("scan").paginate(TableName=stack.table_name)
    keys = [decode(item["pk"]) for page in pages for item in page["Items"]]
    return {key.removeprefix("TRANSFER#") for key in keys if key.startswith("TRANSFER#")}


def _leaks(stack: LocalStack) -> list[str]:
    """Lines of the functions' logs that hold a secret, or what is personal in the document's examples (I17)."""
    for methods in described()["paths"].values():
        for operation in methods.values():
            content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
            for example in content.get("examples", {}).values():
                log_watch.note(example["value"])
    logged = [line for line in stack.logs().splitlines() if line.startswith("{")]
    return [f"logged: {line[:200]}" for line in log_watch.found_in(logged)]


if __name__ == "__main__":
    sys.exit(main())
