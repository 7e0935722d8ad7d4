"""Ask every question, judge every answer, sum up by kind, beside floors that know nothing."""

from __future__ import annotations

import math
import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from eval.judge import Row, Supports, judge
from eval.metrics import interval, mean
from eval.questions import Question
from ingest.paper import Passage
from ingest.sentences import sentence_spans
from rag.answer import Answer, Citation, Hit
from rag.assistant import Assistant

Asker = Callable[[Question], Answer]

# What is reported for each kind of question, in the order of the table.
FIGURES: Mapping[str, Callable[[Row], float]] = {
    "hit@1": lambda row: row.hit_at_1,
    "recall@5": lambda row: row.recall_at_5,
    "evidence recall": lambda row: row.evidence_recall,
    "right": lambda row: float(row.right),
    "right and cited": lambda row: float(row.right_and_cited),
    "list precision": lambda row: row.list_precision,
    "list recall": lambda row: row.list_recall,
    "list F1": lambda row: row.list_f1,
    "citation recall": lambda row: row.citation_recall,
    "citation precision": lambda row: row.citation_precision,
    "quotes verbatim": lambda row: row.verbatim,
    "refused": lambda row: float(row.refused),
    "words": lambda row: math.nan if row.refused else float(row.words),
    "sentences": lambda row: math.nan if row.refused else float(row.sentences),
    "ms": lambda row: 1000 * row.seconds,
}


@dataclass(frozen=True, slots=True)
class Figure:
    """A mean with its 95% bootstrap interval over ``n`` questions."""

    mean: float
    low: float
    high: float
    n: int


def ask_all(questions: Sequence[Question], asker: Asker, supports: Supports) -> list[Row]:
    """One row for each question, in order."""
    rows = []
    for question in questions:
        started = time.perf_counter()
        answer = asker(question)
        rows.append(judge(question, answer, supports, time.perf_counter() - started))
    return rows


def assistant_asker(assistant: Assistant) -> Asker:
    return lambda question: assistant.ask(question.question, question.history)


def random_asker(assistant: Assistant, *, seed: int = 0) -> Asker:
    """Floor: quotes the first two sentences of a paper drawn at random."""
    papers = list(assistant.library.papers())
    draw = random.Random(seed)  # noqa: S311 - a floor, not a secret

    def answer(question: Question) -> Answer:
        chosen = draw.sample(papers, min(5, len(papers)))
        whole = (Passage(paper, 0, len(paper.abstract)) for paper in chosen)
        hits = tuple(Hit(passage, 0.0, 0.0, 0.0) for passage in whole)
        spans = tuple(sentence_spans(chosen[0].abstract)[:2])
        text = " ".join(f"{chosen[0].abstract[a:b]} [1]" for a, b in spans)
        citation = Citation(1, chosen[0], spans, 1.0)
        return Answer(question.question, question.question, text, (citation,), hits)

    return answer


def refusing_asker() -> Asker:
    """Floor: the papers never say."""
    return lambda question: Answer(
        question.question, question.question, "", refused=True, reason="off_topic"
    )


def summary(rows: Sequence[Row]) -> dict[str, dict[str, Figure]]:
    """Figures by kind of question and for all of them ("overall"); nan figures are left out."""
    kinds = list(dict.fromkeys(row.kind for row in rows))
    groups = {kind: [row for row in rows if row.kind == kind] for kind in kinds}
    return {kind: _figures(group) for kind, group in {**groups, "overall": rows}.items()}


def _figures(rows: Sequence[Row]) -> dict[str, Figure]:
    found = {}
    for name, figure in FIGURES.items():
        values = [figure(row) for row in rows]
        known = sum(not math.isnan(value) for value in values)
        if known:
            found[name] = Figure(mean(values), *interval(values), known)
    return found


@dataclass(frozen=True, slots=True)
class Refusal:
    """Refusing, as PaperQA counts it: always the three together, and the two ways to be wrong.

    ``accuracy`` = right / all, ``precision`` = right among the answered, ``rate`` = refused / all;
    ``rightly`` = refused among the unanswerable, ``wrongly`` = refused among the answerable.
    """

    accuracy: float
    precision: float
    rate: float
    rightly: float
    wrongly: float


def refusal(rows: Sequence[Row]) -> Refusal:
    """How refusing and answering worked out over all rows."""
    return Refusal(
        accuracy=mean([float(row.right_and_cited) for row in rows]),
        precision=mean([float(row.right_and_cited) for row in rows if not row.refused]),
        rate=mean([float(row.refused) for row in rows]),
        rightly=mean([float(row.refused) for row in rows if not row.answerable]),
        wrongly=mean([float(row.refused) for row in rows if row.answerable]),
    )


def risk_coverage(rows: Sequence[Row]) -> list[tuple[float, float]]:
    """(coverage, risk) when only the most confident share of the questions is answered.

    Risk is the share of answered questions whose answer is not right and cited.
    """
    ranked = sorted(rows, key=lambda row: -row.confidence)
    wrong, curve = 0, []
    for answered, row in enumerate(ranked, 1):
        wrong += not (row.answerable and row.right_and_cited)
        curve.append((answered / len(ranked), wrong / answered))
    return curve


