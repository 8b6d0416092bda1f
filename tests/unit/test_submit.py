"""Behind the door nobody hears of an error, whatever it is (DESIGN 2.3)."""

from payouts.submit import Submitted
from payouts.transfer import Finding, Status
from proofs.model.outside import Given, Outside, Request
from proofs.model.parts import Invocation, Parts, order
from proofs.model.scenario import BEGAN
from proofs.model.world import Outer, World


class Surprise(Exception):
    """Nobody foresaw it."""


class Surprising(Outside):
    """All goes well until the transfer is sent."""

    def __init__(self) -> None:
        super().__init__([Given(BEGAN, "begin")], "merchant")
        self.world = World(patient=True)
        self.outer = Outer(BEGAN, self.world.table({}), self.world.ledgers.number(()))

    def ask(self, request: Request) -> Given:
        if request.what == "transfer-bank":
            raise Surprise
        effect = next(self.world.effects(request, self.outer))
        self.outer = effect.outer
        return Given(BEGAN, effect.kind, effect.value)


def test_an_error_that_nobody_foresaw_leaves_the_transfer_in_doubt_and_in_the_index() -> None:
    outside = Surprising()
    submitted = Invocation("merchant", order()).run(outside, Parts())
    assert isinstance(submitted, Submitted)
    assert submitted.transfer.status is Status.IN_DOUBT
    [(_, number)] = outside.world.transfers(outside.outer.table)
    stored = outside.world.transfer(number)
    assert (stored.status, stored.next_check_at) == (Status.IN_DOUBT, BEGAN + 60_000)
    assert [seen.message for seen in stored.history if seen.finding is Finding.IN_DOUBT] == ["unexpected Surprise"]
