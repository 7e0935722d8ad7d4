"""One answer against what is known about its question: a row of verdicts."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from eval.metrics import f1
from eval.questions import Question
from ingest.paper import title_key
from ingest.sentences import sentences
from rag.answer import Answer, Citation

Supports = Callable[[str, str, str], bool]  # claim, evidence, title -> borne out?

_MARKER = re.compile(r"\[(\d+)\]")


@dataclass(frozen=True, slots=True)
class Row:
    """The verdicts on one answer; nan where a figure does not apply to its kind of question.

    ``right``: of each inner list of ``answer_must`` one string occurs in the answer (for questions
    without an answer: it was refused). ``cited``: every gold paper is cited (any, for a question
    whose evidence is one paper). Shares are in [0, 1].
    """

    id: str
    kind: str
    question: str
    understood: str
    text: str
    refused: bool
    reason: str | None
    answerable: bool
    gold: tuple[str, ...]
    cited_papers: tuple[str, ...]
    evidence: tuple[str, ...]
    hit_at_1: float
    recall_at_5: float
    evidence_recall: float
    right: bool
    cited: bool
    right_and_cited: bool
    list_precision: float
    list_recall: float
    list_f1: float
    citation_recall: float
    citation_precision: float
    verbatim: float
    sentences: int
    words: int
    seconds: float
    confidence: float

    def to_dict(self) -> dict[str, Any]:
        """JSON-serialisable: nan becomes None."""
        fields = asdict(self)
        return {
            name: None if isinstance(value, float) and math.isnan(value) else value
            for name, value in fields.items()
        }


def judge(question: Question, answer: Answer, supports: Supports, seconds: float) -> Row:
    """The row of one answer."""
    gold = {title_key(title): title for title in question.papers}
    hits = [title_key(hit.paper.title) for hit in answer.hits]
    cited = {title_key(citation.paper.title): citation.paper.title for citation in answer.citations}
    musts = all(_occurs(any_of, answer.text) for any_of in question.answer_must)
    right = answer.refused if not question.answerable else (not answer.refused and musts)
    names_gold = set(gold) <= set(cited) if question.kind != "find" else bool(set(gold) & set(cited))
    precision, recall = _listed(question, cited)
    citation_recall, citation_precision = _alce(answer, supports)
    body = _MARKER.sub("", answer.text)
    return Row(
        id=question.id,
        kind=question.kind,
        question=question.question,
        understood=answer.understood,
        text=answer.text,
        refused=answer.refused,
        reason=answer.reason,
        answerable=question.answerable,
        gold=question.papers,
        cited_papers=tuple(cited.values()),
        evidence=tuple(evidence.sentence for evidence in question.evidence),
        hit_at_1=float(bool(hits) and hits[0] in gold) if gold else math.nan,
        recall_at_5=len(gold.keys() & set(hits[:5])) / len(gold) if gold else math.nan,
        evidence_recall=_evidence_recall(question, answer),
        right=right,
        cited=bool(gold) and names_gold,
        right_and_cited=right and (not gold or names_gold),
        list_precision=precision,
        list_recall=recall,
        list_f1=f1(precision, recall) if question.kind == "list" else math.nan,
        citation_recall=citation_recall,
        citation_precision=citation_precision,
        verbatim=_verbatim(answer.citations),
        sentences=len(sentences(body)),
        words=len(body.split()),
        seconds=seconds,
        confidence=answer.confidence,
    )


def plain(text: str) -> str:
    """For comparing: case, white space, LaTeX escapes and typographic variants folded."""
    text = re.sub(r"\\([%&#_$])", r"\1", text).replace("\u00d7", "x").replace("~", " ")
    text = re.sub(r"[\u2010-\u2015\u2212]", "-", text)
    return " ".join(text.casefold().split())


def _occurs(any_of: Sequence[str], text: str) -> bool:
    return any(plain(string) in plain(text) for string in any_of)


def _listed(question: Question, cited: dict[str, str]) -> tuple[float, float]:
    if question.kind != "list":
        return math.nan, math.nan
    gold = {title_key(title) for title in question.papers}
    counted = set(cited) - {title_key(title) for title in question.also_ok}
    found = len(gold & counted)
    return (found / len(counted) if counted else 0.0), found / len(gold)


def _evidence_recall(question: Question, answer: Answer) -> float:
    if not question.evidence:
        return math.nan
    texts = [plain(hit.passage.text) for hit in answer.hits[:5]]
    texts += [plain(quote) for citation in answer.citations for quote in citation.quotes]
    found = sum(
        any(plain(evidence.sentence) in text for text in texts) for evidence in question.evidence
    )
    return found / len(question.evidence)


def _verbatim(citations: Sequence[Citation]) -> float:
    quotes = [(quote, c.paper.abstract) for c in citations for quote in c.quotes]
    return sum(q in text for q, text in quotes) / len(quotes) if quotes else math.nan


def _alce(answer: Answer, supports: Supports) -> tuple[float, float]:
    """Citation recall and precision as in ALCE (https://arxiv.org/abs/2305.14627).

    A sentence is recalled when its cited passages together bear it out; a citation is precise when
    it bears its sentence out alone, or the rest does not without it.
    """
    if answer.refused:
        return math.nan, math.nan
    by_number = {citation.number: citation for citation in answer.citations}
    recalled: list[bool] = []
    precise: list[bool] = []
    for sentence, numbers in statements(answer.text):
        cited = [by_number[n] for n in numbers if n in by_number]
        together = bool(cited) and supports(sentence, _joined(cited), cited[0].paper.title)
        recalled.append(together)
        for citation in cited:
            rest = [other for other in cited if other is not citation]
            alone = supports(sentence, citation.paper.abstract, citation.paper.title)
            needed = not rest or not supports(sentence, _joined(rest), rest[0].paper.title)
            precise.append(together and (alone or needed))
    share = [sum(flags) / len(flags) if flags else math.nan for flags in (recalled, precise)]
    return share[0], share[1]


def statements(text: str) -> list[tuple[str, tuple[int, ...]]]:
    """The sentences of an answer without their markers, each with the numbers it cites.

    Headings (lines in bold, ending in a colon) claim nothing and are left out.
    """
    found: list[tuple[str, tuple[int, ...]]] = []
    for line in text.splitlines():
        line = re.sub(r"^\s*(?:-|\d+\.)\s+", "", line.strip())
        line = re.sub(r"^\*\*.*?\*\*:?\s*", "", line)
        # A sentence's markers follow it: "Words. [1][2] More words. [3]"
        for match in re.finditer(r"(.+?)((?:\s*\[\d+\])+|$)", line):
            claim = match[1].strip(" \u201c\u201d")
            numbers = tuple(int(number) for number in _MARKER.findall(match[2]))
            if claim and not (claim.endswith(":") and not numbers):
                found.append((claim, numbers))
    return found


def _joined(citations: Sequence[Citation]) -> str:
    return "\n".join(citation.paper.abstract for citation in citations)
