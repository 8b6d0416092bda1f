"""The routes of the support desk: notes on a transfer, and settling one that status checks cannot settle."""

from collections.abc import Callable

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response

from payouts.domain.errors import Mismatch, ValidationFailed
from payouts.domain.forgetting import is_forgotten
from payouts.domain.transfer import Status, Transfer
from payouts.services.settle import settle
from transfer_api import query, responses
from transfer_api.callers import caller_of
from transfer_api.error_responses import json_response
from transfer_api.services import Services


def add_routes(app: APIGatewayHttpResolver, services: Services, find: Callable[[str], Transfer]) -> None:
    """Add the routes. `find` returns the transfer of a reference, or raises NotFound."""

    def now() -> int:
        return int(services.clock() * 1000)

    def person() -> str:
        """Who writes. A note or a decision without a name is worth nothing."""
        subject = caller_of(app, services).subject.strip()
        if not subject:
            raise ValidationFailed("the token has no sub, so it does not say who writes; nothing was stored")
        return subject

    @app.get("/v1/transfers/<reference>/notes")
    def list_notes(reference: str) -> Response[str]:
        """200: the notes on the transfer, oldest first."""
        from payouts.store.notes import TransferNotes  # not at every cold start

        query.parameters(app.current_event)
        found = TransferNotes(services.table).of(find(reference).partner_reference_no)
        return json_response(200, responses.notes(found))

    @app.post("/v1/transfers/<reference>/notes")
    def add_note(reference: str) -> Response[str]:
        """201: all notes on the transfer; only the new one if the caller may not read the others."""
        from payouts.store.notes import Note, TransferNotes
        from transfer_api.body import read  # pydantic is a quarter of a cold start; only bodies need it
        from transfer_api.requests import NewNote

        text, by = read(app.current_event, NewNote).text, person()
        transfer = find(reference)
        if is_forgotten(transfer):
            raise Mismatch("the transfer's personal data was erased, so it takes no more notes; nothing was stored")
        found = TransferNotes(services.table).add(transfer.partner_reference_no, Note(now(), by, text))
        return json_response(201, responses.notes(found if caller_of(app, services).sees_all else found[-1:]))

    @app.post("/v1/transfers/<reference>/settlement")
    def settle_transfer(reference: str) -> Response[str]:
        """200: the transfer with the decision. Refused with 409 if it changed since `version`, or needs none."""
        from transfer_api.body import read  # as above
        from transfer_api.requests import Settlement

        asked, by = read(app.current_event, Settlement), person()
        standing = find(reference)
        settled = settle(services.store, standing, Status(asked.verdict), by, asked.reason, now(), asked.version)
        return json_response(200, responses.transfer(settled, services.clock()))
