"""Hits -> an answer that quotes the papers' best sentences: no model, no key, no network.

Papers are ranked again with their sentences in view, then sentences are chosen and laid out as
the question asks: one fact, one paper to find, a list, a comparison.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ingest.paper import Paper
from ingest.sentences import Span
from rag.answer import Hit
from rag.read.bounds import bound_of, within
from rag.read.cross_encoder import CrossEncoder, Judged
from rag.read.features import PaperView, QuestionView, Viewer, name_words
from rag.read.rank import best_cut, member_features, paper_features, sentence_features
from rag.read.side_by_side import best_pair
from rag.read.weights import Weights
from rag.text.names import folded_ngrams, names
from rag.understand.entities import named_hits, surely_named, unknown_names
from rag.understand.intent import Intent, intent, leaves_open, topic
from rag.understand.language import is_english
from rag.understand.summary import COMPARING, admits_limits, limits_asked, summary_asked

LOOKED_AT = 30  # hits whose sentences are read
MAX_SENTENCES = 3
MAX_WORDS = 64  # of the sentences that an answer is judged by; one is taken whatever its length
SHOWN_SENTENCES = 4
SHOWN_WORDS = 96  # of the sentences shown of one paper, the answering one and its context
# Where the fourth best sentence scores nearly as much as the best, any of them may answer.
UNSURE, UNSURE_SENTENCES, UNSURE_WORDS = 2.0, 6, 180
MAX_COMPARED = 4  # papers side by side
COMPARED = 0.65  # probability from which two papers that are only described are set side by side
MAX_FOUND = 3  # papers offered when one is sought
CLOSE = 3.0  # how far behind the first one the others may be: a twentieth as likely as it
_REFERS = re.compile(r"(?:this|it|its|these|those|they|their|such|both)\b", re.I)
_SAYS_WHAT = re.compile(
    r"\b(?:we|this (?:paper|work|article|study|thesis|report|survey)|the authors?)\s+(?:\w+\s+)?"
    r"(?:propos|present|introduc|describ|develop|show|stud|investigat|survey|review|analy)\w*",
    re.I,
)
# Read closely are the papers that could still come first, a twentieth as likely as the first one:
# of strangers' questions in a field's own words 1.1 in the mean, of everyday ones 5.
READ_CLOSELY, CONTENDERS = 5, 3.0
# What the cross-encoder's log odds weigh beside the linear scores of papers and of sentences,
# chosen on questions that neither learned from (eval/LOG.md).
PAPER_SHARE, SENTENCE_SHARE = 0.6, 0.5
SEVERAL = 0.5  # of a second paper to belong, from which a question that leaves it open gets a list


@dataclass(frozen=True, slots=True)
class Quoted:
    """One line of an answer: sentences of one hit's paper, as spans of its abstract, in order.

    ``first`` is the one that answers, ``context`` are all that are shown, where that is more.
    """

    hit: Hit
    spans: tuple[Span, ...]
    first: Span | None = None
    context: tuple[Span, ...] = ()

    @property
    def shown(self) -> tuple[Span, ...]:
        """All spans that a person sees, in order."""
        return self.context or self.spans


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    """What the reader found: its kind, the lines to quote, all hits in their new order.

    ``also`` are further papers that come close when one is sought by a description. ``unknown``
    are names to compare with that no paper mentions. ``summary``: one paper is told as a whole,
    or its limits are, where its text admits any; else ``unsaid`` are the words that ask for them.
    ``bounded``: every line has a figure that keeps the bound by which papers are sought;
    ``unkept`` is that bound where no figure keeps it.
    ``answers``: the log odds that a paper quoted answers, of several compared the least, where the
    cross-encoder has read some.
    """

    question: QuestionView
    intent: Intent
    lines: tuple[Quoted, ...]
    hits: tuple[Hit, ...]
    named: tuple[Hit, ...]
    also: tuple[Quoted, ...] = ()
    unknown: tuple[str, ...] = ()
    summary: bool = False
    bounded: bool = False
    unkept: str = ""
    unsaid: tuple[str, ...] = ()
    answers: float | None = None


@dataclass(frozen=True, slots=True, eq=False)
class _Ranked:
    """All hits in the order in which an answer takes them, and how they came there.

    ``near`` are those looked at, in that order but as they were found; ``linear`` are their linear
    scores, ``judged`` what the cross-encoder says, by paper; ``whole`` is the paper to explain,
    ``compared`` are those to set side by side.
    """

    kind: Intent
    hits: list[Hit]
    near: list[Hit]
    named: list[Hit]
    linear: NDArray[np.float64]
    judged: Mapping[str, Judged]
    whole: Hit | None
    compared: list[Hit]


@dataclass(frozen=True, slots=True)
class Reader:
    """Chooses which sentences of which papers answer a question.

    ``cross`` reads the contenders together with the question; None: linear scores alone decide.
    """

    viewer: Viewer
    weights: Weights
    cross: CrossEncoder | None = None

    def __call__(self, question: str, hits: Sequence[Hit]) -> Reading:
        """The papers ranked again and the lines that answer, best first."""
        asked = self.viewer.question(question)
        if not hits:
            return Reading(asked, intent(question, 0), (), (), ())
        found = self._ranked(asked, hits)
        kind, listed = self._listed(asked, found)
        bound = None if found.named or found.compared else bound_of(asked)
        kept = within(bound, asked, found.hits[:LOOKED_AT], self.viewer) if bound else []
        bounded = tuple(Quoted(hit, (span,)) for hit, span in kept)
        kind = "list" if bounded else kind
        lines = bounded or self._lines(asked, found, kind, listed)
        also: tuple[Quoted, ...] = ()
        if kind in ("find", "fact") and not found.named:
            behind = found.linear[0] - found.linear[:MAX_FOUND]
            close = [hit for hit, far in zip(found.hits, behind, strict=False) if far < CLOSE]
            also = tuple(self._quote(asked, hit, found.judged, 1, 0) for hit in close[1:])
        quoted = [line.hit.paper.id for line in lines]
        return Reading(
            asked,
            kind,
            lines,
            tuple(found.hits),
            tuple(found.named),
            also,
            unknown=unknown_names(question, hits, found.named),
            summary=found.whole is not None or self._compared_whole(asked, found),
            bounded=bool(bounded),
            unkept=question[bound.start : bound.end] if bound and not bounded else "",
            unsaid=() if lines else limits_asked(question),
            answers=(min if kind == "compare" else max)(
                (found.judged[i].answers for i in quoted if i in found.judged), default=None
            ),
        )

    def rank(self, question: str, hits: Sequence[Hit]) -> list[Hit]:
        """The same hits in the order in which an answer takes them, with the ranker's scores."""
        return self._ranked(self.viewer.question(question), hits).hits if hits else []

    def _ranked(self, asked: QuestionView, hits: Sequence[Hit]) -> _Ranked:
        near = hits[:LOOKED_AT]
        named = named_hits(asked.text, near)
        kind = intent(asked.text, len(named), surely=surely_named(asked.text, near))
        linear = self.paper_scores(asked, near, named)
        compared = self._compared(asked, near, linear, named, kind)
        kind = "compare" if compared else kind
        whole = len(named) == 1 and not compared and self._asked_whole(asked, named[0])
        # Lists aren't answered by one paper; of a whole one all is shown.
        closely = kind != "list" and not whole
        read = (compared or _contenders(near, linear, named)) if closely else []
        judged = self._judged(asked.text, read)
        scores = _with_judged(near, linear, judged)
        # A whole title in quotation marks leaves no doubt.
        meant = [f"“{hit.paper.title}”" in asked.text for hit in near]
        scores = np.where(meant, scores + np.ptp(scores), scores)
        order = np.argsort(-scores, kind="stable")
        ranked = [replace(near[i], score=float(scores[i])) for i in order]
        least = ranked[-1].score - 1
        ranked += [replace(hit, score=least + hit.score) for hit in hits[len(near) :]]

        def in_order(some: Sequence[Hit]) -> list[Hit]:
            ids = {hit.paper.id for hit in some}
            return [hit for hit in ranked if hit.paper.id in ids]

        named = in_order(named)
        return _Ranked(
            kind,
            ranked,
            [near[i] for i in order],
            named,
            linear[order],
            judged,
            named[0] if whole else None,
            in_order(compared),
        )

    def _compared(
        self,
        asked: QuestionView,
        hits: Sequence[Hit],
        scores: NDArray[np.float64],
        named: Sequence[Hit],
        kind: Intent,
    ) -> list[Hit]:
        """The papers to set side by side: those called by name, or two that are described."""
        if kind == "compare":
            return list(named[:MAX_COMPARED])
        views = [self.viewer.paper(hit.paper) for hit in hits]
        pair = best_pair(asked, views, scores, len(named))
        if pair is None or self.weights.compared.probability(pair.row[None])[0] < COMPARED:
            return []
        return [hits[pair.first], hits[pair.second]]

    def _listed(self, asked: QuestionView, found: _Ranked) -> tuple[Intent, list[Hit]]:
        """The kind of the answer now that the papers are known, and the papers of a list."""
        kind = found.kind
        if kind != "list" and not (kind == "find" and leaves_open(asked.text)):
            return kind, []
        belongs = self.belongs(self.viewer.question(topic(asked.text)), found)
        listed = [found.hits[i] for i in sorted(best_cut(belongs))]
        several = len(listed) > 1 and np.sort(belongs)[-2] >= SEVERAL
        return "list" if several else kind, listed

    def _lines(
        self, asked: QuestionView, found: _Ranked, kind: Intent, listed: Sequence[Hit]
    ) -> tuple[Quoted, ...]:
        if found.whole is not None and limits_asked(asked.text):
            return self._limits(found.whole)
        if found.whole is not None:
            return (self._summary(found.whole),)
        if kind == "compare" and self._compared_whole(asked, found):
            return tuple(self._summary(hit) for hit in found.compared)
        if kind == "compare":
            papers = [hit.paper for hit in found.compared]
            return tuple(
                self._quote(asked, hit, found.judged, MAX_SENTENCES, MAX_WORDS, papers)
                for hit in found.compared
            )
        if kind == "list" and len(listed) > 1:
            return tuple(self._quote(asked, hit, found.judged, 1, 0) for hit in listed)
        best = listed[0] if kind == "list" else found.hits[0]
        return (self._quote(asked, best, found.judged, MAX_SENTENCES, MAX_WORDS),)

    def _asked_whole(self, asked: QuestionView, hit: Hit) -> bool:
        """Whether the paper is to be explained as a whole, or its limits are."""
        return bool(limits_asked(asked.text)) or summary_asked(
            asked.text, name_words(asked, hit.paper)
        )

    def _compared_whole(self, asked: QuestionView, found: _Ranked) -> bool:
        """Whether papers called by name are to be compared, and it isn't said in what."""
        called = [hit.paper for hit in found.compared if hit in found.named]
        naming = COMPARING.union(*(name_words(asked, paper) for paper in called))
        return len(called) > 1 and summary_asked(asked.text, naming)

    def _judged(self, question: str, hits: Sequence[Hit]) -> dict[str, Judged]:
        """What the cross-encoder says of some papers, by their ids; it has learned English only."""
        if self.cross is None or not hits or not is_english(question):
            return {}
        read = self.cross(question, [hit.paper for hit in hits])
        return {hit.paper.id: judged for hit, judged in zip(hits, read, strict=True)}

    def _summary(self, hit: Hit) -> Quoted:
        """What the paper is about, then how, then with which result: its text in its own order."""
        view = self.viewer.paper(hit.paper)
        if not view.spans:
            return Quoted(hit, ())
        first = _says_what(view, hit.paper)
        last = len(view.spans) - 1
        order = [first, min(first + 1, last), last, min(first + 2, last)]
        shown = _within(list(dict.fromkeys(order)), view.words, SHOWN_SENTENCES, SHOWN_WORDS)
        spans = tuple(view.spans[row] for row in shown)
        return Quoted(hit, spans, view.spans[first], spans)

    def _limits(self, hit: Hit) -> tuple[Quoted, ...]:
        """The sentences in which a paper admits what its own work can't do, if there are any."""
        view = self.viewer.paper(hit.paper)
        texts = [view.text[start:end] for start, end in view.spans]
        rows = [row for row, text in enumerate(texts) if admits_limits(text)]
        shown = _within(rows, view.words, SHOWN_SENTENCES, SHOWN_WORDS) if rows else []
        spans = tuple(view.spans[row] for row in shown)
        return (Quoted(hit, spans, spans[0], spans),) if spans else ()

    def paper_scores(
        self, asked: QuestionView, hits: Sequence[Hit], named: Sequence[Hit]
    ) -> NDArray[np.float64]:
        """How well each hit's paper fits the question, its sentences in view."""
        return self.weights.paper.score(self._paper_rows(asked, hits, named))

    def belongs(self, about: QuestionView, found: _Ranked) -> NDArray[np.float64]:
        """The probability of each paper looked at to be in a list ``about`` a topic, in order."""
        rows = self._paper_rows(about, found.near, found.named)
        return self.weights.member.probability(member_features(rows, found.linear))

    def _paper_rows(
        self, asked: QuestionView, hits: Sequence[Hit], named: Sequence[Hit]
    ) -> NDArray[np.float64]:
        return paper_features(asked, hits, [self.viewer.paper(hit.paper) for hit in hits], named)

    def _quote(
        self,
        asked: QuestionView,
        hit: Hit,
        judged: Mapping[str, Judged],
        sentences: int,
        words: int,
        beside: Sequence[Paper] = (),
    ) -> Quoted:
        """The best sentences of one paper, at most so many in so many words, at least one."""
        view = self.viewer.paper(hit.paper)
        if not view.spans:
            return Quoted(hit, ())
        scores = self.weights.sentence.score(sentence_features(asked, hit.paper, view, beside))
        if hit.paper.id in judged:
            scores += SENTENCE_SHARE * judged[hit.paper.id].sentences
        order = np.argsort(-scores, kind="stable").tolist()
        spans = view.spans
        kept = _within(order, view.words, sentences, words)
        chosen = tuple(spans[row] for row in kept)
        if sentences == 1:
            return Quoted(hit, chosen)
        best = order[0]
        # "This ..." says nothing without what it refers to.
        before = [best - 1] if best and _REFERS.match(view.text[slice(*spans[best])]) else []
        ranked = [best, *before, *(row for row in order if row not in (best, *before))]
        lead = scores[best] - scores[order[min(SHOWN_SENTENCES, len(order)) - 1]]
        most = (SHOWN_SENTENCES, max(words, SHOWN_WORDS))
        if lead < UNSURE:
            most = (UNSURE_SENTENCES, UNSURE_WORDS)
        shown = _within(ranked, view.words, *most)
        return Quoted(hit, chosen, spans[best], tuple(spans[row] for row in shown))


def _contenders(
    hits: Sequence[Hit], scores: NDArray[np.float64], named: Sequence[Hit]
) -> list[Hit]:
    """Those called by name; where another one is ahead of them, also all that could come first."""
    best = np.argsort(-scores, kind="stable")[:READ_CLOSELY]
    close = [hits[i] for i in best if scores[best[0]] - scores[i] <= CONTENDERS]
    called = list(named[:MAX_COMPARED])
    return called if close[0] in called else [*called, *(h for h in close if h not in called)]


def _with_judged(
    hits: Sequence[Hit], scores: NDArray[np.float64], judged: Mapping[str, Judged]
) -> NDArray[np.float64]:
    """The linear scores and the cross-encoder's; who wasn't read counts like the worst who was."""
    if not judged:
        return scores
    least = min(one.answers for one in judged.values())
    answers = [judged[h.paper.id].answers if h.paper.id in judged else least for h in hits]
    return scores + PAPER_SHARE * np.array(answers)


def _says_what(view: PaperView, paper: Paper) -> int:
    """The sentence that says what a paper is: the first one that has its name, or its authors."""
    own = names(paper.title, paper.abstract).own
    for row, (start, end) in enumerate(view.spans):
        text = view.text[start:end]
        if _SAYS_WHAT.search(text) or any(name in folded_ngrams(text) for name in own):
            return row
    return 0


def _within(order: Sequence[int], lengths: Sequence[int], most: int, words: int) -> list[int]:
    """The first ``most`` rows of ``order`` that fit into so many words, at least one; sorted."""
    chosen: list[int] = []
    for row in order:
        if len(chosen) < most and (not chosen or lengths[row] <= words):
            chosen.append(row)
            words -= lengths[row]
    return sorted(chosen)
