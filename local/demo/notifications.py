"""The scenarios of DOKU's notifications."""

from local.demo.stage import Stage

_UNPAID = {"beneficiaryAccountNumber": "9912345678", "channelCode": "07", "beneficiaryAccountName": "SITI RAHAYU"}


def never_came(stage: Stage) -> str:
    """Ticks alone bring the transfer to its end."""
    body = stage.order(**_UNPAID)
    reference = str(body["partnerReferenceNo"])
    stage.create(body)
    stage.doku.fault("notification", "dropped", partnerReferenceNo=reference, times=None)
    ticks = 1
    while not (checked := stage.tick_when_due(reference))["final"] and ticks < 20:
        ticks += 1
    stage.doku.heal()
    stage.expect(checked["status"] == "SUCCESS", f"the poller finds it paid, at tick {ticks}")
    stage.expect("NOTIFIED" not in stage.history(reference), "no callback ever came")
    stage.expect_one_debit(reference)
    return reference


def unpaid_then_paid(stage: Stage) -> str:
    """Sandbox rule: bank 014, account with 12345."""
    return _unpaid_then(stage, "014", "SUCCESS", minutes=5)


def unpaid_then_failed(stage: Stage) -> str:
    """Sandbox rule: bank 002, account with 12345; at odd hours."""
    return _unpaid_then(stage, "002", "FAILED", minutes=121)


def _unpaid_then(stage: Stage, bank: str, end: str, minutes: float) -> str:
    body = stage.order(**_UNPAID, beneficiaryBankCode=bank)
    reference = str(body["partnerReferenceNo"])
    stage.expect(stage.create(body).json()["status"] == "UNPAID", "UNPAID: DOKU is working on it")
    stage.let_doku_call_back(minutes)
    stage.expect(stage.get(reference)["status"] == end, f"DOKU called back, check status confirms: {end}")
    delivered = stage.notifications(reference)[0]
    stage.expect(delivered["outcome"] == "delivered", "DOKU got the reply that it wants, at its first try")
    return reference


def refunded(stage: Stage) -> str:
    """Sandbox rule: account 7746555134."""
    body = stage.order(beneficiaryAccountNumber="7746555134")
    reference = str(body["partnerReferenceNo"])
    stage.create(body)
    stage.expect(stage.get(reference, refresh=True)["status"] == "SUCCESS", "paid")
    stage.let_doku_call_back(6)
    stage.expect(
        stage.get(reference)["status"] == "REFUNDED",
        "refunded: the callback names only DOKU's reference, and the transfer is found by it",
    )
    return reference


def duplicated_and_out_of_order(stage: Stage) -> str:
    """Fifty copies of the end, and the beginning after it."""
    body = stage.order(**_UNPAID)
    reference = str(body["partnerReferenceNo"])
    stage.create(body)
    stage.doku.fault("notification", "duplicate", copies=49)
    stage.let_doku_call_back(5)
    stage.expect(stage.get(reference)["status"] == "SUCCESS", "fifty copies of one callback: SUCCESS")
    overrides = {"transactionStatus": "20", "message": "Transaction is Unpaid"}
    stage.doku.send_notification("unpaid", partnerReferenceNo=reference, overrides=overrides)
    stage.stack.drain()
    stage.expect(stage.get(reference)["status"] == "SUCCESS", "an older UNPAID that comes late moves nothing back")
    stage.expect_one_debit(reference)
    return reference


def forged(stage: Stage) -> str:
    """A wrong signature, and a right one over a body that was changed."""
    body = stage.order(**_UNPAID)
    reference = str(body["partnerReferenceNo"])
    stage.create(body)
    attempts = stage.doku.send_notification("unpaid", partnerReferenceNo=reference, signature="Zm9yZ2Vk")
    stage.expect(attempts[0]["httpStatus"] == 401, "a forged signature: 401, and nothing is kept")
    stage.doku.send_notification("unpaid", partnerReferenceNo=reference, overrides={"transactionStatus": "50"})
    stage.stack.drain()
    stage.expect(
        stage.get(reference)["status"] == "UNPAID", 'signed, but altered to say "paid": DOKU, asked, says otherwise'
    )
    return reference


def poisoned(stage: Stage) -> str:
    """DOKU's check status is broken for hours."""
    body = stage.order(**_UNPAID)
    reference = str(body["partnerReferenceNo"])
    stage.create(body)
    stage.doku.fault("status", "error-before", partnerReferenceNo=reference, times=None)
    stage.let_doku_call_back(5)
    deliveries = 1
    while not stage.dead() and deliveries < 30:
        stage.let_doku_call_back(30)
        deliveries += 1
    stage.expect(stage.dead() == 1, "the callback can't be confirmed for hours: it waits in the dead-letter queue")
    stage.expect(stage.get(reference)["status"] == "UNPAID", "and nobody claims that it was paid")
    stage.doku.heal()
    stage.expect(stage.redrive() == 1, "DOKU is mended; an operator runs make redrive")
    stage.stack.drain()
    stage.expect(stage.get(reference)["status"] == "SUCCESS", "SUCCESS")
    return reference
