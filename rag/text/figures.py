"""Figures in prose, with their units and what they count: "2.5-fold", "thirty percent", "1,900K".

``figures`` reads them; ``rag.text.same_figures`` says whether two say the same thing. Figures
inside names (GPT-4, A100, CIFAR-10) belong to the name.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache

from rag.text.units import UNITS, WHOLE_WORDS
from rag.text.words import STOP, stem

_ONES = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
    "sixteen seventeen eighteen nineteen"
).split()
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
_SPELT = {word: float(value) for value, word in enumerate(_ONES)} | {
    word: 10.0 * value for value, word in enumerate(_TENS, start=2)
}
_SCALES = {
    "hundred": 1e2, "thousand": 1e3, "million": 1e6, "billion": 1e9, "trillion": 1e12,
    "mn": 1e6, "bn": 1e9, "k": 1e3, "K": 1e3, "M": 1e6, "B": 1e9, "T": 1e12,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure: ``text[start:end]`` as written, its value in base units, what it measures.

    ``measure`` is "count" where no unit is written; ``nouns`` are the stems of what follows then.
    ``spelt`` tells words from digits; ``bound`` is "above" (more than 30), "below" (up to 30),
    "about" or ""; ``change`` is "down" in "40% less" and "cut by 40%", "up" in "40% more", else "";
    ``in_name`` is a figure that is part of a name. ``digits`` is the value as written,
    before scale and unit.
    """

    text: str
    start: int
    end: int
    value: float
    measure: str
    nouns: tuple[str, ...] = ()
    spelt: bool = False
    bound: str = ""
    change: str = ""
    in_name: bool = False
    digits: str = ""
    factor: float = 1.0


def _alternatives(options: list[str]) -> str:
    ordered = sorted(options, key=len, reverse=True)
    return "|".join(re.escape(option).replace(r"\ ", r"[\s-]+") for option in ordered)


_SIGNS = [unit for unit in UNITS if not unit[0].isalnum()]
_LETTERS = [unit for unit in UNITS if unit[0].isalnum()]
_SPELT_WORD = "|".join([*_ONES[::-1], *_TENS])
# "20,000 A100-80G GPU hours": what stands before the time only says whose.
_DEVICES = r"(?:(?:(?-i:[A-Z])\w*(?:-\w+)?[\s-]){1,2}(?=hour|day|week|month|year|min|sec))?"
_NUMBER = re.compile(
    rf"""
    (?P<money>[$€£]\s?|US\$\s?)?
    (?: (?P<power>10\^\{{?(?P<exponent>[-−]?\d+)\}}?)
      | (?P<digits>\d{{1,3}}(?:[,\u202f]\d{{3}})+(?:\.\d+)?|\d+(?:\.\d+)?(?:e[-+]?\d+)?)
      | \b(?P<spelt>(?:a|one)(?=[\s-](?:hundred|thousand|million|billion|trillion)\b)
          |(?:{_SPELT_WORD})(?:[\s-](?:{"|".join(_ONES[1:10])})(?!\w))?)(?![a-eg-z]|f(?!old))
    )
    (?P<scale>(?:(?:[\s-]?(?:hundred|thousand|million|billion|trillion|mn|bn))\b)+
      |(?-i:[\s-]?[kKMBT])(?![\w/]))?
    (?: \s?(?P<sign>{_alternatives(_SIGNS)})
      | [\s-]?{_DEVICES}(?P<unit>{_alternatives(_LETTERS)})(?![\w/°])
    )?
    """,
    re.VERBOSE | re.IGNORECASE,
)
# The same letters in another case are another unit or none: M and m, GB and gb are told apart
# where it matters, words are not.
_CASED = {unit for unit in UNITS if len(unit) <= 5 and unit not in ("times", "fold", "hours")}
_MULTIPLES = {"half": 0.5, "quarter": 0.25, "dozen": 12.0}
_FRACTIONS = {"third": 3, "quarter": 4, "fifth": 5, "tenth": 10}
# "Half a million users", "half a minute", "a dozen benchmarks", "nine out of ten", "one in ten".
_PART_OF = re.compile(
    r"\b(?:(?:a\s+)?(?P<multiple>half|quarter)(?:\s+of)?\s+an?\s+(?:"
    r"(?P<scale>thousand|million|billion|trillion)|(?P<unit>minute|hour|day|year))"
    r"|(?:a\s+)?(?P<dozen>dozen)(?!s)"
    rf"|(?P<share>\d+|{'|'.join(_ONES[1:])})\s+(?:in|out\s+of)\s+(?:every\s+)?"
    r"(?P<total>ten|twenty|hundred|\d+))\b",
    re.IGNORECASE,
)
_WORDED = re.compile(
    rf"\b(?:(?P<whole>{'|'.join(WHOLE_WORDS)})"
    rf"|(?P<top>a|one|two|three|four)[\s-](?P<part>{'|'.join(_FRACTIONS)})(?P<many>s?)"
    r"(?P<of>\s+of\b)?"
    r"|(?P<orders>an|one|two|three|four|several)\s+orders?\s+of\s+magnitude"
    r"|(?P<vague>tens|dozens|hundreds|thousands|millions|billions|trillions)"
    r"(?:\s+of\s+(?P<vaguer>thousands|millions|billions|trillions))?)\b",
    re.IGNORECASE,
)
_ABOVE = re.compile(
    r"(?:over|above|more than|greater than|at least|beyond|exceed(?:s|ing)?|>|≥|no less than)"
    r"\s*(?:an?\s+)?$",
    re.IGNORECASE,
)
_BELOW = re.compile(
    r"(?:under|below|less than|fewer than|smaller than|at most|up to|as (?:much|many|long) as|<|≤)"
    r"\s*(?:an?\s+)?$",
    re.IGNORECASE,
)
_ABOUT = re.compile(
    r"(?:about|around|approximately|roughly|nearly|almost|some|close to|circa|~|≈)\s*(?:an?\s+)?$",
    re.IGNORECASE,
)
_LESS = re.compile(
    r"[\s-]+(?:less|lower|fewer|smaller|cheaper|shorter|reductions?|decreases?|savings?|drops?)\b",
    re.IGNORECASE,
)
_MORE = re.compile(r"[\s-]+(?:more|higher|larger|greater|increases?)\b", re.IGNORECASE)
_CUT_BY = re.compile(
    r"\b(?:reduc|decreas|lower|cut|shrink|shrank|shrunk|drop|f[ae]ll)(?:s|e[sd]?|ed|(?:t|p)?ing|ped)?\b"
    r"(?:\s+[^\s.;,:\d]+){0,4}\s+by\s+(?:up to |about |over |more than |around )?$",
    re.IGNORECASE,
)
_FACTOR = re.compile(
    r"\bfactors?(?: of)?\s+(?:up to |about |over |more than |roughly )?$", re.IGNORECASE
)
_JOIN = re.compile(r"\s*(?:-|–|—|to|and|or|through|vs\.?|versus|,)\s*(?:up to\s+|over\s+)?$")
# "Region 1 and three seconds": the figure numbers what stands before it.
_LABEL = re.compile(
    r"\b(?:region|phase|stage|step|level|case|group|table|figure|type|version|day|week|part"
    r"|section|chapter|model|layer|task|question|version)\s$",
    re.IGNORECASE,
)
_NEXT_WORD = re.compile(r"[\s+-]{0,3}([^\W\d_][\w-]*)")
_SHAPE = re.compile(r"(?<!\d)\d+(?:\s?[x×]\s?\d+)+[a-zA-Z]?\b")


@lru_cache(maxsize=256)  # the same question is looked through at several places
def figures(text: str) -> tuple[Figure, ...]:
    """The figures of ``text`` in the order of their offsets.

    Both ends of a range are figures of their own and share its unit ("2 to 10 times").
    """
    found: list[Figure] = []
    taken: list[tuple[int, int]] = []
    for match in _SHAPE.finditer(text):  # 8x7B, 512x512
        shape = re.sub(r"\s", "", match.group()).replace("×", "x").lower()
        taken.append(match.span())
        found.append(_figure(text, *match.span(), 0.0, f"shape {shape}"))
    for match in _PART_OF.finditer(text):
        taken.append(match.span())
        found.append(_figure(text, *match.span(), *_part_of(match), spelt=True))
    for match in _WORDED.finditer(text):
        worded = _worded(match)
        if worded and not any(s < match.end() and match.start() < e for s, e in taken):
            taken.append(match.span())
            found.append(_figure(text, *match.span(), *worded, spelt=True))
    for match in _NUMBER.finditer(text):
        if any(start < match.end() and match.start() < end for start, end in taken):
            continue
        figure = _numeral(text, match)
        if figure:
            found.append(figure)
    found.sort(key=lambda figure: figure.start)
    return tuple(_share_units(text, found))


def _figure(
    text: str,
    start: int,
    end: int,
    value: float,
    measure: str,
    *,
    spelt: bool = False,
    in_name: bool = False,
    digits: str = "",
    factor: float = 1.0,
) -> Figure:
    return Figure(
        text=text[start:end],
        start=start,
        end=end,
        value=value,
        measure=measure,
        nouns=_nouns(text, end),
        spelt=spelt,
        bound=_bound(text[max(0, start - 24) : start]),
        change=_change(text, start, end),
        in_name=in_name,
        digits=digits,
        factor=factor,
    )


def _bound(before: str) -> str:
    if _ABOVE.search(before):
        return "above"
    if _BELOW.search(before):
        return "below"
    return "about" if _ABOUT.search(before) else ""


def _change(text: str, start: int, end: int) -> str:
    after = text[end : end + 24]
    if _LESS.match(after) or _CUT_BY.search(text[max(0, start - 60) : start]):
        return "down"
    return "up" if _MORE.match(after) else ""


def _worded(match: re.Match[str]) -> tuple[float, str] | None:
    if whole := match["whole"]:
        return WHOLE_WORDS[whole.lower()]
    if orders := match["orders"]:
        value = _SPELT.get(orders.lower(), 1.0 if orders.lower() == "an" else 0.0)
        return (value, "orders") if value else (0.0, "vague orders of magnitude")
    if match["vague"]:
        return 0.0, f"vague {match['vague'].lower()} {(match['vaguer'] or '').lower()}".rstrip()
    top = _SPELT.get(match["top"].lower(), 1.0)
    # "and a third lets ranks grow" counts, "a third of the memory" measures.
    if not (match["of"] or match["many"] or match["top"].lower() == "one"):
        return None
    return top / _FRACTIONS[match["part"].lower()], "fraction"


def _part_of(match: re.Match[str]) -> tuple[float, str]:
    if match["dozen"]:
        return _MULTIPLES["dozen"], "count"
    if match["share"]:
        share, total = (
            _SPELT.get(part.lower()) or {"hundred": 100.0}.get(part.lower()) or float(part)
            for part in (match["share"], match["total"])
        )
        return 100.0 * share / (total or 1.0), "percent"
    multiple = _MULTIPLES[match["multiple"].lower()]
    if match["scale"]:
        return multiple * _SCALES[match["scale"].lower()], "count"
    measure, base = UNITS[match["unit"].lower()]
    return multiple * base, measure


def _numeral(text: str, match: re.Match[str]) -> Figure | None:
    scale, unit, end = match["scale"], match["sign"] or match["unit"], match.end()
    if unit:
        unit = _known_unit(unit)
        if unit is None:
            end = match.start("sign") if match["sign"] else match.start("unit")
    spelt = match["spelt"]
    if spelt:
        if not (spelt.islower() or spelt.istitle() or spelt.isupper()):
            return None  # ZeRO
        value = sum(_SPELT.get(part, 1.0) for part in re.split(r"[\s-]", spelt.lower()))
        if value == 1.0 and not scale and (not unit or unit == "point"):
            return None  # "one of them"
    elif match["power"]:
        value = 10.0 ** float(match["exponent"].replace("−", "-"))
    else:
        value = float(re.sub(r"[,\u202f]", "", match["digits"]))
    factor = 1.0
    for part in re.findall(r"[A-Za-z]+", scale or ""):
        factor *= _SCALES.get(part) or _SCALES.get(part.lower()) or _SCALES[part.upper()]
    measure, base = _measure(text, match, unit)
    factor *= base
    if not spelt and _inside_word(text, match.start(), end):
        return _figure(
            text, match.start(), end, value * factor, measure, in_name=True, factor=factor,
            digits=match["digits"] or "",
        )  # fmt: skip
    return _figure(
        text, match.start(), end, value * factor, measure, spelt=bool(spelt), factor=factor,
        digits=match["digits"] or "",
    )  # fmt: skip


def _measure(text: str, match: re.Match[str], unit: str | None) -> tuple[str, float]:
    if unit:
        return UNITS[unit]
    if _FACTOR.search(text[max(0, match.start() - 40) : match.start()]):
        return "times", 1.0
    return "money" if match["money"] else "count", 1.0


def _known_unit(written: str) -> str | None:
    unit = re.sub(r"[\s-]+", " ", written)
    if unit in UNITS:
        return unit
    lowered = unit.lower()
    if lowered in UNITS and (lowered not in _CASED or len(lowered) > 2):
        return lowered
    return None


def _inside_word(text: str, start: int, end: int) -> bool:
    """Whether the digits belong to a name: A100, GPT-4, CIFAR-10, 3D, not top-5."""
    before = re.search(r"([^\s()\[\]{},;:\"'“”‘’/=<>~≈]*)$", text[max(0, start - 60) : start])
    head = before.group(1) if before else ""
    if head and re.search(r"[^\W\d_]$|[.@^_]$", head):
        return True
    if head.endswith(("-", "–")):
        body = head.rstrip("-–")
        return bool(re.search(r"[A-Z]", body)) and not body.endswith(("%", "x"))
    following = text[end : end + 1]
    if text.startswith("ile", end) and text[end - 1] == "%":
        return False  # the 95%ile
    return following.isalnum() or following == "_"


def _nouns(text: str, end: int) -> tuple[str, ...]:
    """The stems of up to three content words that follow without a break."""
    nouns: list[str] = []
    while len(nouns) < 3 and (match := _NEXT_WORD.match(text, end)):
        word, end = match.group(1), match.end()
        if word.lower() in ("more", "fewer", "less") and not nouns:
            continue  # "30% more servers"
        if word.lower() in STOP or word.lower() in ("vs", "versus"):
            break
        nouns.extend(stem(part) for part in word.split("-") if part)
    return tuple(nouns[:3])


def _share_units(text: str, found: list[Figure]) -> list[Figure]:
    """The first end of a range takes the unit of the second: "2 to 10 times", "10-100 billion"."""
    shared = list(found)
    for i in range(len(shared) - 2, -1, -1):
        first, second = shared[i], shared[i + 1]
        bare = first.measure == "count" and first.factor == 1.0 and not first.nouns
        if not bare or first.in_name or second.in_name or second.measure.startswith(("shape", "v")):
            continue
        if not _JOIN.fullmatch(text[first.end : second.start]) or _LABEL.search(
            text[max(0, first.start - 24) : first.start]
        ):
            continue
        shared[i] = replace(
            first,
            value=first.value * second.factor,
            measure=second.measure,
            nouns=second.nouns,
            change=first.change or second.change,
            factor=second.factor,
        )
    return shared
