"""The page's endpoints for programs, its headers, and its start."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from gradio_client import Client
from gradio_client.exceptions import AppError

from ingest.starter import starter_papers


@pytest.fixture(scope="module")
def address(page_address: str) -> str:
    return page_address


@pytest.fixture(scope="module")
def client(address: str) -> Iterator[Client]:
    client = Client(address, verbose=False, analytics_enabled=False, httpx_kwargs={"timeout": 120})
    yield client
    client.close()


def test_ask_returns_the_whole_answer(client: Client) -> None:
    answer = client.predict("What does FlexLLM do?", None, api_name="/ask")
    assert answer["question"] == "What does FlexLLM do?"
    assert answer["citations"][0]["paper"]["title"].startswith("FlexLLM")
    assert "[1]" in answer["text"]


def test_ask_takes_a_history(client: Client) -> None:
    history = [["user", "What does FlexLLM do?"], ["assistant", "It serves. [1]"]]
    answer = client.predict("What does NanoFlow do?", history, api_name="/ask")
    assert answer["citations"]


@pytest.mark.parametrize("history", [[["user"]], [["robot", "x"]], [["user", "x", "y"]]])
def test_history_of_another_shape_is_refused_in_words(
    client: Client, history: list[list[str]]
) -> None:
    with pytest.raises(AppError, match="each turn is"):
        client.predict("What does FlexLLM do?", history, api_name="/ask")


def test_search_returns_papers_best_first(client: Client) -> None:
    found = client.predict("co-serving inference and finetuning", 3, api_name="/search")
    assert len(found) == 3
    assert found[0]["paper"]["title"].startswith("FlexLLM")
    assert [hit["score"] for hit in found] == sorted((h["score"] for h in found), reverse=True)


def test_questions_and_searches_keep_to_filters(client: Client) -> None:
    only = client.predict("llm serving", 5, since=2024, until=2024, api_name="/search")
    assert {hit["paper"]["year"] for hit in only} == {2024}
    paper = only[0]["paper"]
    answer = client.predict(f"What is {paper['title']}?", papers=[paper["id"]], api_name="/ask")
    assert {hit["paper"] for hit in answer["hits"]} == {paper["id"]}
    assert answer["mode"] == "quoted"
    topic = paper["topics"][0]
    found = client.predict("serving", 5, topics=[topic.upper()], api_name="/search")
    assert all(topic in hit["paper"]["topics"] for hit in found)


def test_papers_are_listed_newest_first_and_in_parts(client: Client) -> None:
    whole = client.predict(k=100, api_name="/papers")
    assert whole["total"] == len(whole["papers"]) == 97
    years = [paper["year"] or 0 for paper in whole["papers"]]
    assert years == sorted(years, reverse=True)
    part = client.predict(first=10, k=3, api_name="/papers")
    assert part["papers"] == whole["papers"][10:13]
    one = client.predict("flexllm", "", 2020, 2030, api_name="/papers")
    assert one["papers"][0]["title"].startswith("FlexLLM")


@pytest.mark.parametrize(
    ("wrong", "said"),
    [({"papers": "p1"}, "a list of texts"), ({"topics": ["t"] * 1_001}, "at most 1,000")],
    ids=["text for list", "too many"],
)
def test_filters_of_another_shape_are_refused_in_words(
    client: Client, wrong: dict[str, object], said: str
) -> None:
    with pytest.raises(AppError, match=said):
        client.predict("What does FlexLLM do?", api_name="/ask", **wrong)


def test_empty_question_is_one_polite_line(client: Client) -> None:
    for name, second in (("/ask", None), ("/search", 3)):
        with pytest.raises(AppError, match="question is empty"):
            client.predict("  ", second, api_name=name)


def test_only_the_endpoints_meant_for_programs_are_public(client: Client) -> None:
    api = client.view_api(return_format="dict", print_info=False)
    assert isinstance(api, dict)
    assert set(api["named_endpoints"]) == {"/ask", "/search", "/papers", "/check"}


@pytest.mark.slow
def test_twenty_visitors_at_once_get_each_their_own_answers(address: str) -> None:
    papers = [paper for paper in starter_papers() if ":" in paper.title][:40]
    questions = [f"What is {paper.title}?" for paper in papers]
    visitors = [
        Client(
            address,
            verbose=False,
            analytics_enabled=False,
            httpx_kwargs={"timeout": 120},
            ssl_verify=False,
        )
        for _ in range(20)
    ]
    start = threading.Barrier(len(visitors))

    def answer(visitor: Client, question: str) -> dict[str, Any]:
        while True:
            try:
                job = visitor.submit(question, api_name="/ask")
                found: dict[str, Any] = job.result(timeout=300)  # one that is lost comes never
                return found
            except AppError as error:
                told = re.search(r"many are asking .* try again in (\d+) s", str(error))
                assert told, error
                time.sleep(int(told[1]))

    def asked(number: int) -> list[dict[str, Any]]:
        start.wait(timeout=300)
        return [answer(visitors[number], one) for one in questions[2 * number : 2 * number + 2]]

    with ThreadPoolExecutor(len(visitors)) as pool:
        answers = [answer for mine in pool.map(asked, range(len(visitors))) for answer in mine]
    assert [answer["question"] for answer in answers] == questions
    first = [answer["citations"][0]["paper"]["id"] for answer in answers]
    assert first == [paper.id for paper in papers]
    for visitor in visitors:
        visitor.close()


def test_health_says_that_it_runs_and_on_how_many_papers(address: str) -> None:
    with urllib.request.urlopen(f"{address}health") as response:
        said = json.load(response)
    assert set(said) == {"status", "version", "papers", "model"}
    assert (said["status"], said["papers"], said["model"]) == ("ok", 97, None)


def test_every_page_forbids_requests_to_other_machines(address: str) -> None:
    with urllib.request.urlopen(address) as response:
        policy = response.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "http" not in policy


def start(library: Path, port: int) -> subprocess.Popen[str]:
    """The command line's chat, where a proxy that nobody answers is set."""
    return subprocess.Popen(
        [sys.executable, "-m", "ui.cli.main", "chat", "--port", str(port)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[1],
        env={
            **os.environ,
            "ASKPAPERS_LIBRARY": str(library),
            "HTTP_PROXY": "http://127.0.0.1:9",
            "HTTPS_PROXY": "http://127.0.0.1:9",
        },
    )


@pytest.mark.slow
def test_command_starts_behind_a_proxy_says_where_and_ends_on_interrupt(tmp_path: Path) -> None:
    port = free_port()
    with start(tmp_path, port) as process:
        assert process.stdout is not None
        assert any(f"http://127.0.0.1:{port}" in line for line in process.stdout)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=120)
    assert process.returncode in (0, 130)
    assert "Traceback" not in said


def test_port_that_is_taken_is_said_in_one_line(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with start(tmp_path, taken.getsockname()[1]) as process:
            _, said = process.communicate(timeout=120)
    assert process.returncode == 2
    assert "another --port" in said
    assert said.count("\n") == 1


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
