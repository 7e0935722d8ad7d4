"""The page is for everybody: axe finds nothing, keys do everything, large text fits."""

from __future__ import annotations

import pytest

pytest.importorskip("selenium")

from browsing import (
    answered,
    ask,
    click,
    find,
    needs_axe,
    needs_browser,
    open_tab,
    sized,
    texts,
    themed,
    until,
    violations,
)
from page_server import MANY, REFUSED
from selenium.webdriver.chrome.webdriver import WebDriver
from selenium.webdriver.common.keys import Keys

pytestmark = [pytest.mark.slow, pytest.mark.browser, needs_browser]


@needs_axe
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing(page: WebDriver, theme: str) -> None:
    with themed(page, theme):
        states = {"first page": violations(page)}
        ask(page, "Which papers are about federated learning?")
        answered(page)
        click(page, "a.ap-cite")
        click(page, ".ap-down")
        until(lambda: find(page, ".ap-comment"))
        states["answer"] = violations(page)
        ask(page, REFUSED)
        answered(page, 2)
        states["refusal"] = violations(page)
        ask(page, MANY)
        answered(page, 3)
        click(page, "[data-do=edit]")
        states["folded cards, editing"] = violations(page)
        with sized(page, 390, 844):
            click(page, "a.ap-cite")
            until(lambda: find(page, "dialog[open]"))
            states["sheet of a phone"] = violations(page)
            page.switch_to.active_element.send_keys(Keys.ESCAPE)
            until(lambda: not find(page, "dialog"))
        open_tab(page, "Settings")
        click(page, "#ap-way label:last-of-type")
        until(lambda: find(page, "#ap-key input"))
        states["settings"] = violations(page)
        click(page, "#ap-way label:first-of-type")  # as the next test expects it
        shown = "return Boolean(document.querySelector('#ap-key input')?.checkVisibility())"
        until(lambda: not page.execute_script(shown))
    assert {state: found for state, found in states.items() if found} == {}


def test_keys_alone_ask_follow_a_citation_and_come_back(page: WebDriver) -> None:
    focused = page.switch_to
    page.execute_script("document.querySelector('#ap-question textarea').focus()")
    focused.active_element.send_keys("What does FlexLLM do?", Keys.ENTER)
    answered(page)
    for _ in range(60):  # backwards, from the question box into the answer
        focused.active_element.send_keys(Keys.SHIFT, Keys.TAB)
        if "ap-cite" in (focused.active_element.get_attribute("class") or ""):
            break
    assert "Source 1: FlexLLM" in (focused.active_element.get_attribute("aria-label") or "")
    focused.active_element.send_keys(Keys.ENTER)
    until(lambda: "ap-card" in (focused.active_element.get_attribute("class") or ""))
    focused.active_element.send_keys(Keys.TAB)
    focused.active_element.send_keys(Keys.ENTER)
    until(lambda: "ap-cite" in (focused.active_element.get_attribute("class") or ""))


def test_single_keys_ask_walk_the_evidence_and_list_themselves(page: WebDriver) -> None:
    ask(page, "Which papers are about federated learning?")
    answered(page)
    page.execute_script("document.activeElement.blur()")
    for key, number in (("j", "1"), ("j", "2"), ("k", "1")):
        page.switch_to.active_element.send_keys(key)
        assert texts(page, ".ap-card:focus .ap-number") == [number]
    page.switch_to.active_element.send_keys("?")
    assert "to the question box" in until(lambda: texts(page, "dialog.ap-keys"))[0]
    page.switch_to.active_element.send_keys(Keys.ESCAPE)
    until(lambda: not find(page, "dialog"))
    page.switch_to.active_element.send_keys("/")
    assert page.switch_to.active_element == find(page, "#ap-question textarea")[0]
    page.switch_to.active_element.send_keys("j/k?")
    assert page.switch_to.active_element.get_attribute("value") == "j/k?"
    page.switch_to.active_element.clear()


def test_what_happens_is_said_to_screen_readers(page: WebDriver) -> None:
    ask(page, "What does FlexLLM do?")
    answered(page)
    until(lambda: texts(page, "#ap-status") == ["The answer is there. 1 source."])


TABS = ("Chat", "Library", "Map", "Check", "Settings")
USABLE = {
    "button", "checkbox", "combobox", "DisclosureTriangle", "image", "link", "radio", "searchbox",
    "tab", "textbox", "application", "article", "option",
}  # fmt: skip


def spoken(browser: WebDriver) -> list[tuple[str, str]]:
    """Role and name of everything that can have the focus, as a screen reader is told them."""
    nodes = browser.execute_cdp_cmd("Accessibility.getFullAXTree", {})["nodes"]
    return [
        (node["role"]["value"], node.get("name", {}).get("value", ""))
        for node in nodes
        if not node["ignored"] and node["role"]["value"] != "RootWebArea"
        if any(p["name"] == "focusable" and p["value"]["value"] for p in node.get("properties", ()))
    ]


def test_everything_that_can_be_used_has_a_name_and_a_role(page: WebDriver) -> None:
    ask(page, "What does FlexLLM do?")
    answered(page)
    for tab in TABS:
        open_tab(page, tab)
        if tab in ("Library", "Map"):
            until(lambda tab=tab: find(page, f"#ap-tab-{tab.casefold()} :is(table, canvas)"))
        heard = spoken(page)
        assert len(heard) > 5
        assert [one for one in heard if one[0] not in USABLE or not one[1].strip()] == [], tab


def test_a_page_at_twice_its_size_needs_no_scrolling_sideways(page: WebDriver) -> None:
    with sized(page, 640, 450, fine=2):
        ask(page, "What does FlexLLM do?")
        answered(page)
        for tab in TABS:
            open_tab(page, tab)
            assert page.execute_script("return document.documentElement.scrollWidth") <= 640, tab


def test_text_twice_as_large_still_fits(page: WebDriver) -> None:
    ask(page, "What does FlexLLM do?")
    answered(page)
    page.execute_script("document.documentElement.style.fontSize = '200%'")
    try:
        wide = page.execute_script("return document.documentElement.scrollWidth - innerWidth")
        assert wide <= 0
        box = find(page, "#ap-question textarea")[0].rect
        assert box["y"] + box["height"] <= page.execute_script("return innerHeight")
        cut = page.execute_script(
            "return [...document.querySelectorAll('.ap-actions button, .ap-ask, .ap-fresh, h2')]"
            ".filter((e) => e.scrollWidth > e.clientWidth + 1).map((e) => e.textContent)"
        )
        assert cut == []
    finally:
        page.execute_script("document.documentElement.style.fontSize = ''")
