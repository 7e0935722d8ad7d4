"""Is what is asked borne out by the papers? The weakest asked word decides, not the mean of all.

A near miss has the paper and the topic, but not the detail: no figure beside the noun that is
counted, no name of the kind asked for, a word that nothing in the paper comes near to.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ingest.paper import Paper
from rag.read.asked_details import Asked, asked, explains, is_yes_or_no
from rag.read.entity_kinds import Kind, is_of_kind, kind_asked
from rag.read.features import Floats, PaperView, QuestionView, name_words
from rag.read.rank import nearest, nearest_by_sentence
from rag.text.mentions import key
from rag.text.names import aliases, fold
from rag.text.words import rarest_idf, words

COVERAGE_FEATURES = (
    "weakest",  # the heaviest asked word times how far the papers are from it
    "second",  # the next heaviest
    "weak_mean",  # the mean over the asked words, by weight
    "weakest_contrast",  # a word that most other hits come nearer to
    "weakest_sentence",  # "weakest" in the sentence where it is least
    "asked_words",  # how many content words are asked, ten at most
    "figure_asked",
    "name_asked",
    "person_or_time_asked",
    "yes_or_no",
    "explains",  # a reason or a way is asked for
    "figure_lacks",  # a figure is asked for and the papers have none that fits
    "figure_far",  # ... or none near the noun that it belongs to
    "figure_elsewhere",  # ... or none in a sentence with that noun
    "name_lacks",  # a name (person, time) is asked for and there is none but the paper's own
    "name_far",  # ... or none near the noun
    "kind_asked",  # ... of a kind that we know: a model, a data set, a machine, a language
    "kind_lacks",  # ... and there is none of that kind
    "kind_elsewhere",  # ... or none in a sentence with the noun
    "typed_cover",  # how much else of the question stands in the sentence that has it
    "noun_lacks",  # how far the papers are from the noun
    "best_cover",  # the share of the asked words in the best sentence
)
COVERAGE_FOR = frozenset({"typed_cover", "best_cover"})
COVERAGE_AGAINST = frozenset(
    "weakest second weak_mean weakest_contrast weakest_sentence figure_lacks figure_far"
    " figure_elsewhere name_lacks name_far kind_lacks kind_elsewhere noun_lacks".split()
)

_NEAR = 45  # characters between a figure or name and its noun: six words or so
_SAME_NOUN = 0.62  # cosine from which a word of the paper counts as the noun asked for
_PEOPLE = re.compile(
    r"\b(?:annotators?|experts?|authors?|speakers?|researchers?|humans?|people|volunteers?"
    r"|students?|developers?|users?|workers?|participants?|teachers?|clinicians?|doctors?"
    r"|radiologists?|professionals?)\b",
    re.I,
)
_MORE = re.compile(r"\bhow many (?:times )?(?:more|fewer|less)\b", re.I)  # 4 or 4x may answer
_DATES = re.compile(
    r"\b(?:19|20)\d\d\b|\b(?:january|february|march|april|june|july|august|september|october"
    r"|november|december)\b",
    re.I,
)


class _Word(NamedTuple):
    """An asked word: its stem, place in the question, weight in [0, 1], tokens as a mask."""

    stem: str
    start: int
    weight: float
    tokens: NDArray[np.bool_]

    def found(self, stems: frozenset[str], near: Floats) -> float:
        """How well it is there, in [0, 1]: ``near`` are cosines by token of the question."""
        if self.stem in stems:
            return 1.0
        return float(near[self.tokens].min()) if self.tokens.any() else 0.0


class _Sentence(NamedTuple):
    """A sentence of a paper as the question sees it."""

    view: PaperView
    own: frozenset[str]  # what the paper itself is called
    row: int
    stems: frozenset[str]
    near: Floats

    @property
    def text(self) -> str:
        start, end = self.view.spans[self.row]
        return self.view.text[start:end]

    def cover(self, asked_words: Sequence[_Word]) -> float:
        total = sum(word.weight for word in asked_words)
        found = sum(word.weight * word.found(self.stems, self.near) for word in asked_words)
        return found / (total or 1.0)


@dataclass(frozen=True, slots=True)
class _Lack:
    """What one part of a question lacks, 1 for all of it; fields are features."""

    figure_lacks: float = 0.0
    figure_far: float = 0.0
    figure_elsewhere: float = 0.0
    name_lacks: float = 0.0
    name_far: float = 0.0
    kind_asked: float = 0.0
    kind_lacks: float = 0.0
    kind_elsewhere: float = 0.0
    noun_lacks: float = 0.0


def coverage_features(
    question: QuestionView,
    papers: Sequence[Paper],
    views: Sequence[PaperView],
    others: Sequence[PaperView],
) -> NDArray[np.float64]:
    """The features of ``COVERAGE_FEATURES``, in order, each in [0, 1].

    ``papers`` (with ``views``) are answered from; ``others`` were found, too.
    """
    asked_words = _asked_words(question, papers)
    there = _there(question, views)
    misses = [word.weight * (1 - word.found(*there)) for word in asked_words]
    elsewhere = [_there(question, [view]) for view in others]
    contrasts = (_contrast(word, word.found(*there), elsewhere) for word in asked_words)
    sentences = [
        _Sentence(view, own, row, view.stems[row], by_sentence[:, row])
        for paper, view in zip(papers, views, strict=True)
        for own in [frozenset(aliases(paper.title, paper.abstract))]
        for by_sentence in [nearest_by_sentence(question, view)]
        for row in range(len(view.spans))
    ]
    links = (
        max((w.weight * (1 - w.found(s.stems, s.near)) for w in asked_words), default=0.0)
        for s in sentences
    )
    best_cover = max((sentence.cover(asked_words) for sentence in sentences), default=0.0)
    parts = asked(question.text)
    lacks = [_lack(question, part, sentences, asked_words) for part in parts]
    sorts = {part.sort for part in parts}
    values: dict[str, float] = dict.fromkeys(COVERAGE_FEATURES, 0.0)
    for lack, _ in lacks:
        for name in _Lack.__slots__:
            values[name] = max(values[name], getattr(lack, name))
    heaviest = [*sorted(misses, reverse=True), 0.0, 0.0]
    values |= {
        "weakest": heaviest[0],
        "second": heaviest[1],
        "weak_mean": sum(misses) / (sum(word.weight for word in asked_words) or 1.0),
        "weakest_contrast": max(contrasts, default=0.0),
        "weakest_sentence": min(links, default=1.0),
        "asked_words": min(len(asked_words), 10) / 10,
        "figure_asked": float("figure" in sorts),
        "name_asked": float("name" in sorts),
        "person_or_time_asked": float(bool(sorts & {"who", "when"})),
        "yes_or_no": float(is_yes_or_no(question.text)),
        "explains": float(explains(question.text)),
        "typed_cover": min((typed for _, typed in lacks if typed is not None), default=best_cover),
        "best_cover": best_cover,
    }
    return np.array([values[name] for name in COVERAGE_FEATURES])


def missing_terms(
    question: QuestionView, papers: Sequence[Paper], views: Sequence[PaperView]
) -> frozenset[str]:
    """The stems of the asked words that stand in none of the papers."""
    stems, _ = _there(question, views)
    return frozenset(word.stem for word in _asked_words(question, papers)) - stems


def _asked_words(question: QuestionView, papers: Sequence[Paper]) -> list[_Word]:
    """The content words of the question but those that only name the papers."""
    naming = frozenset[str]().union(*(name_words(question, paper) for paper in papers))
    starts = _token_starts(question)
    found = {
        word.stem: _Word(
            word.stem,
            word.start,
            question.stems[word.stem] / rarest_idf(),
            (starts >= word.start) & (starts < word.end),
        )
        for word in question.words
        if word.is_content and word.stem not in naming
    }
    return list(found.values())


def _token_starts(question: QuestionView) -> NDArray[np.int64]:
    return np.array([start for start, _ in question.tokens.spans], dtype=np.int64)


def _there(question: QuestionView, views: Sequence[PaperView]) -> tuple[frozenset[str], Floats]:
    """The stems of papers, titles included, and how near they come to each token asked."""
    stems = frozenset[str]().union(*(view.all_stems for view in views))
    vectors = [part for view in views for part in (view.vectors, view.title_vectors)]
    return stems, nearest(question, np.concatenate(vectors))


def _contrast(word: _Word, found: float, others: Iterable[tuple[frozenset[str], Floats]]) -> float:
    """How much nearer than these papers a fifth of the others come to a word."""
    theirs = [word.found(*there) for there in others]
    return word.weight * max(0.0, float(np.quantile(theirs, 0.8)) - found) if theirs else 0.0


def _lack(
    question: QuestionView, part: Asked, sentences: Sequence[_Sentence], asked_words: list[_Word]
) -> tuple[_Lack, float | None]:
    """What a part of the question lacks; second, how well the best typed sentence covers the rest.

    None where the part asks for nothing of a type.
    """
    if part.sort == "other":
        return _Lack(), None
    noun = next(
        (w for w in reversed(words(question.text[part.start : part.end])) if w.is_content), None
    )
    starts = _token_starts(question) - part.start
    tokens = (starts >= noun.start) & (starts < noun.end) if noun else np.zeros(len(starts), bool)
    rest = [w for w in asked_words if not part.start <= w.start < part.end] or asked_words
    kind = kind_asked(part.noun) if part.sort == "name" else None
    typed = noun_found = 0.0
    any_ = near = beside = of_kind = of_kind_beside = False
    for sentence in sentences:
        nouns, similar = _nouns(question, sentence, tokens)
        known = noun is not None and noun.stem in sentence.stems
        noun_found = max(noun_found, 1.0 if known else similar)
        has_noun = noun is None or known or bool(len(nouns))
        places, counted, kinds = _answers(question, part, sentence, kind)
        if kinds:
            of_kind = True
            of_kind_beside = of_kind_beside or has_noun
        if not places:
            continue
        close = (
            has_noun
            if noun is None
            else noun.stem in counted or any(abs(n - p) <= _NEAR for n in nouns for p in places)
        )
        any_, near, beside = True, near or close, beside or has_noun
        level = 1.0 if close else 0.8 if has_noun else 0.5
        if kind and not kinds:
            level *= 0.7
        typed = max(typed, level * (sentence.cover(rest) if rest else 0.5))
    noun_lacks = 1 - noun_found if noun else 0.0
    if part.sort == "figure":
        lack = _Lack(
            figure_lacks=float(not any_),
            figure_far=float(not near),
            figure_elsewhere=float(not beside),
            noun_lacks=noun_lacks,
        )
    else:
        lack = _Lack(
            name_lacks=float(not any_),
            name_far=float(not near),
            kind_asked=float(kind is not None),
            kind_lacks=float(kind is not None and not of_kind),
            kind_elsewhere=float(kind is not None and not of_kind_beside),
            noun_lacks=noun_lacks,
        )
    return lack, typed


def _nouns(
    question: QuestionView, sentence: _Sentence, tokens: NDArray[np.bool_]
) -> tuple[list[int], float]:
    """Where in the sentence the noun stands, or a word much like it; and the greatest likeness."""
    inside = sentence.view.sentence_of == sentence.row
    if not tokens.any() or not inside.any():
        return [], 0.0
    like = (question.tokens.vectors[tokens] @ sentence.view.vectors[inside].T).min(axis=0)
    at = sentence.view.starts[inside] - sentence.view.spans[sentence.row][0]
    return at[like >= _SAME_NOUN].tolist(), float(np.clip(like.max(), 0, 1))


def _answers(
    question: QuestionView, part: Asked, sentence: _Sentence, kind: Kind | None
) -> tuple[list[int], frozenset[str], bool]:
    """Where in a sentence the sort of thing asked for stands; the stems of what figures count;
    whether a name there is of ``kind``."""
    view, row = sentence.view, sentence.row
    if part.sort == "figure":
        expected = question.expected
        given = [
            figure
            for figure in view.figures[row]
            if not figure.in_name
            and not re.fullmatch(r"(?:19[89]|20[0-3])\d", figure.text)
            and (
                expected.measures <= {"any"}
                or expected.fits(figure)
                or ("count" in expected.measures and figure.measure == "count")
                or ("count" in expected.measures and _MORE.search(question.text))
            )
        ]
        return [f.start for f in given], frozenset(n for f in given for n in f.nouns), False
    if part.sort == "when":
        return [match.start() for match in _DATES.finditer(sentence.text)], frozenset(), False
    named = [m for m in view.mentions[row] if fold(m.text) not in sentence.own]
    if part.sort == "who":
        people = [match.start() for match in _PEOPLE.finditer(sentence.text)]
        return people + [m.start for m in named], frozenset(), False
    new = [m for m in named if key(m.text) not in question.names]
    of_kind = kind is not None and any(is_of_kind(key(m.text), kind) for m in new)
    return [m.start for m in new], frozenset(), of_kind
