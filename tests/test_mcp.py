"""The endpoints as MCP tools, called by a real MCP client."""

from __future__ import annotations

import asyncio
from ast import literal_eval
from typing import Any

import httpx
import pytest

pytest.importorskip("mcp", reason="needs askpapers[mcp]")

from mcp import ClientSession
from mcp.client.streamable_http import streamable_http_client

Called = tuple[dict[str, Any], dict[str, Any], bool]


async def talk(address: str, headers: dict[str, str] | None = None) -> tuple[list[Any], Called]:
    """The tools that the page offers, and what /ask, /papers and a wrong call return."""
    async with (
        httpx.AsyncClient(headers=headers, timeout=30) as http,
        streamable_http_client(f"{address}gradio_api/mcp/", http_client=http) as (read, write, _),
        ClientSession(read, write) as session,
    ):
        await session.initialize()
        tools = (await session.list_tools()).tools
        name = {tool.name.rpartition("_")[2] or tool.name: tool.name for tool in tools}
        asked = await session.call_tool(name["ask"], {"question": "What does FlexLLM do?"})
        listed = await session.call_tool(name["papers"], {"words": "flexllm"})
        empty = await session.call_tool(name["search"], {"question": " ", "k": 3})
        return tools, (
            literal_eval(asked.content[0].text),  # as Gradio writes values
            literal_eval(listed.content[0].text),
            empty.isError,
        )


@pytest.fixture(scope="module")
def talked(page_address: str) -> tuple[list[Any], Called]:
    return asyncio.run(talk(page_address))


def test_the_tools_are_the_endpoints_and_say_what_they_take(
    talked: tuple[list[Any], Called],
) -> None:
    tools = {tool.name.rpartition("_")[2] or tool.name: tool for tool in talked[0]}
    assert set(tools) == {"ask", "search", "papers", "check"}
    takes = tools["ask"].inputSchema["properties"]
    assert set(takes) == {"question", "history", "since", "until", "topics", "papers", "mode"}
    assert "plain words" in takes["question"]["description"]
    assert "every sentence cited" in tools["ask"].description


def test_a_question_by_mcp_is_answered_with_its_citations(
    talked: tuple[list[Any], Called],
) -> None:
    answer, listed, _ = talked[1]
    assert answer["citations"][0]["paper"]["title"].startswith("FlexLLM")
    assert listed["total"] == 1


def test_an_empty_question_by_mcp_is_an_error(talked: tuple[list[Any], Called]) -> None:
    assert talked[1][2]
