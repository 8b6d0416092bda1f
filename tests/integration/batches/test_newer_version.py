"""Items that a newer version of this software wrote, before its deployment was rolled back."""

from typing import Any

import pytest

from local.in_process.batches import Batches
from tests.integration.batches.rows import new_batch, row
from tests.support.harness import World, order


def write(world: World, pk: str, **attributes: dict[str, Any]) -> None:
    """Set attributes of an item as another version would."""
    world.dynamodb.update_item(
        TableName=world.environment["TABLE_NAME"],
        Key={"pk": {"S": pk}},
        UpdateExpression="SET " + ", ".join(f"#{name} = :{name}" for name in attributes),
        ExpressionAttributeNames={f"#{name}": name for name in attributes},
        ExpressionAttributeValues={f":{name}": value for name, value in attributes.items()},
    )


def key_of(reference: str) -> str:
    return f"BATCH#{reference}"


@pytest.mark.covers("I33")
def test_a_batch_of_a_newer_schema_is_not_paid(world: World, batches: Batches) -> None:
    reference = new_batch()
    batches.approved(reference, row())
    write(world, key_of(reference), schema={"N": "2"})
    batches.work()
    batches.pass_time(3)
    assert world.sent(f"{reference}-1") == []
    assert batches.request("GET", reference).status == 503
    assert batches.request("POST", f"{reference}/cancellation").status == 503


@pytest.mark.parametrize("attributes", [{"status": {"S": "REPAYING"}}, {"events": {"L": [{"L": []}]}}])
def test_a_newer_batch_costs_no_tick(world: World, batches: Batches, attributes: dict[str, Any]) -> None:
    """Neither the status checks of transfers nor the other batches of the tick, nor the month's list."""
    newer, other = new_batch(), new_batch()
    batches.create(newer, row())
    batches.create(other, row())
    body = order()
    world.create(body)
    write(world, key_of(newer), **attributes)
    world.clock.advance(120)
    assert world.tick()["learned"] == 1
    batches.work()
    listed = {each["batchReference"]: each for each in batches.request("GET", "").body["batches"]}
    assert listed[newer]["rows"] is None
    assert listed[other]["status"] == "READY"


def test_a_newer_chunk_stops_its_batch_alone(world: World, batches: Batches) -> None:
    newer, other = new_batch(), new_batch()
    batches.approved(newer, row())
    page = {"c0": {"M": {"is": {"S": "REPAID"}}}}
    write(world, f"{key_of(newer)}#PAGE#0", **page)
    batches.create(other, row())
    batches.work()
    batches.pass_time(1)
    assert batches.get(other)["status"] == "READY"
    assert batches.request("GET", newer).status == 503
    assert world.sent(f"{newer}-1") == []
