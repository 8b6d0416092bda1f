"""The transfer API's handler: one log line for each request but successful reads."""

import re
from collections.abc import Callable
from functools import cache
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from transfer_api.methods import ASKED_PATH
from transfer_api.routes import create_app
from transfer_api.services import Services

_SLOW_DOWN_MILLIS = 14_000
"""For a read and a write of a table that does not answer. With less left, the next request slows down."""
_NO_ROUTE = "/no-such-route"

Handler = Callable[[dict[str, Any], LambdaContext], dict[str, Any]]


def create_handler(services: Services, logger: Logger) -> Handler:
    """Create the handler. It logs the route, the status and references, and no other input of the caller."""
    app = create_app(services, logger)

    @cache
    def add_batch_routes() -> None:
        from transfer_api import batch_routes  # not at every cold start

        batch_routes.add_routes(app, services, logger)

    def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
        """Answer a request from API Gateway."""
        logger.clear_state()
        logger.append_keys(request_id=event["requestContext"]["requestId"], route=event.get("routeKey"))
        if " /v1/batches" in event.get("routeKey", ""):
            add_batch_routes()
        answer = app.resolve(_as_authorized(event), context)
        if context.get_remaining_time_in_millis() >= _SLOW_DOWN_MILLIS:
            services.rate.slow_down()  # not earlier: DOKU's answer about a transfer had to be stored first
        if not (event["routeKey"].startswith("GET ") and answer["statusCode"] == 200):  # reads: in the access log
            logger.info("request", status=answer["statusCode"])
        return answer

    return handler


def _as_authorized(event: dict[str, Any]) -> dict[str, Any]:
    """The event, with its path only if the path belongs to the route whose scopes API Gateway has checked (I18).

    The gateway matches the path as sent but passes it on decoded: `/v1/%74ransfers` arrives by the catch-all route
    and looks like `/v1/transfers`.
    """
    _, _, template = event.get("routeKey", "").partition(" ")
    pattern = re.sub(r"\\{\w+\\}", "[\\\\s\\\\S]+", re.escape(template))
    path = event["rawPath"]
    stage = event["requestContext"].get("stage", "$default")
    if stage != "$default":
        path = path.removeprefix(f"/{stage}")
    if "+}" not in template and re.fullmatch(pattern, path):
        return event
    http = {**event["requestContext"]["http"], "path": _NO_ROUTE}
    context = {**event["requestContext"], "http": http}
    return {**event, "rawPath": _NO_ROUTE, ASKED_PATH: path, "requestContext": context}
