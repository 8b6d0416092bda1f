"""A paid transfer's item stays within 1 KB, so that each of its writes costs one unit in the table.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from payouts.domain.money import Rupiah
from payouts.domain.schedule import FIRST_CHECK, with_next_check
from payouts.domain.transfer import (
    DokuAccount,
    Finding,
    Intent,
    Observation,
    Source,
    Transfer,
    record,
    with_status_version,
)
from payouts.store import items
from payouts.store.codec import encode
from payouts.store.due_index import WRITTEN_SHARDS

AT = 1_726_558_912_345
ACCOUNT = DokuAccount("api-sandbox.doku.com", "BRN-0234-1693545600000", "/snap/v1.1")
DETAILS = (
    ("originalResponseCode", "2004300"),
    ("originalResponseMessage", "Transaction is successful"),
    ("transactionDate", "2024-09-17T14:41:52+07:00"),
    ("referenceNumber", "202409171234567890"),
)
SEEN = (
    Observation(AT, Finding.SUBMITTING, Source.SUBMIT, external_id="17265589123456543210987654321098"),
    Observation(
        AT + 900,
        Finding.ACCEPTED,
        Source.SUBMIT,
        "2004300",
        "Transaction is successfully processed",
        "DK01123220",
        "17265589123456543210987654321098",
        asked=1,
    ),
    Observation(
        AT + FIRST_CHECK,
        Finding.SUCCESS,
        Source.STATUS_CHECK,
        "2005300/00",
        "Transaction is successfully processed",
        "DK01123220",
        asked=2,
        details=DETAILS,
    ),
)


def created() -> Transfer:
    """A transfer with long names, made by a caller with a UUID."""
    intent = Intent(
        partner_reference_no="PAYROLL-2024-09-0000123456",
        customer_number="628115678890",
        beneficiary_account_number="8377388292001234",
        beneficiary_bank_code="014",
        amount=Rupiah(20_000_000_000),
        session_id="I0438729855304540",
        channel_code="07",
        beneficiary_first_name="MUHAMMAD",
        beneficiary_last_name="ABDURRAHMAN WAHID SULAIMAN",
        beneficiary_phone_number="628115678890",
        beneficiary_account_name="MUHAMMAD ABDURRAHMAN WAHID SULAIMAN",
        sender_country_code="ID",
        sender_first_name="SITI NURHALIZA",
        sender_last_name="KUSUMAWARDHANI PRAWIROHARDJO",
        sender_personal_id="3171234567890123",
        sender_personal_id_type="KTP",
        remark="Pembayaran gaji karyawan bulan September 2024",
    )
    return Transfer(
        intent,
        "1:" + "a" * 43,
        AT,
        (SEEN[0].external_id,),
        next_check_at=AT + FIRST_CHECK,
        fee=Rupiah(450_000),
        created_by="3fa85f64-5717-4562-b3fc-2c963f66afa6",
        sent_to=ACCOUNT,
    )


def size(value: Mapping[str, Any]) -> int:
    """Bytes of an attribute's value, as DynamoDB counts them."""
    ((kind, content),) = value.items()
    match kind:
        case "S":
            return len(content.encode())
        case "N":
            return (len(content.strip("0")) + 1) // 2 + 1
        case "BOOL":
            return 1
        case "M":
            return 3 + sum(len(name) + size(each) + 1 for name, each in content.items())
        case "L":
            return 3 + sum(size(each) + 1 for each in content)
    raise AssertionError(kind)


@pytest.mark.parametrize("writes", [1, 2, 3], ids=["created", "accepted", "paid"])
def test_an_ordinary_item_stays_within_1_kb(writes: int) -> None:
    transfer = created()
    for seen in SEEN[:writes]:
        transfer = replace(with_status_version(transfer, record(transfer, seen)), version=transfer.version + 1)
        transfer = with_next_check(transfer, seen.at, 0.5)
    item = {**items.fixed(transfer), **items.changing(transfer), **items.due(transfer, WRITTEN_SHARDS)}
    stored = encode({**item, "version": transfer.version, "nonce": "0123456789a"})
    assert sum(len(name) + size(value) for name, value in stored.items()) <= 1024
    assert items.decode({**item, "version": transfer.version}) == transfer
