"""A conversation with the assistant through LlamaIndex's chat engine."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest
from llama_index.core.llms import ChatMessage, MessageRole
from stock import starter_library

from ingest.errors import QuestionError
from ingest.filters import Filters
from rag.assistant import Assistant
from rag.llama import PapersChatEngine

FIRST = "What does FlexLLM do?"
THEN = "and how much memory does it save?"


@pytest.fixture(scope="module")
def assistant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    with Assistant.open(
        starter_library(tmp_path_factory.mktemp("llama-chat") / "library")
    ) as opened:
        yield opened


def test_a_follow_up_is_understood_from_what_was_said(assistant: Assistant) -> None:
    chat = PapersChatEngine(assistant)
    chat.chat(FIRST)
    second = chat.chat(THEN)
    assert "FlexLLM" in second.metadata["understood"]
    assert second.response == assistant.ask(THEN, [("user", FIRST), ("assistant", "")]).text
    assert [m.role for m in chat.chat_history] == [MessageRole.USER, MessageRole.ASSISTANT] * 2
    assert second.source_nodes
    assert all(
        "[1]" in second.response or n.node.text in second.response for n in second.source_nodes
    )


def test_history_may_be_given_and_forgotten(assistant: Assistant) -> None:
    chat = PapersChatEngine(assistant)
    given = [
        ChatMessage(role=MessageRole.SYSTEM, content="You are a pirate."),
        ChatMessage(role=MessageRole.USER, content=FIRST),
        ChatMessage(role=MessageRole.ASSISTANT, content="It co-serves."),
    ]
    assert "FlexLLM" in chat.chat(THEN, chat_history=given).metadata["understood"]
    assert len(chat.chat_history) == 5
    chat.reset()
    assert chat.chat_history == []
    assert "FlexLLM" not in chat.chat(THEN).metadata["understood"]


def test_a_stream_ends_with_its_sources_and_is_remembered(assistant: Assistant) -> None:
    chat = PapersChatEngine(assistant)
    streaming = chat.stream_chat(FIRST)
    assert chat.chat_history == []
    said = "".join(streaming.response_gen)
    whole = assistant.ask(FIRST)
    assert said == whole.text
    assert [node.node.text for node in streaming.source_nodes] == [
        quote for citation in whole.citations for quote in citation.quotes
    ]
    assert chat.chat_history[-1].content == said


def test_async_talk_is_the_same_talk(assistant: Assistant) -> None:
    async def talk() -> tuple[str, str, list[ChatMessage]]:
        chat = PapersChatEngine(assistant)
        first = await chat.achat(FIRST)
        streaming = await chat.astream_chat(THEN)
        said = "".join([piece async for piece in streaming.async_response_gen()])
        return first.response, said, chat.chat_history

    first, second, history = asyncio.run(talk())
    assert first == assistant.ask(FIRST).text
    assert second == assistant.ask(THEN, [("user", FIRST), ("assistant", first)]).text
    assert [m.content for m in history] == [FIRST, first, THEN, second]


def test_filters_and_our_errors_hold(assistant: Assistant) -> None:
    nothing = PapersChatEngine(assistant, filters=Filters(since=3000)).chat(FIRST)
    assert nothing.metadata["refused"] and nothing.source_nodes == []
    with pytest.raises(QuestionError):
        PapersChatEngine(assistant).chat("  ")
