"""The batch worker's handler: loads a file, or works on a chunk as its batch's status demands."""

from collections.abc import Callable
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from batch_worker.services import Services
from payouts.doku.time_limits import Remaining
from payouts.domain.batch import FINAL, Batch, BatchStatus
from payouts.domain.errors import PayoutError
from payouts.runtime import metrics
from payouts.services.batch_queue import ChunkTask, FileTask, ResultTask, Task, parse
from payouts.services.pay_chunk import ROW_SECONDS

_NEXT_CHUNKS = 2
"""Chunks that a worker enqueues after its own: in its own place, and in that of a worker that ended meanwhile."""

Handler = Callable[[dict[str, Any], LambdaContext], dict[str, Any]]


def create_handler(services: Services, logger: Logger) -> Handler:
    """Create the handler. Its event is a batch of messages from SQS; each names a chunk or a file."""

    def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
        """Return the messages that SQS must deliver again."""

        def remaining() -> float:
            return context.get_remaining_time_in_millis() / 1000

        failed = [record for record in event["Records"] if not _work(services, logger, record, remaining)]
        services.rate.slow_down()
        return {"batchItemFailures": [{"itemIdentifier": record["messageId"]} for record in failed]}

    return handler


def _work(services: Services, logger: Logger, record: dict[str, Any], remaining: Remaining) -> bool:
    """Work on one chunk or file, then let the batch go on. Returns False if SQS must deliver the message again."""
    try:
        task = parse(record["body"])
    except (ValueError, KeyError, TypeError):
        logger.error("a message of the batch queue cannot be read")
        return False
    try:
        batch = services.store.get(task.reference)
        if batch is None:
            return True
        if _dispatch(services, task, batch, remaining) or remaining() < ROW_SECONDS:
            _go_on(services, task, remaining, _next_chunks(task, batch))
    except PayoutError as error:  # the next tick enqueues the task again, sooner than SQS would deliver the message
        logger.warning("chunk not finished", batch=task.reference, chunk=_place(task), reason=error.message)
        metrics.publish({"BatchChunksFailed": 1})
        return True
    logger.info("chunk", batch=task.reference, chunk=_place(task), batch_status=batch.status)
    return True


def _place(task: Task) -> int | str:
    return task.index if isinstance(task, ChunkTask) else "file" if isinstance(task, FileTask) else "result"


def _dispatch(services: Services, task: Task, batch: Batch, remaining: Remaining) -> bool:
    """Returns True if this call finished the task.

    A repeated message, or a late one of a batch in another status, needs nothing. It enqueues nothing either: messages
    would multiply.
    """
    if isinstance(task, FileTask):
        services.loader().load(task, remaining)
        return True
    if isinstance(task, ResultTask):
        services.results.write(batch, remaining)
        return True
    status = batch.status
    if status is BatchStatus.RECEIVING and batch.repays:
        return services.repayer.collect(batch)
    if status is BatchStatus.CHECKING:
        return services.checker.check(task.reference, task.index, remaining)
    if status is BatchStatus.PAYING:
        return services.payer.pay(task.reference, task.index, remaining)
    if status in (BatchStatus.SETTLING, BatchStatus.CANCELLING):
        return services.settler.settle(task.reference, task.index, remaining)
    if status in FINAL:
        services.settler.settle(task.reference, task.index, remaining)
    return False


def _next_chunks(task: Task, batch: Batch) -> int | None:
    """How many chunks to enqueue after a task: all that there is room for if it stored the rows of a batch."""
    match batch.status:
        case BatchStatus.RECEIVING:
            return None
        case BatchStatus.CHECKING | BatchStatus.PAYING | BatchStatus.CANCELLING if isinstance(task, ChunkTask):
            return _NEXT_CHUNKS
    return 0


def _go_on(services: Services, task: Task, remaining: Remaining, most: int | None) -> None:
    """Drive the batch, so that its next step and chunks do not wait for the tick.

    Not while DOKU is silent: that would loop. Not for the next chunks to be read, which a tick enqueues together.
    """
    batch = services.store.get(task.reference)
    if batch is not None:
        services.driver.drive(batch, remaining, most=most)
