"""The template's AWS resources, and their table on another engine."""

import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.aws import bundle, moto_server, template
from local.aws.resources import Aws
from local.aws.template import Template, TemplateError
from local.clock import Clock

ROOT = Path(__file__).parents[2]
PARAMETERS = {"JwtIssuer": "https://i.test", "JwtAudience": "a"}
ENGINE = "import sys; from moto.server import main; main(['-H', '127.0.0.1', '-p', sys.argv[1]])"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[moto_server.MotoServer]:
    server = moto_server.start(0, Clock(tmp_path / "clock"))
    yield server
    server.close()


@pytest.fixture
def engine() -> Iterator[str]:
    """A DynamoDB that is not this process's: moto once more."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    process = subprocess.Popen([sys.executable, "-c", ENGINE, str(port)], stderr=subprocess.PIPE, text=True)
    assert process.stderr
    for line in process.stderr:
        if "Running on" in line:
            break
    yield f"http://127.0.0.1:{port}"
    process.kill()
    process.communicate()


def test_the_table_is_made_on_another_engine_and_removed_again(server: moto_server.MotoServer, engine: str) -> None:
    loaded = template.load(ROOT / "template.yaml", PARAMETERS)
    aws = Aws(server.url, engine)

    made = aws.deploy(loaded, bundle.read(loaded).functions.values()).ids
    name = made["TransfersTable"]

    table = aws.dynamodb.describe_table(TableName=name)["Table"]
    wanted = loaded.resources["TransfersTable"]["Properties"]["GlobalSecondaryIndexes"]
    assert {index["IndexName"] for index in table["GlobalSecondaryIndexes"]} == {i["IndexName"] for i in wanted}
    assert aws.environment()["AWS_ENDPOINT_URL_DYNAMODB"] == engine

    aws.remove()

    with pytest.raises(ClientError, match="ResourceNotFound"):
        aws.dynamodb.describe_table(TableName=name)
    assert made["NotificationQueue"] not in aws.sqs.list_queues().get("QueueUrls", [])
    assert made["DokuSecret"] not in [each["ARN"] for each in aws.secretsmanager.list_secrets()["SecretList"]]


def test_a_variable_that_needs_what_is_not_made_is_refused(server: moto_server.MotoServer) -> None:
    loaded = template.load(ROOT / "tests/integration/fixture_bundle/template.yaml", PARAMETERS)
    document = json.loads(json.dumps(loaded.document))
    document["Resources"]["WebFunction"]["Properties"]["Environment"]["Variables"]["ROLE"] = {
        "Fn::GetAtt": ["WebFunctionRole", "Arn"]
    }
    changed = Template(document, loaded.parameters)

    with pytest.raises(TemplateError, match="WebFunction's variable ROLE needs WebFunctionRole, a AWS::IAM::Role"):
        Aws(server.url).deploy(changed, bundle.read(changed).functions.values())


def test_the_youngest_servers_clock_counts(tmp_path: Path) -> None:
    older_clock, younger_clock = Clock(tmp_path / "older"), Clock(tmp_path / "younger")
    older = moto_server.start(0, older_clock)
    younger = moto_server.start(0, younger_clock)
    sqs = Aws(older.url).sqs
    queue = sqs.create_queue(QueueName="clocks")["QueueUrl"]
    sqs.send_message(QueueUrl=queue, MessageBody="later", DelaySeconds=600)
    sqs.send_message(QueueUrl=queue, MessageBody="much later", DelaySeconds=900)

    older_clock.advance(100_000)
    assert "Messages" not in sqs.receive_message(QueueUrl=queue)
    younger_clock.advance(601)
    assert [message["Body"] for message in sqs.receive_message(QueueUrl=queue)["Messages"]] == ["later"]

    younger.close()
    assert "Messages" in sqs.receive_message(QueueUrl=queue)
    older.close()


def test_a_transaction_that_fails_changes_nothing(server: moto_server.MotoServer) -> None:
    loaded = template.load(ROOT / "template.yaml", PARAMETERS)
    aws = Aws(server.url)
    name = aws.deploy(loaded, bundle.read(loaded).functions.values()).ids["TransfersTable"]
    aws.dynamodb.put_item(TableName=name, Item={"pk": {"S": "old"}, "n": {"N": "1"}})

    def transact(condition: str) -> None:
        change = {"TableName": name, "Key": {"pk": {"S": "old"}}, "UpdateExpression": "SET n = :two"}
        check = {"TableName": name, "Key": {"pk": {"S": "none"}}, "ConditionExpression": condition}
        put = {"TableName": name, "Item": {"pk": {"S": "new"}}}
        aws.dynamodb.transact_write_items(
            TransactItems=[
                {"Update": {**change, "ExpressionAttributeValues": {":two": {"N": "2"}}}},  # type: ignore[typeddict-item]
                {"Put": put},  # type: ignore[typeddict-item]
                {"ConditionCheck": check},  # type: ignore[typeddict-item]
            ]
        )

    def items() -> dict[str, str | None]:
        return {item["pk"]["S"]: item.get("n", {}).get("N") for item in aws.dynamodb.scan(TableName=name)["Items"]}

    with pytest.raises(ClientError, match="TransactionCanceled"):
        transact("attribute_exists(pk)")
    assert items() == {"old": "1"}
    transact("attribute_not_exists(pk)")
    assert items() == {"old": "2", "new": None}


def test_a_transaction_is_carried_out_once_for_its_token(server: moto_server.MotoServer) -> None:
    """As by DynamoDB: the second try of a transaction whose reply was lost is no failed condition."""
    dynamodb: Any = Aws(server.url).dynamodb
    key, types = ({"AttributeName": "pk", kind: value} for kind, value in (("KeyType", "HASH"), ("AttributeType", "S")))
    dynamodb.create_table(TableName="t", KeySchema=[key], AttributeDefinitions=[types], BillingMode="PAY_PER_REQUEST")
    put = {"TableName": "t", "Item": {"pk": {"S": "a"}}, "ConditionExpression": "attribute_not_exists(pk)"}
    for _ in range(2):
        dynamodb.transact_write_items(TransactItems=[{"Put": put}], ClientRequestToken="one")
    with pytest.raises(ClientError, match="TransactionCanceled"):
        dynamodb.transact_write_items(TransactItems=[{"Put": put}], ClientRequestToken="two")
