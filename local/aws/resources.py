"""Creates the template's resources with moto's CloudFormation, and the functions' environment variables."""

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.config import Config

from local.aws.bundle import Function
from local.aws.session import REGION, local_session
from local.aws.template import Template, TemplateError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_sqs import SQSClient

TABLE_ENDPOINT = "AWS_ENDPOINT_URL_DYNAMODB"
QUEUE_ENDPOINT = "AWS_ENDPOINT_URL_SQS"
CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_SESSION_TOKEN": "testing",
    "AWS_REGION": REGION,
    "AWS_DEFAULT_REGION": REGION,
}
# Stateful resources. Roles and queue policies are not enforced locally; `local` runs functions, routes and schedules.
_KEPT = (
    "AWS::DynamoDB::Table",
    "AWS::KMS::Key",
    "AWS::SQS::Queue",
    "AWS::SNS::Topic",
    "AWS::S3::Bucket",
    "AWS::SSM::Parameter",
)
_SECRET = "AWS::SecretsManager::Secret"
_TABLE = (
    "AttributeDefinitions",
    "KeySchema",
    "GlobalSecondaryIndexes",
    "LocalSecondaryIndexes",
    "BillingMode",
    "ProvisionedThroughput",
    "StreamSpecification",
)
_QUEUE = ("VisibilityTimeout", "MessageRetentionPeriod", "RedrivePolicy", "RedriveAllowPolicy")


@dataclass(frozen=True)
class Deployed:
    """Physical ids by logical id (a queue's is its URL), and each function's environment variables."""

    ids: Mapping[str, str]
    environments: Mapping[str, Mapping[str, str]]


class Aws:
    """AWS at `url`; tables and queues at `table_url` and `queue_url` if given. Threads may share its clients."""

    def __init__(self, url: str, table_url: str | None = None, queue_url: str | None = None) -> None:
        self.url, self.table_url, self.queue_url = url, table_url, queue_url
        self._tables: list[str] = []  # those at table_url
        self._stacks: list[str] = []
        self._secrets: list[str] = []
        self.dynamodb: DynamoDBClient = self._client("dynamodb", table_url or url)
        self.sqs: SQSClient = self._client("sqs", queue_url or url)
        self.secretsmanager: SecretsManagerClient = self._client("secretsmanager", url)

    def streams(self) -> Any:
        """A client of the table's stream."""
        return self._client("dynamodbstreams", self.table_url or self.url)

    def environment(self) -> dict[str, str]:
        """The environment variables with which a function finds this AWS."""
        engines = {TABLE_ENDPOINT: self.table_url, QUEUE_ENDPOINT: self.queue_url}
        endpoints = {"AWS_ENDPOINT_URL": self.url} | {name: url for name, url in engines.items() if url}
        nowhere = {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}  # not the developer's
        return CREDENTIALS | endpoints | nowhere

    def deploy(self, template: Template, functions: Iterable[Function]) -> Deployed:
        """Create the stack's tables, queues and secrets. Raises TemplateError if a variable refers to another type."""
        functions = list(functions)
        for function in functions:
            _check_references(template, function)
        stack = f"local-{os.getpid()}-{os.urandom(3).hex()}"
        secrets = self._create_secrets(template, stack)
        tables = template.deployed("AWS::DynamoDB::Table") if self.table_url else {}
        queues = template.deployed("AWS::SQS::Queue") if self.queue_url else {}
        elsewhere = {name: dict(properties) for name, properties in {**tables, **queues}.items()}
        outputs = {f.name: dict(f.variables) for f in functions} | elsewhere
        ids, resolved = self._create_stack(stack, _body(template, secrets, outputs), {**template.parameters, **secrets})
        for name in tables:
            self._create_table(ids[name], resolved[name])
        for name in sorted(queues, key=lambda name: "RedrivePolicy" in resolved[name]):  # dead-letter queues first
            self._create_queue(ids[name], resolved[name])
        environments = {f.name: {k: str(v) for k, v in resolved[f.name].items()} for f in functions}
        return Deployed({**ids, **secrets}, environments)

    def remove(self) -> None:
        """Delete what was deployed: moto keeps it as long as the process lives, and `table_url` for longer."""
        for name in self._tables:
            self.dynamodb.delete_table(TableName=name)
        for name in self._stacks:
            self._client("cloudformation", self.url).delete_stack(StackName=name)
        for arn in self._secrets:
            self.secretsmanager.delete_secret(SecretId=arn, ForceDeleteWithoutRecovery=True)
        for names in (self._tables, self._stacks, self._secrets):
            names.clear()

    def _create_stack(
        self, name: str, body: Mapping[str, Any], parameters: Mapping[str, str]
    ) -> tuple[dict[str, str], dict[str, Any]]:
        """Physical ids by logical id, and the outputs."""
        cloudformation = self._client("cloudformation", self.url)
        cloudformation.create_stack(
            StackName=name,
            TemplateBody=json.dumps(body),
            Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()],
        )
        self._stacks.append(name)
        resources = cloudformation.describe_stack_resources(StackName=name)["StackResources"]
        outputs = cloudformation.describe_stacks(StackName=name)["Stacks"][0]["Outputs"]
        return (
            {resource["LogicalResourceId"]: resource["PhysicalResourceId"] for resource in resources},
            {output["OutputKey"]: json.loads(output["OutputValue"]) for output in outputs},
        )

    def _create_secrets(self, template: Template, stack: str) -> dict[str, str]:
        """ARNs by logical id. moto's CloudFormation does not support secrets, so they are created by themselves."""
        created = {
            name: self.secretsmanager.create_secret(Name=f"{stack}-{name}")["ARN"]
            for name in template.deployed(_SECRET)
        }
        self._secrets += created.values()
        return created

    def _create_table(self, name: str, properties: Mapping[str, Any]) -> None:
        given = {key: properties[key] for key in _TABLE if key in properties}
        if "StreamSpecification" in given:
            given["StreamSpecification"] = {**given["StreamSpecification"], "StreamEnabled": True}
        self.dynamodb.create_table(TableName=name, **given)
        self._tables.append(name)
        self.dynamodb.get_waiter("table_exists").wait(TableName=name, WaiterConfig={"Delay": 1})

    def _create_queue(self, url: str, properties: Mapping[str, Any]) -> None:
        """Create the queue with the last part of `url` as its name, the only part of a queue's URL that SQS reads."""
        given = {key: properties[key] for key in _QUEUE if key in properties}
        attributes = {key: value if isinstance(value, str) else json.dumps(value) for key, value in given.items()}
        self.sqs.create_queue(QueueName=url.rpartition("/")[2], Attributes=attributes)  # type: ignore[arg-type]

    @staticmethod
    def _client(service: str, url: str) -> Any:
        config = Config(retries={"total_max_attempts": 1}, max_pool_connections=50)
        return local_session().client(service, endpoint_url=url, config=config)


def _body(template: Template, secrets: Iterable[str], outputs: Mapping[str, Any]) -> dict[str, Any]:
    """The part of the template that moto creates, with `outputs` to resolve. Secrets become parameters (ARNs)."""
    body = {key: template.document[key] for key in ("Mappings", "Conditions") if key in template.document}
    return body | {
        "Parameters": {**template.document.get("Parameters", {}), **{name: {"Type": "String"} for name in secrets}},
        "Resources": {
            name: _deletable(each)
            for name, each in template.resources.items()
            if each["Type"] in _KEPT and template.exists(name)
        },
        "Outputs": {name: {"Value": {"Fn::ToJsonString": value}} for name, value in outputs.items()},
    }


def _deletable(resource: Mapping[str, Any]) -> dict[str, Any]:
    """A table without its protection from deletion: a stack that ends leaves nothing behind."""
    properties = resource.get("Properties", {})
    kept = {name: value for name, value in properties.items() if name != "DeletionProtectionEnabled"}
    return {**resource, "Properties": kept}


def _check_references(template: Template, function: Function) -> None:
    for variable, value in function.variables.items():
        for name in _references(value):
            resource = template.resources.get(name)
            if resource and resource["Type"] not in (*_KEPT, _SECRET):
                what = f"{function.name}'s variable {variable} needs {name}"
                raise TemplateError(f"{what}, a {resource['Type']}, which the local stack does not create")


def _references(value: Any) -> set[str]:
    match value:
        case {"Ref": str(name)} | {"Fn::GetAtt": [str(name), *_]}:
            return {name}
        case dict():
            return set().union(*map(_references, value.values()))
        case list():
            return set().union(*map(_references, value))
    return set()
