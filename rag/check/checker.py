"""The way of a draft: sentences -> claims -> the papers they cite -> a verdict each."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import replace

from ingest.library import Library
from ingest.paper import Paper
from rag.check.draft import Draft, DraftSentence, read_draft
from rag.check.judge import Judge, Judgement, Search
from rag.check.quoting import quotation, quoted_rightly
from rag.check.references import Bibliography, Reference, read_bibliography
from rag.check.report import CheckedClaim, Report
from rag.verify.verifier import Verifier

Entries = Sequence[tuple[str, Paper]]


class Checker:
    """Checks drafts against one library."""

    def __init__(self, library: Library, verify: Verifier, search: Search) -> None:
        self._library = library
        self._judge = Judge(verify, search)

    def __call__(self, text: str, entries: Entries = (), warnings: Sequence[str] = ()) -> Report:
        """The report on ``text``; ``entries`` are its bibliography's papers by their keys."""
        draft = read_draft(text)
        bibliography = Bibliography(self._library, entries, draft.listed)
        claims = [
            self._checked(draft, sentence, bibliography.of(sentence.cites))
            for sentence in draft.sentences
            if sentence.is_claim
        ]
        return Report(tuple(claims), tuple(warnings))

    def _checked(
        self, draft: Draft, sentence: DraftSentence, cited: Sequence[Reference]
    ) -> CheckedClaim:
        papers = list({p.id: p for reference in cited for p in reference.papers}.values())
        quotations = tuple(quotation(said, papers) for said in sentence.quotes if papers)
        found = quoted_rightly(self._judged(sentence.claim, cited, papers), quotations)
        return CheckedClaim(
            start=sentence.start,
            end=sentence.end,
            text=draft.text[sentence.start : sentence.end],
            cited=tuple(reference.name for reference in cited),
            verdict=found.verdict,
            reason=found.reason or _missing(cited),
            evidence=found.evidence,
            yours=found.yours,
            theirs=found.theirs,
            quotations=quotations,
            offered=found.offered,
        )

    def _judged(self, claim: str, cited: Sequence[Reference], papers: Sequence[Paper]) -> Judgement:
        if not cited:
            return self._judge.uncited(claim)
        return self._judge.cited(claim, papers) if papers else self._judge.absent(claim)


def _missing(cited: Sequence[Reference]) -> str:
    """Which of the cited works have no text here."""
    names = [reference.name for reference in cited if not reference.papers]
    return f"not here: {', '.join(names)}" if names else ""


def checked(
    library: Library,
    verify: Verifier,
    search: Callable[[str, Callable[[str], None]], list[Paper]],
    text: str,
    references: str | os.PathLike[str] | None,
) -> Report:
    """The report on a draft with its bibliography; ``search`` is told where to put its warnings."""
    entries, bad = read_bibliography(references) if references is not None else ([], [])
    warnings: list[str] = list(map(str, bad))
    check = Checker(library, verify, lambda claim: search(claim, warnings.append))
    return replace(check(text, entries), warnings=tuple(dict.fromkeys(warnings)))
