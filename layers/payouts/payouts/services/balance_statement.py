"""The proof of a day's balance for people and programs."""

from payouts.domain.balance_proof import BalanceProof, Verdict
from payouts.domain.days import time_of
from payouts.domain.money import signed

_MEANING = {
    Verdict.EXPLAINED: "our transfers explain the change exactly",
    Verdict.UNCERTAIN: "what is in doubt may explain the difference; it is not known",
    Verdict.DECREASE: "the balance fell by more than our transfers explain. The fall is unexplained",
    Verdict.INCREASE: "the balance rose by more than is explained: a top-up, an unreported failure, or a returned fee",
    Verdict.UNKNOWN: "one reading alone proves nothing",
}


def figures(proof: BalanceProof) -> dict[str, int]:
    """The figures of the proof in sen, by the names of the API. Whether fees are returned is never assumed."""
    return {
        "opening": proof.opening.available,
        "paid": proof.sums.paid,
        "fees": proof.sums.fees,
        "refunds": proof.sums.refunds,
        "expected": proof.expected,
        "actual": proof.closing.available,
        "difference": proof.difference,
        "inDoubt": proof.closing.in_doubt,
        "unexplainedDecrease": proof.decrease,
        "unexplainedIncrease": proof.increase,
    }


def times(proof: BalanceProof) -> dict[str, str]:
    """When the opening and the closing balance were read, in WIB."""
    return {"from": time_of(proof.opening.asked), "to": time_of(proof.closing.answered)}


def text(proof: BalanceProof | None) -> str:
    """The proof as lines, with a line break at the end."""
    if proof is None:
        return "\nBalance at DOKU: not measured on this day\n"
    period = times(proof)
    lines = [f"\nBalance at DOKU from {period['from']} to {period['to']}", ""]
    lines += [f"{_LABELS[name]:<20}{signed(sen):>22}" for name, sen in figures(proof).items()]
    if proof.sums.unstated_fees:
        lines.append(f"DOKU stated no fee for {proof.sums.unstated_fees} transfers: fees are higher than shown")
    return "\n".join([*lines, f"{proof.verdict}: {_MEANING[proof.verdict]}", ""])


_LABELS = {
    "opening": "opening",
    "paid": "paid",
    "fees": "fees",
    "refunds": "refunds",
    "expected": "expected",
    "actual": "actual",
    "difference": "difference",
    "inDoubt": "in doubt",
    "unexplainedDecrease": "unexplained fall",
    "unexplainedIncrease": "unexplained rise",
}
