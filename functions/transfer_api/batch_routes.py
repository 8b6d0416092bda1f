"""The routes of batches. They translate between HTTP and the use cases and decide nothing."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response

from payouts.domain.batch import Batch, BatchStatus
from payouts.domain.caller import Caller
from payouts.domain.errors import PayoutError, ValidationFailed
from payouts.services.change_batch import check_writer
from transfer_api import batch_responses, query
from transfer_api.callers import caller_of
from transfer_api.error_responses import json_response
from transfer_api.idempotency import checked_reference

if TYPE_CHECKING:
    from transfer_api.services import Services

_LONGEST = 57


def add_routes(app: APIGatewayHttpResolver, services: "Services", logger: Logger) -> None:
    """Add the routes."""
    routes = _Routes(app, services, logger)
    _add_reads(app, routes)
    _add_creation(app, routes)
    _add_rows(app, routes)
    _add_decisions(app, routes)


class _Routes:
    """What the routes share."""

    def __init__(self, app: APIGatewayHttpResolver, services: "Services", logger: Logger) -> None:
        self.app = app
        self.batches = services.batches()
        self.clock = services.clock
        self._services = services
        self._logger = logger

    def writer(self) -> Caller:
        """The caller of a write. Raises Forbidden for a token without `sub`."""
        caller = caller_of(self.app, self._services)
        check_writer(caller)
        return caller

    def response(self, batch: Batch) -> Response[str]:
        """200: the batch with its figures."""
        return json_response(200, self._shown(batch))

    def created(self, batch: Batch, replayed: bool) -> Response[str]:
        """201: the batch, with a form to upload its file while it waits for one."""
        headers = {"Location": f"/v1/batches/{batch.reference}"} | (
            {"Idempotency-Replayed": "true"} if replayed else {}
        )
        waits = batch.status is BatchStatus.RECEIVING and batch.file is not None
        form = self.batches.files.upload(batch) if waits else None
        shown = {**self._shown(self._driven(batch)), "upload": batch_responses.upload(form)}
        return json_response(201, shown, headers)

    def driven(self, batch: Batch, status: int) -> Response[str]:
        """The batch, which goes on at once."""
        return json_response(status, self._shown(self._driven(batch)))

    def _shown(self, batch: Batch) -> dict[str, Any]:
        self._logger.append_keys(batch_reference=batch.reference, batch_status=batch.status)
        summaries, total = self.batches.lists.figures(batch)
        return batch_responses.batch(batch, summaries, total, self.clock())

    def _driven(self, batch: Batch) -> Batch:
        """Let the batch go on. If that fails, the next tick of the poller does it."""
        try:
            return self.batches.driver.drive(
                batch, lambda: self.app.lambda_context.get_remaining_time_in_millis() / 1000
            )
        except PayoutError as error:
            self._logger.warning("batch not driven", reason=error.message)
        return batch


def _add_reads(app: APIGatewayHttpResolver, routes: _Routes) -> None:
    @app.get("/v1/batches")
    def list_batches() -> Response[str]:
        """200: batches of a month, newest first."""
        given = query.parameters(app.current_event, "month", "status", "cursor", "limit")
        return json_response(200, routes.batches.lists.page(given, routes.clock()))

    @app.get("/v1/batches/<reference>")
    def get_batch(reference: str) -> Response[str]:
        """200: the batch with counts and sums."""
        query.parameters(app.current_event)
        return routes.response(routes.batches.changer.get(_checked(reference)))

    @app.get("/v1/batches/<reference>/rows")
    def list_rows(reference: str) -> Response[str]:
        """200: rows in their order."""
        given = query.parameters(app.current_event, "outcome", "status", "cursor", "limit")
        batch = routes.batches.changer.get(_checked(reference))
        return json_response(200, routes.batches.lists.rows(batch, given))

    @app.get("/v1/batches/<reference>/result")
    def get_result(reference: str) -> Response[str]:
        """200: a link to the result file, for a minute."""
        query.parameters(app.current_event)
        batch = routes.batches.changer.get(_checked(reference))
        return json_response(200, batch_responses.result(routes.batches.results.of(batch)))


def _add_creation(app: APIGatewayHttpResolver, routes: _Routes) -> None:
    @app.post("/v1/batches")
    def create_batch() -> Response[str]:
        """201: the batch, which is checked now, or waits for its file. A replay is answered with the existing batch."""
        from transfer_api.batch_requests import MAX_BYTES, CreateBatch  # pydantic: as in routes
        from transfer_api.body import read

        writer = routes.writer()
        request = read(app.current_event, CreateBatch, MAX_BYTES).to_request()
        return routes.created(*routes.batches.creator.create(request, writer))

    @app.post("/v1/batches/<reference>/repayments")
    def repay_batch(reference: str) -> Response[str]:
        """201: a new batch of the failed rows, which a worker collects. A replay returns the existing one."""
        from transfer_api.batch_requests import RepayBatch
        from transfer_api.body import read

        writer, origin = routes.writer(), _checked(reference)
        request = read(app.current_event, RepayBatch).to_request(origin)
        return routes.created(*routes.batches.repayer.create(origin, request, writer))

    @app.post("/v1/batches/<reference>/checks")
    def check_batch(reference: str) -> Response[str]:
        """202: the batch, whose file is read, or whose unchecked rows are checked again."""
        return routes.driven(routes.batches.changer.check_again(_checked(reference), routes.writer()), 202)


def _add_rows(app: APIGatewayHttpResolver, routes: _Routes) -> None:
    @app.patch("/v1/batches/<reference>/rows/<row>")
    def change_row(reference: str, row: str) -> Response[str]:
        """200: the batch, with the row excluded, included or its name confirmed."""
        from transfer_api.batch_requests import ChangeRow
        from transfer_api.body import read

        writer, request = routes.writer(), read(app.current_event, ChangeRow)
        number = _row(row)
        changed = routes.batches.changer.change_rows(_checked(reference), [number], request.to_change(), writer)
        return routes.response(changed)

    @app.patch("/v1/batches/<reference>/rows")
    def change_rows(reference: str) -> Response[str]:
        """200: the batch, with many rows changed at once."""
        from transfer_api.batch_requests import ChangeRows
        from transfer_api.body import read

        writer, request = routes.writer(), read(app.current_event, ChangeRows)
        changed = routes.batches.changer.change_rows(_checked(reference), request.rows, request.to_change(), writer)
        return routes.response(changed)


def _add_decisions(app: APIGatewayHttpResolver, routes: _Routes) -> None:
    changer = routes.batches.changer

    @app.post("/v1/batches/<reference>/approvals")
    def decide(reference: str) -> Response[str]:
        """200: the batch, approved or rejected by a person who did not create, change or submit it."""
        from transfer_api.batch_requests import Decide
        from transfer_api.body import read

        writer, request = routes.writer(), read(app.current_event, Decide)
        decided = changer.approve if request.decision == "APPROVE" else changer.reject
        return routes.driven(decided(_checked(reference), writer, request.digest, request.comment or ""), 200)

    @app.post("/v1/batches/<reference>/submission")
    def submit(reference: str) -> Response[str]:
        """200: the batch, submitted for approval. The body is optional."""
        writer, confirmed = routes.writer(), False
        if app.current_event.body:
            from transfer_api.batch_requests import Submit
            from transfer_api.body import read

            confirmed = read(app.current_event, Submit).same_list_confirmed
        return routes.driven(changer.submit(_checked(reference), writer, confirmed), 200)

    def simple(name: str, status: int, change: Callable[[str, Caller], Batch]) -> None:
        def route(reference: str) -> Response[str]:
            return routes.driven(change(_checked(reference), routes.writer()), status)

        app.post(f"/v1/batches/<reference>/{name}")(route)

    simple("withdrawal", 200, changer.withdraw)
    simple("pause", 200, changer.pause)
    simple("resume", 202, changer.resume)
    simple("cancellation", 202, changer.cancel)


def _checked(reference: str) -> str:
    """A batchReference from a path. Raises ValidationFailed."""
    try:
        if len(reference) <= _LONGEST:
            return checked_reference(reference)
    except ValidationFailed:
        pass
    raise bad_reference()


def bad_reference() -> ValidationFailed:
    """The error for a malformed batchReference."""
    return ValidationFailed("batchReference must be 1 to 57 letters, digits or . _ ~ -, and a row a number")


def _row(text: str) -> int:
    if not text.isdecimal() or not text.isascii() or len(text) > 9:
        raise ValidationFailed("the row must be a number")
    return int(text)
