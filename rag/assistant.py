"""The way of a question: understood -> hits -> refused, or quoted -> written and checked."""

from __future__ import annotations

import os
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from contextlib import aclosing
from copy import copy
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

from ingest.embedders import Embedder
from ingest.embedders.static import StaticEmbedder
from ingest.errors import QuestionError
from ingest.filters import EVERYTHING, Filters
from ingest.library import Library
from ingest.paper import Paper
from ingest.paths import library_directory
from rag.abstain import shipped_weights
from rag.answer import Answer, Hit, opened
from rag.extractive import Extractive, scaled
from rag.llms import LLM, QUOTED, ModelError
from rag.llms.settings import Settings
from rag.read.cross_encoder import bundled
from rag.read.features import Viewer
from rag.read.table import Table, table
from rag.read.tabled import ROWS, table_query, told
from rag.read.weights import Weights
from rag.reader import LOOKED_AT, Reading
from rag.records.router import Records
from rag.retrieve import Retriever
from rag.threads import one_blas_thread
from rag.understand.foreign import in_english
from rag.understand.language import is_english
from rag.understand.typed import MAX_QUESTION, checked_history, typed
from rag.write.stream import AnswerStream, Call, on_a_thread

if TYPE_CHECKING:
    from rag.check.report import Report
    from rag.verify.verifier import Verifier
    from rag.write.writer import Writer

Turn = tuple[str, str]  # role ("user" or "assistant") and text

CLAIM_HITS = 8  # papers of the library that a claim of a draft is held against
STARTER_NOTICE = (
    "The library was empty: the 96 starter papers were loaded. Their texts are digests in our own"
    " words, not the authors' abstracts."
)


class Assistant:
    """Answers questions from one library; safe to use from several threads.

    ``llm`` writes the answers, a name or an object (see ``rag.llms``); "quoted" is none.
    ``weights`` are the reader's coefficients, by default those that ship with the code.
    """

    def __init__(
        self,
        library: Library,
        *,
        notices: tuple[str, ...] = (),
        lexical_share: float | None = None,
        llm: str | LLM | None = QUOTED,
        settings: Settings | None = None,
        weights: Weights | None = None,
    ) -> None:
        self.library = library
        self.notices = notices
        own = library.embedder
        # Reading compares word with word: that takes static vectors, whatever made the library's.
        self.static_embedder = own if isinstance(own, StaticEmbedder) else StaticEmbedder()
        self._retrieve = Retriever(library, lexical_share)
        viewer = Viewer.of(self.static_embedder)
        weights = weights or shipped_weights(in_context=self._retrieve.in_context)
        self._quoted = Extractive(library, self._retrieve, viewer, weights)
        self._records = Records(library, lambda *asked: self._quoted(*asked)[0])
        self._settings = settings or Settings()
        self._writer = self._writer_of(llm)

    @classmethod
    def open(
        cls,
        library: str | os.PathLike[str] | None = None,
        *,
        embedder: Embedder | None = None,
        starter: bool | None = None,
        llm: str | LLM | None = None,
        profile: str | None = None,
    ) -> Assistant:
        """An assistant over the library at ``library`` (None: the default place).

        ``llm`` None is ``$ASKPAPERS_LLM`` if that is set, else no model; ``profile`` says how it is
        asked (``rag.llms.profile.PROFILES``; None: the environment's choice). With ``starter`` a
        library is made where there is none, and an empty one is given the starter papers;
        ``notices`` says so. With False the one that is made stays empty. None is true at the
        default place and makes nothing elsewhere: a mistyped path is told. Raises LibraryError and
        its kin when the library can't be used, ProviderError when the model can't.
        """
        settings = Settings.from_environment()
        if profile is not None:
            settings = replace(settings, profile=profile)
        model = settings.open(llm)
        make = library is None or starter is not None
        opened = Library.open(library_directory(library), embedder=embedder, create=make)
        try:
            notices: tuple[str, ...] = ()
            if make and starter is not False and opened.is_empty:
                from ingest.starter import starter_papers  # knows how sources are read

                opened.put(starter_papers(), origin="starter")
                notices = (STARTER_NOTICE,)
            return cls(opened, notices=notices, llm=model or QUOTED, settings=settings)
        except BaseException:
            opened.close()
            raise

    @property
    def model(self) -> str | None:
        """The name of the model that writes the answers; None: they are quoted."""
        return self._writer.llm.name if self._writer else None

    @property
    def hint(self) -> str | None:
        """How to choose a model, where there seems to be one and none is chosen."""
        return None if self._writer else self._settings.hint

    @property
    def llm(self) -> LLM | None:
        """The model that writes the answers; None: they are quoted."""
        return self._writer.llm if self._writer else None

    def with_llm(self, llm: str | LLM | None, *, passages: int | None = None) -> Assistant:
        """The same assistant with another model, over the same open library.

        ``passages`` is how many papers the model is shown at most; None: as many as before. Costs
        next to nothing; closing either closes the library of both.
        """
        sibling = copy(self)
        if passages is not None:
            sibling._settings = replace(self._settings, passages=passages)
        sibling._writer = sibling._writer_of(llm)
        return sibling

    def _writer_of(self, llm: str | LLM | None) -> Writer | None:
        model = self._settings.open(llm)
        if model is None:
            return None
        from rag.write.writer import Writer

        return Writer(model, self._settings, self._verify)

    # A cold question that is answered by quoting doesn't pay for what checks and writes.
    @cached_property
    def _verify(self) -> Verifier:
        from rag.verify.support import SupportCheck
        from rag.verify.verifier import Verifier

        return Verifier(SupportCheck(self.static_embedder), bundled())

    def close(self) -> None:
        self.library.close()

    def __enter__(self) -> Assistant:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @one_blas_thread()
    def search(
        self,
        question: str,
        *,
        k: int = 10,
        filters: Filters = EVERYTHING,
        warn: Callable[[str], None] | None = None,
    ) -> list[Hit]:
        """The best ``k`` hits for ``question``, best first, one a paper, as an answer ranks them.

        Scores are shares of the first one's, in (0, 1]. ``warn`` is told when words alone decided,
        the embedder being out of reach; without it ProviderError is raised then.
        """
        if k < 1:
            return []
        asked = typed(question)
        found = self._retrieve(asked, k=max(k, LOOKED_AT), filters=filters, warn=warn)
        return list(scaled(self._quoted.read.rank(asked, found)[:k]))

    @one_blas_thread()  # once, not for every claim
    def check(self, text: str, references: str | os.PathLike[str] | None = None) -> Report:
        """Every claim of a draft against the papers that it cites.

        ``text`` is Markdown, LaTeX or plain; ``references`` the file of its bibliography (BibTeX,
        RIS or another source of papers). Citations that it doesn't explain are looked for in the
        library. Raises ParseError when the bibliography can't be read.
        """
        from rag.check.checker import checked  # who only asks doesn't pay for its imports

        def search(claim: str, warn: Callable[[str], None]) -> list[Paper]:
            hits = self._retrieve(claim[:MAX_QUESTION], k=CLAIM_HITS, warn=warn)
            return [hit.paper for hit in hits]

        report = checked(self.library, self._verify, search, text, references)
        return replace(report, warnings=(*self.notices, *report.warnings))

    def table(
        self,
        topic: str,
        columns: Sequence[str],
        *,
        k: int = 20,
        filters: Filters = EVERYTHING,
    ) -> Table:
        """The papers on ``topic``, ``k`` at most, and what each says of every column.

        Empty where the library has none. Raises QuestionError for a topic or columns without words.
        """
        if not any(column.strip() for column in columns):
            raise QuestionError("no columns are named; name some, such as: method, data, result")
        return self._table(topic, columns, k, filters)[0]

    def _table(
        self, topic: str, columns: Sequence[str], k: int, filters: Filters
    ) -> tuple[Table, Answer]:
        """The table, and the answer that its papers are from."""
        answer = self.with_llm(QUOTED).ask(topic, filters=filters)
        papers = [citation.paper for citation in answer.citations]
        if len(papers) < 2 and not answer.refused:  # one paper answers; a table is of several
            papers = [hit.paper for hit in answer.hits]
        return table(papers[:k], columns), answer

    def _tabled(self, question: str, history: Sequence[Turn], filters: Filters) -> Answer | None:
        """The table that the question asks for; None where it asks for none, or no paper fits."""
        query = table_query(question)
        if query is None:
            return None
        if query.refers and (shown := self._records.shown(history)):
            return told(question, query, table(shown, query.columns), ())
        found, answer = self._table(query.topic, query.columns, ROWS, filters)
        return told(question, query, found, answer.hits) if found.rows else None

    def ask(
        self,
        question: str,
        history: Sequence[Turn] = (),
        *,
        filters: Filters = EVERYTHING,
    ) -> Answer:
        """The answer to ``question``, understood in the light of ``history``.

        ``history`` is what was said before, oldest first. Raises QuestionError for a question that
        is empty or longer than MAX_QUESTION characters, and for a history of another shape. A model
        that fails raises nothing: the answer is quoted then, and its warnings say why.
        """
        for piece in self.stream(question, history, filters=filters):
            if isinstance(piece, Answer):
                return piece
        raise AssertionError  # a stream that nobody closed ends with its Answer

    async def aask(
        self,
        question: str,
        history: Sequence[Turn] = (),
        *,
        filters: Filters = EVERYTHING,
    ) -> Answer:
        """``ask`` for a program with an event loop; cancelling it frees the connection at once."""
        async with aclosing(self.astream(question, history, filters=filters)) as pieces:
            async for piece in pieces:
                if isinstance(piece, Answer):
                    return piece
        raise AssertionError  # a stream that nobody closed ends with its Answer

    def stream(
        self,
        question: str,
        history: Sequence[Turn] = (),
        *,
        filters: Filters = EVERYTHING,
    ) -> AnswerStream:
        """Pieces of the answer's text as they come, and last the whole Answer.

        The pieces, joined, are the answer's text; but when a model fails after some came, and when
        a repair changes some, the Answer takes their place. Raises what ``ask`` raises.
        """
        return AnswerStream(
            lambda line, progress: self._pieces(question, history, filters, Call(line, progress))
        )

    def astream(
        self,
        question: str,
        history: Sequence[Turn] = (),
        *,
        filters: Filters = EVERYTHING,
    ) -> AsyncGenerator[str | Answer, None]:
        """``stream`` for a program with an event loop."""
        return on_a_thread(self.stream(question, history, filters=filters))

    def _pieces(
        self, question: str, history: Sequence[Turn], filters: Filters, call: Call
    ) -> Iterator[str | Answer]:
        asked, note = self._records.spelt(in_english(typed(question)))
        if note:
            yield f"{note}\n\n"
        for piece in self._told(asked, checked_history(history), filters, call):
            if isinstance(piece, Answer):
                piece = replace(opened(piece, note), question=question)
            yield piece

    def _told(
        self, asked: str, history: Sequence[Turn], filters: Filters, call: Call
    ) -> Iterator[str | Answer]:
        asked = self._records.pointed(asked, history)
        recorded = (
            self._tabled(asked, history, filters)
            or self._quoted.apart(asked, filters)
            or self._records.in_parts(asked, history, filters)
            or self._records.answer(asked, history, filters)
        )
        understood, failure = (asked, None) if recorded else self._understood(asked, history, call)
        if recorded is None and understood != asked:
            recorded = self._quoted.apart(understood, filters)
            recorded = recorded or self._records.answer(understood, (), filters)
        if recorded is not None:
            recorded = replace(recorded, warnings=(*self.notices, *recorded.warnings))
            yield from recorded.text.splitlines(keepends=True)
            yield recorded
            return
        quoted, reading = self._quoted(asked, self._records.cased(understood), filters)
        parted = None
        if history and understood == asked and failure is None:
            quoted, reading = self._in_focus(asked, history, filters) or (quoted, reading)
        if quoted.refused:
            parted = self._records.in_parts(asked, history, filters, refused=True)
        quoted = parted or quoted
        quoted = replace(quoted, warnings=(*self.notices, *quoted.warnings))
        if failure is not None:
            from rag.write.writer import fallen_back

            quoted = fallen_back(quoted, failure)
        elif self._writer is not None:
            if not quoted.refused and parted is None:
                yield from self._writer(quoted, reading, call)
                return
            quoted = self._writer.paid(quoted, call)
        yield from quoted.text.splitlines(keepends=True)
        yield quoted

    def _in_focus(
        self, asked: str, history: Sequence[Turn], filters: Filters
    ) -> tuple[Answer, Reading] | None:
        """What the papers last told of say, where they more likely answer the question than not.

        For short questions that lean on nothing that was said, as far as their words tell.
        """
        from rag.understand.history import in_focus

        question = in_focus(asked, history)
        answer, reading = self._quoted(asked, question, filters) if question else (None, None)
        if answer is None or reading is None or answer.refused:
            return None
        return (answer, reading) if (reading.answers or -1) >= 0 else None

    def _understood(
        self, asked: str, history: Sequence[Turn], call: Call
    ) -> tuple[str, str | None]:
        """The question that stands alone, and why the model can't be had if it can't."""
        failure = None
        if self._writer is not None and (history or not is_english(asked)):
            try:
                if condensed := self._writer.condensed(asked, history, call):
                    return condensed, None
            except ModelError as error:
                failure = error.reason
        if not history:
            return asked, failure
        from rag.understand.history import standalone  # a first question doesn't pay for it

        return standalone(asked, history, known=self._records.names()), failure


def ask(
    question: str,
    history: Sequence[Turn] = (),
    *,
    library: str | os.PathLike[str] | None = None,
    llm: str | LLM | None = None,
) -> Answer:
    """One question to the library at ``library`` (None: the default place)."""
    with Assistant.open(library, llm=llm) as assistant:
        return assistant.ask(question, history)
