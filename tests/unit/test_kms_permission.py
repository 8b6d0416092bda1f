"""Only the functions that request tokens may sign, with the merchant's key and by DOKU's algorithm alone."""

from typing import Any

from local.aws import template
from tests.support.harness import ROOT

KEY = "arn:aws:kms:ap-southeast-3:123456789012:key/0f6b7f0e-5b1a-4c8e-9a53-0c3a4de0a111"
PARAMETERS = {"JwtIssuer": "https://login.example.com/", "JwtAudience": "payouts", "PrivateKeyKmsArn": KEY}
LOADED = template.load(ROOT / "template.yaml", PARAMETERS)


def allowed(role: Any) -> list[Any]:
    """What a role may do in KMS by an `If`, as CloudFormation will decide it."""
    statements = [one for policy in role.get("Policies", []) for one in policy["PolicyDocument"]["Statement"]]
    return [one["Fn::If"] for one in statements if "Fn::If" in one and "kms:Sign" in str(one)]


def test_only_functions_that_request_tokens_may_sign() -> None:
    roles = LOADED.of_type("AWS::IAM::Role")
    may = {name: allowed(role) for name, role in roles.items() if allowed(role)}
    assert sorted(may) == ["NotificationProcessorRole", "StatusPollerRole", "TransferApiRole"]
    for ((condition, statement, otherwise),) in may.values():
        assert condition == "HasPrivateKeyInKms"
        assert otherwise == {"Ref": "AWS::NoValue"}
        assert LOADED.resolve(statement) == {
            "Effect": "Allow",
            "Action": "kms:Sign",
            "Resource": KEY,
            "Condition": {"StringEquals": {"kms:SigningAlgorithm": "RSASSA_PKCS1_V1_5_SHA_256"}},
        }


def test_without_a_kms_key_no_function_may_sign() -> None:
    condition = LOADED.document["Conditions"]["HasPrivateKeyInKms"]
    assert condition == {"Fn::Not": [{"Fn::Equals": [{"Ref": "PrivateKeyKmsArn"}, ""]}]}
