"""Every regular expression takes time in proportion to what it reads, whatever that is.

All patterns of all modules are found by themselves, and read thousands of repeats of each sort of
sign and word, and of what they themselves repeat (tests/patterns.py); ``.ci/run long``: 10,000.
"""

from __future__ import annotations

import os
import time

import patterns
import pytest

REPEATS = int(os.environ.get("ASKPAPERS_REPEATS", "2500"))
_STEP = 4  # times as long is each next text
_FLOOR = 0.02  # seconds of processor time that nobody minds, and that noise may be
_MOST = 10.0  # times as long may the next text take: linear is 4, quadratic 16
_TRIES = 5  # the best of these counts
_FEW = (8, 16, 24)  # repeats that what is exponential doesn't survive


def spent(read: patterns.Read, text: str) -> float:
    begun = time.thread_time()
    read(text)
    return time.thread_time() - begun


def best(read: patterns.Read, text: str, enough: float = 0.0) -> float:
    """The best of some times; it isn't taken again where it is below ``enough``."""
    least = spent(read, text)
    for _ in range(_TRIES - 1):
        if least < enough:
            break
        least = min(least, spent(read, text))
    return least


def holds_up(read: patterns.Read, before: str, piece: str, most: int = REPEATS) -> str:
    """What shows that the time grows faster than the text; nothing where it doesn't."""
    for repeats in _FEW:
        if best(read, before + piece * repeats + "\0", _FLOOR) >= _FLOOR:
            return f"{before!r} + {repeats} * {piece!r}"
    last, repeats = 0.0, most // _STEP**3
    while repeats <= most:
        text = before + piece * repeats + "\0"
        now = spent(read, text)
        if now >= max(_FLOOR, _MOST * last):
            last = best(read, before + piece * (repeats // _STEP) + "\0")
            now = best(read, text, _MOST * last)
            if now >= max(_FLOOR, _MOST * last):
                return f"{before!r} + {repeats:,} * {piece!r}: {last:.4f}, then {now:.4f} s"
        last, repeats = now, repeats * _STEP
    return ""


@pytest.mark.slow
@pytest.mark.parametrize("name", patterns.packages())
def test_patterns_are_linear(name: str) -> None:
    faults = []
    for one in patterns.found():
        for before, piece in patterns.texts(one.pattern) if one.package == name else ():
            if fault := holds_up(one.read, before, piece):
                faults.append(f"{one.where} {one.pattern.pattern[:60]!r}: {fault}")
                break
    assert not faults, "\n".join(faults)


@pytest.mark.slow
def test_what_is_not_linear_is_seen() -> None:
    """A check that never complains would show nothing."""
    for said in (r"\s+$", r"(?:a|a)*b", r"<.*>", r"which .* about"):
        one = patterns.Found("here.and.now", *patterns.reading(said))
        assert any(
            holds_up(one.read, *text, most=10_000) for text in patterns.texts(one.pattern)
        ), said
    assert len(patterns.found()) > 400
    assert {one.package for one in patterns.found()} <= set(patterns.packages())
