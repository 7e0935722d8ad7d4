"""The page's endpoints for programs, its MCP tools, too: /ask, /search, /papers, /check."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal, TypeVar

from ingest.errors import AskpapersError
from ingest.filters import Filters
from rag.assistant import Assistant
from rag.check.references import as_file
from rag.llms import QUOTED
from ui.library.catalogue import Catalogues, Wanted
from ui.page.blocks import api, gr, visitor
from ui.server.libraries import Libraries
from ui.server.rate import MOST_SAID, MOST_TURNS, Rate
from ui.server.turns import Busy, Turns

MOST_FOUND = 100  # papers that one call returns at most
MOST_DRAFT = 200_000  # characters of a draft
MOST_WITHIN = 1_000  # papers, or topics, that a question is asked within

Given = TypeVar("Given")


def serve_api(libraries: Libraries, rate: Rate, turns: Turns, *, at_once: int) -> None:
    """Add the endpoints to the page being built: questions as ``turns`` have it, ``at_once`` calls
    of each of the others at a time."""
    calls = _Calls(libraries, rate, turns)
    for question in (calls.ask, calls.search):
        api(question, api_name=question.__name__, concurrency_limit=None)
    for call in (calls.papers, calls.check):
        api(call, api_name=call.__name__, concurrency_limit=at_once)


class _Calls:
    """The endpoints; their docstrings are read by programs and models."""

    def __init__(self, libraries: Libraries, rate: Rate, turns: Turns) -> None:
        self._libraries = libraries
        self._rate = rate
        self._turns = turns
        self._catalogues = Catalogues()

    async def ask(
        self,
        question: str,
        history: list[list[str]] | None = None,
        since: int | None = None,
        until: int | None = None,
        topics: list[str] | None = None,
        papers: list[str] | None = None,
        mode: Literal["default", "quoted"] = "default",
        request: gr.Request = None,  # type: ignore[assignment]  # Gradio fills it in
    ) -> dict[str, Any]:
        """Answer a question from the library of papers, every sentence cited.

        Args:
            question: The question, in plain words.
            history: Earlier turns, oldest first, each ["user", text] or ["assistant", text].
            since: Only papers of this year or later.
            until: Only papers of this year or earlier.
            topics: Only papers with one of these topics.
            papers: Only these papers, by their ids.
            mode: "quoted" for the papers' own words, "default" for what the page was started with.
        """
        _text(question)
        filters = _filters(since, until, topics, papers)
        turns = _turns(history)
        return await self._in_turn(
            request, lambda found: found.ask(question, turns, filters=filters).to_dict(), mode
        )

    async def search(
        self,
        question: str,
        k: int = 10,
        since: int | None = None,
        until: int | None = None,
        topics: list[str] | None = None,
        papers: list[str] | None = None,
        request: gr.Request = None,  # type: ignore[assignment]
    ) -> list[dict[str, Any]]:
        """Find the passages of papers that a question is about, best first, one a paper.

        Args:
            question: What to look for, in plain words.
            k: How many papers at most, from 1 to 100.
            since: Only papers of this year or later.
            until: Only papers of this year or earlier.
            topics: Only papers with one of these topics.
            papers: Only these papers, by their ids.
        """
        _text(question)
        filters = _filters(since, until, topics, papers)
        hits = await self._in_turn(
            request, lambda found: found.search(question, k=_at_most(k), filters=filters), "quoted"
        )
        return [
            {"paper": hit.paper.to_dict(), "text": hit.passage.text, "score": round(hit.score, 4)}
            for hit in hits
        ]

    def papers(
        self,
        words: str = "",
        topic: str = "",
        since: int | None = None,
        until: int | None = None,
        first: int = 0,
        k: int = 20,
        request: gr.Request = None,  # type: ignore[assignment]
    ) -> dict[str, Any]:
        """List the papers of the library, newest first.

        Args:
            words: Words that all stand in title, authors, topics or id; empty for any paper.
            topic: Only papers with this topic.
            since: Only papers of this year or later.
            until: Only papers of this year or earlier.
            first: How many papers to pass over, to go on after an earlier call.
            k: How many papers at most, from 1 to 100.
        """

        if not isinstance(words, str) or not isinstance(topic, str):
            raise _refused("words, topic: texts")
        between = _whole("since", since), _whole("until", until)
        wanted = Wanted(words[:200], topic, *between)

        def listed(assistant: Assistant) -> dict[str, Any]:
            catalogue = self._catalogues.of(assistant.library)
            found = catalogue.find(wanted)
            start = max(0, _whole("first", first) or 0)
            ids = [catalogue.rows[place].id for place in found[start : start + _at_most(k)]]
            known = {paper.id: paper.to_dict() for paper in assistant.library.papers(ids)}
            return {"total": len(found), "papers": [known[id_] for id_ in ids if id_ in known]}

        return self._answered(request, listed)

    def check(
        self,
        text: str,
        references: str = "",
        request: gr.Request = None,  # type: ignore[assignment]
    ) -> dict[str, Any]:
        """Check a draft: whether the papers that it cites say what its sentences claim.

        Args:
            text: Markdown, LaTeX or plain text that cites by arXiv id, DOI, (Author, Year), or
                by [n] with a list of references at its end.
            references: Its bibliography, in BibTeX or RIS, where it cites by keys.
        """
        draft = str(text)[:MOST_DRAFT]
        with as_file(str(references)[:MOST_DRAFT]) as file:
            return self._answered(request, lambda found: found.check(draft, file).to_dict())

    async def _in_turn(
        self, request: gr.Request | None, call: Callable[[Assistant], Given], mode: str
    ) -> Given:
        """``_answered``, when its turn comes."""
        try:
            return await self._turns.asked(
                self._assistant(mode), lambda: self._answered(request, call, mode)
            )
        except Busy as busy:
            raise gr.Error(str(busy), print_exception=False) from busy

    def _answered(
        self,
        request: gr.Request | None,
        call: Callable[[Assistant], Given],
        mode: str = "default",
    ) -> Given:
        """What ``call`` returns; an error that is the world's fault in one line."""
        try:
            session, address = visitor(request) if request is not None else (None, None)
            self._rate.take(session, address)
            return call(self._assistant(mode))
        except AskpapersError as error:
            raise gr.Error(str(error), print_exception=False) from error

    def _assistant(self, mode: str) -> Assistant:
        assistant = self._libraries.first
        return assistant.with_llm(QUOTED) if mode == "quoted" else assistant


def _turns(history: list[list[str]] | None) -> list[tuple[str, str]]:
    turns: list[tuple[str, str]] = []
    shape = _refused('history: each turn is ["user", text] or ["assistant", text]')
    if not isinstance(history, list | None):
        raise shape
    if history is not None and len(history) > MOST_TURNS:
        raise _refused(f"history: at most {MOST_TURNS} turns; leave out the oldest")
    for turn in history or []:
        if not isinstance(turn, list) or len(turn) != 2 or turn[0] not in ("user", "assistant"):
            raise shape
        turns.append((turn[0], str(turn[1])))
    if sum(len(text) for _, text in turns) > MOST_SAID:
        raise _refused(f"history: at most {MOST_SAID:,} characters; leave out the oldest turns")
    return turns


def _filters(
    since: int | None, until: int | None, topics: Sequence[str] | None, papers: Sequence[str] | None
) -> Filters:
    for name, some in (("topics", topics), ("papers", papers)):
        if some is None:
            continue
        if not isinstance(some, list) or not all(isinstance(one, str) for one in some):
            raise _refused(f"{name}: a list of texts")
        if len(some) > MOST_WITHIN:
            raise _refused(f"{name}: at most {MOST_WITHIN:,}")
    return Filters(
        since=_whole("since", since),
        until=_whole("until", until),
        topics=tuple(topics or ()),
        papers=tuple(papers or ()),
    )


def _text(question: object) -> None:
    if not isinstance(question, str):
        raise _refused("question: a text")


def _whole(name: str, said: object) -> int | None:
    """A number that a program has given, which may send anything."""
    if said is None:
        return None
    try:
        number = int(said)  # type: ignore[call-overload]
    except (TypeError, ValueError, OverflowError):
        raise _refused(f"{name}: a whole number, such as 2024") from None
    if not -(10**9) < number < 10**9:
        raise _refused(f"{name}: a whole number, such as 2024")
    return int(number)


def _at_most(k: object) -> int:
    return max(1, min(_whole("k", k) or 1, MOST_FOUND))


def _refused(reason: str) -> gr.Error:
    return gr.Error(reason, print_exception=False)
