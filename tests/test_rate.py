"""How often one visitor may ask."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from ui.server.rate import SESSIONS_AN_ADDRESS, Rate, TooOften


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def asked(ask: Callable[[], None], most: int = 10_000) -> int:
    """How many questions are let through before one isn't."""
    for done in range(most):
        try:
            ask()
        except TooOften:
            return done
    return most


def test_a_session_may_ask_its_minute_s_worth_at_once_and_then_as_time_goes_by() -> None:
    clock = Clock()
    rate = Rate(6, clock=clock)
    assert asked(lambda: rate.take("a", "1.2.3.4")) == 6
    clock.now += 10
    assert asked(lambda: rate.take("a", "1.2.3.4")) == 1
    clock.now += 3_600
    assert asked(lambda: rate.take("a", "1.2.3.4")) == 6


def test_sessions_do_not_take_from_each_other() -> None:
    rate = Rate(2, clock=Clock())
    assert asked(lambda: rate.take("a", "1.2.3.4")) == 2
    assert asked(lambda: rate.take("b", "1.2.3.4")) == 2


def test_new_sessions_do_not_help_an_address_for_ever() -> None:
    rate = Rate(2, clock=Clock())
    sessions = iter(range(10_000))
    assert asked(lambda: rate.take(str(next(sessions)), "1.2.3.4")) == 2 * SESSIONS_AN_ADDRESS
    rate.take("another", "5.6.7.8")


def test_a_refused_question_costs_nothing_and_says_when_to_ask_again() -> None:
    clock = Clock()
    rate = Rate(1, clock=clock)
    rate.take("a", None)
    for _ in range(5):
        with pytest.raises(TooOften, match="more than 1 question a minute; ask again in 60 s"):
            rate.take("a", None)
    clock.now += 60
    rate.take("a", None)


def test_no_limit_lets_everything_through() -> None:
    rate = Rate(0)
    assert asked(lambda: rate.take("a", "1.2.3.4"), most=5_000) == 5_000


def test_visitors_long_gone_are_forgotten() -> None:
    rate = Rate(1)
    for visitor in range(12_000):
        rate.take(str(visitor), str(visitor))
    assert len(rate._buckets) <= 10_000


def test_a_network_of_ipv6_is_one_household() -> None:
    rate = Rate(1)
    for number in range(SESSIONS_AN_ADDRESS):
        rate.take(None, f"2001:db8::{number:x}")
    with pytest.raises(TooOften):
        rate.take(None, "2001:db8::ffff")
    rate.take(None, "2001:db8:0:1::1")
