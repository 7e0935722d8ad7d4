"""What tests share: libraries in temporary places, and the papers that they hold."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

# Before numpy: its threads only get in each other's way here.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import pytest
from fakes import CountingEmbedder
from hypothesis import settings

from ingest.library import Library
from ingest.paper import Paper

# A loaded machine takes longer for an example than Hypothesis' 200 ms: that is no fault.
settings.register_profile("askpapers", deadline=None)
settings.load_profile("askpapers")

if TYPE_CHECKING:
    from chroma_server import ChromaServer
    from selenium.webdriver.chrome.webdriver import WebDriver


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    """An empty library whose vectors a person can compute."""
    with Library.open(tmp_path / "library", embedder=CountingEmbedder(), create=True) as opened:
        yield opened


@pytest.fixture
def approximate(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few passages are searched by Chroma, as many are."""
    monkeypatch.setattr(Library, "exact_below", 0)


@pytest.fixture
def two(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    """A library of two papers, made by the default embedder."""
    from command_line import TUNNELS, ZEBRAS, jsonl, run

    place = tmp_path / "two"
    source = jsonl(tmp_path / "two.jsonl", ZEBRAS, TUNNELS)
    assert run(capsys, "ingest", source, "--library", place).code == 0
    return place


def paper(number: int, text: str = "", **fields: object) -> Paper:
    """A small paper of that number; its words are its own."""
    words = " ".join(f"word{number}x{place}" for place in range(12))
    abstract = text or f"We study subject{number} in depth. It is {number} times faster. {words}."
    return Paper(**{"id": f"p{number}", "title": f"Title {number}", "abstract": abstract, **fields})


@pytest.fixture(scope="session")
def page_feedback(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the page writes what its visitors think; its library is beside it."""
    return tmp_path_factory.mktemp("page") / "library-feedback.jsonl"


@pytest.fixture(scope="session")
def page_address(page_feedback: Path) -> Iterator[str]:
    """The chat page, running in a process of its own over the starter papers and a hostile one."""
    from page_server import serving

    with serving(page_feedback.with_name("library")) as served:
        yield served


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebDriver]:
    """One browser for all tests; ``page`` makes it a fresh visitor's."""
    from browsing import start

    driver = start(tmp_path_factory.mktemp("profile"))
    yield driver
    driver.quit()


@pytest.fixture
def page(page_address: str, browser: WebDriver) -> WebDriver:
    """The page as a visitor without a past meets it."""
    from browsing import fresh

    fresh(browser, page_address)
    return browser


@pytest.fixture(scope="module")
def chroma(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ChromaServer]:
    """A Chroma server of the module's own."""
    from chroma_server import ChromaServer

    server = ChromaServer(tmp_path_factory.mktemp("chroma"))
    yield server
    server.kill()
