"""``askpapers mcp`` spoken to by the official client, as an assistant's program does."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("mcp", reason="needs askpapers[mcp]")

from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client
from mcp.types import CallToolResult
from stock import starter_library

from rag.assistant import Assistant

ROOT = Path(__file__).parents[1]
CALLS: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "ask": ("ask", {"question": "By how much does NanoFlow raise throughput?"}),
    "list": ("ask", {"question": "Which papers are about quantization?"}),
    "search": ("search", {"query": "serving language models", "k": 50}),
    "papers": ("papers", {"words": "serving", "k": 50}),
    "check": (
        "check",
        {
            "text": "NanoFlow gives a 1.97x throughput boost over serving systems (2408.12757). "
            * 40
        },
    ),
    "keys": (
        "check",
        {
            "text": r"NanoFlow gives a 1.91x throughput boost over serving systems \cite{zhu}.",
            "references": "@misc{zhu, title={NanoFlow}, eprint={2408.12757}}",
        },
    ),
    "empty": ("ask", {"question": " "}),
}


async def talk(library: Path, *options: str) -> tuple[list[str], dict[str, CallToolResult]]:
    """The names of the tools, and what the calls return."""
    arguments = ["-m", "ui.cli.main", "mcp", "--library", str(library), *options]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    server = StdioServerParameters(command=sys.executable, args=arguments, env=environment)
    async with stdio_client(server) as (read, write), ClientSession(read, write) as session:
        await session.initialize()
        names = [tool.name for tool in (await session.list_tools()).tools]
        said = {key: await session.call_tool(*call) for key, call in CALLS.items()}
        return names, said


@pytest.fixture(scope="module")
def talked(
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[list[str], dict[str, CallToolResult]]:
    place = tmp_path_factory.mktemp("starter")
    starter_library(place)
    return asyncio.run(talk(place))


def test_reading_tools_are_offered_and_none_that_adds(
    talked: tuple[list[str], dict[str, CallToolResult]],
) -> None:
    assert talked[0] == ["ask", "search", "papers", "check"]


def test_an_answer_comes_as_text_and_structured_with_its_quotes(
    talked: tuple[list[str], dict[str, CallToolResult]],
) -> None:
    result = talked[1]["ask"]
    assert result.structuredContent is not None
    (cited,) = result.structuredContent["citations"]
    assert (cited["id"], result.structuredContent["refused"]) == ("arxiv:2408.12757", False)
    assert "1.91x throughput boost" in " ".join(cited["quotes"])
    assert "[1] NanoFlow" in result.content[0].text  # type: ignore[union-attr]


def test_a_draft_is_checked(talked: tuple[list[str], dict[str, CallToolResult]]) -> None:
    fields = talked[1]["check"].structuredContent
    assert fields is not None and fields["counts"] == {"figure differs": 40}
    assert (fields["claims"][0]["yours"], fields["claims"][0]["theirs"]) == ("1.97x", "1.91x")


def test_a_draft_with_keys_is_checked_by_its_bibliography(
    talked: tuple[list[str], dict[str, CallToolResult]],
) -> None:
    fields = talked[1]["keys"].structuredContent
    assert fields is not None and fields["counts"] == {"supported": 1}


def test_no_result_is_longer_than_four_thousand_characters(
    talked: tuple[list[str], dict[str, CallToolResult]],
) -> None:
    for key, result in talked[1].items():
        assert result.isError == (key == "empty")
        assert len(json.dumps(result.structuredContent, ensure_ascii=False)) <= 4_000
        assert len(result.content[0].text) <= 4_000  # type: ignore[union-attr]


@pytest.mark.slow
def test_adding_is_offered_where_it_is_allowed(tmp_path: Path) -> None:
    Assistant.open(tmp_path, starter=False).close()
    names, _ = asyncio.run(talk(tmp_path, "--allow-add"))
    assert names == ["ask", "search", "papers", "check", "add"]
