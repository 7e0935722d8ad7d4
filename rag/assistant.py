"""The way of a question, read down once: understood -> hits -> refused or read -> checked."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence

from ingest.embedders import Embedder
from ingest.errors import QuestionError
from ingest.filters import EVERYTHING, Filters
from ingest.library import Library
from ingest.place import library_directory
from ingest.starter import starter_papers
from rag.answer import Answer, Citation, Hit
from rag.reader import Quoted, Reader
from rag.retrieve import LEXICAL_SHARE, Retriever

Turn = tuple[str, str]  # role ("user" or "assistant") and text

MAX_QUESTION = 20_000  # characters
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

    def search(
        self, question: str, *, k: int = 10, filters: Filters = EVERYTHING
    ) -> list[Hit]:
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
        started = time.perf_counter()
        asked = _checked(question)
        hits = self._retrieve(asked, k=10, filters=filters)
        retrieved = time.perf_counter()
        lines = Reader(self.library.embedder)(asked, hits)
        text, citations = _composed(lines)
        read = time.perf_counter()
        return Answer(
            question=question,
            understood=asked,
            text=text,
            citations=citations,
            hits=tuple(hits),
            timings={"retrieve": retrieved - started, "read": read - retrieved},
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
        for piece in answer.text.splitlines(keepends=True):
            yield piece
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


def _checked(question: str) -> str:
    asked = " ".join(question.split())
    if not asked:
        raise QuestionError("the question is empty; ask something like: What does FlexLLM do?")
    if len(asked) > MAX_QUESTION:
        raise QuestionError(
            f"the question has {len(asked):,} characters; at most {MAX_QUESTION:,} are read"
        )
    return asked


def _composed(lines: Sequence[Quoted]) -> tuple[str, tuple[Citation, ...]]:
    """The lines as Markdown with markers, and what the markers stand for."""
    said: list[str] = []
    citations: list[Citation] = []
    for number, line in enumerate(lines, 1):
        paper = line.hit.paper
        quotes = " ".join(f"{paper.abstract[a:b]} [{number}]" for a, b in line.spans)
        said.append(f"**{paper.title}**\n{quotes}")
        citations.append(Citation(number, paper, line.spans, 1.0))
    return "\n\n".join(said), tuple(citations)
