"""The two routes that explain DOKU's codes. They never ask DOKU, and a code that nobody knows is no error."""

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response

from transfer_api.error_responses import json_response

_ROUTE = "/v1/response-codes"


def add_routes(app: APIGatewayHttpResolver) -> None:
    """GET /v1/response-codes and GET /v1/response-codes/{code}. Only they import the catalogue: DESIGN 2.12."""

    @app.get(_ROUTE)
    def list_codes() -> Response[str]:
        """200: codes by system and words."""
        from transfer_api import explanations

        return json_response(200, explanations.of_search(app.current_event.query_string_parameters))

    @app.get(_ROUTE + r"/[\s\S]+")  # the resolver's <code> would answer 404 to most of Unicode
    def explain_code() -> Response[str]:
        """200: a code with all its readings, the best guess where no table lists it."""
        from transfer_api import explanations

        event = app.current_event
        code = event.path.removeprefix(f"{_ROUTE}/")
        return json_response(200, explanations.of_code(code, event.query_string_parameters))
