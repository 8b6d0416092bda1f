"""The workers of one function: made on demand, reused while they live, each with one invocation at a time."""

import json
import threading
import time
import uuid
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

from local.lambda_runtime.runtime import FunctionCrashed, FunctionError, Invocation, InvocationFailed, Launch, Worker

MAX_PAYLOAD = 6 * 1024 * 1024  # bytes of an event or an answer, Lambda's limit


class PayloadTooLarge(ValueError):
    """The event is larger than Lambda takes."""


class FunctionPool:
    """Invokes one function, up to `limit` invocations at once; further ones wait. Thread-safe."""

    def __init__(self, name: str, launch: Launch, limit: int = 4) -> None:
        self.name = name
        self._launch, self._limit = launch, limit
        self._jobs: deque[_Job] = deque()
        self._change = threading.Condition()
        self._idle = 0
        self._slots: list[_Slot] = []
        self._closed = False

    def invoke(self, event: Any, timeout: float | None = None) -> Any:
        """The function's answer to `event`, both as JSON knows them.

        Raises FunctionError, FunctionTimeout or FunctionCrashed, PayloadTooLarge, or TimeoutError when there is no
        answer for `timeout` seconds; the function then runs on.
        """
        return self.submit(event).result(timeout)

    def submit(self, event: Any) -> "Future[Any]":
        """Start an invocation; the future has the answer or the error as in `invoke`."""
        payload = json.dumps(event, separators=(",", ":")).encode()
        if len(payload) > MAX_PAYLOAD:
            raise PayloadTooLarge(f"event of {len(payload)} bytes")
        job = _Job(Invocation(payload, str(uuid.uuid4())))
        with self._change:
            if self._closed:
                raise FunctionCrashed("Runtime.ExitError", f"{self.name} is closed")
            self._jobs.append(job)
            if len(self._jobs) > self._idle and len(self._slots) < self._limit:
                self._slots.append(_Slot(self._launch, self._next_job))
            self._change.notify()
        return job.answer

    def kill(self) -> int:
        """`kill -9` of all workers, busy or not. Returns how many there were."""
        return sum(slot.kill() for slot in list(self._slots))

    @property
    def pids(self) -> list[int]:
        """Process ids of the living workers."""
        return [pid for slot in list(self._slots) if (pid := slot.pid)]

    def logs(self) -> str:
        """All that the function has written so far."""
        return self._launch.log.read_text(errors="replace") if self._launch.log.exists() else ""

    def close(self) -> None:
        """End all workers; what still runs fails as crashed."""
        with self._change:
            self._closed = True
            self._change.notify_all()
        for slot in self._slots:
            slot.close()
        while self._jobs:
            self._jobs.pop().answer.set_exception(FunctionCrashed("Runtime.ExitError", "the pool was closed"))

    def _next_job(self) -> "_Job | None":
        """Wait for a job; None when the pool closes."""
        with self._change:
            self._idle += 1
            self._change.wait_for(lambda: self._jobs or self._closed)
            self._idle -= 1
            return None if self._closed else self._jobs.popleft()


class _Job:
    """An invocation and the promise of its answer."""

    def __init__(self, invocation: Invocation) -> None:
        self.invocation = invocation
        self.answer: Future[Any] = Future()


class _Slot:
    """A thread that runs jobs on a worker of its own, one after the other."""

    def __init__(self, launch: Launch, next_job: Callable[[], _Job | None]) -> None:
        self._launch, self._next_job = launch, next_job
        self._worker: Worker | None = None
        self._closed = False
        self._thread = threading.Thread(target=self._serve, name=f"slot of {launch.handler}", daemon=True)
        self._thread.start()

    @property
    def pid(self) -> int | None:
        """The worker's process, None before it has started."""
        worker = self._worker
        return worker.pid if worker else None

    def kill(self) -> bool:
        """`kill -9` of the worker; whether there was one."""
        if (worker := self._worker) is None:
            return False
        worker.kill()
        return True

    def close(self) -> None:
        self._closed = True
        self.kill()
        self._thread.join()

    def _serve(self) -> None:
        while job := self._next_job():
            if not job.answer.set_running_or_notify_cancel():
                continue
            try:
                job.answer.set_result(self._run(job.invocation))
            except Exception as error:
                job.answer.set_exception(error)
        self._discard()

    def _run(self, invocation: Invocation) -> Any:
        try:
            return _answer(self._started().run(invocation))
        except FunctionError:
            raise  # the process lives on
        except Exception as error:
            self._discard()
            self._log(invocation, str(error))
            raise

    def _started(self) -> Worker:
        """A worker that waits for work: the warm one, unless it died after its last answer."""
        if self._worker:
            try:
                self._worker.start()
                return self._worker
            except InvocationFailed:
                self._discard()
        self._worker = Worker(self._launch)
        if self._closed:  # by now nobody else would end it
            self._worker.kill()
        try:
            self._worker.start()
        except InvocationFailed:
            self._discard()
            raise
        return self._worker

    def _discard(self) -> None:
        if worker := self._worker:
            self._worker = None
            worker.close()

    def _log(self, invocation: Invocation, message: str) -> None:
        """Write what Lambda itself writes into a function's log."""
        now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(self._launch.clock()))
        with self._launch.log.open("a") as log:
            log.write(f"{now} {invocation.request_id} {message}\n")


def _answer(body: bytes) -> Any:
    if len(body) > MAX_PAYLOAD:
        raise InvocationFailed("Function.ResponseSizeTooLarge", f"Response payload size exceeded {MAX_PAYLOAD} bytes.")
    return json.loads(body)
