"""The page's words in the languages that it knows: all of them stand in ``ui/words.json``.

The page itself puts them into the browser's language (``ui/script/words.js``); here is what is said
before there is a page, and what the Settings offer.
"""

from __future__ import annotations

import json
import re
from functools import cache
from importlib import resources
from typing import Any

ENGLISH = "en"


@cache
def known() -> dict[str, Any]:
    """The languages, the words in each, and where on the page other people's words stand."""
    found: dict[str, Any] = json.loads(resources.files("ui").joinpath("words.json").read_bytes())
    return found


def preferred(accepted: str) -> str:
    """Of the known languages the one that a browser's ``Accept-Language`` likes best."""
    liked: list[tuple[float, str]] = []
    for part in accepted[:500].split(","):
        code, _, weight = part.strip().partition(";q=")
        liked.append((float(weight) if re.fullmatch(r"[01](\.\d+)?", weight) else 1.0, code))
    codes = [code.split("-")[0].lower() for _, code in sorted(liked, key=lambda one: -one[0])]
    return next((code for code in codes if code in known()["languages"]), ENGLISH)


def said(text: str, language: str, **values: object) -> str:
    """``text`` in ``language``, with ``values`` in its gaps; in English where it has no other."""
    words: str = known()["words"].get(text, {}).get(language, text)
    return words.format(**values) if values else words
