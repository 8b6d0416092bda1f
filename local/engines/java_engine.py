"""Engines written in Java: downloads them from Maven Central once, and runs them on a free port of 127.0.0.1."""

import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

HERE = Path(__file__).parent
_CACHE = HERE.parents[1] / ".cache"
_START_SECONDS = 60.0
_STOP_SECONDS = 10.0


class NotAvailable(RuntimeError):
    """An engine cannot be downloaded or started. The message is one line."""


class NotInstalled(NotAvailable):
    """A required program is not on the PATH."""


@dataclass(frozen=True)
class Engine:
    """An engine: a pom with its dependencies, and a main class that prints `listening on PORT`."""

    name: str
    pom: Path
    main: Path
    size: str
    """Size of the download."""

    @property
    def jars(self) -> Path:
        """The directory of the jars and native libraries."""
        return _CACHE / self.name.lower().replace(" ", "-")

    @contextmanager
    def running(self, *arguments: str) -> Iterator[str]:
        """Start an empty engine on 127.0.0.1 for the `with`; its value is the URL. Raises NotAvailable."""
        java = self.prepare()
        options = (f"-Dsqlite4java.library.path={self.jars}", "-cp", f"{self.jars}/*")
        command = [java, *options, str(self.main), *arguments]
        with tempfile.TemporaryFile("w+") as output:
            process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=output, stderr=subprocess.STDOUT)
            try:
                yield f"http://127.0.0.1:{self._port(process, output)}"
            finally:
                _stop(process)

    def prepare(self) -> str:
        """Download the engine if necessary. Returns the path of `java`. Raises NotAvailable."""
        java = _command("java", "Java 17 or newer")
        self._fetch()
        return java

    def _fetch(self) -> None:
        """Let Maven download the jars the first time, and after the pom changed."""
        fetched, pom = self.jars / "pom.xml", self.pom.read_bytes()
        if fetched.exists() and fetched.read_bytes() == pom:
            return
        maven = _command("mvn", f"Maven, to download {self.name},")
        print(f"== downloading {self.name} with Maven (once, {self.size})", file=sys.stderr)
        shutil.rmtree(self.jars, ignore_errors=True)
        goal = ("dependency:copy-dependencies", f"-DoutputDirectory={self.jars}")
        command = [maven, "-B", "-q", "-f", str(self.pom), *goal]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise NotAvailable(f"Maven could not download {self.name}: {_first_error(done.stdout + done.stderr)}")
        fetched.write_bytes(pom)

    def _port(self, process: subprocess.Popen[bytes], output: IO[str]) -> int:
        """Wait for the port that the engine prints."""
        until = time.monotonic() + _START_SECONDS
        while time.monotonic() < until:
            output.seek(0)
            text = output.read()
            if found := re.search(r"^listening on (\d+)$", text, re.MULTILINE):
                return int(found[1])
            if process.poll() is not None:
                raise NotAvailable(f"{self.name} did not start (is it Java 17 or newer?): {_first_error(text)}")
            time.sleep(0.05)
        raise NotAvailable(f"{self.name} did not start within {_START_SECONDS:.0f} s")


def _command(name: str, what: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise NotInstalled(f"{what} is needed: '{name}' is not on the PATH")
    return found


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
