"""Loads many transfers into the table, as items in the store's own format."""

import itertools
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import urllib3
from boto3.dynamodb.types import TypeSerializer

from payouts.domain.days import day_of
from payouts.domain.money import Rupiah
from payouts.domain.transfer import Finding, Intent, Observation, Source, Transfer
from payouts.store import items

_BATCH = 25
_THREADS = 6
_HEADERS = {
    "Content-Type": "application/x-amz-json-1.0",
    "X-Amz-Target": "DynamoDB_20120810.BatchWriteItem",
    # Local engines read only the region and the service.
    "Authorization": "AWS4-HMAC-SHA256 Credential=testing/20240101/ap-southeast-3/dynamodb/aws4_request,"
    " SignedHeaders=host, Signature=0",
}
_REFERENCE, _CREATED, _NEXT = "REFERENCE", 1_111_111_111_111, 2_222_222_222_222
_SEEN = {
    Finding.ACCEPTED: (Source.SUBMIT, "2004300", "Successful"),
    Finding.SUCCESS: (Source.STATUS_CHECK, "2005300/00", "Success"),
}


def transfer(reference: str, created_at: int, next_check_at: int | None, *seen: Finding) -> Transfer:
    """A transfer with these findings, ACCEPTED or SUCCESS. Times in milliseconds since the epoch."""
    intent = Intent(
        partner_reference_no=reference,
        customer_number="628115678890",
        beneficiary_account_number="8377388292",
        beneficiary_bank_code="014",
        amount=Rupiah.parse("200000.00"),
        session_id="b7e4a1c09f5d4e0e8a2c6d3f1b9a8e7c",
        beneficiary_account_name="SUHUT",
        sender_first_name="JOHN",
        sender_last_name="DOE",
        sender_personal_id="89012345",
        sender_personal_id_type="KTP",
        remark="Remark test",
    )
    return Transfer(
        intent=intent,
        fingerprint="a" * 64,
        created_at=created_at,
        external_ids=("20241121203912000000123456789012",),
        history=tuple(Observation(created_at, finding, *_SEEN[finding], f"DK-{reference}") for finding in seen),
        next_check_at=next_check_at,
        fee=Rupiah.parse("4500.00"),
        version=len(seen) + 1,
    )


class ItemTemplate:
    """Makes items that differ in reference and times only, fifty times as fast as encoding each."""

    def __init__(self, shards: int, *seen: Finding, due: bool) -> None:
        self._shards = shards
        sample = transfer(_REFERENCE, _CREATED, _NEXT if due else None, *seen)
        self._text = encoded(sample, shards)
        self._day = f'"{_day_partition(_REFERENCE, _CREATED)}"'
        self._shard = f'"dueShard": {{"S": "{items.shard(_REFERENCE, shards)}"}}'

    def item(self, reference: str, created_at: int, next_check_at: int = 0) -> str:
        """The item of `transfer(reference, ...)` as DynamoDB JSON."""
        text = self._text.replace(_REFERENCE, reference).replace(str(_CREATED), str(created_at))
        text = text.replace(self._day, f'"{_day_partition(reference, created_at)}"')
        text = text.replace(str(_NEXT), str(next_check_at))
        return text.replace(self._shard, f'"dueShard": {{"S": "{items.shard(reference, self._shards)}"}}')


def _day_partition(reference: str, created_at: int) -> str:
    return items.day_partition(day_of(created_at), items.shard(reference, items.WRITTEN_DAY_SHARDS))


def encoded(one: Transfer, shards: int) -> str:
    """The store's item of a transfer as DynamoDB JSON."""
    attributes = {**items.fixed(one), **items.changing(one), **items.due(one, shards)}
    attributes |= {"version": one.version, "nonce": "0123456789abcdef"}
    return json.dumps({name: TypeSerializer().serialize(value) for name, value in attributes.items()})


class Loader:
    """Writes items to a local engine's table, with BatchWriteItem from several threads."""

    def __init__(self, url: str, table: str) -> None:
        self._url = url
        self._table = table
        self._pool = urllib3.PoolManager(maxsize=_THREADS)

    def write(self, numbers: range, item: Callable[[int], str]) -> None:
        """Put the item of every number. Raises RuntimeError if the engine refuses one."""
        batches = [numbers[start : start + _BATCH] for start in range(0, len(numbers), _BATCH)]
        with ThreadPoolExecutor(_THREADS) as threads:
            for _ in threads.map(self._batch, batches, itertools.repeat(item)):
                pass

    def _batch(self, numbers: range, item: Callable[[int], str]) -> None:
        puts = ",".join(f'{{"PutRequest": {{"Item": {item(number)}}}}}' for number in numbers)
        body = f'{{"RequestItems": {{"{self._table}": [{puts}]}}}}'
        answer = self._pool.request("POST", self._url, body=body.encode(), headers=_HEADERS, retries=False)
        if answer.status != 200 or answer.json().get("UnprocessedItems"):
            raise RuntimeError(f"BatchWriteItem: {answer.status} {answer.data[:200]!r}")
