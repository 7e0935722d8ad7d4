"""Patterns as tables: a row each, with a sentence that it fits and one that it doesn't.

A test walks every table: each row alone fits the one and not the other.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple


class Rule(NamedTuple):
    """What ``pattern`` finds, whatever the case of letters."""

    pattern: str
    fits: str
    misses: str


def any_of(rules: Iterable[Rule]) -> re.Pattern[str]:
    """One pattern that finds what any of the rules finds."""
    return re.compile("|".join(f"(?:{rule.pattern})" for rule in rules), re.I)
