"""What kind of answer a question's words ask for: a figure of some measure, a name, a reason ..."""

from __future__ import annotations

import re
from dataclasses import dataclass

from rag.text.figures import Figure
from rag.text.words import words

_ANY = frozenset({"any"})

# The first pattern that fits says which measures (see rag/text/figures.py) a fitting figure may have.
_MEASURES: tuple[tuple[str, frozenset[str]], ...] = (
    (
        r"\bhow long\b(?! (?:a |an |are|is|can|the )?(?:context|sequence|input|prompt|document|text)s?)"
        r"|\bhow (?:much time|quick\w*|soon)\b|\b(?:hours|days|minutes|seconds|milliseconds|weeks)\b"
        r"|\bwall[- ]?clock\b|\b(?:in|of) ms\b|\bhow many (?:\w+ ){0,2}(?:hours|days|seconds)\b"
        r"|\bdurée\b|\bwie lange\b|\bcuánto tiempo\b",
        frozenset({"seconds", "months", "times"}),
    ),
    (
        r"\b(?:dollars?|euros?|pounds?|usd|eur|bucks|cents|price)\b|[$€£]",
        frozenset({"money", "percent", "times"}),
    ),
    (
        r"\bhow (?:much|big|large|small|low|little|many) (?:\w+ ){0,3}(?:memory|ram|vram|storage|space|disk"
        r"|gb|gigabytes|megabytes|mb|footprint)\b|\b(?:vram|gigabytes?|megabytes?|gb|mb)\b"
        r"|\bmémoire\b|\bspeicher\b|\bmemoria\b",
        frozenset({"bytes", "percent", "times"}),
    ),
    (
        r"\b(?:watts?|joules?|kwh|kilowatts?)\b|\bhow much (?:\w+ ){0,2}(?:power|energy|electricity)\b",
        frozenset({"watts", "joules", "percent", "times"}),
    ),
    (
        r"\bper ?cent\w*|%|\bwhat (?:share|fraction|proportion)\b|\bprozent\b|\bpourcent\w*|\bporcentaje\b",
        frozenset({"percent", "points"}),
    ),
    (
        r"\bwhat factor\b|\bby how much\b|\bhow many times\b|\bhow much (?:\w+ )?(?:faster|slower|quicker|cheaper"
        r"|better|more|less|smaller|larger|bigger|lower|higher|worse|fewer|shorter|longer|farther|further)\b"
        r"|\bspeed-?ups?\b|\bhow many (?:percent|points)\b|\bwhat gains?\b|\bhow big (?:is|was|a) (?:the )?"
        r"(?:gain|improvement|win|saving|speed\w*|drop|loss|cut)\b|\bhow much (?:\w+ ){0,4}(?:sav\w+|cuts?|reduc\w+"
        r"|improv\w+|gain\w*|increas\w+|drop\w*|los\w+|won|win|grow\w*|shrink\w*|lower\w*|fall\w*|raise\w*)\b"
        r"|\b(?:bigger|biggest|larger|largest|greater|greatest|higher|highest|best|more|most|what|which|claimed)"
        r" (?:gains?|improvements?|speed-?ups?|savings?|wins?|cuts?|boosts?)\b|\bgains? (?:in|claimed|reported)\b"
        r"|\b(?:who|which|what) (?:\w+ ){0,4}(?:faster|fastest|cheaper|cheapest|quicker|quickest)\b"
        r"|\bhow (?:well|close|strong\w*|badly|far|fast)\b|\bwie viel schneller\b|\bcombien de fois\b|\bquanto è\b",
        frozenset(
            {"times", "percent", "points", "orders", "tokens/s", "frames/s", "bytes/s", "seconds"}
        ),
    ),
    (
        r"\b(?:accuracy|score|f1|bleu|rouge|fid|perplexity|pass@?\w*|map|auc|mota|recall|precision)\b",
        frozenset({"percent", "points", "count", "times"}),
    ),
    (
        r"\bhow many\b|\bhow-many\b|\bnumber of\b|\bcount\b|\bwie ?viele\b|\bcombien\b|\bcuánt[oa]s\b|\bquant[ie]\b"
        r"|多少|几个|\bin number of\b|\bhow few\b",
        frozenset({"count"}),
    ),
    (
        # Not inside a clause: "to judge how much a weight matters" asks for no figure.
        r"(?:^|[,;:.?!(-]\s*|\b(?:and|by|but|or|so|then|exactly|roughly|in|of|at|with) )how"
        r" (?:much|big|large|long|often|small|cheap\w*|low|high|expensive|accurate\w*|old|deep|short|good|fast)\b"
        r"|\bwhat(?:'s| is| was|) (?:\w+ ){0,4}(?:max\w*|largest|highest|biggest|smallest|lowest|average|mean|median"
        r"|top|peak|size|ratio|rate|throughput|latency|cost|number|figure|length|len|speed|bandwidth|budget)\b"
        r"|\b(?:max|median|average|mean|peak|exact|precise|total)\b[^?]{0,300}\?|\bfigures?\b|\bat what (?:scale|size|cost|speed)\b"
        r"|\bwhich (?:ratio|percentage|rate|size|factor|budget|fraction)\b|\bwie ?viel\b|\bcuánt[oa]\b|\bquant[oa]\b",
        _ANY,
    ),
)
_COMPILED = tuple((re.compile(pattern, re.I), measures) for pattern, measures in _MEASURES)
_COUNTED = re.compile(
    r"(?:how many|number of|how few|wie ?viele|combien de)\s+((?:[\w'’-]+\s*){1,4})", re.I
)

_NAME = re.compile(
    r"\b(?:who|whose|which|what) (?:\w+ ){0,2}(?:data ?sets?|benchmarks?|models?|llms?|chips?|gpus?"
    r"|baselines?|languages?|systems?|tools?|librar\w+|frameworks?|methods?|algorithms?|rivals?|competitors?"
    r"|compan\w+|clouds?|machines?|clusters?|supercomputers?|hardware|teams?|optimi[sz]ers?|tasks?|versions?"
    r"|solvers?|compilers?|corpus|corpora|boards?|devices?)\b"
    r"|\bwho\b|\bcompared? (?:itself )?(?:to|with|against)\b|\bwhat (?:is|are) (?:\w+ ){0,3}called\b|\bname of\b",
    re.I,
)
_REASON = re.compile(
    r"\bwhy\b|\bwhat(?:'s| is) (?:the )?(?:reason|problem|point|catch)|\bcause|\bwarum\b|\bpourquoi\b",
    re.I,
)
_MANNER = re.compile(
    r"\bhow (?:do|does|did|is|are|can|exactly|come)\b|\bin what way|\bmechanism|\btrick|\bidea\b",
    re.I,
)
_PARTS = re.compile(
    r"\b(?:two|three|four|five|six|seven|[2-7]) (?:\w+ ){0,2}(?:kinds|parts|things|components|ways|types|stages"
    r"|phases|steps|ideas|properties|factors|pieces|techniques|modules|examples|ingredients|reasons|forms|areas"
    r"|resources|goals|tricks|sorts|levels|layers|problems|questions|challenges)\b|\bwhat are the\b|\bboth\b",
    re.I,
)


@dataclass(frozen=True, slots=True)
class ExpectedAnswer:
    """What a fitting sentence has: a figure of one of ``measures`` (none: no figure is asked for;
    "any": whatever it measures) counting one of ``counted`` (stems), a name, a reason, a manner,
    several parts."""

    measures: frozenset[str]
    counted: frozenset[str]
    name: bool
    reason: bool
    manner: bool
    parts: bool

    @property
    def figure(self) -> bool:
        return bool(self.measures)

    def fits(self, figure: Figure) -> bool:
        """Whether a figure measures or counts what is asked for."""
        if not self.measures or figure.in_name:
            return False
        if "any" in self.measures:
            return True
        if "count" in self.measures and self.counted.intersection(figure.nouns):
            return figure.measure in ("count", "percent", "times")  # "30% more servers"
        if figure.measure == "count" and "count" in self.measures:
            return not self.counted
        return figure.measure in self.measures


def expected_answer(question: str) -> ExpectedAnswer:
    """What the words of ``question`` ask for."""
    measures = next(
        (found for pattern, found in _COMPILED if pattern.search(question)), frozenset()
    )
    counted = frozenset(
        word.stem
        for match in _COUNTED.finditer(question)
        for word in words(match[1])
        if word.is_content
    )
    return ExpectedAnswer(
        measures=measures,
        counted=counted,
        name=bool(_NAME.search(question)),
        reason=bool(_REASON.search(question)),
        manner=bool(_MANNER.search(question)),
        parts=bool(_PARTS.search(question)),
    )
