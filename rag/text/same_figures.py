"""Do two figures say the same thing? Rounded, bounded, or in other units: 94% and 93.72%."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from rag.text.figures import Figure

_SLACK = {"above": (1.0, 1.2), "below": (0.85, 1.0), "about": (0.94, 1.06)}


def same(claimed: Figure, given: Figure) -> bool:
    """Whether the claimed figure says what the given one says: value and measure.

    A claimed figure may round the given one ("94%" for 93.72%) where it keeps two digits or more.
    """
    if claimed.measure == given.measure:
        return _close(claimed, given)  # "7B" stands in "Llama-2-7B" too
    if given.in_name:
        return claimed.measure == "bits" and claimed.value == given.value  # INT4
    if given.measure.startswith("shape") and claimed.factor == 1.0:  # "64 by 64" for 64x64
        return f"{claimed.value:g}" in re.findall(r"\d+", given.measure)
    if _is_bare(claimed) and (same_value(claimed, given) or _near_bare(claimed, given)):
        return True  # "NSGA-Net needs 4 GPU days and NASNet 2,000", "factors of 1.4 to 11.2 over X"
    pair = {claimed.measure, given.measure}
    if pair <= {"percent", "points"}:
        return _close(claimed, given)
    if pair == {"percent", "count"} or pair == {"points", "count"}:
        # "(69.48 vs 72.41)" gives percent without the sign.
        bare = claimed if claimed.measure == "count" else given
        if bare.factor == 1.0 and not bare.nouns and _close(claimed, given):
            return True
    return _equivalent(claimed, given) or _equivalent(given, claimed)


def same_value(claimed: Figure, given: Figure) -> bool:
    """Whether the bare numbers agree, whatever their units: 30% and 30x, 19 GB and 19 MB."""
    if claimed.measure.startswith(("shape", "vague")) or not claimed.factor or not given.factor:
        return False
    return abs(claimed.value / claimed.factor - given.value / given.factor) < 1e-9


def _is_bare(figure: Figure) -> bool:
    counts = bool(figure.nouns) and float(figure.value).is_integer()
    return figure.measure == "count" and figure.factor == 1.0 and not counts


def _near_bare(claimed: Figure, given: Figure) -> bool:
    bound = bool(claimed.bound and given.factor)
    return bound and _close(claimed, replace(given, value=given.value / given.factor, factor=1.0))


def _close(claimed: Figure, given: Figure) -> bool:
    if abs(claimed.value - given.value) <= 1e-6 * max(abs(claimed.value), abs(given.value)):
        return True
    significant = claimed.digits.replace(".", "").replace(",", "").lstrip("0")
    is_round = len(significant.rstrip("0")) <= 2  # "over 500" for 512, but not "up to 572"
    if claimed.bound and not given.bound and claimed.value and is_round:
        low, high = _SLACK[claimed.bound]
        if low <= given.value / claimed.value <= high:
            return True
    if len(significant) < 2 or claimed.factor == 0:
        return False
    decimals = len(claimed.digits.partition(".")[2])
    step = 10.0**-decimals
    written, exact = claimed.value / claimed.factor, given.value / claimed.factor
    if decimals == 0 and claimed.factor == 1.0 and float(exact).is_integer():
        return False  # 80 devices are not 84
    return abs(written - exact) <= 0.5 * step * (1 + 1e-9)


def _equivalent(one: Figure, other: Figure) -> bool:
    """Different measures that say the same: half and 50%, two orders of magnitude and 100x."""
    if one.measure == "fraction":
        if other.measure == "percent":
            return abs(100 * one.value - other.value) < 1.0
        if other.measure == "times":
            return abs(one.value - other.value) < 0.01 or abs(one.value * other.value - 1) < 0.01
    if one.measure == "orders" and other.measure == "times":
        return abs(10**one.value - other.value) < 1e-6 * other.value
    if one.measure == "times" and other.measure == "percent":
        return any(abs(share - other.value) < slack for share, slack in _shares(one, other))
    if one.measure == "count" and other.measure == "percent":  # an accuracy of 0.95, or of 95%
        return 0 < one.value < 1 and not one.nouns and abs(100 * one.value - other.value) < 1e-6
    return False


def _shares(times: Figure, percent: Figure) -> Iterator[tuple[float, float]]:
    """The shares in percent, each with how exact it is, that a multiple may be told as."""
    exact, rounded = 1e-6, 0.5
    if percent.change != "down":
        yield 100 * (times.value - 1), exact  # 1.4x, 40% more
        if times.value < 1:
            yield 100 * times.value, exact  # 0.4x, 40% of it
    if percent.change != "up":
        if times.value > 1:
            yield 100 * (1 - 1 / times.value), rounded  # 10x as cheap, 90% less
        elif percent.change == "down":
            yield 100 * (1 - times.value), exact  # 0.6x, 40% less
