"""Scenarios of DOKU's notifications."""

from local.demo.stage import Stage

_UNPAID = {"beneficiaryAccountNumber": "9912345678", "channelCode": "07", "beneficiaryAccountName": "SITI RAHAYU"}


def never_came(stage: Stage) -> str:
    """The poller alone finds the outcome."""
    body = stage.order(**_UNPAID)
    reference = str(body["partnerReferenceNo"])
    stage.create(body)
    stage.doku.fault("notification", "dropped", partnerReferenceNo=reference, times=None)
    ticks = 1
    while not (checked := stage.tick_when_due(reference))["final"] and ticks < 20:
        ticks += 1
    stage.doku.heal()
    stage.expect(checked["status"] == "SUCCESS", f"the poller finds it paid, in tick {ticks}")
    stage.expect("NOTIFIED" not in stage.history(reference), "no notification arrived")
    stage.expect_one_debit(reference)
    return reference


def unpaid_then_paid(stage: Stage) -> str:
    """Rule of DOKU's sandbox: bank 014, account with 12345."""
    return _unpaid_then(stage, "014", "SUCCESS", minutes=5)


def unpaid_then_failed(stage: Stage) -> str:
    """Rule of DOKU's sandbox: bank 002, account with 12345."""
    return _unpaid_then(stage, "002", "FAILED", minutes=121)


def _unpaid_then(stage: Stage, bank: str, end: str, minutes: float) -> str:
    body = stage.order(**_UNPAID, beneficiaryBankCode=bank)
    reference = str(body["partnerReferenceNo"])
    stage.expect(stage.create(body).json()["status"] == "UNPAID", "UNPAID: DOKU is working on it")
    stage.deliver_notifications(minutes)
    stage.expect(stage.get(reference)["status"] == end, f"a notification arrives, and a status check confirms: {end}")
    delivered = stage.notifications(reference)[0]
    stage.expect(delivered["outcome"] == "delivered", "DOKU got the reply that it expects, at the first attempt")
    return reference


def refunded(stage: Stage) -> str:
    """Rule of DOKU's sandbox: account 7746555134."""
    body = stage.order(beneficiaryAccountNumber="7746555134")
    reference = str(body["partnerReferenceNo"])
    stage.create(body)
    stage.expect(stage.get(reference, refresh=True)["status"] == "SUCCESS", "paid")
    stage.deliver_notifications(6)
    stage.expect(
        stage.get(reference)["status"] == "REFUNDED",
        "REFUNDED: the notification has only DOKU's reference, and the transfer is found by it",
    )
    return reference


def duplicated_and_out_of_order(stage: Stage) -> str:
    """Fifty copies of the final notification, then an earlier one."""
    body = stage.order(**_UNPAID)
    reference = str(body["partnerReferenceNo"])
    stage.create(body)
    stage.doku.fault("notification", "duplicate", copies=49)
    stage.deliver_notifications(5)
    stage.expect(stage.get(reference)["status"] == "SUCCESS", "fifty copies of one notification: SUCCESS")
    overrides = {"transactionStatus": "20", "message": "Transaction is Unpaid"}
    stage.doku.send_notification("unpaid", partnerReferenceNo=reference, overrides=overrides)
    stage.stack.drain()
    stage.expect(stage.get(reference)["status"] == "SUCCESS", "an older UNPAID that arrives late changes nothing")
    stage.expect_one_debit(reference)
    return reference


def forged(stage: Stage) -> str:
    """A wrong signature, and a valid one with a changed body, which it does not cover."""
    body = stage.order(**_UNPAID)
    reference = str(body["partnerReferenceNo"])
    stage.create(body)
    attempts = stage.doku.send_notification("unpaid", partnerReferenceNo=reference, signature="Zm9yZ2Vk")
    stage.expect(attempts[0]["httpStatus"] == 401, "a forged signature: 401, and nothing is queued")
    stage.doku.send_notification("unpaid", partnerReferenceNo=reference, overrides={"transactionStatus": "50"})
    stage.stack.drain()
    stage.expect(
        stage.get(reference)["status"] == "UNPAID", 'signed, but altered to say "paid": a status check finds UNPAID'
    )
    return reference


def poisoned(stage: Stage) -> str:
    """DOKU's status check fails for hours."""
    body = stage.order(**_UNPAID)
    reference = str(body["partnerReferenceNo"])
    stage.create(body)
    stage.doku.fault("status", "error-before", partnerReferenceNo=reference, times=None)
    stage.deliver_notifications(5)
    deliveries = 1
    while not stage.dead() and deliveries < 30:
        stage.deliver_notifications(30)
        deliveries += 1
    stage.expect(stage.dead() == 1, "the notification could not be confirmed for hours and is in the dead-letter queue")
    stage.expect(stage.get(reference)["status"] == "UNPAID", "the status is still UNPAID")
    stage.doku.heal()
    stage.expect(stage.redrive() == 1, "DOKU works again, and an operator runs make redrive")
    stage.stack.drain()
    stage.expect(stage.get(reference)["status"] == "SUCCESS", "the notification is applied: SUCCESS")
    return reference
