"""The nouns of a question: Hit, Citation, Answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from ingest.paper import Paper, Passage

Mode = Literal[
    "quoted",  # sentences of the papers' texts
    "written",  # by a model, checked
    "recorded",  # told from the library's records: who, when, how many
]
Reason = Literal[
    "empty_library",
    "filtered_out",
    "off_topic",
    "no_detail",
    "unclear",
    "language",  # not English
    "model_unreachable",
    "no_record",  # the library's records don't tell, or none fits
]
SentenceVerdict = Literal[
    "quoted",  # the cited paper's own words
    "supported",  # the cited papers bear it out
    "attributed",  # it cited nothing; the check found the paper that bears it out
    "unsupported",  # the cited papers don't bear it out; marked
    "uncited",  # it cites nothing, and nothing bears it out; marked
    "unsaid",  # says that the papers don't say something
    "aside",  # a heading or an announcement: no claim
]


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage found for a question, with its scores.

    ``score`` is the fused score in [0, 1], 1 for the best hit of a search at most; ``lexical`` is
    the BM25 score (>= 0, unbounded; 0 when no word matched), ``dense`` the cosine in [-1, 1].
    """

    passage: Passage
    score: float
    lexical: float
    dense: float

    @property
    def paper(self) -> Paper:
        return self.passage.paper

    def to_dict(self) -> dict[str, Any]:
        return {
            "paper": self.paper.id,
            "title": self.paper.title,
            "passage": self.passage.id,
            "text": self.passage.text,
            "score": round(self.score, 4),
            "lexical": round(self.lexical, 4),
            "dense": round(self.dense, 4),
        }


@dataclass(frozen=True, slots=True)
class Citation:
    """What a marker ``[number]`` stands for: the exact words of one paper that bear a sentence out.

    ``spans`` are (start, end) offsets into ``paper.abstract``, in order, not overlapping;
    ``support`` in [0, 1] is how well they bear out the weakest sentence that cites them.
    """

    number: int
    paper: Paper
    spans: tuple[tuple[int, int], ...]
    support: float

    @property
    def quotes(self) -> tuple[str, ...]:
        """The quoted texts, verbatim, in the order of the abstract."""
        return tuple(self.paper.abstract[start:end] for start, end in self.spans)

    @property
    def quote(self) -> str | tuple[str, ...]:
        """The quoted text; a tuple of texts where the sentences don't adjoin."""
        return self.quotes[0] if len(self.spans) == 1 else self.quotes

    def to_dict(self) -> dict[str, Any]:
        quote = self.quote
        return {
            "number": self.number,
            "paper": self.paper.to_dict(),
            "quote": quote if isinstance(quote, str) else list(quote),
            "spans": [list(span) for span in self.spans],
            "support": round(self.support, 4),
        }


@dataclass(frozen=True, slots=True)
class CheckedSentence:
    """One sentence of an answer, ``text[start:end]`` with its markers and marks, and its check.

    ``citations`` are the numbers that it cites; ``support`` in [0, 1] is how well they bear it out;
    ``reason`` says in words what is wrong, "" where nothing is.
    """

    start: int
    end: int
    citations: tuple[int, ...]
    support: float
    verdict: SentenceVerdict
    reason: str = ""

    @property
    def marked(self) -> bool:
        """Whether the text carries a mark behind it."""
        return self.verdict in ("unsupported", "uncited")

    def to_dict(self) -> dict[str, Any]:
        return {
            "start": self.start,
            "end": self.end,
            "citations": list(self.citations),
            "support": round(self.support, 4),
            "verdict": self.verdict,
            "reason": self.reason,
        }


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer with everything that a reader, a program or an eval needs to check it.

    ``text`` carries ``[n]`` markers; each has its Citation. A refusal is an Answer too: ``refused``
    is true, ``reason`` names why, ``text`` says so, and ``hits`` still holds the closest papers.
    ``confidence`` in [0, 1] is how likely the papers hold the answer, by the check that decides on
    refusing. ``timings`` are seconds by stage. ``sentences`` are those of the text in order, each
    as checked; none in a refusal. ``tokens_in``, ``tokens_out`` and ``cost`` are what all
    replies of a model took that came to their end, also one that wasn't used, by the server's own
    count and the prices configured; None where there is none. ``read_as`` says how a question
    of the library's records was read ("papers, year 2024"); None where the texts were read.
    """

    question: str
    understood: str
    text: str
    citations: tuple[Citation, ...] = ()
    hits: tuple[Hit, ...] = ()
    refused: bool = False
    reason: Reason | None = None
    confidence: float = 0.0
    mode: Mode = "quoted"
    model: str | None = None
    timings: Mapping[str, float] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    sentences: tuple[CheckedSentence, ...] = ()
    tokens_in: int | None = None
    tokens_out: int | None = None
    cost: float | None = None
    read_as: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """Everything as JSON-serialisable values under stable names."""
        return {
            "question": self.question,
            "understood": self.understood,
            "text": self.text,
            "citations": [citation.to_dict() for citation in self.citations],
            "hits": [hit.to_dict() for hit in self.hits],
            "refused": self.refused,
            "reason": self.reason,
            "confidence": round(self.confidence, 4),
            "mode": self.mode,
            "model": self.model,
            "timings": {stage: round(seconds, 6) for stage, seconds in self.timings.items()},
            "warnings": list(self.warnings),
            "sentences": [sentence.to_dict() for sentence in self.sentences],
            "tokens_in": self.tokens_in,
            "tokens_out": self.tokens_out,
            "cost": None if self.cost is None else round(self.cost, 8),
            "read_as": self.read_as,
        }


def opened(answer: Answer, note: str) -> Answer:
    """The answer with a paragraph of its own before it."""
    if not note:
        return answer
    by = len(note) + 2
    moved = (replace(one, start=one.start + by, end=one.end + by) for one in answer.sentences)
    return replace(answer, text=f"{note}\n\n{answer.text}", sentences=tuple(moved))
