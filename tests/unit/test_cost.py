"""docs/cost.md is what the figures, the prices and the template say."""

import json

import pytest

from local.template import load
from tools import cost
from tools.cost import Prices


def test_the_page_is_current() -> None:
    assert cost.PAGE.read_text(encoding="utf-8") == cost.page(), "run `make cost`"


def test_a_price_is_for_so_many() -> None:
    prices = Prices({"writes": {"usd": "0.625", "per": "1000000"}})
    assert prices.of("writes", 2_000_000) == pytest.approx(1.25)


def test_everything_used_has_a_price_and_every_price_is_used() -> None:
    template = load(cost.ROOT / "template.yaml", {"JwtIssuer": "https://x.example/", "JwtAudience": "a"})
    figures = json.loads(cost.FIGURES.read_text())
    used = cost.transfer(figures, template, 1.0).keys() | cost.idle(template).keys()
    assert used == Prices.read().rows.keys()


def test_more_write_units_cost_more() -> None:
    template = load(cost.ROOT / "template.yaml", {"JwtIssuer": "https://x.example/", "JwtAudience": "a"})
    figures = json.loads(cost.FIGURES.read_text())
    more = figures | {"write_units_create": figures["write_units_create"] + 1}
    assert cost.transfer(more, template, 1.0)["writes"] == cost.transfer(figures, template, 1.0)["writes"] + 1
