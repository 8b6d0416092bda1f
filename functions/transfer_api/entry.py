"""The entry of the transfer API: one log line a request."""

from collections.abc import Callable
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from transfer_api.routes import create_app
from transfer_api.services import Services

Handler = Callable[[dict[str, Any], LambdaContext], dict[str, Any]]


def create_handler(services: Services, logger: Logger) -> Handler:
    """The handler over these services. Logs the route, the status and the codes; nothing that a caller sent."""
    app = create_app(services, logger)

    def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
        logger.clear_state()
        logger.append_keys(request_id=event["requestContext"]["requestId"], route=event.get("routeKey"))
        answer = app.resolve(event, context)
        logger.info("request", status=answer["statusCode"])
        return answer

    return handler
