"""The workers of a function: started on demand, reused, each with one invocation at a time."""

import json
import threading
import time
import uuid
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

from local.lambda_runtime.runtime import FunctionCrashed, FunctionError, Invocation, InvocationFailed, Launch, Worker

MAX_PAYLOAD = 6 * 1024 * 1024  # bytes of an event or an answer: Lambda's limit


class PayloadTooLarge(ValueError):
    """The event is larger than Lambda's limit."""


class FunctionPool:
    """Invokes one function, at most `limit` times at once; further invocations wait. Thread-safe."""

    def __init__(self, name: str, launch: Launch, limit: int = 4) -> None:
        self.name = name
        self._launch, self._limit = launch, limit
        self._jobs: deque[_Job] = deque()
        self._change = threading.Condition()
        self._idle = 0
        self._slots: list[_Slot] = []
        self._closed = False

    def invoke(self, event: Any, timeout: float | None = None) -> Any:
        """The function's answer to `event`, both as JSON values.

        Raises FunctionError, FunctionTimeout, FunctionCrashed or PayloadTooLarge; TimeoutError if there is no answer
        within `timeout` seconds, though the function goes on.
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
        """Kill all workers with `kill -9`. Returns their number."""
        return sum(slot.kill() for slot in list(self._slots))

    @property
    def pids(self) -> list[int]:
        """The process ids of the running workers."""
        return [pid for slot in list(self._slots) if (pid := slot.pid)]

    def logs(self) -> str:
        """The function's log so far."""
        return self._launch.log.read_text(errors="replace") if self._launch.log.exists() else ""

    def close(self) -> None:
        """End all workers. Running invocations raise FunctionCrashed."""
        with self._change:
            self._closed = True
            self._change.notify_all()
        for slot in self._slots:
            slot.close()
        while self._jobs:
            self._jobs.pop().answer.set_exception(FunctionCrashed("Runtime.ExitError", "the pool was closed"))

    def _next_job(self) -> "_Job | None":
        """Wait for a job. None if the pool was closed."""
        with self._change:
            self._idle += 1
            self._change.wait_for(lambda: self._jobs or self._closed)
            self._idle -= 1
            return None if self._closed else self._jobs.popleft()


class _Job:
    """An invocation and the future of its answer."""

    def __init__(self, invocation: Invocation) -> None:
        self.invocation = invocation
        self.answer: Future[Any] = Future()


class _Slot:
    """A thread that runs jobs on its own worker, one after the other."""

    def __init__(self, launch: Launch, next_job: Callable[[], _Job | None]) -> None:
        self._launch, self._next_job = launch, next_job
        self._worker: Worker | None = None
        self._closed = False
        self._thread = threading.Thread(target=self._serve, name=f"slot of {launch.handler}", daemon=True)
        self._thread.start()

    @property
    def pid(self) -> int | None:
        """The worker's process id; None if it has not started."""
        worker = self._worker
        return worker.pid if worker else None

    def kill(self) -> bool:
        """Kill the worker with `kill -9`. Returns False if there was none."""
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
            raise  # the process can go on
        except Exception as error:
            self._discard()
            self._log(invocation, str(error))
            raise

    def _started(self) -> Worker:
        """A worker that is ready: the warm one, unless it ended after its last answer."""
        if self._worker:
            try:
                self._worker.start()
                return self._worker
            except InvocationFailed:
                self._discard()
        self._worker = Worker(self._launch)
        if self._closed:  # close() did not see this worker
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
        """Write a line to the function's log, as Lambda does for its own errors."""
        now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(self._launch.clock()))
        with self._launch.log.open("a") as log:
            log.write(f"{now} {invocation.request_id} {message}\n")


def _answer(body: bytes) -> Any:
    if len(body) > MAX_PAYLOAD:
        raise InvocationFailed("Function.ResponseSizeTooLarge", f"Response payload size exceeded {MAX_PAYLOAD} bytes.")
    return json.loads(body)
