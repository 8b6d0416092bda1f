"""What is kept: encrypted, not lost by accident, and not for longer than wanted."""

from collections.abc import Mapping
from typing import Any

import pytest

from tests.template.reading import FUNCTIONS, many, properties, text, translated

KEY = {"Fn::If": ["CreatesKey", {"Fn::GetAtt": ["EncryptionKey", "Arn"]}, {"Ref": "EncryptionKeyArn"}]}
KEPT = ("RetainExceptOnCreate", "Retain")  # a first deployment that fails leaves nothing behind
DAYS_14 = 14 * 24 * 3600


def test_the_table_is_encrypted_can_be_restored_and_outlives_the_stack() -> None:
    table, resource = properties("TransfersTable"), translated().resources["TransfersTable"]
    assert table["SSESpecification"] == {"SSEEnabled": True, "SSEType": "KMS", "KMSMasterKeyId": KEY}
    assert table["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"] is True
    assert (resource["DeletionPolicy"], resource["UpdateReplacePolicy"]) == KEPT
    assert table["DeletionProtectionEnabled"] == {"Fn::If": ["ProtectsTable", True, False]}
    assert translated().document["Parameters"]["DeletionProtection"]["Default"] == "true"


def test_whatever_holds_data_outlives_the_stack() -> None:
    kinds = ("AWS::DynamoDB::Table", "AWS::SecretsManager::Secret", "AWS::KMS::Key")
    for name, resource in translated().resources.items():
        if resource["Type"] in kinds:
            assert (resource["DeletionPolicy"], resource["UpdateReplacePolicy"]) == KEPT, name


def test_the_secret_is_encrypted_and_the_template_gives_it_no_value() -> None:
    """A value in the template would replace the merchant's whenever it changes, and would stand in every copy of it."""
    secret = properties("DokuSecret")
    assert secret["KmsKeyId"] == KEY
    assert secret.keys() == {"Description", "KmsKeyId"}


def test_every_queue_is_encrypted_and_keeps_for_14_days() -> None:
    for name, queue in translated().of_type("AWS::SQS::Queue").items():
        assert queue["KmsMasterKeyId"] == KEY, name
        assert queue["MessageRetentionPeriod"] == DAYS_14, name


def test_every_queue_is_spoken_to_by_tls_alone() -> None:
    (policy,) = translated().of_type("AWS::SQS::QueuePolicy").values()
    (statement,) = policy["PolicyDocument"]["Statement"]
    assert (statement["Effect"], statement["Principal"], statement["Action"]) == ("Deny", "*", "sqs:*")
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    for name in translated().of_type("AWS::SQS::Queue"):
        assert f'"{name}"' in text(policy["Queues"])
        assert f'"{name}"' in text(statement["Resource"])


def test_a_message_is_tried_often_enough_and_ends_in_the_dead_letter_queue() -> None:
    queue = properties("NotificationQueue")
    assert queue["RedrivePolicy"]["deadLetterTargetArn"] == {"Fn::GetAtt": ["NotificationDeadLetterQueue", "Arn"]}
    assert 5 <= queue["RedrivePolicy"]["maxReceiveCount"] <= 1000
    allowed = properties("NotificationDeadLetterQueue")["RedriveAllowPolicy"]
    assert allowed["redrivePermission"] == "byQueue"


def test_a_message_stays_hidden_for_six_time_outs_of_its_function() -> None:
    """AWS's own advice: less, and a message may be delivered again while it is still worked on (FAULTS 48)."""
    assert (
        properties("NotificationQueue")["VisibilityTimeout"]
        >= 6 * properties("NotificationProcessorFunction")["Timeout"]
    )


def test_every_log_group_ends_and_is_encrypted() -> None:
    groups = translated().of_type("AWS::Logs::LogGroup")
    assert groups
    for name, group in groups.items():
        assert group["RetentionInDays"] == {"Ref": "LogRetentionDays"}, name
        assert group["KmsKeyId"] == KEY, name


@pytest.mark.parametrize("function", FUNCTIONS)
def test_every_functions_log_group_is_the_stacks(function: str) -> None:
    logging = properties(function)["LoggingConfig"]
    assert logging["LogFormat"] == "JSON"
    assert logging["LogGroup"]["Ref"] in translated().of_type("AWS::Logs::LogGroup")


def test_the_key_turns_and_lets_logs_use_it_for_this_accounts_groups_alone() -> None:
    key = properties("EncryptionKey")
    assert key["EnableKeyRotation"] is True
    account, logs = key["KeyPolicy"]["Statement"]
    assert ":root" in text(account["Principal"])
    assert "${AWS::AccountId}" in text(logs["Condition"]["ArnLike"])
    assert list(logs["Principal"]) == ["Service"]


def test_nothing_is_open_to_everybody() -> None:
    """A principal `*` only to deny."""
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
