"""Every table of patterns, row by row: what it is for fits, and its counterpart doesn't."""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Iterator

import pytest

import rag
from rag.text.rules import Rule


def rows() -> Iterator[object]:
    """The rules of all tables of ``rag``, by their module and their place in its table."""
    for found in pkgutil.walk_packages(rag.__path__, "rag."):
        if found.name.startswith("rag.llama"):  # knows no patterns; slow to import
            continue
        for name, table in vars(importlib.import_module(found.name)).items():
            if isinstance(table, tuple) and table and isinstance(table[0], Rule):
                for place, rule in enumerate(table):
                    yield pytest.param(rule, id=f"{found.name}.{name}[{place}]")


@pytest.mark.parametrize("rule", list(rows()))
def test_a_row_fits_its_one_sentence_and_not_its_other(rule: Rule) -> None:
    assert re.search(rule.pattern, rule.fits, re.I)
    assert not re.search(rule.pattern, rule.misses, re.I)
