"""Bank accounts and their holders. An unregistered account belongs to the name that the merchant expects."""

from dataclasses import dataclass, field

_BANKS = {
    "002": "Bank Rakyat Indonesia BRI",
    "008": "Bank Mandiri",
    "009": "Bank Negara Indonesia BNI",
    "011": "Bank Danamon",
    "013": "Bank Permata",
    "014": "Bank Central Asia BCA",
    "022": "Bank CIMB Niaga",
    "110": "Bank BJB",
    "147": "Bank Muamalat Indonesia",
    "200": "Bank Tabungan Negara BTN",
    "426": "Bank Mega",
    "899": "DOKU",
    "911": "LinkAja",
}
_SAMPLE: dict[tuple[str, str], str | None] = {("014", "8377388292"): "SUHUT"}  # DOKU's sample of an account inquiry


def bank_name(code: str) -> str:
    """A bank's name; codes that are not in this short table get a made-up one."""
    return _BANKS.get(code, f"Bank {code}")


@dataclass
class Accounts:
    """Registered accounts: (bank code, account number) to the holder's name, or None for "no such account"."""

    _holders: dict[tuple[str, str], str | None] = field(default_factory=_SAMPLE.copy)

    def register(self, bank: str, number: str, name: str | None) -> None:
        """Let an account have this holder, or not exist."""
        self._holders[bank, number] = name

    def holder(self, bank: str, number: str, expected: str) -> str | None:
        """The name that the bank has on record, None if there is no such account."""
        return self._holders.get((bank, number), expected.upper())
