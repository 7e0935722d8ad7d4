"""The page in the visitor's language: all its own words come from one file, papers' words stay."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

pytest.importorskip("selenium")

from browsing import anew, answered, ask, click, find, needs_browser, open_tab, sized, texts, until
from page_server import REFUSED
from selenium.webdriver.chrome.webdriver import WebDriver
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.select import Select
from test_browser_check import DRAFT

from ui.page.words import known

pytestmark = [pytest.mark.slow, pytest.mark.browser, needs_browser]

WORDS = known()["words"]
FLEX = "What does FlexLLM do?"
PATTERNS = [re.compile(re.sub(r"\\\{\w\\\}", "(.+)", re.escape(text)), re.S) for text in WORDS]
# What stands on the page now and isn't somebody else's: words that are seen, and names read aloud.
# Where a call shows no progress, Gradio's clock of it (`.hide`) is there all the same, transparent.
OWN = """
const [foreign, ours] = arguments;
const own = (e) => !e.closest(`${foreign}, ${ours}`)?.matches(`:not(${ours})`);
const seen = [...document.body.querySelectorAll('*')].filter((e) =>
  !e.matches('script, style, textarea, article, .hide *') && e.checkVisibility() && own(e));
const said = (e) => [...e.childNodes].filter((n) => n.nodeType === 3).map((n) => n.data);
const names = ['aria-label', 'title', 'placeholder', 'data-say'];
const named = (e) => names.map((name) => e.getAttribute(name));
return seen.flatMap((e) => [...said(e), ...named(e)]).filter(Boolean)
  .map((text) => text.replace(/\\s+/g, ' ').trim()).filter((text) => /\\p{L}/u.test(text));
"""


def own_words(page: WebDriver) -> set[str]:
    said = page.execute_script(OWN, known()["foreign"], known()["ours"])
    return {text for text in said if not re.fullmatch(r"\S+/\S+", text)}  # an address


def states(page: WebDriver) -> Iterator[str]:
    """The page as it is turned from one state to the next; yields their names."""
    yield "first page"
    ask(page, FLEX)
    answered(page)
    click(page, "a.ap-cite")
    click(page, ".ap-down")
    until(lambda: find(page, ".ap-comment"))
    click(page, ".ap-actions .ap-menu summary")
    yield "answer"
    ask(page, REFUSED)
    answered(page, 2)
    ask(page, "Which papers are about federated learning?")
    answered(page, 3)
    yield "refusal and list"
    page.execute_script("document.activeElement.blur()")
    page.switch_to.active_element.send_keys("?")
    until(lambda: find(page, "dialog.ap-keys"))
    yield "keys"
    page.switch_to.active_element.send_keys(Keys.ESCAPE)
    open_tab(page, "Library")
    click(page, "#ap-add button")
    until(lambda: find(page, "#ap-list tbody input"))
    click(page, "#ap-list tbody .ap-read")
    until(lambda: find(page, "#ap-paper h2"))
    click(page, "#ap-list tbody input")
    click(page, "[data-do=remove]")
    until(lambda: find(page, ".ap-sure"))
    yield "library"
    open_tab(page, "Map")
    until(lambda: find(page, ".ap-map canvas"))
    click(page, ".ap-map-table summary")
    yield "map"
    open_tab(page, "Check")
    yield "check, empty"
    box = until(lambda: [b for b in find(page, "#ap-draft-box textarea") if b.is_displayed()])[0]
    box.send_keys(DRAFT)
    click(page, "#ap-check-now")
    until(lambda: len(find(page, ".ap-badge")) == 3)
    yield "check"
    open_tab(page, "Settings")
    click(page, "#ap-way label:last-of-type")
    until(lambda: find(page, "#ap-key input"))
    yield "settings"
    open_tab(page, "Chat")
    with sized(page, 390, 844):
        click(page, "a.ap-cite")
        until(lambda: find(page, "dialog[open]"))
        yield "sheet of a phone"
        page.switch_to.active_element.send_keys(Keys.ESCAPE)


@pytest.fixture
def english(page_address: str, browser: WebDriver) -> Iterator[WebDriver]:
    """The page opened anew, and left so for the next test."""
    anew(browser, page_address)
    yield browser
    anew(browser, page_address)


@pytest.fixture
def german(page_address: str, browser: WebDriver) -> Iterator[WebDriver]:
    """The page in a browser whose user reads German."""
    agent = browser.execute_script("return navigator.userAgent")
    for language, then in (("de-DE,de", True), ("en-US,en", False)):
        override = {"userAgent": agent, "acceptLanguage": language}
        browser.execute_cdp_cmd("Emulation.setUserAgentOverride", override)
        anew(browser, page_address)
        if then:
            yield browser


def test_no_word_of_the_page_stands_outside_of_its_file(english: WebDriver) -> None:
    outside = {
        state: missing
        for state in states(english)
        if (missing := [t for t in own_words(english) if not any(p.fullmatch(t) for p in PATTERNS)])
    }
    assert outside == {}


def test_a_german_browser_is_spoken_to_in_german(german: WebDriver) -> None:
    turned = {words["de"] for words in WORDS.values()}
    left = {
        state: english
        for state in states(german)
        if (english := [t for t in own_words(german) if t in WORDS and t not in turned])
    }
    assert left == {}
    assert german.execute_script("return document.documentElement.lang") == "de"
    assert texts(german, "#ap-tabs [role=tab]")[1] == "Bibliothek"
    assert {answer.get_attribute("lang") for answer in find(german, ".ap-answer")} == {"en"}


def test_an_answer_is_announced_in_the_page_s_language(german: WebDriver) -> None:
    ask(german, FLEX)
    answered(german)
    until(lambda: texts(german, "#ap-status") == ["Die Antwort ist da. 1 Quelle."])
    assert "Wörtlich zitiert aus 1 Artikel" in texts(german, ".ap-origin")[0]
    assert texts(german, ".ap-question") == [FLEX]


def test_a_refusal_is_in_the_page_s_language(german: WebDriver) -> None:
    for count, (question, begins) in enumerate(
        (
            (
                "what about gardening in the tropics?",
                "Die Artikel dieser Bibliothek sprechen nicht",
            ),
            ("What are the weaknesses of DistServe?", "Die Artikel sagen es nicht. DistServe: "),
            ("papers by Zebulon Nobody", "Kein Artikel hier hat einen Autor namens"),
        ),
        1,
    ):
        ask(german, question)
        answered(german, count)
        assert texts(german, ".ap-refusal")[-1].startswith(begins)
        assert find(german, ".ap-refusal")[-1].get_attribute("lang") == "de"


def test_settings_change_the_language_and_the_conversation_stays(english: WebDriver) -> None:
    ask(english, FLEX)
    answered(english)
    said = texts(english, ".ap-answer p:not(.ap-note)")
    open_tab(english, "Settings")
    Select(find(english, "#ap-language")[0]).select_by_value("zh")
    until(lambda: texts(english, "#ap-tabs [role=tab]")[:1] == ["对话"])
    until(lambda: texts(english, ".ap-question") == [FLEX])
    assert texts(english, ".ap-answer p:not(.ap-note)") == said
    open_tab(english, "Settings")
    assert until(lambda: find(english, "#ap-language"))[0].get_attribute("value") == "zh"


def test_the_tabs_are_whole_on_a_german_phone(german: WebDriver) -> None:
    cut = (
        "return [...document.querySelectorAll('#ap-tabs [role=tab]')]"
        ".filter((tab) => tab.scrollWidth > tab.clientWidth"
        " || tab.getBoundingClientRect().right > 390).map((tab) => tab.textContent)"
    )
    with sized(german, 390, 844):
        until(lambda: "Einstellungen" in "".join(texts(german, "#ap-tabs [role=tab]")))
        until(lambda: german.execute_script(cut) == [])
