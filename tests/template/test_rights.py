"""Permissions of roles, policies, queues and keys."""

import re
from collections.abc import Mapping
from typing import Any

import pytest

from tests.template.reading import (
    FUNCTIONS,
    IN_VPC,
    ROOT,
    actions,
    chosen,
    documents,
    many,
    properties,
    statements,
    text,
    translated,
)

WITHOUT_RESOURCE = {
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
"""Actions that AWS grants for the resource `*` only."""


def allowing() -> list[tuple[str, Mapping[str, Any]]]:
    return [(whose, one) for whose, one in statements() if one["Effect"] == "Allow"]


def test_wildcard_resources_are_only_where_aws_demands() -> None:
    found = {(whose, action) for whose, one in allowing() if "*" in many(one["Resource"]) for action in actions(one)}
    assert found == set(WITHOUT_RESOURCE)


def test_the_event_pipe_only_reads_the_stream() -> None:
    """The rights of the functions themselves are those of their calls: tests/grants."""
    about_the_table = {one for _, item in statements("StatusEventsRole") for one in actions(item) if "dynamodb" in one}
    read = ("DescribeStream", "GetRecords", "GetShardIterator", "ListStreams")
    assert about_the_table == {f"dynamodb:{action}" for action in read}


def test_only_the_account_may_do_everything_with_its_key() -> None:
    assert {(whose, action) for whose, one in allowing() for action in actions(one) if "*" in action} == {
        ("EncryptionKey", "kms:*")
    }


def test_wildcards_stay_within_stack_or_account() -> None:
    objects = ("/reports/*", "/reports/unfinished/*", "${BatchBucket.Arn}/uploads/*", "${BatchBucket.Arn}/results/*")
    versions = tuple(f"${{{name}.Arn}}:*" for name in FUNCTIONS)
    ours = (":deploymentgroup:${ServerlessDeploymentApplication}/*", ":alarm:*", *objects, *versions)
    for whose, one in allowing():
        for resource in many(one["Resource"]):
            for each in chosen(resource) if isinstance(resource, dict) and "Fn::If" in resource else [resource]:
                if "*" in text(each) and each != "*":
                    assert each["Fn::Sub"].endswith(ours), (whose, each)


def test_a_function_reads_one_secret_and_writes_its_log() -> None:
    (secret,) = [one for _, one in statements() if "secretsmanager:GetSecretValue" in actions(one)]
    assert secret["Resource"] == {"Ref": "DokuSecret"}
    for function in FUNCTIONS:
        name = function.removesuffix("Function")
        (log,) = [one for _, one in statements(f"{name}Role") if "logs:PutLogEvents" in actions(one)]
        kept, deleted = ({"Fn::GetAtt": [f"{name}{kind}", "Arn"]} for kind in ("KeptLogs", "Logs"))
        assert log["Resource"] == {"Fn::If": ["KeepsLogs", kept, deleted]}


def test_every_function_has_its_own_role() -> None:
    roles = [properties(function)["Role"]["Fn::GetAtt"][0] for function in FUNCTIONS]
    assert len(set(roles)) == len(FUNCTIONS)
    for name, role in translated().of_type("AWS::IAM::Role").items():
        for policy in role.get("ManagedPolicyArns", []):
            assert policy == {"Ref": "FunctionPolicy"}, name


def test_a_role_is_assumed_by_one_service() -> None:
    for name, role in translated().of_type("AWS::IAM::Role").items():
        (statement,) = role["AssumeRolePolicyDocument"]["Statement"]
        (service,) = many(statement["Principal"]["Service"])
        assert service.endswith(".amazonaws.com"), name
        assert list(statement["Principal"]) == ["Service"], name


def test_the_key_is_used_through_storing_services_only() -> None:
    for whose, one in allowing():
        if whose != "EncryptionKey" and {one for one in actions(one) if one.startswith("kms:")} - {"kms:Sign"}:
            services = many(one["Condition"]["StringEquals"]["kms:ViaService"])
            via = {service["Fn::Sub"].partition(".")[0] for service in services}
            of_the_report = one["Resource"] == {"Ref": "ReportBucketKeyArn"}
            of_files = whose in ("TransferApiRole", "BatchWorkerRole")
            assert via <= ({"s3"} if of_the_report or of_files else {"dynamodb", "secretsmanager", "sqs"}), whose


def test_only_functions_that_request_tokens_may_sign() -> None:
    key = "arn:aws:kms:ap-southeast-3:123456789012:key/0f6b7f0e-5b1a-4c8e-9a53-0c3a4de0a111"
    with_a_key = translated(PrivateKeyKmsArn=key)
    signing = {
        name: one["Fn::If"]
        for name, role in with_a_key.of_type("AWS::IAM::Role").items()
        for policy in role.get("Policies", [])
        for one in policy["PolicyDocument"]["Statement"]
        if "kms:Sign" in text(one)
    }
    assert sorted(signing) == ["BatchWorkerRole", "NotificationProcessorRole", "StatusPollerRole", "TransferApiRole"]
    for condition, statement, otherwise in signing.values():
        assert (condition, otherwise) == ("HasPrivateKeyInKms", {"Ref": "AWS::NoValue"})
        assert with_a_key.resolve(statement) == {
            "Effect": "Allow",
            "Action": "kms:Sign",
            "Resource": key,
            "Condition": {"StringEquals": {"kms:SigningAlgorithm": "RSASSA_PKCS1_V1_5_SHA_256"}},
        }
    assert not translated().holds({"Condition": "HasPrivateKeyInKms"})


def test_only_lambda_manages_network_interfaces() -> None:
    branches = properties("FunctionPolicy")["PolicyDocument"]["Statement"]
    assert all(item["Fn::If"][0] == "InVpc" for item in branches if "Fn::If" in item)
    outside = [one for one in chosen(branches, which=2) if "ec2:" in text(one["Action"])]
    (allowed,) = [one for one in chosen(branches, which=1) if "ec2:" in text(one["Action"])]
    (denied,) = properties("NetworkPolicy")["PolicyDocument"]["Statement"]
    assert outside == []
    assert translated().resources["NetworkPolicy"]["Condition"] == "InVpc"
    assert (allowed["Effect"], denied["Effect"]) == ("Allow", "Deny")
    assert actions(allowed) == actions(denied)
    functions = [{"Fn::GetAtt": [function, "Arn"]} for function in FUNCTIONS]
    assert chosen(denied["Condition"]["ArnEquals"]["lambda:SourceFunctionArn"]) == functions
    roles = [properties(function)["Role"]["Fn::GetAtt"][0] for function in FUNCTIONS]
    assert [one["Ref"] for one in chosen(properties("NetworkPolicy")["Roles"])] == roles


def test_there_is_no_network_without_subnets() -> None:
    assert not translated().holds({"Condition": "InVpc"})
    assert translated(**IN_VPC).holds({"Condition": "InVpc"})


def test_every_function_is_in_the_network() -> None:
    for function in FUNCTIONS:
        _, inside, outside = properties(function, **IN_VPC)["VpcConfig"]["Fn::If"]
        assert set(inside) == {"SubnetIds", "SecurityGroupIds"}
        assert outside == {"Ref": "AWS::NoValue"}


@pytest.mark.parametrize(
    ("subnets", "groups", "allowed"),
    [("", "", True), ("subnet-1,subnet-2", "sg-1", True), ("subnet-1", "", False), ("", "sg-1", False)],
)
def test_subnets_and_security_groups_belong_together(subnets: str, groups: str, allowed: bool) -> None:
    given = {"SubnetIds": subnets.split(","), "SecurityGroupIds": groups.split(",")}
    assert _rule_holds("NetworkIsWhole", given) is allowed


@pytest.mark.parametrize(
    ("bucket", "key", "allowed"), [("", "", True), ("b", "", True), ("b", "k", True), ("", "k", False)]
)
def test_the_reports_key_needs_a_bucket(bucket: str, key: str, allowed: bool) -> None:
    assert _rule_holds("ReportKeyHasBucket", {"ReportBucket": bucket, "ReportBucketKeyArn": key}) is allowed


def _rule_holds(name: str, parameters: Mapping[str, Any]) -> bool:
    """True if CloudFormation's rules accept the parameters."""
    rule = translated().document["Rules"][name]
    if "RuleCondition" in rule and not _rule_function(rule["RuleCondition"], parameters):
        return True
    return all(_rule_function(one["Assert"], parameters) for one in rule["Assertions"])


def _rule_function(value: Any, parameters: Mapping[str, Any]) -> Any:
    match value:
        case {"Ref": name}:
            return parameters[name]
        case {"Fn::Not": [one]}:
            return not _rule_function(one, parameters)
        case {"Fn::And": parts}:
            return all(_rule_function(one, parameters) for one in parts)
        case {"Fn::Or": parts}:
            return any(_rule_function(one, parameters) for one in parts)
        case {"Fn::Equals": [one, other]}:
            return _rule_function(one, parameters) == _rule_function(other, parameters)
        case {"Fn::EachMemberEquals": [members, text]}:
            return all(member == text for member in _rule_function(members, parameters))
        case str():
            return value
    raise AssertionError(f"no function of rules: {value}")


def test_no_policy_is_built_from_the_stack_name() -> None:
    """CloudFormation shortens it in long physical names, so resources are named by reference."""
    for whose, document in documents():
        assert "AWS::StackName" not in text(document), whose


def test_the_rollout_role_reaches_functions_and_checks() -> None:
    by_action = {action: chosen(one["Resource"]) for _, one in statements("RolloutRole") for action in actions(one)}
    for function in FUNCTIONS:
        alias = {"Fn::Sub": f"${{{function}.Arn}}:live"}
        for action in ("lambda:GetAlias", "lambda:UpdateAlias"):
            assert {"Fn::GetAtt": [function, "Arn"]} in by_action[action]
            assert alias in by_action[action]
    checks = [{"Fn::GetAtt": [name.replace("Function", "CheckFunction"), "Arn"]} for name in FUNCTIONS]
    assert by_action["lambda:InvokeFunction"] == checks


def test_a_check_may_only_invoke_versions_of_the_functions() -> None:
    """Any version, since a right that names the new one may take effect after its check has begun."""
    (invoke,) = [one for _, one in statements("RolloutCheckRole") if "lambda:InvokeFunction" in actions(one)]
    assert [one["Fn::Sub"] for one in chosen(invoke["Resource"])] == [f"${{{name}.Arn}}:*" for name in FUNCTIONS]
    others = {action for _, one in statements("RolloutCheckRole") for action in actions(one)}
    assert others == {
        *("lambda:InvokeFunction", "codedeploy:PutLifecycleEventHookExecutionStatus"),
        *("logs:CreateLogStream", "logs:PutLogEvents"),
    }


def test_no_variable_holds_a_secret() -> None:
    resolved = ("resolve:secretsmanager", "resolve:ssm-secure", "SecretString")
    for function in FUNCTIONS:
        variables = properties(function)["Environment"]["Variables"]
        assert not [word for word in resolved if word in text(variables)]
        named = {name for name in variables if any(word in name for word in ("KEY", "PASSWORD", "TOKEN", "SECRET"))}
        assert named <= {"DOKU_SECRET_ID"}, "the secret's name, and never what is in it"
    assert all(not slot.get("NoEcho") for slot in translated().document["Parameters"].values()), "no secret is given"


def test_every_key_prefix_is_in_a_policy() -> None:
    """A new kind of item needs a grant, even if the demo does not write one."""
    sources = (ROOT / "layers/payouts/payouts/store").glob("*.py")
    prefixes = {found for path in sources for found in re.findall(r'f?"([A-Z]+#)', path.read_text())}
    named = text([statement.get("Condition") for _, statement in statements()])
    assert {"TRANSFER#", "TOKEN#", "SWITCH#"} <= prefixes
    assert [prefix for prefix in sorted(prefixes) if prefix not in named] == []
