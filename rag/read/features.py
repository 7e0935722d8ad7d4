"""A paper and a question as the reader sees them: sentences, stems, token vectors, figures."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

from ingest.embedders import Vectors
from ingest.embedders.static import StaticEmbedder, Tokens
from ingest.paper import Paper
from ingest.sentences import Span, sentence_spans
from rag.read.expected_answer import ExpectedAnswer, expected_answer
from rag.text.figures import Figure, figures
from rag.text.mentions import Mention, key, mentions
from rag.text.names import fold, names_in
from rag.text.words import Word, content_stems, default_idf, rarest_idf, words

Floats = NDArray[np.float32]

MOST_TOKENS = 2_000  # of a question; who pastes more asks about its beginning


@dataclass(frozen=True, eq=False)  # no slots: some is worked out when it is asked for
class PaperView:
    """A paper cut into its ``n`` sentences, each with what scoring asks of it.

    ``vectors`` ``(t, dim)`` are the abstract's token vectors in order, ``sentence_of`` ``(t,)``
    says which sentence each belongs to; ``title_vectors`` ``(u, dim)`` are the title's;
    ``directions`` ``(n, dim)`` are the sentences' own unit vectors. ``folded`` is all of it as
    names are compared.
    """

    spans: tuple[Span, ...]
    vectors: Vectors
    starts: NDArray[np.int64]
    sentence_of: NDArray[np.int64]
    directions: Vectors
    title_vectors: Vectors
    stems: tuple[frozenset[str], ...]
    title_stems: frozenset[str]
    all_stems: frozenset[str]
    words: tuple[int, ...]
    text: str
    folded: str

    # Of thirty papers that are ranked, these are asked of the few that are quoted.

    @cached_property
    def figures(self) -> tuple[tuple[Figure, ...], ...]:
        """By sentence."""
        return tuple(figures(self.text[start:end]) for start, end in self.spans)

    @cached_property
    def mentions(self) -> tuple[tuple[Mention, ...], ...]:
        """By sentence."""
        return tuple(mentions(self.text[start:end]) for start, end in self.spans)

    @cached_property
    def names(self) -> tuple[frozenset[str], ...]:
        """By sentence, as they are compared."""
        return tuple(frozenset(key(mention.text) for mention in row) for row in self.mentions)


@dataclass(frozen=True, slots=True, eq=False)
class QuestionView:
    """A question: its content words with weights, its tokens, and the kind of answer it wants."""

    text: str
    words: tuple[Word, ...]
    stems: Mapping[str, float]
    tokens: Tokens
    token_stems: tuple[str, ...]
    direction: Floats
    figures: tuple[Figure, ...]
    names: frozenset[str]
    expected: ExpectedAnswer


@dataclass(frozen=True, slots=True)
class Viewer:
    """Makes views; papers seen lately are kept."""

    embedder: StaticEmbedder
    paper: Callable[[Paper], PaperView]

    @classmethod
    def of(cls, embedder: StaticEmbedder) -> Viewer:
        @lru_cache(maxsize=1024)  # some 0.2 MB each
        def view(title: str, abstract: str) -> PaperView:
            return _paper_view(embedder, title, abstract)

        return cls(embedder, lambda paper: view(paper.title, paper.abstract))

    def question(self, text: str) -> QuestionView:
        """The view of a question as it is to be understood."""
        found = words(text)
        tokens = self.embedder.tokens(text).first(MOST_TOKENS)
        starts = [word.start for word in found]
        # Each token lies in one word, or in none ("1.5" is a word to one and three to the other).
        at = (bisect_right(starts, start) - 1 for start, _ in tokens.spans)
        idf, rarest = default_idf(), rarest_idf()
        return QuestionView(
            text=text,
            words=found,
            stems={word.stem: idf.get(word.stem, rarest) for word in found if word.is_content},
            tokens=tokens,
            token_stems=tuple(found[i].stem if i >= 0 else "" for i in at),
            direction=self.embedder.embed([text])[0],
            figures=figures(text),
            names=frozenset(key(mention.text) for mention in mentions(text)),
            expected=expected_answer(text),
        )


def _paper_view(embedder: StaticEmbedder, title: str, abstract: str) -> PaperView:
    spans = tuple(sentence_spans(abstract))
    tokens = embedder.tokens(abstract)
    ends = np.array([end for _, end in spans])
    starts = np.array([start for start, _ in tokens.spans], dtype=np.int64)
    sentence_of = np.searchsorted(ends, starts, side="right")
    texts = [abstract[start:end] for start, end in spans]
    stems, title_stems = tuple(content_stems(text) for text in texts), content_stems(title)
    return PaperView(
        spans=spans,
        vectors=tokens.vectors,
        starts=starts,
        sentence_of=sentence_of,
        directions=_directions(tokens, sentence_of, len(spans)),
        title_vectors=embedder.tokens(title).vectors,
        stems=stems,
        title_stems=title_stems,
        all_stems=title_stems.union(*stems),
        words=tuple(len(text.split()) for text in texts),
        text=abstract,
        folded=fold(f"{title} {abstract}"),
    )


def _directions(tokens: Tokens, sentence_of: NDArray[np.int64], sentences: int) -> Vectors:
    """The unit vector of each sentence ``(n, dim)``: that of its tokens' weighted sum."""
    directions = np.zeros((sentences, tokens.vectors.shape[1]), np.float32)
    rows, firsts = np.unique(sentence_of, return_index=True)
    if len(rows):
        weighted = tokens.weights[:, None] * tokens.vectors
        directions[rows] = np.add.reduceat(weighted, firsts, axis=0)
        lengths = np.linalg.norm(directions, axis=1, keepdims=True)
        directions /= np.maximum(lengths, 1e-12)
    return directions


def name_words(question: QuestionView, *papers: Paper) -> frozenset[str]:
    """The stems of the question's words that only say which papers are meant."""
    named = {name for paper in papers for name in names_in(question.text, paper)}
    if not named:
        return frozenset()
    return frozenset(
        word.stem
        for word in question.words
        if any(fold(word.text) and fold(word.text) in name for name in named)
        and (len(fold(word.text)) >= 3 or fold(word.text) in named)
    )
