"""Whatever a model's server does, the reader gets a whole answer and a line that says why.

Run with ``-v`` for the table of faults and outcomes.
"""

from __future__ import annotations

import asyncio
import json
import logging
import re
import socket
from collections.abc import Iterator
from dataclasses import replace

import pytest
from chat_server import FAULTS, ChatServer, chatting
from stock import starter_library

from rag.answer import Answer
from rag.assistant import Assistant
from rag.llms import LLM, open_llm
from rag.llms.reply import Patience
from rag.llms.settings import Settings

KEY = "sk-a-very-secret-key"
QUESTION = "How does FlexLLM save memory?"
WRITTEN = (
    "FlexLLM reduces the GPU memory overhead of activations by up to 8x [1]. Graph pruning and"
    " dependent parallelization minimize the memory overhead of co-serving [1]."
)
CALM = Patience(attempts=2, backoff=0.01)
# Only what is about waiting has short deadlines, and only those that it runs into.
HASTY_AT_FIRST = replace(CALM, first=0.4)
HASTY_IN_BETWEEN = replace(CALM, between=0.4)

OUTCOMES = {  # by fault: what is said, or None where the written answer comes all the same
    "401": "the key is refused (401)",
    "403": "the key is refused (403)",
    "404": "404: The model `404` does not exist",
    "429": "429: Rate limit reached; tried 2 times",
    "429-hour": "429: Rate limit reached; tried once",
    "429-once": None,
    "429-after": None,
    "no-credit": "429: You exceeded your current quota",
    "500": "500: boom *** second line; tried 2 times",
    "500-once": None,
    "502": "502: bad gateway; tried 2 times",
    "503": "503: loading model; tried 2 times",
    "503-once": None,
    "context": "maximum context length",
    "filter-400": "content filter",
    "silent": "no answer for 0.4 s; tried 2 times",
    "stalling": "and then nothing more for 0.4 s",
    "cut": "the reply broke off (",
    "unfinished": "the reply broke off",
    "malformed": "no reply of OpenAI's protocol",
    "odd": "no reply of OpenAI's protocol",
    "error-event": "the reply broke off (error: the GPU fell out)",
    "page": "no reply of OpenAI's protocol; is the address right?",
    "json": "no reply of OpenAI's protocol; is the address right?",
    "unstreamed": None,
    "empty": "the reply was empty",
    "endless": None,
    "long": None,
    "filter": "content filter",
    "narrow": None,
    "picky": None,
    "no-usage": None,
}
# The same where a server gives its replies in one piece; the others fail before they differ.
UNSTREAMED = {
    **{name: OUTCOMES[name] for name in ("401", "429", "500", "500-once", "silent", "cut", "odd")},
    **{name: OUTCOMES[name] for name in ("malformed", "empty", "endless", "long", "filter")},
    **{name: OUTCOMES[name] for name in ("narrow", "no-usage")},
    "stalling": "no answer for 0.4 s; tried 2 times",
    "unfinished": None,
    "error-event": "error: the GPU fell out; tried 2 times",
}
REPLIES = {  # what a model that keeps to the protocol may say all the same
    "garbage": ("xq7 zzv \x00\x1b[31m qqqq 91@@ lorem", "bear out no sentence"),
    "another language": ("这是一个答案。", "bear out no sentence"),
    "only white space": (" \n\n ", "the reply was empty"),
    "only thoughts": ("<think>hm, hm</think>", "the reply was empty"),
    "thoughts without an end": ("<think>hm, hm", "the reply was empty"),
    "only markers": ("[1] [2]", "bear out no sentence"),
    "only lies": ("It saves 99% of memory [1]. It was made by NASA [1].", "bear out no sentence"),
}


@pytest.fixture(scope="module")
def quoting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    with Assistant.open(
        starter_library(tmp_path_factory.mktemp("starter")), llm="quoted"
    ) as assistant:
        assistant.notices = ()
        assistant._settings = Settings(patience=CALM, profile="large")
        yield assistant


@pytest.fixture(scope="module")
def server() -> Iterator[ChatServer]:
    with chatting(WRITTEN) as server:
        yield server


def model(server: ChatServer, name: str) -> LLM:
    return open_llm(f"openai/{name}", base_url=server.url, key=KEY)


def streamed(assistant: Assistant, question: str = QUESTION) -> tuple[str, Answer]:
    """The pieces, joined, and the answer."""
    *pieces, answer = assistant.stream(question)
    assert isinstance(answer, Answer)
    return "".join(str(piece) for piece in pieces), answer


def patient(assistant: Assistant, patience: Patience) -> Assistant:
    """The same assistant, with models that are waited for so long."""
    other = assistant.with_llm("quoted")
    other._settings = Settings(patience=patience)
    return other


async def awaited(assistant: Assistant) -> Answer:
    return await assistant.aask(QUESTION)


def test_every_fault_of_the_server_has_its_outcome() -> None:
    assert OUTCOMES.keys() == FAULTS.keys()


@pytest.mark.parametrize(
    ("fault", "said", "whole"),
    [
        pytest.param(name, said, whole, id=f"{name}{how}: {said or 'written'}")
        for outcomes, whole, how in ((OUTCOMES, False, ""), (UNSTREAMED, True, ", in one piece"))
        for name, said in outcomes.items()
    ],
)
def test_a_fault_ends_in_its_outcome(
    quoting: Assistant,
    fault: str,
    said: str | None,
    whole: bool,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    with chatting(WRITTEN) as server:
        server.whole = whole
        hasty = HASTY_IN_BETWEEN if fault == "stalling" and not whole else HASTY_AT_FIRST
        patience = hasty if fault in ("silent", "stalling") else CALM
        assistant = patient(quoting, patience).with_llm(model(server, fault))
        pieces, answer = streamed(assistant)
        if said is None:
            assert answer.mode == "written"
            assert answer.text == pieces
            assert answer.text.startswith(WRITTEN.split(". ")[0])
        else:
            quoted = quoting.ask(QUESTION)
            assert (answer.mode, answer.text, answer.citations) == (
                "quoted", quoted.text, quoted.citations,
            )  # fmt: skip
            (warning,) = answer.warnings
            assert said in warning
            assert warning.endswith("; this answer is quoted from the papers instead")
            assert "\n" not in warning
            again = asyncio.run(awaited(assistant))  # with an event loop, too
            assert again.text == quoted.text
            assert said.split("; tried")[0] in again.warnings[0]
        assert set(server.log.keys) == {KEY}
    told = [json.dumps(answer.to_dict()), repr(answer), repr(assistant._writer), caplog.text]
    assert KEY not in "".join(told)


WHOLE = pytest.mark.parametrize("whole", [False, True], ids=["streamed", "in one piece"])


@WHOLE
@pytest.mark.parametrize("reply", REPLIES)
def test_a_reply_that_the_papers_do_not_bear_out_gives_way_to_quotes(
    quoting: Assistant, reply: str, whole: bool
) -> None:
    text, said = REPLIES[reply]
    with chatting(text) as server:
        server.whole = whole
        _, answer = streamed(quoting.with_llm(model(server, "scripted")))
    assert (answer.mode, answer.text) == ("quoted", quoting.ask(QUESTION).text)
    assert said in answer.warnings[0]


MARKERS = {
    "none": (WRITTEN.replace(" [1]", ""), "2 sentences cited nothing; the papers that say them"),
    "made-up ones": (WRITTEN.replace("[1]", "[77]"), "2 markers named no paper that was found"),
}


@WHOLE
@pytest.mark.parametrize("markers", MARKERS)
def test_a_reply_without_markers_that_name_a_paper_is_given_them(
    quoting: Assistant, markers: str, whole: bool
) -> None:
    text, warning = MARKERS[markers]
    with chatting(text) as server:
        server.whole = whole
        pieces, answer = streamed(quoting.with_llm(model(server, "scripted")))
    assert (answer.mode, pieces) == ("written", WRITTEN)
    assert any(said.startswith(warning) for said in answer.warnings)


UNREACHABLE = {
    "nobody listens": lambda: f"http://127.0.0.1:{free_port()}/v1",
    "no such host": lambda: "http://no-such-host.invalid/v1",
}


def free_port() -> int:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        return int(bound.getsockname()[1])


@pytest.mark.parametrize("where", UNREACHABLE)
def test_a_server_that_is_not_there_is_named_in_the_warning(quoting: Assistant, where: str) -> None:
    llm = open_llm("openai/any", base_url=UNREACHABLE[where]())
    pieces, answer = streamed(quoting.with_llm(llm))
    assert answer.mode == "quoted"
    assert pieces == answer.text
    assert "can't be reached (" in answer.warnings[0]
    assert "; tried 2 times; " in answer.warnings[0]


def test_an_endless_reply_is_hung_up_on_and_says_that_it_was_cut(quoting: Assistant) -> None:
    with chatting(WRITTEN + " ") as server:
        _, answer = streamed(quoting.with_llm(model(server, "endless")))
        assert server.left.wait(60)
    assert answer.text.endswith("(⚠ the model's answer was cut off here)")
    assert len(answer.text) < 10_000
    assert any("cut off" in warning for warning in answer.warnings)


def test_a_reply_at_its_limit_of_tokens_says_that_it_was_cut(
    quoting: Assistant, server: ChatServer
) -> None:
    _, answer = streamed(quoting.with_llm(model(server, "long")))
    assert answer.text.endswith("(⚠ the model's answer was cut off here)")
    assert any("cut off" in warning for warning in answer.warnings)


def test_a_model_with_a_narrow_context_is_shown_less(
    quoting: Assistant, server: ChatServer
) -> None:
    answer = quoting.with_llm(model(server, "narrow")).ask(QUESTION)
    assert answer.mode == "written"
    shown = [
        request["messages"][1]["content"].count('"source"')
        for request in server.log.requests
        if request["model"] == "narrow"
    ]
    assert shown == sorted(shown, reverse=True)
    assert shown[0] > shown[-1] >= 1


def test_what_a_server_refuses_of_a_request_is_not_sent_again(
    quoting: Assistant, server: ChatServer
) -> None:
    assistant = quoting.with_llm(model(server, "picky"))
    answers = [assistant.ask(QUESTION) for _ in range(2)]
    assert [answer.mode for answer in answers] == ["written"] * 2
    sent = [set(r) for r in server.log.requests if r["model"] == "picky"]
    assert len(sent) == 5  # three refusals, and two answers
    assert sent[-1] == {"model", "messages", "stream", "max_completion_tokens"}


def test_the_whole_takes_no_longer_than_its_deadline_allows(quoting: Assistant) -> None:
    with chatting() as server:
        hasty = patient(quoting, Patience(attempts=9, total=0.3))
        answer = hasty.with_llm(model(server, "silent")).ask(QUESTION)
    assert re.search(r"no answer for \S+ s; tried once", answer.warnings[0])


def test_hanging_up_frees_a_connection_that_waits_for_its_server(quoting: Assistant) -> None:
    with chatting(WRITTEN) as server:
        stream = quoting.with_llm(model(server, "stalling")).stream(QUESTION)
        assert next(filter(None, stream))
        stream.close()
        assert server.left.wait(60)
        assert not [piece for piece in stream if isinstance(piece, Answer)]


def test_a_stream_that_nobody_reads_on_is_hung_up(quoting: Assistant) -> None:
    with chatting(WRITTEN) as server:
        stream = quoting.with_llm(model(server, "stalling")).stream(QUESTION)
        assert next(filter(None, stream))
        del stream
        assert server.left.wait(60)


def test_cancelling_a_task_frees_the_connection(quoting: Assistant) -> None:
    async def given_up(assistant: Assistant, server: ChatServer) -> None:
        task = asyncio.create_task(assistant.aask(QUESTION))
        while not server.log.requests:
            await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    with chatting(WRITTEN) as server:
        asyncio.run(given_up(quoting.with_llm(model(server, "silent")), server))
        assert server.left.wait(60)
