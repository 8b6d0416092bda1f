"""Balance inquiry, service 11, in the documented shape or in the one seen live."""

from local.doku_simulator.answers import Answer, Json, Operation, RefusedError, snap
from local.doku_simulator.call import Call
from local.doku_simulator.fields import Field, check
from local.doku_simulator.ledger import Ledger
from local.doku_simulator.money import rupiah
from local.doku_simulator.settings import Settings

_FIELDS = (Field("partnerReferenceNo", 64, required=False), Field("accountNo", 16))
_ALERT_LIMIT = 65_000_00  # sen, as in DOKU's samples


def balance(ledger: Ledger, settings: Settings, call: Call) -> Answer:
    """2001100 with the deposit, or 4041108 unless `accountNo` is the agentKey. The ledger's lock is held."""
    check(call.body, _FIELDS)
    if call.body["accountNo"] != settings.agent_key:
        raise RefusedError(404, "08", "Invalid Merchant")
    return snap(
        Operation.BALANCE,
        200,
        "00",
        "Successful",
        accountNo=settings.agent_key,
        name="Simulator Indo Agent",
        accountInfos=_account_infos(ledger.deposit, settings.balance_shape),
        additionalInfo={"creditAlertLimit": rupiah(_ALERT_LIMIT)},
    )


def _account_infos(deposit: int, shape: str) -> Json | list[Json]:
    if shape == "live":
        return [{"holdAmount": rupiah(0), "availableBalance": rupiah(deposit)}]
    return {"holdAmount": rupiah(0), "avaliableBalance": rupiah(deposit)}  # sic
