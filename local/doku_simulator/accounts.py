"""Banks, accounts and their holders.

An unregistered account belongs to the name that the merchant expects, unless the beginning of its number has a rule.
"""

from collections.abc import Callable
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
_CODES = frozenset(
    [
        "002",
        "003",
        "008",
        "009",
        "011",
        "013",
        "014",
        "016",
        "019",
        "020",
        "022",
        "023",
        "028",
        "030",
        "031",
        "032",
        "033",
        "034",
        "036",
        "037",
        "039",
        "040",
        "041",
        "042",
        "045",
        "046",
        "047",
        "048",
        "050",
        "052",
        "053",
        "054",
        "057",
        "059",
        "060",
        "061",
        "067",
        "068",
        "069",
        "076",
        "087",
        "088",
        "089",
        "095",
        "097",
        "110",
        "111",
        "112",
        "113",
        "114",
        "115",
        "116",
        "117",
        "118",
        "119",
        "120",
        "121",
        "122",
        "123",
        "124",
        "125",
        "126",
        "127",
        "128",
        "129",
        "130",
        "131",
        "132",
        "133",
        "134",
        "135",
        "137",
        "145",
        "146",
        "147",
        "151",
        "152",
        "153",
        "157",
        "161",
        "164",
        "166",
        "167",
        "200",
        "212",
        "213",
        "405",
        "422",
        "425",
        "426",
        "427",
        "441",
        "451",
        "459",
        "466",
        "472",
        "484",
        "485",
        "490",
        "491",
        "494",
        "498",
        "501",
        "503",
        "506",
        "513",
        "517",
        "520",
        "521",
        "523",
        "525",
        "526",
        "531",
        "535",
        "536",
        "542",
        "547",
        "548",
        "553",
        "555",
        "559",
        "562",
        "564",
        "566",
        "567",
        "688",
        "722",
        "724",
        "725",
        "734",
        "867",
        "899",
        "911",
        "945",
        "947",
        "949",
        "950",
        "987",
        "DANA",
        "GOPAY",
        "OVO",
        "PVABUKA",
        "PVASHOP",
        "PVATOKO",
        "SHOPEEPAY",
    ]
)
"""The codes that DOKU's older pages and integrators list. DOKU publishes no current list."""
_SAMPLE: dict[tuple[str, str], str | None] = {("014", "8377388292"): "SUHUT"}  # DOKU's sample of an account inquiry


RULES: dict[str, Callable[[str], str | None]] = {
    "99900001": lambda name: name[:20].rstrip(),
    "99900002": lambda name: name.removeprefix("PT ") if name.startswith("PT ") else f"BPK {name}",
    "99900003": lambda _: "RATNA DEWI KUSUMA",
    "99900004": lambda name: f"{name[:4]}****",
    "99900005": lambda _: None,
}
"""By the first eight digits of an account: the holder for the first name that is expected, which the account keeps.

The bank cuts the name, adds or leaves out a title, has another name, hides letters, or has no such account.
"""


def bank_name(code: str) -> str:
    """A bank's name; a made-up one for codes that are not in the short table."""
    return _BANKS.get(code, f"Bank {code}")


@dataclass
class Accounts:
    """Registered accounts: (bank code, account number) to the holder's name, or None for "no such account"."""

    _holders: dict[tuple[str, str], str | None] = field(default_factory=_SAMPLE.copy)

    def register(self, bank: str, number: str, name: str | None) -> None:
        """Let an account have this holder, or not exist."""
        self._holders[bank, number] = name

    def has_bank(self, bank: str) -> bool:
        """Whether transfers to this bank code are possible: a listed one, or one with a registered account."""
        return bank in _CODES or any(code == bank for code, _ in self._holders)

    def holder(self, bank: str, number: str, expected: str) -> str | None:
        """The name that the bank has on record, None if there is no such account."""
        if (bank, number) in self._holders:
            return self._holders[bank, number]
        rule = RULES.get(number[:8])
        if rule is None or not expected:
            return expected.upper()
        return self._holders.setdefault((bank, number), rule(expected.upper()))
