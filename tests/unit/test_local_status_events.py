"""The local pipe follows AWS's documented rules for filters and input templates.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html and
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-input-transformation.html
"""

from typing import Any

import pytest
from moto.events.models import EventPattern

from local.aws.status_events import detail

RECORD = {
    "eventName": "MODIFY",
    "dynamodb": {"Keys": {"pk": {"S": 'TRANSFER#a"b'}}, "NewImage": {"n": {"N": "4"}}, "At": 17.5},
}


@pytest.mark.parametrize(
    ("pattern", "event", "matches"),
    [
        ('{"a": ["x", "y"]}', {"a": "y"}, True),
        ('{"a": ["x"], "b": ["y"]}', {"a": "x"}, False),
        ('{"a": {"b": [{"prefix": "TRANSFER#"}]}}', {"a": {"b": "TRANSFER#1"}}, True),
        ('{"a": {"b": [{"prefix": "TRANSFER#"}]}}', {"a": {"b": "TOKEN#1"}}, False),
        ('{"a": {"b": [{"exists": false}]}}', {"a": {}}, True),
        ('{"a": {"b": [{"exists": false}]}}', {}, True),
        ('{"a": {"b": [{"exists": false}]}}', {"a": {"b": "1"}}, False),
        ('{"a": {"b": [{"exists": true}]}}', {"a": {"b": "1"}}, True),
        ('{"a": {"b": [{"exists": true}]}}', {"a": {"b": {"c": "1"}}}, False),
        ('{"a": [{"anything-but": "x"}]}', {"a": "y"}, True),
        ('{"a": [{"anything-but": "x"}]}', {}, False),
        ('{"a": ["4"]}', {"a": 4}, False),
    ],
)
def test_a_pattern_matches_as_in_aws(pattern: str, event: dict[str, Any], matches: bool) -> None:
    assert EventPattern.load(pattern).matches_event(event) is matches


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ('{"a": "<$.dynamodb.NewImage.n.N>"}', {"a": "4"}),
        ('{"a": <$.dynamodb.NewImage.n.N>}', {"a": 4}),
        ('{"a": <$.dynamodb.At>}', {"a": 17.5}),
        ('{"a": "<$.dynamodb.Keys.pk.S>"}', {"a": 'TRANSFER#a"b'}),
        ('{"a": "x <$.eventName> y"}', {"a": "x MODIFY y"}),
        ('{"a": "<$.dynamodb.OldImage.n.N>"}', {"a": ""}),
        ('{"a": "<$.eventName.S>"}', {"a": ""}),
    ],
)
def test_an_input_template_is_filled_as_in_aws(template: str, expected: dict[str, Any]) -> None:
    assert detail(template, RECORD) == expected
