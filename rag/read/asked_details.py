"""What a question asks for, part by part: a figure of something, a name of some kind, a person."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

Sort = Literal["figure", "name", "who", "when", "other"]

# Words that end the noun phrase after "which" or "how many".
_ENDS = (
    r"(?:is|are|was|were|be|been|do|does|did|has|have|had|can|could|will|would|should|may|might"
    r"|must|to|of|in|on|for|with|by|from|at|as|than|that|which|who|per|and|or|but|it|its|they|their"
    r"|you|i|we|this|these|those|there|when|if|into|under|over|about|between|during|after|before"
    r"|against|come|comes|came|made|used|get|gets|got|need|needs|needed|run|runs|ran|take|takes"
    r"|took|reach|reaches|score|scores|lead|leads|decides|most|more|best|then|so|helps?|makes?"
    r"|happens?|happened|goes|went|gives?|keeps?|says?|sets?)"
)
_NOUNS = rf"((?:(?!{_ENDS}\b)[\w+^’'-]+\s*){{1,4}})"
_MANY = re.compile(
    r"\b(?:how many|how few|number of|how much|quant[ie]|combien de|wie viele?)\s+"
    rf"(?:more |fewer |of the |different )?{_NOUNS}",
    re.I,
)
_WHICH = re.compile(
    r"\b(?:which|what|whose)\s+(?:(?:kinds?|sorts?|types?|brand|class) of\s+|of the\s+)?" + _NOUNS,
    re.I,
)
_WHAT_IS = re.compile(
    rf"\bwhat(?:['’]?s| is| are| was| were)\s+(?:the |its |their |an? )?{_NOUNS}", re.I
)
_HOW_BIG = re.compile(
    r"\bhow (long|fast|quick\w*|large|big|small|heavy|tall|high|low|far|often|old|expensive|cheap"
    r"|deep|wide|accurate\w*|good|well|badly|much|slow\w*|soon|close|late|likely|costly)\b",
    re.I,
)
_WHO = re.compile(r"\b(?:who|whom)\b", re.I)
_WHEN = re.compile(
    r"(?:^|[,;] |\band )when (?:was|were|did|is|are|will|does|do)\b"
    r"|\b(?:what|which) (?:year|month|date|day)\b",
    re.I,
)
_YES = re.compile(
    r"^\W*(?:(?:and|but|so|ok|hi|hello|please|say)\W+)*(?:do|does|did|is|are|was|were|can|could|has"
    r"|have|had|will|would|should)\b|[.?]\s+(?:do|does|did|is|are|was|were|can|has|have)\b"
    r"|,\s*(?:do|does|did|is|are|was|were|can|has|have)\s+(?:it|they|the)\b",
    re.I,
)
_EXPLAINS = re.compile(
    r"\b(?:why|how (?:do|does|did|is|are|was|were|can|could|to|they|it)|explain)\b", re.I
)
_SEVERAL = re.compile(r"\b(?:two|three|four|five|six|seven|eight|nine|ten|\d+)\b", re.I)
# Nouns that a figure answers: "what accuracy", "the cost of".
_MEASURED = re.compile(
    r"\b(?:accurac\w+|scores?|f1|bleu|rouge|fid|fvd|psnr|ssim|lpips|map|miou|iou|wer|cer|eer|mos"
    r"|auroc|auc|rmse|mae|mse|crps|perplexity|recall|precision|ndcg\S*|mrr|hit@\d+|pass@\S+|rates?"
    r"|ratio|speed\w*|throughput|latenc\w+|size|costs?|price|length|width|height|resolution|rank"
    r"|share|percent\w*|proportion|fraction|number|amount|value|threshold|temperature|epochs?"
    r"|budget|power|energy|memory|footprint|duration|error|gains?|improvement|deviation|weight"
    r"|dimension\w*|margin|frequency|fps|figure|factor|count|area|volume|bandwidth|window|sum"
    r"|average|median|mean|maximum|minimum|ceiling|increase|decrease|reduction|saving|boost|drop"
    r"|overhead|time)\b",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Asked:
    """One thing asked for: its sort, and the noun phrase ``question[start:end]`` that says of what.

    ``start == end`` where none does: "how fast ...", "who ...".
    """

    sort: Sort
    start: int
    end: int
    noun: str


def asked(question: str) -> tuple[Asked, ...]:
    """The figures, names, persons and times that ``question`` asks for, in order."""
    found = {match.start(): _phrase("figure", match) for match in _MANY.finditer(question)}
    for pattern in (_WHAT_IS, _WHICH):
        for match in pattern.finditer(question):
            sort: Sort = "name" if pattern is _WHICH else "other"
            if _MEASURED.search(match[1]) and not _SEVERAL.match(match[1]):
                sort = "figure"
            found.setdefault(match.start(), _phrase(sort, match))
    for match in _HOW_BIG.finditer(question):
        found.setdefault(match.start(), _bare("figure", match, match[1]))
    found |= {match.start(): _bare("who", match, "who") for match in _WHO.finditer(question)}
    found |= {match.start(): _bare("when", match, "when") for match in _WHEN.finditer(question)}
    if not found and not is_yes_or_no(question) and not explains(question):
        terse = list(_MEASURED.finditer(question))[-1:]  # "FlexLLM speedup over vLLM?"
        found |= {m.start(): Asked("figure", m.start(), m.end(), m[0]) for m in terse}
    return tuple(found[at] for at in sorted(found))


def is_yes_or_no(question: str) -> bool:
    """Whether it can be answered by yes or no."""
    return bool(_YES.search(question))


def explains(question: str) -> bool:
    """Whether a reason or a way is asked for."""
    return bool(_EXPLAINS.search(question))


def _phrase(sort: Sort, match: re.Match[str]) -> Asked:
    noun = match[1].rstrip()
    return Asked(sort, match.start(1), match.start(1) + len(noun), noun)


def _bare(sort: Sort, match: re.Match[str], noun: str) -> Asked:
    return Asked(sort, match.end(), match.end(), noun.lower())
