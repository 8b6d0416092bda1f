"""The routes of the transfer API. They translate between HTTP and the use cases and decide nothing."""

from dataclasses import asdict

from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.middlewares import NextMiddleware
from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEventV2

from payouts.doku import banks
from payouts.doku.time_limits import Remaining
from payouts.domain.days import day_of
from payouts.domain.errors import MethodNotAllowed, NotFound, PayoutError, RefusedEarly, UnknownRoute
from payouts.domain.transfer import NOT_ACKNOWLEDGED, Transfer
from payouts.runtime import metrics
from payouts.services.prepare_transfer import TransferRequest
from transfer_api import error_responses, idempotency, methods, query, response_codes, responses, support
from transfer_api.callers import caller_of
from transfer_api.error_responses import json_response
from transfer_api.listing import checked_day
from transfer_api.methods import ASKED_PATH
from transfer_api.services import Services


def create_app(services: Services, logger: Logger) -> APIGatewayHttpResolver:
    """Create the resolver with all routes."""
    app = APIGatewayHttpResolver()
    app.use([_without_query])
    _add_doku_queries(app, services)
    _add_create_transfer(app, services, logger)
    _add_transfer_routes(app, services)
    _add_reference_routes(app)
    response_codes.add_routes(app)
    _add_error_handlers(app, services, logger)
    return app


def _without_query(app: APIGatewayHttpResolver, following: NextMiddleware) -> Response[str]:
    """Refuse query parameters of a request that changes something; routes that read check their own."""
    event = app.current_event
    if event.http_method != "GET" and event.http_method in methods.allowed(event.path):  # else 404 or 405
        query.parameters(event)
    return following(app)


def _remaining(app: APIGatewayHttpResolver) -> Remaining:
    return lambda: app.lambda_context.get_remaining_time_in_millis() / 1000


def _add_doku_queries(app: APIGatewayHttpResolver, services: Services) -> None:
    @app.post("/v1/account-inquiries")
    def inquire_account() -> Response[str]:
        """200: the account holder's name at the bank, and a session for one transfer to this account."""
        from transfer_api.body import read  # pydantic is a quarter of a cold start; only bodies need it
        from transfer_api.requests import AccountInquiry

        request = read(app.current_event, AccountInquiry)
        inquiry = request.to_inquiry(services.new_reference())
        services.amount_limits.check(inquiry.amount)
        found, session = services.queries.account(inquiry, _remaining(app))
        return json_response(200, responses.inquiry(inquiry, found, session))

    @app.get("/v1/balance")
    def get_balance() -> Response[str]:
        """200: the balance at DOKU, and whether new transfers are accepted."""
        query.parameters(app.current_event)
        accepts = services.switch.is_on()
        return json_response(200, responses.balance(services.queries.balance(_remaining(app)), accepts))

    @app.get("/v1/balance-proof")
    def get_balance_proof() -> Response[str]:
        """200: the proof of a day's balance, and the readings of the day; `proof` is null if there are none."""
        asked = query.parameters(app.current_event, "day").get("day")
        day = checked_day(asked) if asked else day_of(int(services.clock() * 1000))
        from transfer_api import balance_proof  # not at every cold start

        return json_response(200, balance_proof.of_day(services.table, day))


def _add_create_transfer(app: APIGatewayHttpResolver, services: Services, logger: Logger) -> None:
    @app.post("/v1/transfers")
    def create_transfer() -> Response[str]:
        """201, or 202 if DOKU's answer was not clear. A replay is answered with the existing transfer."""
        from transfer_api.body import read  # as above
        from transfer_api.requests import CreateTransfer

        request = read(app.current_event, CreateTransfer)
        key = idempotency.idempotency_key(app.current_event.raw_event.get("headers") or {})
        intent = request.to_intent(idempotency.reference_of(request, key))
        order = TransferRequest(
            intent,
            idempotency.fingerprint(request),
            key or "",
            caller_of(app, services).subject,
        )
        result = services.transfer_creator.create(order, _remaining(app))
        transfer = result.transfer
        logger.append_keys(partner_reference_no=transfer.partner_reference_no, transfer_status=transfer.status)
        if result.unrecorded is not None:
            logger.warning("outcome not recorded", error=type(result.unrecorded).__name__)
        headers = {"Location": f"/v1/transfers/{intent.partner_reference_no}"}
        if result.replayed:
            headers["Idempotency-Replayed"] = "true"
        status = 202 if transfer.status in NOT_ACKNOWLEDGED else 201
        return json_response(status, responses.transfer(transfer, services.clock()), headers)


def _add_transfer_routes(app: APIGatewayHttpResolver, services: Services) -> None:
    def find(reference: str) -> Transfer:
        transfer = services.store.get(idempotency.checked_reference(reference))
        if transfer is None or not caller_of(app, services).may_see(transfer):
            raise NotFound("there is no transfer with this partnerReferenceNo")
        return transfer

    def refreshed(transfer: Transfer) -> Transfer:
        return services.status_checker.refresh(transfer, _remaining(app), services.budget.spare)

    def response(transfer: Transfer) -> Response[str]:
        return json_response(200, responses.transfer(transfer, services.clock()))

    @app.get("/v1/transfers")
    def list_transfers() -> Response[str]:
        """200: a page of transfers: of a day, all open ones, by DOKU's reference or by beneficiary account."""
        now = services.clock()
        caller = caller_of(app, services)
        may_see = None if caller.sees_all else caller.may_see
        page = services.lists.page(app.current_event.query_string_parameters, now, may_see)
        return json_response(200, {**page, "transfers": [responses.summary(found, now) for found in page["transfers"]]})

    @app.get("/v1/transfers/<reference>")
    def get_transfer(reference: str) -> Response[str]:
        """200: the transfer with its history. With `refresh=true`, its status is checked first."""
        refresh = query.flag(query.parameters(app.current_event, "refresh"), "refresh")
        transfer = find(reference)
        if refresh:
            transfer = refreshed(transfer)
        return response(transfer)

    @app.post("/v1/transfers/<reference>/status-checks")
    def check_status(reference: str) -> Response[str]:
        """200: the transfer after a status check.

        DOKU is not asked if the last check is under 10 seconds old, or if too many requests go to it.
        """
        return response(refreshed(find(reference)))

    support.add_routes(app, services, find)


def _add_reference_routes(app: APIGatewayHttpResolver) -> None:
    @app.get("/v1/banks")
    def list_banks() -> Response[str]:
        """200: banks and e-wallets that match `query`, a code or words."""
        words = query.parameters(app.current_event, "query").get("query", "")
        return json_response(200, {"banks": [asdict(bank) for bank in banks.search(words)]})

    @app.get("/health")
    def health() -> Response[str]:
        """200, without details of the deployment."""
        return json_response(200, {"status": "ok"})


def _add_error_handlers(app: APIGatewayHttpResolver, services: Services, logger: Logger) -> None:
    def failed(error: PayoutError) -> Response[str]:
        if isinstance(error, RefusedEarly):
            metrics.publish({"RequestsRefusedEarly": 1})
        if error.transfer is not None and not caller_of(app, services).may_see(error.transfer):
            error.hide_transfer()
        return error_responses.response(error, app.current_event.request_context.request_id)

    def not_routed(_: Exception) -> Response[str]:
        return failed(_routing_error(app.current_event))

    def unexpected(error: Exception) -> Response[str]:
        logger.error("unexpected failure", error=_where(error))
        metrics.publish({"UnexpectedFailures": 1})
        return failed(PayoutError("an unexpected error occurred; read the transfer's status before you try again"))

    app.exception_handler(PayoutError)(failed)
    app.exception_handler(Exception)(unexpected)  # the resolver's own handler would log the caller's input
    app.not_found(not_routed)


def _routing_error(event: APIGatewayProxyEventV2) -> PayoutError:
    """The error for an event that the resolver has no route for."""
    asked = event.raw_event.get(ASKED_PATH)
    if asked is None and event.path.startswith("/v1/batches/"):
        from transfer_api import batch_routes

        return batch_routes.bad_reference()
    if asked is None and event.path.startswith("/v1/transfers/"):  # API Gateway found the route by the path as sent
        return idempotency.bad_reference()
    allowed = methods.allowed(asked or event.path)
    if allowed and event.http_method not in allowed:
        return MethodNotAllowed(allowed)
    return UnknownRoute("the API has no such route; see the API reference")


def _where(error: Exception) -> str:
    """The error's type and source line. Its text is left out, since it may contain the caller's input (I17)."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = f" at {trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace else ""
    return f"{type(error).__name__}{place}"
