"""Two visitors at once, each in a browser of its own: neither sees anything of the other's."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

pytest.importorskip("selenium")

from browsing import (
    anew,
    answered,
    ask,
    click,
    find,
    needs_browser,
    open_tab,
    start,
    texts,
    until,
)
from selenium.webdriver.chrome.webdriver import WebDriver
from selenium.webdriver.remote.webelement import WebElement

pytestmark = [pytest.mark.slow, pytest.mark.browser, needs_browser]

MODEL, KEY = "openai/some-model", "sk-of-the-first-visitor"
FLEX, NANO = "What does FlexLLM do?", "What does NanoFlow do?"


@pytest.fixture(scope="module")
def other_browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebDriver]:
    driver = start(tmp_path_factory.mktemp("other-profile"))
    yield driver
    driver.quit()


@pytest.fixture
def page(page_address: str, browser: WebDriver) -> WebDriver:
    anew(browser, page_address)
    return browser


@pytest.fixture
def other(page_address: str, other_browser: WebDriver) -> WebDriver:
    """The same page in another browser."""
    anew(other_browser, page_address)
    return other_browser


def find_shown(page: WebDriver, css: str) -> WebElement:
    return until(lambda: [found for found in find(page, css) if found.is_displayed()])[0]


def chips(page: WebDriver) -> list[str]:
    return [chip.text for chip in find(page, ".ap-chip") if chip.is_displayed()]


def test_two_who_ask_at_the_same_time_get_each_their_own_answer(
    page: WebDriver, other: WebDriver
) -> None:
    ask(page, FLEX)
    ask(other, NANO)
    for visitor, question, own, foreign in (
        (page, FLEX, "FlexLLM", "NanoFlow"),
        (other, NANO, "NanoFlow", "FlexLLM"),
    ):
        answered(visitor)
        until(lambda v=visitor, q=question: texts(v, ".ap-question") == [q])
        assert texts(visitor, ".ap-kept .ap-open") == [question]
        (card,) = texts(visitor, "#ap-panel .ap-card h3")
        assert own in card
        assert foreign not in " ".join(texts(visitor, "#ap-chat, #ap-panel"))
    other.refresh()
    until(lambda: texts(other, ".ap-question") == [NANO])


def test_what_one_asks_only_within_narrows_nobody_else_s_question(
    page: WebDriver, other: WebDriver
) -> None:
    open_tab(page, "Library")
    click(page, "#ap-list tbody .ap-read")
    title = until(lambda: texts(page, "#ap-paper h2"))[0]
    click(page, "#ap-paper [data-do=within-one]")
    until(lambda: chips(page))
    open_tab(other, "Library")
    until(lambda: texts(other, "#ap-list tbody .ap-read"))
    assert texts(other, "#ap-paper h2") == []
    open_tab(other, "Chat")
    assert chips(other) == []
    ask(other, FLEX)
    answered(other)
    assert "FlexLLM" in texts(other, "#ap-panel .ap-card h3")[0]
    ask(page, FLEX)
    answered(page)
    assert set(texts(page, "#ap-panel .ap-card h3")) <= {title}


def test_a_key_and_the_way_of_answering_are_the_visitor_s_own(
    page: WebDriver, other: WebDriver
) -> None:
    open_tab(page, "Settings")
    click(page, "#ap-way label:last-of-type")
    for name, typed in (("model", MODEL), ("key", KEY)):
        find_shown(page, f"#ap-{name} :is(input, textarea)").send_keys(typed)
    click(page, "#ap-use")
    until(lambda: f"written by {MODEL}" in texts(page, ".ap-holds")[0])
    other.refresh()
    until(lambda: find(other, ".ap-welcome"))
    assert "quoted: no model needed" in texts(other, ".ap-holds")[0]
    open_tab(other, "Settings")
    assert not [field for field in find(other, "#ap-key input") if field.is_displayed()]
    stored = "return JSON.stringify([localStorage, sessionStorage, document.cookie])"
    for visitor in (page, other):
        assert KEY not in visitor.page_source
        assert KEY not in visitor.execute_script(stored)
