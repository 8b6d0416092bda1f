"""The routes of the transfer API. They translate between HTTP and the use cases, and decide nothing."""

from dataclasses import asdict

from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEventV2

from payouts.doku import banks
from payouts.domain.errors import MethodNotAllowed, NotFound, PayoutError, UnknownRoute, ValidationFailed
from payouts.domain.money import Rupiah
from payouts.domain.transfer import NOT_ACKNOWLEDGED, Transfer
from payouts.runtime.metrics import measured
from payouts.services.create_transfer import TransferRequest
from transfer_api import error_responses, idempotency, listing, methods, response_codes, responses
from transfer_api.error_responses import json_response
from transfer_api.methods import ASKED_PATH
from transfer_api.services import Services


def create_app(services: Services, logger: Logger) -> APIGatewayHttpResolver:
    """The API over these services."""
    app = APIGatewayHttpResolver()
    _add_money_routes(app, services, logger)
    _add_transfer_routes(app, services)
    _add_reference_routes(app)
    response_codes.add_routes(app)
    _add_failures(app, logger)
    return app


def _add_money_routes(app: APIGatewayHttpResolver, services: Services, logger: Logger) -> None:
    """Those with a body import pydantic, and only they: it is a quarter of what would be imported at the start."""

    @app.post("/v1/account-inquiries")
    def inquire_account() -> Response[str]:
        """200: the bank's name for the account, and the session for one transfer to it."""
        from transfer_api.body import read
        from transfer_api.requests import AccountInquiry

        request = read(app.current_event, AccountInquiry)
        inquiry = request.to_inquiry(services.new_reference())
        _check_amount(inquiry.amount, services)
        found, session = services.queries.account(inquiry)
        return json_response(200, responses.inquiry(inquiry, found, session))

    @app.get("/v1/balance")
    def get_balance() -> Response[str]:
        """200: the deposit at DOKU."""
        return json_response(200, responses.balance(services.queries.balance()))

    @app.post("/v1/transfers")
    def create_transfer() -> Response[str]:
        """201, or 202 where DOKU's answer was not clear; a replay answers with the transfer as it stands."""
        from transfer_api.body import read
        from transfer_api.requests import CreateTransfer

        request = read(app.current_event, CreateTransfer)
        key = idempotency.idempotency_key(app.current_event.raw_event.get("headers") or {})
        intent = request.to_intent(idempotency.reference_of(request, key))
        _check_amount(intent.amount, services)
        order = TransferRequest(intent, idempotency.fingerprint(request), key or "", _caller(app))
        submitted = services.transfer_creator.create(
            order, lambda: app.lambda_context.get_remaining_time_in_millis() / 1000
        )
        transfer = submitted.transfer
        logger.append_keys(partner_reference_no=transfer.partner_reference_no, transfer_status=transfer.status)
        if submitted.unrecorded is not None:
            logger.warning("outcome not recorded", error=type(submitted.unrecorded).__name__)
        headers = {"Location": f"/v1/transfers/{intent.partner_reference_no}"}
        if submitted.replayed:
            headers["Idempotency-Replayed"] = "true"
        status = 202 if transfer.status in NOT_ACKNOWLEDGED else 201
        return json_response(status, responses.transfer(transfer, services.clock()), headers)


def _add_transfer_routes(app: APIGatewayHttpResolver, services: Services) -> None:
    def find(reference: str) -> Transfer:
        transfer = services.store.get(idempotency.checked_reference(reference))
        if transfer is None:
            raise NotFound("there is no transfer with this partnerReferenceNo")
        return transfer

    def answer(transfer: Transfer) -> Response[str]:
        return json_response(200, responses.transfer(transfer, services.clock()))

    @app.get("/v1/transfers")
    def list_transfers() -> Response[str]:
        """200: a page of a day's transfers, newest first."""
        now = services.clock()
        page = listing.page(services.store, app.current_event.query_string_parameters, now)
        return json_response(200, {**page, "transfers": [responses.summary(found, now) for found in page["transfers"]]})

    @app.get("/v1/transfers/<reference>")
    def get_transfer(reference: str) -> Response[str]:
        """200: the transfer with its history; `refresh` asks DOKU first."""
        transfer = find(reference)
        if _flag(app.current_event.query_string_parameters, "refresh"):
            transfer = services.status_checker.refresh(transfer)
        return answer(transfer)

    @app.post("/v1/transfers/<reference>/status-checks")
    def check_status(reference: str) -> Response[str]:
        """200: the transfer after DOKU was asked about it, unless DOKU was asked in the last 10 seconds."""
        return answer(services.status_checker.refresh(find(reference)))


def _add_reference_routes(app: APIGatewayHttpResolver) -> None:
    @app.get("/v1/banks")
    def list_banks() -> Response[str]:
        """200: banks and e-wallets by code or words."""
        query = app.current_event.query_string_parameters.get("query", "")
        return json_response(200, {"banks": [asdict(bank) for bank in banks.search(query)]})

    @app.get("/health")
    def health() -> Response[str]:
        """200, and nothing of the deployment."""
        return json_response(200, {"status": "ok"})


def _add_failures(app: APIGatewayHttpResolver, logger: Logger) -> None:
    def failed(error: PayoutError) -> Response[str]:
        return error_responses.response(error, app.current_event.request_context.request_id)

    def unknown(_: Exception) -> Response[str]:
        return failed(_unrouted(app.current_event))

    def unforeseen(error: Exception) -> Response[str]:
        logger.error("unexpected failure", error=_where(error), **measured({"UnexpectedFailures": 1}))
        return failed(PayoutError("something unexpected happened; ask for the transfer's status before trying again"))

    app.exception_handler(PayoutError)(failed)
    app.exception_handler(Exception)(unforeseen)  # the one boundary: the resolver would log what the caller sent
    app.not_found(unknown)


def _check_amount(amount: Rupiah, services: Services) -> None:
    limits = services.limits
    if not limits.smallest <= amount <= limits.largest:
        raise ValidationFailed(f"amount.value must be at least {limits.smallest} and at most {limits.largest}")


def _unrouted(event: APIGatewayProxyEventV2) -> PayoutError:
    """Why the resolver found no route for the event."""
    asked = event.raw_event.get(ASKED_PATH)
    if asked is None and event.path.startswith("/v1/transfers/"):  # API Gateway found the route by the path as sent
        return idempotency.bad_reference()
    allowed = methods.allowed(asked or event.path)
    if allowed and event.http_method not in allowed:
        return MethodNotAllowed(allowed)
    return UnknownRoute("the API has no such route; see the API reference")


def _caller(app: APIGatewayHttpResolver) -> str:
    """Who asks: `sub` of the token that API Gateway verified, or nobody where the issuer names none."""
    claims = app.current_event["requestContext"].get("authorizer", {}).get("jwt", {}).get("claims", {})
    return str(claims.get("sub", ""))


def _flag(parameters: dict[str, str], name: str) -> bool:
    text = parameters.get(name, "false")
    if text not in ("true", "false"):
        raise ValidationFailed(f"{name} must be true or false")
    return text == "true"


def _where(error: Exception) -> str:
    """The kind of an error and the line it comes from, without its text: that may hold what a caller sent (I17)."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = f" at {trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace else ""
    return f"{type(error).__name__}{place}"
