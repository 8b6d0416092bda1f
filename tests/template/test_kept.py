"""Stored data: encryption, retention and expiry."""

from collections.abc import Mapping
from typing import Any

import pytest

from batch_worker.rows import sheet_process
from tests.template.reading import FUNCTIONS, many, properties, statements, text, translated

KEY = {"Fn::If": ["CreatesKey", {"Fn::GetAtt": ["EncryptionKey", "Arn"]}, {"Ref": "EncryptionKeyArn"}]}
KEPT = ("RetainExceptOnCreate", "Retain")  # a failed first deployment leaves nothing behind
DAYS_14 = 14 * 24 * 3600


def test_the_table_is_encrypted_restorable_and_retained() -> None:
    table, resource = properties("TransfersTable"), translated().resources["TransfersTable"]
    assert table["SSESpecification"] == {"SSEEnabled": True, "SSEType": "KMS", "KMSMasterKeyId": KEY}
    assert table["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"] is True
    assert (resource["DeletionPolicy"], resource["UpdateReplacePolicy"]) == KEPT
    assert table["DeletionProtectionEnabled"] == {"Fn::If": ["ProtectsTable", True, False]}
    assert translated().document["Parameters"]["DeletionProtection"]["Default"] == "true"


def test_resources_with_data_are_retained() -> None:
    kinds = ("AWS::DynamoDB::Table", "AWS::SecretsManager::Secret", "AWS::KMS::Key", "AWS::S3::Bucket")
    for name, resource in translated().resources.items():
        if resource["Type"] in kinds:
            assert (resource["DeletionPolicy"], resource["UpdateReplacePolicy"]) == KEPT, name


def test_the_bucket_of_files_is_encrypted_and_private() -> None:
    bucket = properties("BatchBucket")
    (encryption,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert encryption["ServerSideEncryptionByDefault"] == {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": KEY}
    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    (tls,) = properties("BatchBucketPolicy")["PolicyDocument"]["Statement"]
    assert (tls["Effect"], tls["Principal"], tls["Action"]) == ("Deny", "*", "s3:*")
    assert tls["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert "/*" in text(tls["Resource"])
    assert {"Fn::GetAtt": ["BatchBucket", "Arn"]} in tls["Resource"]


def test_files_of_batches_expire() -> None:
    rules = properties("BatchBucket")["LifecycleConfiguration"]["Rules"]
    days = {one["Prefix"]: one["ExpirationInDays"] for one in rules if "Prefix" in one}
    assert days == {"uploads/": 7, "results/": 30}
    assert {one["Status"] for one in rules} == {"Enabled"}


def test_browsers_of_allowed_origins_may_upload() -> None:
    condition, cors, otherwise = properties("BatchBucket")["CorsConfiguration"]["Fn::If"]
    assert (condition, otherwise) == ("HasCorsOrigins", {"Ref": "AWS::NoValue"})
    (rule,) = cors["CorsRules"]
    assert rule["AllowedMethods"] == ["POST"]
    assert rule["AllowedOrigins"] == {"Fn::Split": [",", {"Ref": "CorsOrigins"}]}


def test_a_spreadsheet_cannot_exhaust_the_worker() -> None:
    """The function itself takes 65 MB (`batch_check_memory_mb`)."""
    assert properties("BatchWorkerFunction")["MemorySize"] * 2**20 >= sheet_process.MEMORY + 128 * 2**20


def test_the_secret_is_encrypted_and_has_no_value() -> None:
    """A value in the template would replace the merchant's whenever it changes."""
    secret = properties("DokuSecret")
    assert secret["KmsKeyId"] == KEY
    assert secret.keys() == {"Description", "KmsKeyId"}


def test_queues_are_encrypted_and_retain_14_days() -> None:
    for name, queue in translated().of_type("AWS::SQS::Queue").items():
        if name.startswith("Webhook"):  # EventBridge could not use the merchant's own key
            assert queue["SqsManagedSseEnabled"] is True
        else:
            assert queue["KmsMasterKeyId"] == KEY, name
        assert queue["MessageRetentionPeriod"] == DAYS_14, name


FILLED_BY_THE_RULE = ("WebhookQueue", "WebhookDeadLetterQueue")


@pytest.mark.parametrize("queue", FILLED_BY_THE_RULE)
def test_only_the_rule_may_fill_the_queue_of_webhooks(queue: str) -> None:
    (allowed,) = [one for name, one in statements(f"{queue}Policy") if one["Effect"] == "Allow"]
    assert (allowed["Principal"], allowed["Action"]) == ({"Service": "events.amazonaws.com"}, "sqs:SendMessage")
    assert allowed["Condition"] == {"ArnEquals": {"aws:SourceArn": {"Fn::GetAtt": ["WebhookRule", "Arn"]}}}


def test_queues_demand_tls() -> None:
    """Each queue has a policy: SQS refuses one with two resources or about another queue."""
    policies = {text(policy["Queues"]): policy for policy in translated().of_type("AWS::SQS::QueuePolicy").values()}
    for name in translated().of_type("AWS::SQS::Queue"):
        statement, *others = policies.pop(text([{"Ref": name}]))["PolicyDocument"]["Statement"]
        assert [one["Sid"] for one in others] == (["TheRule"] if name in FILLED_BY_THE_RULE else [])
        assert (statement["Effect"], statement["Principal"], statement["Action"]) == ("Deny", "*", "sqs:*")
        assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
        assert statement["Resource"] == {"Fn::GetAtt": [name, "Arn"]}
    assert policies == {}


def test_a_failing_message_ends_in_the_dead_letter_queue() -> None:
    queue = properties("NotificationQueue")
    assert queue["RedrivePolicy"]["deadLetterTargetArn"] == {"Fn::GetAtt": ["NotificationDeadLetterQueue", "Arn"]}
    assert 5 <= queue["RedrivePolicy"]["maxReceiveCount"] <= 1000
    allowed = properties("NotificationDeadLetterQueue")["RedriveAllowPolicy"]
    assert allowed["redrivePermission"] == "byQueue"


def test_visibility_is_six_times_the_function_time_out() -> None:
    """AWS's advice: with less, a message may be delivered again while it is processed (scenario 48)."""
    assert (
        properties("NotificationQueue")["VisibilityTimeout"]
        >= 6 * properties("NotificationProcessorFunction")["Timeout"]
    )


def test_log_groups_expire_and_are_encrypted() -> None:
    groups = translated().of_type("AWS::Logs::LogGroup")
    assert groups
    for name, group in groups.items():
        assert group["RetentionInDays"] == {"Ref": "LogRetentionDays"}, name
        assert group["KmsKeyId"] == KEY, name


@pytest.mark.parametrize("function", FUNCTIONS)
def test_every_function_has_a_log_group_of_the_stack(function: str) -> None:
    logging, name = properties(function)["LoggingConfig"], function.removesuffix("Function")
    assert logging["LogFormat"] == "JSON"
    assert logging["LogGroup"] == {"Fn::If": ["KeepsLogs", {"Ref": f"{name}KeptLogs"}, {"Ref": f"{name}Logs"}]}


def test_log_groups_are_retained_as_the_parameter_says() -> None:
    """A DeletionPolicy takes no condition, so each group is declared twice, under opposite conditions."""
    assert translated().document["Parameters"]["KeepLogs"]["Default"] == "true"
    assert translated().document["Conditions"]["DeletesLogs"] == {"Fn::Not": [{"Condition": "KeepsLogs"}]}
    groups = {name: one for name, one in translated().resources.items() if one["Type"] == "AWS::Logs::LogGroup"}
    kept = {name for name in groups if name.endswith("KeptLogs")}
    assert {name.replace("KeptLogs", "Logs") for name in kept} == groups.keys() - kept
    for name, group in groups.items():
        policies = (group.get("DeletionPolicy"), group.get("UpdateReplacePolicy"))
        assert policies == (("RetainExceptOnCreate", "Retain") if name in kept else (None, None)), name
        assert group["Condition"] == ("KeepsLogs" if name in kept else "DeletesLogs"), name


@pytest.mark.parametrize("group", ["AccessLogs", "AccessKeptLogs"])
def test_access_log_groups_need_no_resource_policy(group: str) -> None:
    """The name is unique for each stack, also for one that is created again beside its retained logs."""
    name, values = properties(group)["LogGroupName"]["Fn::Sub"]
    assert name.startswith("/aws/vendedlogs/${AWS::StackName}-")
    assert "AWS::StackId" in text(values)
    assert len({text(properties(one)["LogGroupName"]) for one in ("AccessLogs", "AccessKeptLogs")}) == 2


def test_the_key_rotates_and_serves_this_accounts_logs() -> None:
    key = properties("EncryptionKey")
    assert key["EnableKeyRotation"] is True
    account, logs = key["KeyPolicy"]["Statement"]
    assert ":root" in text(account["Principal"])
    assert "${AWS::AccountId}" in text(logs["Condition"]["ArnLike"])
    assert list(logs["Principal"]) == ["Service"]


def test_no_policy_allows_every_principal() -> None:
    """The principal `*` occurs only in Deny statements."""
    for name, resource in translated().resources.items():
        for statement in _statements(resource.get("Properties", {})):
            if statement.get("Principal") in ("*", {"AWS": "*"}):
                assert statement["Effect"] == "Deny", name


def _statements(found: Any) -> list[Mapping[str, Any]]:
    if isinstance(found, dict):
        own = [one for one in many(found["Statement"]) if "Effect" in one] if "Statement" in found else []
        return own + [one for value in found.values() for one in _statements(value)]
    if isinstance(found, list):
        return [one for value in found for one in _statements(value)]
    return []
