"""Who may do what: each function what it needs, and nobody everything."""

from collections.abc import Mapping
from typing import Any

import pytest

from tests.template.reading import FUNCTIONS, IN_VPC, actions, chosen, many, properties, statements, text, translated

WITHOUT_RESOURCE = {
    ("FunctionPolicy", "xray:PutTraceSegments"): "X-Ray knows no resources",
    ("FunctionPolicy", "xray:PutTelemetryRecords"): "X-Ray knows no resources",
    **{
        ("FunctionPolicy", f"ec2:{action}"): "Lambda makes network interfaces; the next statement denies it to the code"
        for action in (
            "AssignPrivateIpAddresses",
            "CreateNetworkInterface",
            "DeleteNetworkInterface",
            "DescribeNetworkInterfaces",
            "DescribeSubnets",
            "UnassignPrivateIpAddresses",
        )
    },
    ("EncryptionKey", "kms:*"): "a key's policy is about this key; the account's own policies say who may",
    **{
        ("EncryptionKey", f"kms:{action}"): "a key's policy is about this key"
        for action in ("Encrypt", "Decrypt", "ReEncryptFrom", "ReEncryptTo", "GenerateDataKey", "DescribeKey")
    },
}
"""Allowed for `*`, where AWS has no other way."""
_ITEMS = {"dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:Query"}
_TABLE: dict[str, set[str]] = {
    "TransferApiRole": _ITEMS | {"dynamodb:BatchGetItem"},
    "NotificationReceiverRole": {"dynamodb:PutItem"},
    "NotificationProcessorRole": _ITEMS,
    "StatusPollerRole": _ITEMS | {"dynamodb:BatchGetItem"},
    "StatusEventsRole": {
        "dynamodb:DescribeStream",
        "dynamodb:GetRecords",
        "dynamodb:GetShardIterator",
        "dynamodb:ListStreams",
    },
}
_INDEXES = {
    "TransferApiRole": {"by-day"},
    "NotificationProcessorRole": {"by-reference"},
    "StatusPollerRole": {"due", "by-day"},
}
_QUEUE = {
    "TransferApiRole": set(),
    "NotificationReceiverRole": {"sqs:SendMessage"},
    "NotificationProcessorRole": {
        "sqs:ReceiveMessage",
        "sqs:DeleteMessage",
        "sqs:GetQueueAttributes",
        "sqs:ChangeMessageVisibility",
    },
    "StatusPollerRole": set(),
}


def of_service(role: str, service: str) -> set[str]:
    return {action for _, one in statements(role) for action in actions(one) if action.startswith(f"{service}:")}


def allowing() -> list[tuple[str, Mapping[str, Any]]]:
    return [(whose, one) for whose, one in statements() if one["Effect"] == "Allow"]


def test_nobody_may_do_something_to_everything_but_where_aws_has_no_other_way() -> None:
    found = {(whose, action) for whose, one in allowing() if "*" in many(one["Resource"]) for action in actions(one)}
    assert found == set(WITHOUT_RESOURCE)


def test_nobody_may_do_everything_but_the_account_with_its_key() -> None:
    assert {(whose, action) for whose, one in allowing() for action in actions(one) if "*" in action} == {
        ("EncryptionKey", "kms:*")
    }


def test_a_resource_with_a_wildcard_is_of_this_stack_or_account() -> None:
    ours = ("${AWS::StackName}-*", "/reports/*", ":alarm:*")
    for whose, one in allowing():
        for resource in many(one["Resource"]):
            if "*" in text(resource) and resource != "*":
                assert resource["Fn::Sub"].endswith(ours), (whose, resource)


def test_nobody_may_delete_or_scan_a_transfer() -> None:
    for whose, one in statements():
        assert not actions(one) & {"dynamodb:DeleteItem", "dynamodb:Scan", "dynamodb:BatchWriteItem"}, whose
        assert not {action for action in actions(one) if action.startswith("dynamodb:Delete")}, whose


@pytest.mark.parametrize("role", list(_TABLE))
def test_a_role_may_do_to_the_table_what_its_function_does(role: str) -> None:
    assert of_service(role, "dynamodb") == _TABLE[role]


@pytest.mark.parametrize("role", list(_INDEXES))
def test_a_role_may_query_the_indexes_that_its_function_reads(role: str) -> None:
    queries = [one for _, one in statements(role) if "dynamodb:Query" in actions(one)]
    read = {resource["Fn::Sub"].partition("/index/")[2] for one in queries for resource in many(one["Resource"])}
    assert read == _INDEXES[role]


@pytest.mark.parametrize("role", ["NotificationProcessorRole", "StatusPollerRole"])
def test_only_the_api_may_create_a_transfer(role: str) -> None:
    (put,) = [one for _, one in statements(role) if "dynamodb:PutItem" in actions(one)]
    assert actions(put) == {"dynamodb:PutItem"}
    assert put["Condition"] == {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["TOKEN#*"]}}


def test_the_receiver_may_remember_requests_and_touch_nothing_else() -> None:
    (put,) = [one for _, one in statements("NotificationReceiverRole") if "dynamodb:PutItem" in actions(one)]
    assert put["Condition"] == {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["REQUEST#*"]}}
    assert put["Resource"] == {"Fn::GetAtt": ["TransfersTable", "Arn"]}


def test_the_processor_reads_sessions_and_changes_none() -> None:
    about_sessions = [one for _, one in statements("NotificationProcessorRole") if "SESSION#" in text(one)]
    assert [actions(one) for one in about_sessions] == [{"dynamodb:GetItem"}]


@pytest.mark.parametrize("role", list(_QUEUE))
def test_a_role_may_do_to_the_queue_what_its_function_does(role: str) -> None:
    assert of_service(role, "sqs") == _QUEUE[role]
    for _, one in statements(role):
        if of_service(role, "sqs") & actions(one):
            assert one["Resource"] == {"Fn::GetAtt": ["NotificationQueue", "Arn"]}


def test_a_function_may_read_the_one_secret_and_write_its_own_log() -> None:
    (secret,) = [one for _, one in statements() if "secretsmanager:GetSecretValue" in actions(one)]
    assert secret["Resource"] == {"Ref": "DokuSecret"}
    for function in FUNCTIONS:
        name = function.removesuffix("Function")
        (log,) = [one for _, one in statements(f"{name}Role") if "logs:PutLogEvents" in actions(one)]
        assert log["Resource"] == {"Fn::GetAtt": [f"{name}Logs", "Arn"]}
        assert properties(function)["LoggingConfig"]["LogGroup"] == {"Ref": f"{name}Logs"}


def test_every_function_has_a_role_of_its_own_and_no_policy_of_aws() -> None:
    roles = [properties(function)["Role"]["Fn::GetAtt"][0] for function in FUNCTIONS]
    assert len(set(roles)) == len(FUNCTIONS)
    for name, role in translated().of_type("AWS::IAM::Role").items():
        for policy in role.get("ManagedPolicyArns", []):
            assert policy == {"Ref": "FunctionPolicy"}, name


def test_a_role_is_taken_on_by_one_service_alone() -> None:
    for name, role in translated().of_type("AWS::IAM::Role").items():
        (statement,) = role["AssumeRolePolicyDocument"]["Statement"]
        (service,) = many(statement["Principal"]["Service"])
        assert service.endswith(".amazonaws.com"), name
        assert list(statement["Principal"]) == ["Service"], name


def test_the_key_is_used_through_the_services_that_keep_something_alone() -> None:
    for whose, one in allowing():
        if whose != "EncryptionKey" and {one for one in actions(one) if one.startswith("kms:")} - {"kms:Sign"}:
            via = [
                service["Fn::Sub"].partition(".")[0] for service in one["Condition"]["StringEquals"]["kms:ViaService"]
            ]
            assert set(via) <= {"dynamodb", "secretsmanager", "sqs"}, whose


def test_network_interfaces_are_lambdas_and_only_in_a_network() -> None:
    branches = properties("FunctionPolicy")["PolicyDocument"]["Statement"]
    assert all(item["Fn::If"][0] == "InVpc" for item in branches if "Fn::If" in item)
    outside = [one for one in chosen(branches, which=2) if "ec2:" in text(one["Action"])]
    allowed, denied = [one for one in chosen(branches, which=1) if "ec2:" in text(one["Action"])]
    assert outside == []
    assert (allowed["Effect"], denied["Effect"]) == ("Allow", "Deny")
    assert actions(allowed) == actions(denied)
    assert "lambda:SourceFunctionArn" in text(denied["Condition"])


def test_in_a_network_every_function_is_in_it() -> None:
    for function in FUNCTIONS:
        _, inside, outside = properties(function, **IN_VPC)["VpcConfig"]["Fn::If"]
        assert set(inside) == {"SubnetIds", "SecurityGroupIds"}
        assert outside == {"Ref": "AWS::NoValue"}


def test_no_variable_holds_a_secret() -> None:
    resolved = ("resolve:secretsmanager", "resolve:ssm-secure", "SecretString")
    for function in FUNCTIONS:
        variables = properties(function)["Environment"]["Variables"]
        assert not [word for word in resolved if word in text(variables)]
        named = {name for name in variables if any(word in name for word in ("KEY", "PASSWORD", "TOKEN", "SECRET"))}
        assert named <= {"DOKU_SECRET_ID"}, "the secret's name, and never what is in it"
    assert all(not slot.get("NoEcho") for slot in translated().document["Parameters"].values()), "no secret is given"
