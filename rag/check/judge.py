"""One claim against the papers that it cites, and against the rest of the library."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ingest.paper import Paper
from rag.check.report import Evidence, Verdict
from rag.text.mentions import mentions
from rag.text.same_figures import same
from rag.text.words import content_stems
from rag.verify.contradictions import Fault, Place, places
from rag.verify.support import THRESHOLD, Support
from rag.verify.verifier import SAYS_SOMETHING, Verifier, far_better

Search = Callable[[str], Sequence[Paper]]

# Support from which a paper is held to say what a draft claims. Higher than an answer's threshold,
# whose sources were chosen for the question: 154 of a stranger's 176 true sentences are "supported"
# by it, and 4 of 40 that no paper says.
_SAYS = 0.45
_OFFERED = 3  # papers that are offered at most
_TRIED = 5  # papers of the library that a claim is compared with
_READ = 2  # of which the likeliest are read closely, too: each takes time
# Support by words from which that is worth it: 92 of 94 that strangers' claims were found in have
# it, and 62% of all.
_LIKELY = 0.27
_UNIVERSAL = re.compile(
    r"\b(?:all|every|everything|everywhere|always|never|guarantee\w*|prove[sn]?|completely|entirely"
    r"|perfectly|impossible)\b",
    re.I,
)
_DENIES = re.compile(
    r"\b(?:do|does|did|is|are|was|were|has|have|had|can|could|will|would|should|may|might)"
    r"(?: not|n['’]t)\b|\bcannot\b|\bcan['’]t\b|\bfails? to\b",
    re.I,
)
_NEGATIVE = re.compile(
    r"\b(?:not|no|never|without|cannot|nor|neither|none|hardly|rarely|fail\w*|lack\w*|avoid\w*"
    r"|prevent\w*|little|less|few|instead|un\w{4,})\b|n['’]t\b|\b\w+less\b",
    re.I,
)
_HEDGED = re.compile(r"\b(?:could|may|might|potentially|possibly|hypothes\w+)\b", re.I)
_MODAL = re.compile(
    r"\b(?:can|could|may|might|would|should|able|possib\w*|potential\w*|likely|expect\w*|suggest\w*"
    r"|hypothes\w+|to|up)\b",
    re.I,
)
_MOST_CITED = 6  # papers that one sentence is held against as those it cites
_OFFER = 0.6  # support from which a paper is offered
# Support by which no other paper is meant than the cited one, or another than it rather than it
# misread.
_SURELY = 0.8
_FIGURE: frozenset[str] = frozenset({"figure", "unit"})
_POLARITY: frozenset[str] = frozenset({"negation", "direction"})


@dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict on one claim, as ``rag.check.report.CheckedClaim`` has it."""

    verdict: Verdict
    evidence: Evidence | None = None
    yours: str = ""
    theirs: str = ""
    reason: str = ""
    offered: tuple[Evidence, ...] = ()


class Judge:
    """Judges claims; ``search`` gives the library's papers nearest to a claim, best first."""

    def __init__(self, verify: Verifier, search: Search) -> None:
        self._verify = verify
        self._search = search

    def cited(self, claim: str, papers: Sequence[Paper]) -> Judgement:
        """The claim against the papers it cites; against others where these don't bear it out."""
        papers = _likeliest(claim, papers)
        alone = [(paper, self._held(claim, paper)) for paper in papers]
        paper, best = max(alone, key=lambda one: (one[1].supported, one[1].score))
        evidence = Evidence(paper, best.spans, best.score)
        if best.supported and best.score >= _SURELY or self._together(claim, papers):
            return Judgement("supported", evidence, reason=doubt(claim, evidence.quote))
        others = self._others(claim, papers)
        if best.supported and others and far_better(others[0].support, best.score):
            return _elsewhere(evidence, others)
        if best.supported and best.score >= _SAYS:
            return Judgement("supported", evidence, reason=doubt(claim, evidence.quote))
        if (wrong := self._wrong(claim, alone)) is not None and not _says(others, _SURELY):
            return wrong
        if others:
            return _elsewhere(evidence, others)
        misnamed = None if best.supported else self._misnamed(claim, alone)
        return misnamed or Judgement("not found", evidence, reason=_reason(best.faults))

    def uncited(self, claim: str) -> Judgement:
        """The claim's likeliest papers, or the one that says it with another figure."""
        offered = self._others(claim, ())
        differs = None if offered else self._told_otherwise(claim)
        return differs or Judgement("uncited", offered=tuple(offered))

    def absent(self, claim: str) -> Judgement:
        """A claim whose papers aren't here: others that say it are offered."""
        return Judgement("not here", offered=tuple(self._others(claim, ())))

    def _held(self, claim: str, paper: Paper) -> Support:
        return self._verify(claim, paper.title, paper.abstract, described(paper))

    def _compared(self, claim: str, paper: Paper) -> Support:
        return self._verify.compare(claim, paper.abstract, title=described(paper))

    def _together(self, claim: str, papers: Sequence[Paper]) -> bool:
        """Whether several cited papers bear it out together, each a part."""
        if len(papers) < 2:
            return False
        texts = "\n\n".join(paper.abstract for paper in papers)
        titles = "\n".join(described(paper) for paper in papers)
        found = self._verify.compare(claim, texts, title=titles)  # too long to be read closely
        return found.supported and found.score >= _SAYS

    def _others(self, claim: str, papers: Sequence[Paper]) -> list[Evidence]:
        """Other papers of the library that bear the claim out, the best first."""
        cited = {paper.id for paper in papers}
        tried = [paper for paper in self._search(claim) if paper.id not in cited][:_TRIED]
        compared = [(paper, self._compared(claim, paper)) for paper in tried]
        likely = [one for one in compared if one[1].score >= _LIKELY]
        likeliest = sorted(likely, key=lambda one: -one[1].score)[:_READ]
        found = [
            (p, self._verify.read_closely(claim, p.title, p.abstract, described(p), support))
            for p, support in likeliest
        ]
        borne = [
            Evidence(paper, support.spans, support.score)
            for paper, support in found
            if support.supported and support.score >= _OFFER
        ]
        return sorted(borne, key=lambda evidence: -evidence.support)[:_OFFERED]

    def _wrong(self, claim: str, alone: Sequence[tuple[Paper, Support]]) -> Judgement | None:
        """What a cited paper says otherwise, where it speaks of the same thing."""
        for paper, support in sorted(alone, key=lambda one: -one[1].score):
            evidence = Evidence(paper, support.spans, support.score)
            hard = [fault for fault in support.faults if fault.hard]
            for fault in hard:
                if fault.kind in _FIGURE:
                    differs = _figures(claim, fault, paper, support)
                    if self._but_for(claim, paper, hard, differs[1]):
                        return Judgement("figure differs", evidence, *differs)
                if fault.kind == "swap":
                    theirs = fault.reason.removeprefix("the passage has ").removesuffix(" there")
                    is_figure = any(char.isdigit() for char in fault.words)
                    verdict: Verdict = "figure differs" if is_figure else "contradicted"
                    return Judgement(verdict, evidence, fault.words, theirs, fault.reason)
                if fault.kind in _POLARITY:
                    reason = f"“{fault.words}”: {fault.reason}"
                    return Judgement("contradicted", evidence, reason=reason)
        return None

    def _but_for(
        self,
        claim: str,
        paper: Paper,
        hard: Sequence[Fault],
        theirs: str,
        least: float = THRESHOLD,
    ) -> bool:
        """Whether the paper bears the claim out but for its figures: with its own, or without."""
        if any(fault.kind not in _FIGURE for fault in hard):
            return False
        for instead in (theirs, ""):
            said = claim
            for fault in hard:
                said = said.replace(fault.words, instead, 1)
            found = self._compared(" ".join(said.split()), paper)
            if found.score >= least:
                return True
        return False

    def _told_otherwise(self, claim: str) -> Judgement | None:
        """The paper that bears a claim out but for its figures, where it is surely that one."""
        for paper in self._search(claim)[:_TRIED]:
            found = self._compared(claim, paper)
            hard = [fault for fault in found.faults if fault.hard]
            if not hard or any(fault.kind not in _FIGURE for fault in hard):
                continue
            differs = _figures(claim, hard[0], paper, found)
            if differs[1] and self._but_for(claim, paper, hard, differs[1], _SURELY):
                evidence = Evidence(paper, found.spans, found.score)
                return Judgement("figure differs", evidence, *differs)
        return None

    def _misnamed(self, claim: str, alone: Sequence[tuple[Paper, Support]]) -> Judgement | None:
        """What a cited paper says of something by another name."""
        for paper, support in alone:
            hard = [fault for fault in support.faults if fault.hard]
            if len(hard) != 1 or hard[0].kind != "name":
                continue
            ours = hard[0].words
            if len(content_stems(claim.replace(ours, ""))) < SAYS_SOMETHING:
                continue  # "X is great" is borne out by any text of anything
            shown = " ".join(paper.abstract[start:end] for start, end in support.spans)
            borne = {}
            for theirs in {name.text for name in mentions(shown) if name.sure} - {ours}:
                said = claim.replace(ours, theirs)
                found = self._held(said, paper)
                if theirs not in claim and found.supported and found.score >= _OFFER:
                    borne[theirs] = (theirs in paper.title, found.score, theirs)
            if borne:
                theirs = max(borne, key=borne.__getitem__)
                evidence = Evidence(paper, support.spans, support.score)
                reason = f"the paper says this of {theirs}"
                return Judgement("contradicted", evidence, ours, theirs, reason)
        return None


def doubt(claim: str, quote: str) -> str:
    """What a reader should compare in a claim that is borne out; "" mostly.

    Too often harmless for a verdict: on paraphrases it is wrong as often as right.
    """
    strong = _UNIVERSAL.search(claim)
    if strong and not _UNIVERSAL.search(quote):
        return f"“{strong[0]}” may be more than the paper's sentence says"
    if _DENIES.search(claim) and not _NEGATIVE.search(quote):
        return "you deny something, and the paper's sentence denies nothing; compare them"
    if _HEDGED.search(quote) and not _MODAL.search(claim):
        return "the paper's sentence says it with a reserve (could, may ...)"
    return ""


def _likeliest(claim: str, papers: Sequence[Paper]) -> Sequence[Paper]:
    """Those that share most words with the claim: "Wang (2019)" may be any of forty."""
    if len(papers) <= _MOST_CITED:
        return papers
    said = _long_words(claim)
    shared = {p.id: len(said & _long_words(f"{p.title} {p.abstract}")) for p in papers}
    return sorted(papers, key=lambda paper: -shared[paper.id])[:_MOST_CITED]


def _long_words(text: str) -> set[str]:
    return set(re.findall(r"\w{4,}|\d+", text.casefold()))


def _says(others: Sequence[Evidence], surely: float) -> bool:
    return bool(others) and others[0].support >= surely


def _elsewhere(evidence: Evidence, others: Sequence[Evidence]) -> Judgement:
    reason = f"“{others[0].paper.title}” says this rather than what is cited"
    return Judgement("elsewhere", evidence, reason=reason, offered=tuple(others))


def described(paper: Paper) -> str:
    """What else of the paper may be said: its title, authors and year."""
    return ". ".join([paper.title, ", ".join(paper.authors), str(paper.year or "")])


def _figures(claim: str, fault: Fault, paper: Paper, support: Support) -> tuple[str, str, str]:
    """The claim's figure, the paper's that stands in its place, and why they differ."""
    ours = next((p for p in places(claim) if p.figure.text.strip() == fault.words), None)
    if ours is None:
        return fault.words, "", fault.reason
    rivals = [
        place
        for place in places(paper.abstract)
        if place.figure.measure == ours.figure.measure and not same(ours.figure, place.figure)
    ]
    shown = support.spans

    def nearness(place: Place) -> tuple[bool, float]:
        near = any(start <= place.figure.start < end for start, end in shown)
        shared = ours.around.keys() & place.around.keys()
        return near, sum(ours.around[stem] * place.around[stem] for stem in shared)

    best = max(rivals, key=nearness, default=None)
    return fault.words, best.figure.text.strip() if best else "", fault.reason


def _reason(faults: Sequence[Fault]) -> str:
    ordered = sorted(faults, key=lambda fault: not fault.hard)
    return "; ".join(f"“{fault.words}”: {fault.reason}" for fault in ordered[:2])
