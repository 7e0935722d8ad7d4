"""The way of a question, read down once: understood -> hits -> refused or read -> checked."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace

from ingest.embedders import Embedder
from ingest.embedders.static import StaticEmbedder
from ingest.errors import QuestionError
from ingest.filters import EVERYTHING, Filters
from ingest.library import Library
from ingest.place import library_directory
from ingest.starter import starter_papers
from rag.answer import Answer, Citation, Hit
from rag.compose import answer_text, refusal_text
from rag.followup import standalone
from rag.languages import in_english
from rag.premise import contradicted_figure
from rag.reader import LOOKED_AT, Reader
from rag.refuse import answerable, shipped_weights
from rag.retrieve import LEXICAL_SHARE, Retriever
from rag.view import Viewer

Turn = tuple[str, str]  # role ("user" or "assistant") and text

MAX_QUESTION = 20_000  # characters
KEPT_HITS = 10  # hits that an answer carries
STARTER_NOTICE = (
    "The library was empty: the 96 starter papers were loaded. Their texts are digests in our own"
    " words, not the authors' abstracts."
)


class Assistant:
    """Answers questions from one library; safe to use from several threads."""

    def __init__(
        self,
        library: Library,
        *,
        notices: tuple[str, ...] = (),
        lexical_share: float = LEXICAL_SHARE,
    ) -> None:
        self.library = library
        self.notices = notices
        self._retrieve = Retriever(library, lexical_share)
        own = library.embedder
        # Reading compares word with word: that takes static vectors, whatever made the library's.
        self.static_embedder = own if isinstance(own, StaticEmbedder) else StaticEmbedder()
        self._viewer = Viewer.of(self.static_embedder)
        self._weights = shipped_weights()
        self._read = Reader(self._viewer, self._weights)

    @classmethod
    def open(
        cls,
        library: str | os.PathLike[str] | None = None,
        *,
        embedder: Embedder | None = None,
        starter: bool = True,
    ) -> Assistant:
        """An assistant over the library at ``library`` (None: the default place).

        An empty library is given the starter papers first, unless ``starter`` is false; ``notices``
        says so. Raises LibraryError and its kin when the library can't be used.
        """
        opened = Library.open(library_directory(library), embedder=embedder, create=True)
        if starter and len(opened) == 0:
            opened.put(starter_papers())
            return cls(opened, notices=(STARTER_NOTICE,))
        return cls(opened)

    def close(self) -> None:
        self.library.close()

    def __enter__(self) -> Assistant:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def search(self, question: str, *, k: int = 10, filters: Filters = EVERYTHING) -> list[Hit]:
        """The best ``k`` hits for ``question``, best first, one a paper."""
        return self._retrieve(_checked(question), k=k, filters=filters)

    def ask(
        self,
        question: str,
        history: Sequence[Turn] = (),
        *,
        filters: Filters = EVERYTHING,
    ) -> Answer:
        """The answer to ``question``, understood in the light of ``history``.

        Raises QuestionError for a question that is empty or longer than MAX_QUESTION characters.
        """
        clock = [time.perf_counter()]
        understood = in_english(standalone(_checked(question), history))
        hits = self._retrieve(understood, k=LOOKED_AT, filters=filters)
        clock.append(time.perf_counter())
        reading = self._read(understood, hits)
        verdict = answerable(reading, self._viewer, self._weights.answerable)
        clock.append(time.perf_counter())
        if verdict.reason is not None:
            reason = verdict.reason if len(self.library) else "empty_library"
            text = refusal_text(reason, reading.hits, verdict.missing)
            citations: tuple[Citation, ...] = ()
        else:
            reason = None
            text, citations = answer_text(reading, contradicted_figure(reading, self._viewer))
        return Answer(
            question=question,
            understood=understood,
            text=text,
            citations=citations,
            hits=_scaled(reading.hits[:KEPT_HITS]),
            refused=reason is not None,
            reason=reason,
            confidence=verdict.confidence,
            timings={"retrieve": clock[1] - clock[0], "read": clock[2] - clock[1]},
            warnings=self.notices,
        )

    def stream(
        self,
        question: str,
        history: Sequence[Turn] = (),
        *,
        filters: Filters = EVERYTHING,
    ) -> Iterator[str | Answer]:
        """Pieces of the answer's text as they come, and last the whole Answer."""
        answer = self.ask(question, history, filters=filters)
        yield from answer.text.splitlines(keepends=True)
        yield answer


def ask(
    question: str,
    history: Sequence[Turn] = (),
    *,
    library: str | os.PathLike[str] | None = None,
) -> Answer:
    """One question to the library at ``library`` (None: the default place)."""
    with Assistant.open(library) as assistant:
        return assistant.ask(question, history)


def _scaled(hits: Sequence[Hit]) -> tuple[Hit, ...]:
    """The hits with the reader's scores as shares of the best one's: in (0, 1]."""
    return tuple(replace(hit, score=math.exp(hit.score - hits[0].score)) for hit in hits)


def _checked(question: str) -> str:
    # Lone surrogates come from broken input and can't be stored or sent as UTF-8.
    asked = " ".join(question.encode("utf-8", "replace").decode().split())
    if not asked:
        raise QuestionError("the question is empty; ask something like: What does FlexLLM do?")
    if len(asked) > MAX_QUESTION:
        raise QuestionError(
            f"the question has {len(asked):,} characters; at most {MAX_QUESTION:,} are read"
        )
    return asked
