"""The Library and the Map in a real browser: by pointer, by keys, with hostile papers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("selenium")

from browsing import (
    anew,
    answered,
    ask,
    click,
    elsewhere,
    find,
    needs_axe,
    needs_browser,
    open_tab,
    requests,
    sized,
    texts,
    themed,
    until,
    violations,
)
from page_server import HOSTILE
from selenium.webdriver.chrome.webdriver import WebDriver
from selenium.webdriver.common.keys import Keys

pytestmark = [pytest.mark.slow, pytest.mark.browser, needs_browser]


def tab(page: WebDriver, name: str, shows: str) -> None:
    """Open a tab."""
    open_tab(page, name)
    until(lambda: any(piece.is_displayed() for piece in find(page, shows)))


@pytest.fixture
def page(page_address: str, browser: WebDriver) -> WebDriver:
    """The page opened anew: what was looked for and ticked before is a visit of its own."""
    anew(browser, page_address)
    return browser


@pytest.fixture
def library(page: WebDriver) -> WebDriver:
    """The Library tab of a visitor without a past."""
    tab(page, "library", "#ap-list .ap-papers")
    return page


@pytest.fixture
def narrow(page: WebDriver) -> Iterator[WebDriver]:
    """The page on a phone."""
    with sized(page, 390, 844):
        yield page


def type_in(page: WebDriver, name: str, text: str) -> None:
    box = find(page, f"#ap-controls [name={name}]")[0]
    box.clear()
    box.send_keys(text)


def listed(page: WebDriver) -> list[str]:
    return texts(page, "#ap-list tbody .ap-read")


def test_papers_are_found_while_one_types_and_the_caret_stays(library: WebDriver) -> None:
    type_in(library, "words", "flexllm")
    until(lambda: len(listed(library)) == 1)
    assert listed(library)[0].startswith("FlexLLM")
    assert library.switch_to.active_element.get_attribute("name") == "words"
    type_in(library, "words", "no such paper at all")
    until(lambda: "No paper is like that" in texts(library, "#ap-list")[0])


def test_a_paper_is_read_with_its_nearest_and_from_there_the_next(library: WebDriver) -> None:
    title = listed(library)[1]
    find(library, "#ap-list tbody .ap-read")[1].send_keys(Keys.ENTER)
    until(lambda: texts(library, "#ap-paper h2") == [title])
    assert library.switch_to.active_element.get_attribute("aria-label") == title
    near = texts(library, "#ap-paper .ap-nearest .ap-read")
    assert len(near) == 8
    assert title not in near
    click(library, "#ap-paper .ap-nearest li:first-child .ap-read")
    until(lambda: texts(library, "#ap-paper h2") == [near[0]])


def test_the_list_is_turned_and_paged(library: WebDriver) -> None:
    first = listed(library)
    click(library, "#ap-page-next")
    until(lambda: listed(library) != first)
    assert "26–50 of" in texts(library, ".ap-pager")[0]
    click(library, "#ap-order-title")
    until(lambda: "Papers, title, a to z" in texts(library, "#ap-list caption"))
    names = [title.casefold() for title in listed(library)]
    assert names == sorted(names)
    assert library.switch_to.active_element.get_attribute("id") == "ap-order-title"


def test_the_next_page_of_the_list_is_read_from_its_top(library: WebDriver) -> None:
    first = listed(library)
    click(library, "#ap-page-next")
    until(lambda: listed(library) != first)
    until(
        lambda: library.execute_script("return document.querySelector('#ap-list').scrollTop") == 0
    )


def test_an_opened_paper_is_cited_exported_removed_and_put_back(
    library: WebDriver, browser: WebDriver
) -> None:
    type_in(library, "words", "nanoflow")
    until(lambda: len(listed(library)) == 1)
    click(library, "#ap-list tbody .ap-read")
    cited = until(lambda: find(library, "#ap-paper [data-do=copy]"))[0].get_attribute("data-text")
    assert cited.startswith("Zhu et al. (2024). NanoFlow: ")
    click(library, "#ap-paper [data-do=export-one]")
    folder = Path(str(browser.capabilities["chrome"]["userDataDir"])) / "downloads"
    saved = until(lambda: list(folder.glob("nanoflow*.bib")))[0]
    assert "@misc{" in saved.read_text()
    click(library, "#ap-paper [data-do=remove-one]")
    click(library, "[data-do=remove-yes]")
    until(lambda: "1 paper removed." in texts(library, "#ap-list")[0])
    click(library, "[data-do=undo]")
    until(lambda: "1 paper put back." in texts(library, "#ap-list")[0])
    assert len(listed(library)) == 1
    click(library, "#ap-list tbody .ap-read")
    click(library, ".ap-author")
    until(lambda: find(library, "#ap-controls [name=words]")[0].get_attribute("value") == "Zhu")


def test_a_question_is_asked_only_within_what_is_ticked(library: WebDriver) -> None:
    type_in(library, "words", "nanoflow")
    until(lambda: len(listed(library)) == 1)
    click(library, "#ap-list tbody input")
    click(library, "[data-do=within-chosen]")
    chip = until(lambda: [c for c in find(library, ".ap-chip") if c.is_displayed()])[0]
    assert chip.text.startswith("NanoFlow")
    ask(library, "What does FlexLLM do?")
    said = answered(library)
    assert "FlexLLM: " not in said.partition("What does FlexLLM do?")[2]
    find(library, ".ap-chip")[0].send_keys(Keys.ENTER)
    until(lambda: not find(library, ".ap-chip"))
    ask(library, "What does FlexLLM do?")
    assert "[1]" in answered(library, 2)


def test_papers_are_added_reported_and_removed(library: WebDriver, tmp_path: Path) -> None:
    upload = tmp_path / "mine.jsonl"
    zebras = {"title": "Zebras That Count", "abstract": "We teach zebras to count. They do."}
    upload.write_text(f"{json.dumps(zebras)}\n{json.dumps({'title': 'no text'})}\n")
    click(library, "#ap-add button")
    until(lambda: find(library, "#ap-files input[type=file]"))[0].send_keys(str(upload))
    until(lambda: "mine" in find(library, "#ap-files")[0].text)
    until(lambda: find(library, "#ap-paste textarea"))[0].send_keys("/etc/passwd")
    click(library, "#ap-add-now")
    report = until(lambda: texts(library, ".ap-report:has(strong)"))[0]
    assert "1 added, 2 skipped" in report
    assert "/etc/passwd: neither an arXiv id" in report
    until(lambda: "98 papers" in texts(library, "#ap-header")[0])
    type_in(library, "words", "zebras")
    until(lambda: listed(library) == ["Zebras That Count"])
    click(library, "#ap-list tbody input")
    click(library, "[data-do=remove]")
    until(lambda: library.switch_to.active_element.text == "Keep")
    click(library, "[data-do=remove-yes]")
    until(lambda: "1 paper removed." in texts(library, "#ap-list")[0])
    assert "97 papers" in texts(library, "#ap-header")[0]
    library.refresh()
    until(lambda: "97 papers" in "".join(texts(library, "#ap-header")))


def test_a_hostile_paper_stays_text_everywhere(library: WebDriver, page_address: str) -> None:
    library.get_log("performance")
    type_in(library, "words", "zorbnet")
    until(lambda: len(listed(library)) == 1)
    assert listed(library) == [HOSTILE.title]
    click(library, "#ap-list tbody .ap-read")
    until(lambda: texts(library, "#ap-paper .ap-abstract") == [HOSTILE.abstract])
    click(library, "[data-do=within-one]")
    until(lambda: find(library, ".ap-chip"))
    tab(library, "map", ".ap-map canvas")
    click(library, ".ap-map-table summary")
    assert not find(library, "#ap-tabs img, #ap-tabs script, #ap-tabs [onerror], #ap-paper a")
    assert library.execute_script("return window.hit") is None
    assert elsewhere(requests(library), page_address) == []


def test_the_map_is_walked_by_keys_and_opens_papers(page: WebDriver) -> None:
    ask(page, "What does FlexLLM do?")
    answered(page)
    tab(page, "map", ".ap-map canvas")
    assert "what the current answer cites" in texts(page, ".ap-map-said")[0]
    canvas = find(page, ".ap-map canvas")[0]
    page.execute_script("arguments[0].focus()", canvas)
    canvas.send_keys(Keys.ARROW_RIGHT)
    first = until(lambda: texts(page, ".ap-map-live")[0])
    assert "cited as 1 in the answer" in first
    for key in (Keys.ARROW_LEFT, Keys.ARROW_RIGHT):  # there is none on one side of the outermost
        if texts(page, ".ap-map-live")[0] == first:
            canvas.send_keys(key)
    second = texts(page, ".ap-map-live")[0]
    assert second != first
    assert texts(page, ".ap-map-tip")[0][:20] == second[:20]
    canvas.send_keys(Keys.ENTER)
    until(lambda: find(page, "#ap-map-paper h2"))
    assert second.startswith(texts(page, "#ap-map-paper h2")[0])
    assert canvas.is_displayed()  # the paper lies beside it
    click(page, "#ap-map-paper .ap-nearest .ap-read")
    until(lambda: not second.startswith(texts(page, "#ap-map-paper h2")[0]))
    click(page, "#ap-map-paper .ap-close")
    until(lambda: not find(page, "#ap-map-paper h2"))


def test_nothing_lies_over_the_map(page: WebDriver) -> None:
    tab(page, "map", ".ap-map canvas")
    canvas, zoom = find(page, ".ap-map canvas")[0].rect, find(page, ".ap-map-zoom")[0].rect
    assert zoom["y"] >= canvas["y"] + canvas["height"] - 1


def test_the_map_draws_its_groups_and_shows_one_alone(page: WebDriver) -> None:
    tab(page, "map", ".ap-map canvas")
    inked = (
        "const c = document.querySelector('.ap-map canvas');"
        "const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;"
        "let n = 0; for (let i = 3; i < d.length; i += 4) n += d[i] > 128; return n;"
    )
    every = until(lambda: page.execute_script(inked))
    group = find(page, ".ap-group")[0]
    group.click()
    assert group.get_attribute("aria-pressed") == "true"
    assert 0 < page.execute_script(inked) < every / 2
    group.click()
    assert page.execute_script(inked) > every * 0.9


def test_phone_shows_library_and_map_without_scrolling_sideways(narrow: WebDriver) -> None:
    tab(narrow, "library", "#ap-list .ap-papers")
    click(narrow, "#ap-list tbody .ap-read")
    until(lambda: texts(narrow, "#ap-paper h2"))
    too_wide = (
        "return [...document.querySelectorAll('#ap-tabs *')].filter((e) => e.offsetParent"
        " && e.getBoundingClientRect().right > 391).map((e) => e.outerHTML.slice(0, 90))"
    )
    assert narrow.execute_script(too_wide) == []
    tab(narrow, "map", ".ap-map canvas")
    click(narrow, ".ap-map-table summary")
    assert narrow.execute_script(too_wide) == []


@pytest.mark.parametrize("width", [1280, 390])
def test_who_closes_a_paper_is_back_where_it_is_listed(page: WebDriver, width: int) -> None:
    at = (
        "const {top, bottom} = document.activeElement.getBoundingClientRect();"
        "return top >= 0 && bottom <= innerHeight ? document.activeElement.textContent : null"
    )
    with sized(page, width, 844):
        tab(page, "library", "#ap-list .ap-papers")
        title = listed(page)[19]
        click(page, "#ap-list tbody tr:nth-child(20) .ap-read")
        until(lambda: texts(page, "#ap-paper h2") == [title])
        click(page, "#ap-paper .ap-close")
        until(lambda: page.execute_script(at) == title)


def test_who_closes_a_paper_beside_the_map_is_back_on_the_map(page: WebDriver) -> None:
    tab(page, "map", ".ap-map canvas")
    canvas = find(page, ".ap-map canvas")[0]
    page.execute_script("arguments[0].focus()", canvas)
    canvas.send_keys(Keys.ARROW_RIGHT, Keys.ENTER)
    until(lambda: find(page, "#ap-map-paper h2"))
    click(page, "#ap-map-paper .ap-close")
    until(lambda: page.switch_to.active_element == canvas)


def test_phone_shows_from_the_top_where_a_click_leads(narrow: WebDriver) -> None:
    tab(narrow, "library", "#ap-list .ap-papers")
    click(narrow, "#ap-list tbody .ap-read")
    click(narrow, "#ap-paper [data-do=within-one]")
    until(lambda: find(narrow, "#ap-tab-chat")[0].is_displayed())
    until(lambda: narrow.execute_script("return scrollY") == 0)


@needs_axe
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_in_library_and_map(library: WebDriver, theme: str) -> None:
    with themed(library, theme):
        click(library, "#ap-add button")
        click(library, "#ap-list tbody .ap-read")
        until(lambda: find(library, "#ap-paper h2"))
        click(library, "#ap-list tbody input")
        click(library, "[data-do=remove]")
        until(lambda: find(library, ".ap-sure"))
        found = violations(library)
        click(library, "[data-do=within-one]")
        until(lambda: find(library, ".ap-chip"))
        found += violations(library)
        tab(library, "map", ".ap-map canvas")
        click(library, ".ap-map-table summary")
        click(library, ".ap-map-table .ap-read[data-do=open]")
        until(lambda: find(library, "#ap-map-paper h2"))
        found += violations(library)
        with sized(library, 390, 844):
            found += violations(library)
            tab(library, "library", "#ap-list .ap-papers")
            assert found + violations(library) == []


def test_a_choice_of_papers_belongs_to_its_conversation(library: WebDriver) -> None:
    type_in(library, "words", "nanoflow")
    until(lambda: len(listed(library)) == 1)
    click(library, "#ap-list tbody input")
    click(library, "[data-do=within-chosen]")
    until(lambda: find(library, ".ap-chip"))
    ask(library, "Who won the world cup in 2018?")
    answered(library)
    click(library, ".ap-fresh")
    until(lambda: find(library, ".ap-welcome") and not find(library, ".ap-chip"))
    library.execute_script("document.querySelector('.ap-open').click()")
    until(lambda: find(library, ".ap-chip"))
    click(library, "[data-do=all]")
    until(lambda: find(library, ".ap-turn") and not find(library, ".ap-wider, .ap-chip"))
    answered(library)
