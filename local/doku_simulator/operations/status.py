"""Check status, service 53 (`qr/qr-mpm-status`, serviceCode "43"): what became of a transfer."""

from typing import Any

from local.doku_simulator.answers import Answer, Json, Operation, RefusedError, malformed, snap
from local.doku_simulator.call import Call
from local.doku_simulator.clock_formats import iso, iso_with_blank, plain
from local.doku_simulator.fields import Field, check
from local.doku_simulator.ledger import Ledger
from local.doku_simulator.money import rupiah, wire
from local.doku_simulator.settings import Settings
from local.doku_simulator.transfers import Transfer

_FIELDS = (
    Field("originalPartnerReferenceNo", 64),
    Field("originalReferenceNo", 64, required=False),
    Field("originalExternalId", 32, required=False),
    Field("serviceCode", 2),
)


def check_status(ledger: Ledger, settings: Settings, call: Call) -> Answer:
    """2005300 by the merchant's reference alone, or 4045301. The ledger's lock is held and the books are settled."""
    check(call.body, _FIELDS)
    if call.body["serviceCode"] != Operation.TRANSFER.service:
        raise malformed("serviceCode")
    transfer = ledger.find(partner_reference_no=call.body["originalPartnerReferenceNo"])
    if transfer is None:
        raise RefusedError(404, "01", "Transaction Not Found")
    return snap(Operation.STATUS, 200, "00", "Successful", **_report(transfer, settings.status_oddities))


def _report(transfer: Transfer, oddities: bool) -> dict[str, Any]:
    """The transfer as check status tells it; of originalResponseCode no other value than 0 is documented."""
    return {
        "originalReferenceNo": transfer.reference_no,
        "originalPartnerReferenceNo": transfer.partner_reference_no,
        "serviceCode": 43 if oddities else "43",
        "latestTransactionStatus": transfer.state.snap,
        "amount": rupiah(transfer.amount),
        "transactionDate": iso_with_blank(transfer.at) if oddities else iso(transfer.at),
        "originalResponseCode": 0 if oddities else "00",
        "originalResponseMessage": transfer.state.response,
        "transactionStatusDesc": transfer.state.description,
        "sessionId": transfer.session_id,
        "additionalInfo": _additional(transfer),
    }


def _additional(transfer: Transfer) -> Json:
    paid_at = transfer.paid_at()
    cash_in = {} if paid_at is None else {"cashInTime": plain(paid_at)}
    return cash_in | {"remark": transfer.remark, "beneficiaryAmount": wire(transfer.amount)}
