"""DynamoDB Local from Maven Central: an engine that is not moto, and that reports consumed capacity.

python -m bench.dynamodb_local    runs it until Ctrl-C and prints the URL for AWS_ENDPOINT_URL_DYNAMODB
"""

import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

HERE = Path(__file__).parent
CACHE = HERE.parent / ".cache" / "dynamodb-local"
_START_SECONDS = 60.0
_STOP_SECONDS = 10.0
_MAIN = HERE / "DynamoDbLocal.java"
_OPTIONS = ("-inMemory", "-sharedDb", "-disableTelemetry")


class NotAvailable(RuntimeError):
    """DynamoDB Local cannot be fetched or started. The message says in one line what is missing."""


@contextmanager
def running() -> Iterator[str]:
    """The URL of a fresh, empty engine on 127.0.0.1, stopped at the end. Raises NotAvailable."""
    java, jars = _command("java", "Java 17 or newer"), fetched()
    command = [java, f"-Dsqlite4java.library.path={jars}", "-cp", f"{jars}/*", str(_MAIN), *_OPTIONS]
    with tempfile.TemporaryFile("w+") as output:
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=output, stderr=subprocess.STDOUT)
        try:
            yield f"http://127.0.0.1:{_port(process, output)}"
        finally:
            _stop(process)


def fetched() -> Path:
    """The directory of DynamoDB Local's jars and native libraries, filled by Maven the first time."""
    pom = (HERE / "pom.xml").read_bytes()
    if (CACHE / "pom.xml").exists() and (CACHE / "pom.xml").read_bytes() == pom:
        return CACHE
    maven = _command("mvn", "Maven, which fetches DynamoDB Local the first time,")
    print("== fetching DynamoDB Local with Maven (once, 51 MB)", file=sys.stderr)
    shutil.rmtree(CACHE, ignore_errors=True)
    goal = ("dependency:copy-dependencies", f"-DoutputDirectory={CACHE}")
    done = subprocess.run(
        [maven, "-B", "-q", "-f", str(HERE / "pom.xml"), *goal], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise NotAvailable(f"Maven could not fetch DynamoDB Local: {_first_error(done.stdout + done.stderr)}")
    (CACHE / "pom.xml").write_bytes(pom)
    return CACHE


def _command(name: str, what: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise NotAvailable(f"{what} is needed: '{name}' is not on the PATH")
    return found


def _port(process: subprocess.Popen[bytes], output: IO[str]) -> int:
    """The port that the engine says it listens on."""
    until = time.monotonic() + _START_SECONDS
    while time.monotonic() < until:
        output.seek(0)
        text = output.read()
        if found := re.search(r"^listening on (\d+)$", text, re.MULTILINE):
            return int(found[1])
        if process.poll() is not None:
            raise NotAvailable(f"DynamoDB Local ended at its start (Java 17 or newer?): {_first_error(text)}")
        time.sleep(0.05)
    raise NotAvailable(f"DynamoDB Local did not start within {_START_SECONDS:.0f} s")


def _stop(process: subprocess.Popen[bytes]) -> None:
    assert process.stdin is not None
    process.stdin.close()
    try:
        process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _first_error(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return next((line for line in lines if "error" in line.lower()), lines[0] if lines else "no message")


if __name__ == "__main__":
    try:
        with running() as url:
            print(url, flush=True)
            signal.sigwait({signal.SIGINT, signal.SIGTERM})
    except NotAvailable as reason:
        sys.exit(f"bench: {reason}")
