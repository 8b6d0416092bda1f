"""Deliver what a transfer or a batch reports now, and again if that changed meanwhile."""

from collections.abc import Callable, Sequence

from payouts.domain.batch import Batch
from payouts.domain.batch_rows import chunks_of, sums
from payouts.domain.errors import Misconfigured, NotFound, Unavailable
from payouts.domain.transfer import Transfer
from payouts.store.batch_chunks import ChunkStore
from payouts.store.batches import BatchStore
from payouts.store.transfers import TransferStore
from payouts.webhooks.message import WebhookMessage
from payouts.webhooks.receiver import Attempt, Outcome, Receiver
from payouts.webhooks.signing import parse_secret

_ROUNDS = 3
"""Deliveries of one message for a transfer that changes all the time. Its last change causes a message of its own."""


class WebhookDelivery:
    """Delivers webhooks. `secrets` gives the signing secrets in force: two while they are rotated."""

    def __init__(
        self,
        store: TransferStore,
        batches: BatchStore,
        chunks: ChunkStore,
        receiver: Receiver,
        secrets: Callable[[], Sequence[str]],
        clock: Callable[[], float],
    ) -> None:
        self._store = store
        self._batches = batches
        self._chunks = chunks
        self._receiver = receiver
        self._secrets = secrets
        self._clock = clock

    def deliver(self, reference: str) -> Attempt:
        """Deliver the present status of a transfer. Raises PayoutError if that cannot be known or signed.

        The transfer is read again after a delivery. Another sender may have delivered a newer status while this one was
        on its way, and the last delivery must be the newest.
        """
        transfer = self._read(reference)
        for _ in range(_ROUNDS):
            attempt = self._receiver.deliver(WebhookMessage.about(transfer), self._keys())
            latest = self._read(reference)
            if attempt.outcome is not Outcome.DELIVERED or latest.status_version == transfer.status_version:
                return attempt
            transfer = latest
        raise Unavailable("the transfer changes too fast; its latest status is delivered later")

    def deliver_batch(self, reference: str) -> Attempt:
        """Deliver the present status of a batch, as `deliver` does that of a transfer."""
        batch = self._read_batch(reference)
        for _ in range(_ROUNDS):
            total = sums(each.summary for each in self._chunks.states(reference, chunks_of(batch.rows)))
            attempt = self._receiver.deliver(WebhookMessage.about_batch(batch, total), self._keys())
            latest = self._read_batch(reference)
            if attempt.outcome is not Outcome.DELIVERED or latest.status_version == batch.status_version:
                return attempt
            batch = latest
        raise Unavailable("the batch changes too fast; its latest status is delivered later")

    def send_test(self) -> Attempt:
        """Deliver a message of the type `webhook.test`."""
        return self._receiver.deliver(WebhookMessage.of("webhook.test", int(self._clock() * 1000), {}), self._keys())

    def _read(self, reference: str) -> Transfer:
        transfer = self._store.get(reference)
        if transfer is None:
            raise NotFound("the message names a transfer that does not exist")
        if transfer.newer_status:
            raise Unavailable("a newer version of this software wrote this transfer; deploy that version")
        return transfer

    def _read_batch(self, reference: str) -> Batch:
        batch = self._batches.get(reference)
        if batch is None:
            raise NotFound("the message names a batch that does not exist")
        return batch

    def _keys(self) -> list[bytes]:
        secrets = self._secrets()
        if not secrets:
            raise Misconfigured("the DOKU secret has no webhookSecrets")
        try:
            return [parse_secret(secret) for secret in secrets]
        except ValueError as error:
            raise Misconfigured(f"the DOKU secret's webhookSecrets are wrong: {error}") from error
