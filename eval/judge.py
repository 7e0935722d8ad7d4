"""One answer against what is known about its question: a row of verdicts and figures."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal, NamedTuple

from eval.metrics import f1
from eval.plain import occurs, plain
from eval.questions import Question
from ingest.paper import title_key
from ingest.sentences import sentence_spans
from rag.answer import Answer, Citation

Supports = Callable[[str, str, str], bool]  # claim, evidence, title -> borne out?
Verdict = Literal[
    "right", "rightly refused", "not cited", "wrong", "should refuse", "should answer"
]

_MARKER = re.compile(r"\s*\[(\d+)\]")
_MARK = re.compile(r"\s*\(\u26a0[^()]*\)")  # the warning behind a sentence that failed its check
_HEADING = re.compile(r"#+\s.*|\*\*[^*]+\*\*:?")
_LABEL = re.compile(r"^\*\*[^*]+(?::\*\*|\*\*:)\s*")
_BULLET = re.compile(r"^\s*(?:>\s*)?(?:[-*•]|\d+[.)])?\s+")


Failure = Literal["paper not found", "another paper", "another sentence", "refused"]


class Statement(NamedTuple):
    """One sentence of an answer, the numbers that it cites, and whether those bear it out."""

    text: str
    numbers: tuple[int, ...]
    supported: bool


@dataclass(frozen=True, slots=True)
class Row:
    """The verdicts on one answer, with what a person needs to judge the verdict.

    ``missing`` are those lists of ``must`` of which no string occurs in the answer. ``figures``
    are by name (see eval.reports.summary); a figure that doesn't apply is absent.
    """

    id: str
    kind: str
    question: str
    history: tuple[tuple[str, str], ...]
    note: str
    answerable: bool
    gold: tuple[str, ...]
    evidence: tuple[Mapping[str, Any], ...]  # paper, sentence, found, quoted
    must: tuple[tuple[str, ...], ...]
    understood: str
    text: str
    refused: bool
    reason: str | None
    citations: tuple[Mapping[str, Any], ...]  # number, title, url, quotes, gold
    statements: tuple[Statement, ...]
    hits: tuple[str, ...]  # the first five titles
    mode: str
    model: str | None
    verdict: Verdict
    missing: tuple[tuple[str, ...], ...]
    confidence: float
    seconds: float
    figures: Mapping[str, float]
    style: str | None = None
    failure: Failure | None = None  # where a question that the papers answer went wrong

    def to_dict(self) -> dict[str, Any]:
        """All fields, JSON-serialisable."""
        return {**asdict(self), "statements": [s._asdict() for s in self.statements]}


def judge(question: Question, answer: Answer, supports: Supports, seconds: float) -> Row:
    """The row of one answer that took ``seconds``."""
    gold = {title_key(title) for title in question.papers}
    said = _MARKER.sub("", answer.text)
    missing = tuple(any_of for any_of in question.answer_must if not occurs(any_of, said))
    cited = _gold_cited(question, {title_key(c.paper.title) for c in answer.citations})
    verdict = _verdict(question.answerable, answer.refused, right=not missing, cited=cited)
    evidence = _evidence(question, answer)
    checked = () if answer.refused else tuple(_checked(answer, supports))
    figures = {
        **_found(gold, [title_key(hit.paper.title) for hit in answer.hits]),
        **_evidence_figures(evidence),
        **_answer_figures(verdict, answer.refused, seconds),
        **_list_figures(question, answer),
        **_citation_figures(answer, checked, supports),
    }
    return Row(
        id=question.id,
        kind=question.kind,
        question=question.question,
        history=question.history,
        note=question.note,
        answerable=question.answerable,
        gold=question.papers,
        evidence=evidence,
        must=question.answer_must,
        understood=answer.understood,
        text=answer.text,
        refused=answer.refused,
        reason=answer.reason,
        citations=tuple(_shown(citation, gold) for citation in answer.citations),
        statements=checked,
        hits=tuple(hit.paper.title for hit in answer.hits[:5]),
        mode=answer.mode,
        model=answer.model,
        verdict=verdict,
        missing=missing,
        confidence=answer.confidence,
        seconds=seconds,
        figures=figures,
        style=question.style,
        failure=_failure(gold, answer, verdict),
    )


def _failure(gold: set[str], answer: Answer, verdict: Verdict) -> Failure | None:
    """The first step at which a question that the papers answer went wrong."""
    if not gold or verdict in ("right", "rightly refused"):
        return None
    if not gold & {title_key(hit.paper.title) for hit in answer.hits}:
        return "paper not found"
    if answer.refused:
        return "refused"
    quoted = {title_key(citation.paper.title) for citation in answer.citations}
    return "another sentence" if gold <= quoted else "another paper"


def _gold_cited(question: Question, cited: set[str]) -> bool:
    """Whether the papers that bear the answer are cited: any for "find", else all."""
    if question.kind == "find":
        return bool(cited & {title_key(title) for title in question.papers})
    # A paper without evidence is the way to the answer, not its ground.
    bearing = {title_key(evidence.paper) for evidence in question.evidence}
    if question.kind in ("compare", "list") or not bearing:
        bearing = {title_key(title) for title in question.papers}
    return bearing <= cited


def _verdict(answerable: bool, refused: bool, *, right: bool, cited: bool) -> Verdict:
    if not answerable:
        return "rightly refused" if refused else "should refuse"
    if refused:
        return "should answer"
    if not right:
        return "wrong"
    return "right" if cited else "not cited"


def _evidence(question: Question, answer: Answer) -> tuple[dict[str, Any], ...]:
    passages = [plain(hit.passage.text) for hit in answer.hits[:5]]
    quotes = [plain(" ".join(citation.quotes)) for citation in answer.citations]
    return tuple(
        {
            "paper": evidence.paper,
            "sentence": evidence.sentence,
            "found": any(plain(evidence.sentence) in text for text in passages + quotes),
            "quoted": any(plain(evidence.sentence) in text for text in quotes),
        }
        for evidence in question.evidence
    )


def _found(gold: set[str], hits: Sequence[str]) -> dict[str, float]:
    if not gold:
        return {}
    return {
        "hit@1": float(bool(hits) and hits[0] in gold),
        "recall@5": len(gold & set(hits[:5])) / len(gold),
    }


def _evidence_figures(evidence: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    if not evidence:
        return {}
    return {
        "evidence recall": sum(entry["found"] for entry in evidence) / len(evidence),
        "evidence quoted": sum(entry["quoted"] for entry in evidence) / len(evidence),
    }


def _answer_figures(verdict: Verdict, refused: bool, seconds: float) -> dict[str, float]:
    right = float(verdict in ("right", "rightly refused"))
    figures = {
        "right": float(verdict in ("right", "rightly refused", "not cited")),
        "right and cited": right,
        "refused": float(refused),
        "milliseconds": 1000 * seconds,
    }
    return figures if refused else {**figures, "precision": right}


def _list_figures(question: Question, answer: Answer) -> dict[str, float]:
    if question.kind != "list" or not question.papers:
        return {}
    gold = {title_key(title) for title in question.papers}
    cited = {title_key(citation.paper.title) for citation in answer.citations}
    counted = cited - {title_key(title) for title in question.also_ok}
    precision = len(gold & counted) / len(counted) if counted else 0.0
    recall = len(gold & counted) / len(gold)
    return {
        "list precision": precision,
        "list recall": recall,
        "list F1": f1(precision, recall),
    }


def _citation_figures(
    answer: Answer, checked: Sequence[Statement], supports: Supports
) -> dict[str, float]:
    if answer.refused:
        return {}
    figures = {
        "sentences": float(len(checked)),
        "words": float(sum(len(statement.text.split()) for statement in checked)),
    }
    if checked:
        recalled = [statement.supported for statement in checked]
        figures["citation recall"] = sum(recalled) / len(recalled)
    precise = list(_precise(answer, checked, supports))
    # An answer that cites nothing has nothing imprecise: its citation recall says enough.
    if precise:
        figures["citation precision"] = sum(precise) / len(precise)
    quotes = [(quote, c.paper.abstract) for c in answer.citations for quote in c.quotes]
    if quotes:
        figures["quotes verbatim"] = sum(q in text for q, text in quotes) / len(quotes)
    return figures


def _checked(answer: Answer, supports: Supports) -> list[Statement]:
    """Citation recall as in ALCE (https://arxiv.org/abs/2305.14627), sentence by sentence.

    A sentence is recalled when its cited passages together bear it out.
    """
    by_number = {citation.number: citation for citation in answer.citations}
    found = []
    for sentence, numbers in statements(answer.text):
        cited = [by_number[number] for number in numbers if number in by_number]
        found.append(Statement(sentence, numbers, _together(sentence, cited, supports)))
    return found


def _precise(answer: Answer, checked: Sequence[Statement], supports: Supports) -> list[bool]:
    """Citation precision as in ALCE: one flag for each citation of each sentence.

    A citation is precise when its sentence is recalled, and it bears the sentence out alone or the
    rest doesn't without it. A marker that stands for nothing isn't precise.
    """
    by_number = {citation.number: citation for citation in answer.citations}
    found = []
    for sentence, numbers, recalled in checked:
        for number in numbers:
            rest = [by_number[n] for n in numbers if n != number and n in by_number]
            own = [by_number[number]] if number in by_number else []
            needed = _together(sentence, own, supports) or not _together(sentence, rest, supports)
            found.append(bool(own) and recalled and needed)
    return found


def _together(sentence: str, citations: Sequence[Citation], supports: Supports) -> bool:
    if not citations:
        return False
    evidence = "\n".join(citation.paper.abstract for citation in citations)
    return supports(sentence, evidence, "\n".join(citation.paper.title for citation in citations))


def statements(text: str) -> list[tuple[str, tuple[int, ...]]]:
    """The sentences of an answer without markers and marks, each with the numbers it cites.

    What claims nothing is left out: headings, lines that only announce ("Two papers say so:"), and
    the assistant's own remarks, which stand in emphasis (_like this_).
    """
    found: list[tuple[str, tuple[int, ...]]] = []
    for line in _MARK.sub("", text).splitlines():
        body = _LABEL.sub("", _BULLET.sub("", f" {line}").strip())
        if _HEADING.fullmatch(body) or re.fullmatch(r"_[^_].*_|\*[^*].*\*", body):
            continue
        found += _cited_sentences(body.replace("**", ""))
    return found


def _cited_sentences(line: str) -> list[tuple[str, tuple[int, ...]]]:
    """A marker belongs to the sentence that it stands in or follows: "Words. [1] More [2]." """
    body, markers = "", []
    pieces = _MARKER.split(line)  # text, number, text, number, ..., text
    for text, number in zip(pieces[::2], [*pieces[1::2], ""], strict=True):
        body += text
        if number:
            markers.append((len(body.rstrip()), int(number)))
    found = []
    for start, end in sentence_spans(body):
        numbers = tuple(number for place, number in markers if start < place <= end)
        sentence = body[start:end].strip(" \u201c\u201d")
        if re.search(r"\w", sentence) and (numbers or not sentence.endswith(":")):
            found.append((sentence, numbers))
    return found


def _shown(citation: Citation, gold: set[str]) -> dict[str, Any]:
    return {
        "number": citation.number,
        "title": citation.paper.title,
        "url": citation.paper.url,
        "quotes": list(citation.quotes),
        "gold": title_key(citation.paper.title) in gold,
    }
