"""The functions, routes, queue triggers and schedules in the translated template."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from local.aws.template import Template, TemplateError

_ALIASES = {"AWS::Lambda::Alias": "FunctionName", "AWS::Lambda::Version": "FunctionName"}
_METHODS = ("get", "post", "put", "patch", "delete", "head", "options", "x-amazon-apigateway-any-method")


@dataclass(frozen=True)
class Function:
    """A Lambda function. `paths` are the directories it imports from, its own code first; `timeout` in seconds."""

    name: str
    handler: str
    timeout: int
    memory: int
    runtime: str
    paths: tuple[str, ...]
    log_format: str
    variables: Mapping[str, Any]  # may contain intrinsic functions


@dataclass(frozen=True)
class Authorizer:
    """The issuer and the audiences of the tokens that a route accepts."""

    issuer: str
    audiences: tuple[str, ...]


@dataclass(frozen=True)
class Cors:
    """The origins, methods and headers that CORS allows; header names in lower case."""

    origins: tuple[str, ...]
    methods: tuple[str, ...]
    headers: tuple[str, ...]
    exposed: tuple[str, ...]
    max_age: int


@dataclass(frozen=True)
class Route:
    """A route of the HTTP API. It is public if it has no authorizer. `timeout` is the integration's, in seconds."""

    method: str
    path: str
    function: str
    authorizer: Authorizer | None
    scopes: tuple[str, ...]
    timeout: float

    @property
    def key(self) -> str:
        """API Gateway's route key, such as `GET /v1/balance`."""
        return self.path if self.path == "$default" else f"{self.method} {self.path}"


@dataclass(frozen=True)
class QueueTrigger:
    """An SQS event source mapping. `queue` is a logical id; `partial` is True with ReportBatchItemFailures."""

    function: str
    queue: str
    batch_size: int
    window: int
    partial: bool
    concurrency: int | None


@dataclass(frozen=True)
class Schedule:
    """A schedule that invokes a function. `source` is the `source` field of its event."""

    name: str
    function: str
    expression: str
    payload: str | None
    source: str


@dataclass(frozen=True)
class Bundle:
    """The functions by logical id, and what invokes them. The hooks of rollouts are left out."""

    functions: Mapping[str, Function]
    routes: tuple[Route, ...]
    triggers: tuple[QueueTrigger, ...]
    schedules: tuple[Schedule, ...]
    cors: Cors | None = None


def read(template: Template) -> Bundle:
    """What `template` deploys."""
    hooks = set(_rollout_hooks(template))
    found = template.deployed("AWS::Lambda::Function")
    functions = {name: _function(template, name, found[name]) for name in found if name not in hooks}
    return Bundle(
        functions,
        tuple(_routes(template)),
        tuple(_triggers(template)),
        tuple(_schedules(template)),
        _cors(template),
    )


def _rollout_hooks(template: Template) -> Iterator[str]:
    """Names of the functions that CodeDeploy calls during a rollout. The local run has no rollouts."""
    for resource in template.resources.values():
        policy = resource.get("UpdatePolicy", {}).get("CodeDeployLambdaAliasUpdate", {})
        for key in ("BeforeAllowTrafficHook", "AfterAllowTrafficHook"):
            hook = policy.get(key, {})
            yield from (one["Ref"] for one in hook.get("Fn::If", [hook]) if isinstance(one, dict) and "Ref" in one)


def _function(template: Template, name: str, properties: Mapping[str, Any]) -> Function:
    layers = [layer["Ref"] for layer in properties.get("Layers", []) if "Ref" in layer]  # others are ARNs
    contents = [template.resources[layer]["Properties"]["Content"] for layer in layers]
    return Function(
        name=name,
        handler=properties["Handler"],
        timeout=int(template.resolve(properties.get("Timeout", 3))),
        memory=int(template.resolve(properties.get("MemorySize", 128))),
        runtime=template.resolve(properties["Runtime"]),
        paths=tuple(content["S3Key"] for content in [properties["Code"], *contents]),
        log_format=template.resolve(properties.get("LoggingConfig", {}).get("LogFormat", "Text")),
        variables=properties.get("Environment", {}).get("Variables", {}),
    )


def _target(template: Template, reference: Any) -> str:
    """The logical id of the function that `reference` (Ref, GetAtt, Sub, or one of them to an alias) resolves to."""
    match reference:
        case {"Ref": str(name)} | {"Fn::GetAtt": [str(name), *_]}:
            found = name
        case {"Fn::Sub": str(text)} if match := re.search(r"\$\{(\w+)(?:\.Arn)?\}(?:/invocations)?$", text):
            found = match[1]
        case _:
            raise TemplateError(f"no function found in {reference}")
    resource = template.resources[found]
    follow = _ALIASES.get(resource["Type"])
    return _target(template, resource["Properties"][follow]) if follow else found


def _routes(template: Template) -> Iterator[Route]:
    for api in template.deployed("AWS::ApiGatewayV2::Api").values():
        body = api["Body"]
        authorizers = dict(_authorizers(template, body))
        for path, operations in body["paths"].items():
            for method in _METHODS:
                if method in operations:
                    yield _route(template, path, method, operations[method], authorizers)


def _cors(template: Template) -> Cors | None:
    for api in template.deployed("AWS::ApiGatewayV2::Api").values():
        if settings := template.resolve(api["Body"].get("x-amazon-apigateway-cors")):
            return Cors(
                origins=tuple(settings["allowOrigins"]),
                methods=tuple(settings.get("allowMethods", ())),
                headers=tuple(name.lower() for name in settings.get("allowHeaders", ())),
                exposed=tuple(name.lower() for name in settings.get("exposeHeaders", ())),
                max_age=int(settings.get("maxAge", 0)),
            )
    return None


def _authorizers(template: Template, body: Mapping[str, Any]) -> Iterator[tuple[str, Authorizer]]:
    for name, scheme in body.get("components", {}).get("securitySchemes", {}).items():
        jwt = template.resolve(scheme["x-amazon-apigateway-authorizer"]["jwtConfiguration"])
        yield name, Authorizer(jwt["issuer"], tuple(jwt["audience"]))


def _route(
    template: Template, path: str, method: str, operation: Mapping[str, Any], authorizers: Mapping[str, Authorizer]
) -> Route:
    integration = operation["x-amazon-apigateway-integration"]
    name, scopes = next(iter(operation.get("security", [{"NONE": []}])[0].items()))
    return Route(
        method="ANY" if method.startswith("x-") else method.upper(),
        path=path.removeprefix("/") if path == "/$default" else path,
        function=_target(template, integration["uri"]),
        authorizer=None if name == "NONE" else authorizers[name],
        scopes=tuple(scopes),
        timeout=int(integration.get("timeoutInMillis", 30_000)) / 1000,
    )


def _triggers(template: Template) -> Iterator[QueueTrigger]:
    for properties in template.deployed("AWS::Lambda::EventSourceMapping").values():
        settings = template.resolve(properties)
        if str(settings.get("Enabled", True)).lower() == "false":
            continue
        yield QueueTrigger(
            function=_target(template, properties["FunctionName"]),
            queue=properties["EventSourceArn"]["Fn::GetAtt"][0],
            batch_size=int(settings.get("BatchSize", 10)),
            window=int(settings.get("MaximumBatchingWindowInSeconds", 0)),
            partial="ReportBatchItemFailures" in settings.get("FunctionResponseTypes", []),
            concurrency=settings.get("ScalingConfig", {}).get("MaximumConcurrency"),
        )


def _schedules(template: Template) -> Iterator[Schedule]:
    for name, properties in template.deployed("AWS::Scheduler::Schedule").items():
        yield from _schedule(template, name, properties, properties["Target"], "aws.scheduler")
    for name, properties in template.deployed("AWS::Events::Rule").items():
        for target in properties.get("Targets", []) if "ScheduleExpression" in properties else []:
            yield from _schedule(template, name, properties, target, "aws.events")


def _schedule(
    template: Template, name: str, properties: Mapping[str, Any], target: Mapping[str, Any], source: str
) -> Iterator[Schedule]:
    if template.resolve(properties.get("State", "ENABLED")) == "ENABLED":
        expression = template.resolve(properties["ScheduleExpression"])
        yield Schedule(
            name, _target(template, target["Arn"]), expression, template.resolve(target.get("Input")), source
        )
