"""Signatures with the merchant's private key, from the secret or inside KMS."""

from collections.abc import Callable
from functools import partial
from typing import Any, Protocol

from botocore.exceptions import ClientError

from doku_signing.token import Signer
from payouts.aws_call import call_aws, error_code
from payouts.domain.credentials import Credentials
from payouts.domain.errors import Misconfigured

_PASSING = frozenset(
    {"ThrottlingException", "KMSInternalException", "DependencyTimeoutException", "KeyUnavailableException"}
)


class KmsClient(Protocol):
    """The part of a KMS client that is used."""

    def sign(self, *, KeyId: str, Message: bytes, MessageType: str, SigningAlgorithm: str) -> dict[str, Any]:  # noqa: N803
        """The answer, with the field `Signature`."""

    def close(self) -> None:
        """Close its connections."""


class MerchantKey:
    """Signers for credentials. The KMS client is made when a key in KMS is first used."""

    def __init__(self, make_kms: Callable[[], KmsClient]) -> None:
        self._make_kms = make_kms
        self._kms: KmsClient | None = None

    def signer(self, credentials: Credentials) -> Signer:
        """A signer with the key of these credentials. Raises Misconfigured; the signer raises Unavailable, too."""
        if credentials.private_key_kms_id:
            return lambda message: self._sign_in_kms(credentials.private_key_kms_id, message)
        from doku_signing.private_key import signer  # `cryptography` is not needed for anything else here

        try:
            return signer(credentials.private_key)
        except ValueError as error:
            raise Misconfigured(f"the DOKU secret's {error}") from None

    def close(self) -> None:
        """Close the connections to KMS, if there are any. The next signature opens another."""
        if self._kms is not None:
            self._kms.close()

    def _sign_in_kms(self, key_id: str, message: bytes) -> bytes:
        """Sign in KMS. MessageType RAW: the text is far shorter than the 4,096 bytes that KMS accepts."""
        if self._kms is None:
            self._kms = self._make_kms()
        sign = partial(
            self._kms.sign,
            KeyId=key_id,
            Message=message,
            MessageType="RAW",
            SigningAlgorithm="RSASSA_PKCS1_V1_5_SHA_256",
        )
        try:
            answer = call_aws("KMS", sign, "Signature", _PASSING)
        except ClientError as error:
            reason = f"KMS does not sign with the DOKU secret's privateKeyKmsId ({error_code(error)})"
            raise Misconfigured(reason) from error
        return bytes(answer["Signature"])
