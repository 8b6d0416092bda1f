"""The form of each field of a transfer, with the lengths of docs/doku-protocol.md. JSON and files share it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from payouts.domain.money import Rupiah

REFERENCE_PATTERN = r"(?!\.{1,2}$)[A-Za-z0-9._~-]{1,64}"  # "." and ".." have a meaning in a path


@dataclass(frozen=True, slots=True)
class Matching:
    """A check that text matches `pattern` as a whole. Its error says what is wanted."""

    pattern: str
    wanted: str

    def __call__(self, value: str) -> str:
        """Return the value. Raises ValueError if it does not match."""
        if re.fullmatch(self.pattern, value, re.ASCII) is None:  # re keeps the compiled pattern
            raise ValueError(f"must be {self.wanted}")
        return value


REFERENCE = Matching(REFERENCE_PATTERN, "1 to 64 letters, digits or . _ ~ -")
CUSTOMER_NUMBER = Matching(r"[0-9]{5,32}", "a phone number of 5 to 32 digits, such as 628115678890")
ACCOUNT_NUMBER = Matching(r"[0-9]{1,32}", "1 to 32 digits")
BANK_CODE = Matching(r"[0-9A-Za-z]{3,16}", "a bank or e-wallet code, such as 014; see GET /v1/banks")
SESSION_ID = Matching(r"[0-9A-Za-z-]{1,25}", "a sessionId of an account inquiry")
COUNTRY_CODE = Matching(r"[A-Z]{2}", "two capital letters, such as ID")
CHANNEL_CODE = Matching(r"[0-9]{2}", "two digits, such as 07")
# Printable ASCII has a single JSON encoding, so DOKU cannot re-encode it and then fail to verify the signature.
NAME = Matching(r"[ -~]{1,100}", "1 to 100 printable ASCII characters")
REMARK = Matching(r"[ -~]{0,255}", "at most 255 printable ASCII characters")
SHORT_TEXT = Matching(r"[ -~]{0,25}", "at most 25 printable ASCII characters")

OF_A_ROW: Mapping[str, Matching] = {
    "partner_reference_no": REFERENCE,
    "customer_number": CUSTOMER_NUMBER,
    "beneficiary_bank_code": BANK_CODE,
    "beneficiary_account_number": ACCOUNT_NUMBER,
    "beneficiary_account_name": NAME,
    "remark": REMARK,
    "beneficiary_first_name": NAME,
    "beneficiary_last_name": NAME,
    "beneficiary_phone_number": CUSTOMER_NUMBER,
    "beneficiary_bank_name": NAME,
    "sender_first_name": NAME,
    "sender_last_name": NAME,
    "sender_personal_id": NAME,
    "sender_personal_id_type": SHORT_TEXT,
    "sender_country_code": COUNTRY_CODE,
    "channel_code": CHANNEL_CODE,
    "fee_type": SHORT_TEXT,
}
"""The fields of a row of a batch but its amount: those of POST /v1/transfers without a session."""


def whole_rupiah(value: str) -> str:
    """The amount as sent to DOKU. Raises ValueError unless it is whole rupiah.

    All transfer amounts in DOKU's documentation are whole rupiah; it does not say whether sen are accepted.
    """
    parsed = Rupiah.parse(value)
    if parsed.sen % 100:
        raise ValueError('must be whole rupiah, such as "200000.00": sen are not accepted')
    return str(parsed)
