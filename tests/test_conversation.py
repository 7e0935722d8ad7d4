"""A conversation grows by pieces, survives errors and can be stopped."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence

import pytest

from ingest.errors import ProviderError
from ingest.filters import EVERYTHING, Filters
from ingest.library import Library
from ingest.paper import Paper
from rag.answer import Answer, Citation
from ui.chat.conversation import BUG, Exchange, asked, history, stopped
from ui.chat.transcript import evidence, turns


class Script:
    """An assistant that plays these pieces; an exception among them is raised."""

    def __init__(self, *pieces: str | Answer | Exception) -> None:
        self.pieces = pieces
        self.histories: list[list[tuple[str, str]]] = []
        self.closed = False

    def stream(
        self,
        question: str,
        history: Sequence[tuple[str, str]] = (),
        *,
        filters: Filters = EVERYTHING,
    ) -> Iterator[str | Answer]:
        self.histories.append(list(history))
        try:
            for piece in self.pieces:
                if isinstance(piece, Exception):
                    raise piece
                yield piece
        finally:
            self.closed = True


def whole(text: str) -> Answer:
    return Answer(question="q", understood="q", text=text)


def test_answer_replaces_what_was_streamed() -> None:
    seen = list(asked(Script("One ", "two.", whole("One two. [1]")), (), "q"))
    assert seen[0] == (Exchange("q"),)
    assert seen[1][0].text == "One "
    assert seen[-1][0].text == "One two. [1]"
    assert seen[-1][0].answer == whole("One two. [1]")


def test_history_is_plain_text_of_what_was_answered() -> None:
    script = Script(whole("Second."))
    before = (
        Exchange("first?", "**First.** [1]", whole("**First.** [1]")),
        Exchange("failed?", problem="no"),
    )
    list(asked(script, before, "second?"))
    assert script.histories == [[("user", "first?"), ("assistant", "**First.** [1]")]]


def test_foreseen_error_is_a_message_in_the_conversation(caplog: pytest.LogCaptureFixture) -> None:
    script = Script("Some", ProviderError("openai/x can't be reached"))
    end = list(asked(script, (), "q"))[-1]
    assert end == (Exchange("q", "Some", problem="openai/x can't be reached"),)
    assert caplog.records == []


def test_bug_is_logged_and_the_conversation_lives_on(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        end = list(asked(Script(ZeroDivisionError("oops")), (), "q"))[-1]
    assert end[0].problem == BUG
    assert "oops" in caplog.text
    assert "oops" not in BUG


def test_stopping_closes_the_stream_and_keeps_what_came() -> None:
    script = Script("Some text", "more", whole("all"))
    growing = asked(script, (), "q")
    next(growing)
    now = next(growing)
    growing.close()  # type: ignore[attr-defined]
    assert script.closed
    end = stopped(now)
    assert end == (Exchange("q", "Some text", stopped=True),)
    assert history(end) == [("user", "q"), ("assistant", "Some text")]


def test_a_stopped_answer_keeps_its_links_and_its_evidence() -> None:
    paper = Paper("p", "Title", "It is fast. It is new.")
    came = Answer("q", "q", "It is fast. [1]", (Citation(1, paper, ((0, 11),), 1.0),))
    end = stopped((Exchange("q", "It is fast. [1] It", came=came),))
    assert 'href="#cite-1-1"' in turns(end)[0]
    assert "Stopped" in turns(end)[0]
    assert "<mark" in evidence(end)


def test_stopping_a_finished_answer_changes_nothing() -> None:
    done = (Exchange("q", "all", whole("all")),)
    assert stopped(done) == done
    assert stopped(()) == ()


def test_every_exchange_is_one_block_whatever_came_of_it() -> None:
    exchanges = (
        Exchange("answered?", "Yes.", whole("Yes.")),
        Exchange("failed?", "Half", problem="It <failed>."),
        Exchange("stopped?", "Half", stopped=True),
        Exchange("waiting?"),
    )
    said = turns(exchanges, busy=True)
    assert len(said) == 4
    assert "answered&#63;" in said[0] and "Yes&#46;" in said[0]
    assert "Half" in said[1] and "It &#60;failed&#62;&#46;" in said[1]
    assert "Half" in said[2] and "Stopped" in said[2]
    assert "Reading the papers" in said[3]


def test_only_the_last_question_can_be_asked_again_or_edited() -> None:
    done = Exchange("q", "Yes.", whole("Yes."), suggested=("And then?",))
    first, last = turns((done, done))
    for what in ('data-do="again"', 'data-do="edit"', "And then&#63;"):
        assert what not in first
        assert what in last
    assert 'data-do="copy"' in first
    assert not any('data-do="again"' in said for said in turns((done, done), busy=True))


def test_refusal_inside_a_choice_offers_to_ask_all() -> None:
    refused = Answer("q", "q", "No.", refused=True)
    for within, offered in ((Filters(since=2024), True), (EVERYTHING, False)):
        said = turns((Exchange("q", "No.", refused, within=within),))[0]
        assert ('data-do="all"' in said) == offered


def test_papers_that_were_removed_since_say_so(library: Library) -> None:
    here, gone = (Paper(name, name.title(), "It is fast.") for name in ("here", "gone"))
    library.put([here])
    cited = tuple(Citation(n, one, ((0, 11),), 1.0) for n, one in enumerate((here, gone), 1))
    html = evidence((Exchange("q", "x", Answer("q", "q", "x [1] [2]", cited)),), library)
    assert html.count("Not in this library any more") == 1
    assert html.index("Here") < html.index("any more")
    assert "Gone" in html


def test_conversation_without_answers_has_no_cards() -> None:
    assert "ap-card" not in evidence((Exchange("waiting?"),))
