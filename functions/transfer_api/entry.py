"""The boundary of the transfer API: one log line a request, and no exception that the caller sees."""

from collections.abc import Callable
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from transfer_api import failures
from transfer_api.routes import create_app
from transfer_api.services import Services

Handler = Callable[[dict[str, Any], LambdaContext], dict[str, Any]]


def create_handler(services: Services, logger: Logger) -> Handler:
    """The handler over these services. Logs the route, the status and the codes; nothing that a caller sent."""
    app = create_app(services, logger)

    def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
        request_id = event["requestContext"]["requestId"]
        logger.clear_state()
        logger.append_keys(request_id=request_id, route=event.get("routeKey"))
        try:
            answer = app.resolve(event, context)
        except Exception as error:
            logger.error("unexpected failure", error=_where(error))
            answer = failures.unexpected(request_id)
        logger.info("request", status=answer["statusCode"])
        return answer

    return handler


def _where(error: Exception) -> str:
    """The kind of an error and the line it comes from, without its text: that may hold what a caller sent (I17)."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = f" at {trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace else ""
    return f"{type(error).__name__}{place}"
