"""What a check of a draft says: a verdict a claim, and the whole as Markdown, CSV or JSON."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from io import StringIO
from typing import Any, Literal, get_args

from ingest.export import FORMULA
from ingest.paper import Paper
from ingest.sentences import Span

Verdict = Literal[
    "supported",  # the cited paper's text bears it out
    "figure differs",  # the paper has another figure there
    "quotation differs",  # the words in quotation marks are nearly the paper's
    "contradicted",  # the paper says the opposite, or names something else there
    "elsewhere",  # another paper of the library says it, the cited one doesn't
    "not found",  # the text of the cited paper doesn't say it; the paper still may
    "not here",  # the cited paper is neither in the library nor in the bibliography with a text
    "uncited",  # it cites nothing; papers may be offered
]
VERDICTS: tuple[Verdict, ...] = get_args(Verdict)
WRONG: frozenset[Verdict] = frozenset({"figure differs", "quotation differs", "contradicted"})
NOTICE = "Only the abstracts were read, not the whole papers: “not found” does not mean “wrong”."
SAID: Mapping[Verdict, str] = {
    "supported": "supported",
    "figure differs": "the figure differs",
    "quotation differs": "the quotation differs",
    "contradicted": "contradicted",
    "elsewhere": "another paper of your library says it",
    "not found": "not found in this paper's abstract",
    "not here": "the paper isn't here",
    "uncited": "cites nothing",
}


@dataclass(frozen=True, slots=True)
class Evidence:
    """The sentences ``spans`` of ``paper.abstract`` nearest to a claim; ``support`` in [0, 1]."""

    paper: Paper
    spans: tuple[Span, ...]
    support: float

    @property
    def quote(self) -> str:
        return " ... ".join(self.paper.abstract[start:end] for start, end in self.spans)

    def to_dict(self) -> dict[str, Any]:
        paper = self.paper
        return {
            "paper": paper.id,
            "title": paper.title,
            "authors": list(paper.authors),
            "year": paper.year,
            "url": paper.url,
            "quote": self.quote,
            "spans": [list(span) for span in self.spans],
            "support": round(self.support, 4),
        }


@dataclass(frozen=True, slots=True)
class Quotation:
    """Words that the draft quotes, and the paper's own: None where it has nothing like them."""

    said: str
    found: str | None

    @property
    def verbatim(self) -> bool:
        return self.said == self.found

    def to_dict(self) -> dict[str, Any]:
        return {"said": self.said, "found": self.found, "verbatim": self.verbatim}


@dataclass(frozen=True, slots=True)
class CheckedClaim:
    """One sentence of the draft, ``text[start:end]`` of it, with its verdict.

    ``cited`` is how the draft names the works; ``evidence`` what the verdict rests on. ``yours``
    and ``theirs`` are the words that differ; ``offered`` are other papers that say it.
    """

    start: int
    end: int
    text: str
    cited: tuple[str, ...]
    verdict: Verdict
    reason: str = ""
    evidence: Evidence | None = None
    yours: str = ""
    theirs: str = ""
    quotations: tuple[Quotation, ...] = ()
    offered: tuple[Evidence, ...] = ()

    @property
    def said(self) -> str:
        """The verdict in words, with what differs; a quotation is shown for itself."""
        if not (self.yours and self.theirs) or self.verdict == "quotation differs":
            return SAID[self.verdict]
        return f"{SAID[self.verdict]} (yours {self.yours}, the paper's {self.theirs})"

    def to_dict(self) -> dict[str, Any]:
        return {
            "start": self.start,
            "end": self.end,
            "text": self.text,
            "cited": list(self.cited),
            "verdict": self.verdict,
            "reason": self.reason,
            "yours": self.yours,
            "theirs": self.theirs,
            "evidence": None if self.evidence is None else self.evidence.to_dict(),
            "quotations": [quotation.to_dict() for quotation in self.quotations],
            "offered": [evidence.to_dict() for evidence in self.offered],
        }


@dataclass(frozen=True, slots=True)
class Report:
    """A draft's claims in order, each checked; ``warnings`` are what couldn't be read."""

    claims: tuple[CheckedClaim, ...]
    warnings: tuple[str, ...] = ()
    notice: str = field(default=NOTICE)

    @property
    def counts(self) -> dict[Verdict, int]:
        """How many claims have each verdict that occurs."""
        found = Counter(claim.verdict for claim in self.claims)
        return {verdict: found[verdict] for verdict in VERDICTS if found[verdict]}

    @property
    def wrong(self) -> tuple[CheckedClaim, ...]:
        """The claims that their papers contradict."""
        return tuple(claim for claim in self.claims if claim.verdict in WRONG)

    @property
    def offered(self) -> list[Paper]:
        """The papers that could be cited besides, each once."""
        found = (evidence.paper for claim in self.claims for evidence in claim.offered)
        return list({paper.id: paper for paper in found}.values())

    def to_dict(self) -> dict[str, Any]:
        return {
            "notice": self.notice,
            "counts": dict(self.counts),
            "claims": [claim.to_dict() for claim in self.claims],
            "warnings": list(self.warnings),
        }


def to_csv(report: Report) -> str:
    """A claim a line; no cell is run by a spreadsheet."""
    out = StringIO()
    write = csv.writer(out, lineterminator="\n").writerow
    write(("verdict", "claim", "cited", "yours", "theirs", "reason", "paper", "evidence"))
    for claim in report.claims:
        shown = claim.evidence or next(iter(claim.offered), None)
        cells = (
            claim.verdict,
            " ".join(claim.text.split()),
            "; ".join(claim.cited),
            claim.yours,
            claim.theirs,
            claim.reason,
            shown.paper.title if shown else "",
            shown.quote if shown else "",
        )
        write([f"'{cell}" if FORMULA.match(cell) else cell for cell in cells])
    return out.getvalue()
