"""The API: authorization, throttling, time-outs and the access log."""

import json

import pytest

from local.aws import bundle
from local.aws.template import TemplateError
from tests.template.reading import FUNCTIONS, Properties, properties, translated

OPEN = {"GET /health", "POST /notifications/kirim-doku/unpaid", "POST /notifications/kirim-doku/refund"}
"""Health, and DOKU's notifications, whose signature the function checks."""
MOVES_MONEY = {"POST /v1/transfers", "POST /v1/account-inquiries"}
SCOPES = {
    *("transfers:read", "transfers:read:own", "transfers:write", "transfers:note", "transfers:settle"),
    *("batches:read", "batches:write", "batches:approve"),
}
PERSONAL = ("sourceip", "useragent", "path", "query", "header", "claim", "token", "body", "identity", "principal")


@pytest.fixture(scope="module")
def routes() -> dict[str, bundle.Route]:
    return {route.key: route for route in bundle.read(translated()).routes}


def test_routes_need_a_token_and_a_scope(routes: dict[str, bundle.Route]) -> None:
    assert {key for key, route in routes.items() if route.authorizer is None} == OPEN
    for key, route in routes.items():
        if key not in OPEN:
            assert route.scopes, key
            assert set(route.scopes) <= SCOPES, key


def test_no_route_names_a_scheme_that_does_not_exist() -> None:
    """`Authorizer: NONE` would: the import of the API may warn of it, and a warning fails the deployment."""
    body = properties("HttpApi")["Body"]
    schemes = {name for path in body["paths"].values() for each in path.values() for name in _schemes(each)}
    assert schemes == set(body["components"]["securitySchemes"]) == {"Merchant"}


def _schemes(operation: Properties) -> list[str]:
    return [name for each in operation.get("security", []) for name in each]


def test_only_approvers_decide_about_batches(routes: dict[str, bundle.Route]) -> None:
    decisions = [key for key, route in routes.items() if route.scopes == ("batches:approve",)]
    assert decisions == ["POST /v1/batches/{batchReference}/approvals"]


def test_support_has_scopes_of_its_own(routes: dict[str, bundle.Route]) -> None:
    one = "/v1/transfers/{partnerReferenceNo}"
    assert routes[f"POST {one}/notes"].scopes == ("transfers:note",)
    assert routes[f"POST {one}/settlement"].scopes == ("transfers:settle",)


def test_what_belongs_to_the_merchant_needs_the_full_scope(routes: dict[str, bundle.Route]) -> None:
    """`transfers:read:own` opens only routes that filter by caller, or show nothing of the merchant's."""
    own = {key for key, route in routes.items() if "transfers:read:own" in route.scopes}
    one = "/v1/transfers/{partnerReferenceNo}"
    filtered = {"GET /v1/transfers", f"GET {one}", f"POST {one}/status-checks"}
    assert own == {*filtered, "GET /v1/banks", "GET /v1/response-codes", "GET /v1/response-codes/{code}"}


def test_routes_that_move_money_need_the_write_scope(routes: dict[str, bundle.Route]) -> None:
    for key in MOVES_MONEY:
        assert routes[key].scopes == ("transfers:write",)


def test_an_unusable_issuer_fails_the_deployment() -> None:
    """Otherwise the import only warns, and the routes may have no authorizer."""
    assert properties("HttpApi")["FailOnWarnings"] is True


@pytest.mark.parametrize("issuer", ["http://login.example.com/", "http://127.0.0.1:3000/", "login.example.com"])
def test_an_issuer_is_https(issuer: str) -> None:
    with pytest.raises(TemplateError, match="JwtIssuer"):
        translated(JwtIssuer=issuer)


def test_every_call_goes_to_an_alias() -> None:
    for path, operations in properties("HttpApi")["Body"]["paths"].items():
        for operation in (one for one in operations.values() if "x-amazon-apigateway-integration" in one):
            assert "Aliaslive" in json.dumps(operation["x-amazon-apigateway-integration"]["uri"]), path
    for name, permission in translated().of_type("AWS::Lambda::Permission").items():
        assert "Aliaslive" in json.dumps(permission["FunctionName"]), name
        assert "SourceArn" in permission, f"{name}: any API of the account could call"


def test_money_and_public_routes_are_throttled_more(routes: dict[str, bundle.Route]) -> None:
    stage = _stage()
    usual = stage["DefaultRouteSettings"]
    assert 0 < usual["ThrottlingRateLimit"] <= 1000
    for key in MOVES_MONEY:
        assert stage["RouteSettings"][key]["ThrottlingRateLimit"] == {"Ref": "TransfersPerSecond"}
    for key in OPEN:
        assert stage["RouteSettings"][key]["ThrottlingRateLimit"] < usual["ThrottlingRateLimit"], key
        assert stage["RouteSettings"][key]["ThrottlingBurstLimit"] < usual["ThrottlingBurstLimit"], key
    assert set(stage["RouteSettings"]) <= set(routes), "API Gateway refuses settings of a route that is not there"


def test_the_access_log_has_no_personal_data() -> None:
    settings = _stage()["AccessLogSettings"]
    kept, deleted = ({"Fn::GetAtt": [name, "Arn"]} for name in ("AccessKeptLogs", "AccessLogs"))
    assert settings["DestinationArn"] == {"Fn::If": ["KeepsLogs", kept, deleted]}
    logged = json.loads(settings["Format"])
    assert {"requestId", "routeKey", "status"} <= set(logged)
    variables = " ".join(logged.values()).replace("$context.", "").lower()
    assert not [word for word in PERSONAL if word in variables]


@pytest.mark.parametrize("function", FUNCTIONS)
def test_api_functions_time_out_before_api_gateway(function: str) -> None:
    for route in bundle.read(translated()).routes:
        if route.function == function:
            assert properties(function)["Timeout"] < route.timeout, route.key


def _stage() -> Properties:
    (stage,) = translated().of_type("AWS::ApiGatewayV2::Stage").values()
    return stage
