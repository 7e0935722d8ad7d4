"""“Where do papers disagree on X?”, asked in a chat: their sentences side by side, each cited.

Which sentences point apart, ``rag.verify.apart`` says.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ingest.paper import Paper
from ingest.sentences import Span
from rag.answer import Answer, CheckedSentence, Citation, Hit
from rag.read.tabled import cell_text, tabulated
from rag.understand.typed import bare

CLOSEST = 3  # papers on the topic that are named where none point apart
ASIDE = "Different data or settings may explain it; only abstracts are read."

_WHO = (
    r"(?:papers|stud(?:y|ies)|articles|authors|researchers|scientists|experts|people|works?"
    r"|results|findings|evidence|literature|claims|conclusions|opinions|abstracts|they)"
)
_OPPOSED = (
    r"(?:conflicting|contradict(?:ory|ing)|opposing|opposite|contrary|mixed|inconsistent|divergent"
    r"|controversial|contested|at odds)"
)
_DISPUTE = r"(?:disagreements?|contradictions?|controvers(?:y|ies)|disputes?|(?:no )?consensus)"
_ON = r"(?:on|about|over|regarding|concerning|around|as to|when it comes to)"
_TOPIC = r"(?P<topic>\S.*)"
# Ways to say that papers are against each other: by a verb, by a noun, by an adjective.
_ASKED = tuple(
    re.compile(f"^(?:{pattern})", re.I | re.S)
    for pattern in (
        rf"(?:[\w']{{1,30}} ){{0,6}}{_WHO} (?:[\w']{{1,30}} ){{0,4}}(?:dis)?agree(?:ing)?(?: with)?"
        rf"(?: each other| one another)? {_ON} {_TOPIC}",
        rf"(?:[\w']{{1,30}} ){{0,6}}{_WHO} (?:[\w']{{1,30}} ){{0,4}}"
        r"(?:contradict|conflict|clash|diverge|oppose)"
        rf"(?:ing)?(?: with)?(?: each other| one another)? {_ON} {_TOPIC}",
        rf"(?:(?:is|are|what|which|where|the|there|any|some|a|much|show|list|find|main) ){{0,5}}"
        rf"(?:{_DISPUTE}|(?:debate|conflict)s?(?= (?:between|among)))"
        rf"(?: (?:between|among|in)(?: the)? {_WHO})? {_ON} {_TOPIC}",
        rf"(?:[\w']{{1,30}} ){{0,5}}{_OPPOSED} {_WHO} {_ON} {_TOPIC}",
        rf"(?:is|are) the {_WHO} {_ON} (?P<topic>\S.*) {_OPPOSED}",
        r"is (?P<topic>\S.*) (?:controversial|contested|disputed)",
    )
)  # fmt: skip
_WORDS_OF_IT = re.compile(
    r"^(?:whether |if |the (?:question|topic|subject|issue) of |the )*"
    r"(?:(?:effects?|value|benefits?|use|usefulness|role|impact|merits?) of )?"
    r"|(?: (?:in|from) (?:these|the|my|this) (?:papers|library))?$"
    r"| (?:really |actually )?(?:helps?|works?|hurts?|improves?|matters?|(?:is|are) (?:good|bad"
    r"|useful|helpful|harmful|necessary|needed|effective))\b.*$",
    re.I,
)
_REFERS = re.compile(r"(?:it|that|this|these|those|them|which|what)", re.I)


@dataclass(frozen=True, slots=True)
class Apart:
    """A sentence of one paper and one of another that may say opposite things of one topic."""

    first: tuple[Paper, Span]
    second: tuple[Paper, Span]


def disagreement_asked(question: str) -> str | None:
    """The topic on which ``question`` wants papers that disagree; None for any other question."""
    asked = bare(question)
    found = next((match for form in _ASKED if (match := form.fullmatch(asked))), None)
    topic = _WORDS_OF_IT.sub("", found["topic"]).strip(" .?!\"'“”") if found else ""
    return None if not topic or _REFERS.fullmatch(topic) else topic


def opposed(question: str, topic: str, pairs: Sequence[Apart], hits: Sequence[Hit]) -> Answer:
    """The pairs as an answer, a row each; without any, who comes closest."""
    said = f"where papers disagree on “{topic}”"
    if not pairs:
        titles = "; ".join(f"**{hit.paper.title}**" for hit in hits[:CLOSEST])
        text = (
            f"I found no two papers here that say opposite things about “{topic}”; only abstracts"
            f" are read. The closest papers on it: {titles}."
        )
        return Answer(
            question, question, text, hits=tuple(hits), refused=True, reason="no_detail",
            read_as=said,
        )  # fmt: skip
    text = f"What papers say of “{topic}” may point apart here. {ASIDE}\n\n"
    text += "| One paper | Another |\n| --- | --- |\n"
    citations: list[Citation] = []
    sentences: list[CheckedSentence] = []
    for pair in pairs:
        for paper, span in (pair.first, pair.second):
            number = len(citations) + 1
            citations.append(Citation(number, paper, (span,), 1.0))
            year = f" ({paper.year})" if paper.year else ""
            text += f"| **{cell_text(paper.title)}**{year}: "
            start = len(text)
            text += f"{cell_text(paper.abstract[slice(*span)])} [{number}]"
            sentences.append(CheckedSentence(start, len(text), (number,), 1.0, "quoted"))
            text += " "
        text += "|\n"
    return tabulated(question, text, citations, sentences, hits, said)
