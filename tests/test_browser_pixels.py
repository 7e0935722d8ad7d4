"""What only an eye would see: nothing cut, nothing hidden, nothing that jumps, at all widths."""

from __future__ import annotations

import io

import pytest

pytest.importorskip("selenium")

from browsing import (
    answered,
    ask,
    click,
    find,
    needs_browser,
    open_tab,
    sized,
    still,
    texts,
    until,
)
from page_server import SLOW
from PIL import Image
from selenium.webdriver.chrome.webdriver import WebDriver

pytestmark = [pytest.mark.slow, pytest.mark.browser, needs_browser]

LIST = "Which papers are about federated learning?"
TABLE = "Make a table of papers about LLM serving with method, data and result"


def box(page: WebDriver, css: str) -> dict[str, float]:
    """Where the last such element stands in the window."""
    found: dict[str, float] = page.execute_script(
        "const r = [...document.querySelectorAll(arguments[0])].at(-1).getBoundingClientRect();"
        "return {top: r.top, bottom: r.bottom, left: r.left, right: r.right}",
        css,
    )
    return found


def test_no_line_is_cut_above_the_question_box(page: WebDriver) -> None:
    with sized(page, 1280, 640):
        ask(page, LIST)
        answered(page)
        still(page)
        pane = box(page, "#ap-chat")
        assert box(page, ".ap-next")["bottom"] > pane["bottom"]  # there is more than fits
        image = Image.open(io.BytesIO(page.get_screenshot_as_png())).convert("L")
        row = int(pane["bottom"]) - 1
        ink = {image.getpixel((x, row)) for x in range(int(pane["left"]), int(pane["right"]) - 20)}
    assert len(ink) == 1


def test_a_new_question_stands_at_the_top_of_its_pane(page: WebDriver) -> None:
    for count, question in enumerate(("What does FlexLLM do?", LIST), 1):
        ask(page, question)
        answered(page, count)
    assert abs(box(page, ".ap-turn")["top"] - box(page, "#ap-chat")["top"]) < 2


def test_a_question_is_seen_before_the_server_has_heard_of_it(page: WebDriver) -> None:
    page.execute_script(
        "document.addEventListener('keydown', (event) => { if (event.key === 'Enter') window.seen ="
        " document.querySelector('.ap-sent .ap-question')?.textContent }, true)"
    )
    ask(page, LIST)
    assert page.execute_script("return window.seen") == LIST
    answered(page)
    assert texts(page, ".ap-question") == [LIST]
    assert not find(page, ".ap-sent")


def test_a_question_s_echo_goes_when_its_pane_gets_another_piece(page: WebDriver) -> None:
    """Gradio now and then makes its piece anew instead of changing it."""
    page.execute_script(
        "askpapers.asked('What is meant?'); askpapers.asked('What is meant?');"  # Enter, twice
        "window.echoes = document.querySelectorAll('.ap-sent').length;"
        "const piece = document.querySelector('#ap-chat > :not(.ap-sent)');"
        "piece.replaceWith(piece.cloneNode(true));"
    )
    try:
        until(lambda: not find(page, ".ap-sent"))
        assert page.execute_script("return window.echoes") == 1
    finally:
        page.refresh()  # the piece isn't Gradio's any more


def test_evidence_of_the_answer_before_isn_t_shown_for_the_question_that_grows(
    page: WebDriver,
) -> None:
    ask(page, "What does FlexLLM do?")
    answered(page)
    page.execute_script(
        "window.shown = []; const look = () => { if (!document.querySelector('.ap-sent')) return;"
        " const panel = getComputedStyle(document.querySelector('#ap-panel')).visibility;"
        " window.shown.push([panel, document.querySelector('.ap-lookup').checkVisibility()]); };"
        "new MutationObserver(look).observe(document.querySelector('#ap-chat'), {childList: true})"
    )
    ask(page, LIST)
    answered(page, 2)
    assert page.execute_script("return window.shown")[0] == ["hidden", True]
    until(lambda: not find(page, ".ap-looking"))
    assert "federated" in texts(page, "#ap-panel")[0].casefold()


def test_a_question_asked_in_the_moment_of_the_last_answer_s_end_isn_t_lost(
    page: WebDriver,
) -> None:
    page.execute_script(
        "const { send } = window.askpapers; let heard = 0;"  # Gradio hears the first one not
        "window.askpapers.send = (...all) => { if (heard++) send(...all); }"
    )
    try:
        ask(page, LIST)
        answered(page)
        assert texts(page, ".ap-question") == [LIST]
    finally:
        page.refresh()


def test_what_is_typed_meanwhile_stays_in_the_box(page: WebDriver) -> None:
    ask(page, LIST)
    find(page, "#ap-question textarea")[0].send_keys("and then")
    answered(page)
    assert find(page, "#ap-question textarea")[0].get_attribute("value") == "and then"
    page.refresh()


def test_the_title_of_a_phone_s_sheet_is_whole_wherever_one_reads(page: WebDriver) -> None:
    ask(page, "How do NanoFlow and Splitwise differ?")
    answered(page)
    with sized(page, 390, 700):
        for link in range(2):
            page.execute_script("arguments[0].click()", find(page, "a.ap-cite")[-link])
            until(lambda: find(page, "dialog[open]"))
            for place in (0, 60, 9_999):
                page.execute_script(
                    "document.querySelector('dialog').scrollTo(0, arguments[0])", place
                )
                bar, title = box(page, ".ap-sheet-bar"), box(page, ".ap-sheet h3")
                assert title["top"] >= bar["bottom"] - 1
            page.execute_script("document.querySelector('dialog').close()")
            until(lambda: not find(page, "dialog"))


def test_names_of_conversations_are_whole(page: WebDriver) -> None:
    long = "How much memory does NanoFlow need when it serves requests of many users at once?"
    ask(page, long)
    answered(page)
    page.execute_script("document.querySelector('.ap-shelf').open = true")
    assert until(lambda: texts(page, ".ap-open")) == [long]
    cut = "const e = document.querySelector('.ap-open'); return e.scrollWidth > e.clientWidth + 1"
    assert not page.execute_script(cut)


def test_phone_has_the_question_box_at_hand_and_a_low_header(page: WebDriver) -> None:
    with sized(page, 390, 844):
        assert box(page, ".ap-nav")["bottom"] < 0.18 * 844
        ask(page, "What does FlexLLM do?")
        answered(page)
        for place in (0, 99_999):
            page.execute_script("scrollTo(0, arguments[0])", place)
            question = box(page, "#ap-question")
            assert 700 < question["top"] < question["bottom"] <= 844
        assert box(page, ".ap-card")["bottom"] <= box(page, "#ap-composer")["top"]
        thumb, copy = box(page, ".ap-thumb"), box(page, ".ap-actions [data-do=copy]")
        assert abs(thumb["bottom"] - copy["bottom"]) < 4  # in one line


@pytest.mark.parametrize("width", [1280, 390])
def test_nothing_jumps(page: WebDriver, width: int) -> None:
    with sized(page, width, 844):
        page.execute_script(
            "window.moved = 0; new PerformanceObserver((list) => list.getEntries().forEach((e) =>"
            " (window.moved += e.hadRecentInput ? 0 : e.value))).observe({type: 'layout-shift'})"
        )
        ask(page, LIST)
        answered(page)
        find(page, "#ap-tab-library-button")[0].click()
        until(lambda: find(page, "#ap-list .ap-papers"))
        still(page)  # a frame later the browser has said what moved
        assert page.execute_script("return window.moved") <= 0.02
        open_tab(page, "Chat")


def test_evidence_of_the_answer_before_stays_away_while_another_grows(page: WebDriver) -> None:
    ask(page, "What does FlexLLM do?")
    answered(page)
    ask(page, SLOW)
    try:
        until(lambda: "word9 " in "".join(texts(page, ".ap-coming")))
        assert find(page, ".ap-looking")
        assert not find(page, "#ap-panel .ap-card")[0].is_displayed()
    finally:
        click(page, "#ap-question .stop-button")
    answered(page, 2)
    until(lambda: not find(page, ".ap-looking"))


def test_no_word_of_a_table_is_cut_and_a_phone_shows_all_its_columns(page: WebDriver) -> None:
    ask(page, TABLE)
    answered(page)
    seen = texts(page, ".ap-cells thead th")
    for width in (1440, 390):
        with sized(page, width, 900):
            cells = box(page, ".ap-cells")
            for cell in find(page, ".ap-cells tbody tr:first-child td"):
                at = cell.rect
                assert at["x"] + at["width"] <= cells["right"] + 1
            assert not page.execute_script(
                "return [...document.querySelectorAll('.ap-cells :is(th, td)')]"
                ".some((cell) => cell.scrollWidth > cell.clientWidth + 1)"
            )
    columns = [cell.get_attribute("data-column") for cell in find(page, ".ap-cells td")]
    assert columns[: len(seen) - 1] == seen[1:]


def test_the_box_that_ticks_a_page_follows_its_papers(page: WebDriver) -> None:
    open_tab(page, "Library")
    click(page, "#ap-all")
    until(lambda: find(page, "#ap-list tbody input:checked")[24:])
    click(page, "#ap-list tbody tr:first-child input")
    until(lambda: "24 ticked" in texts(page, "#ap-list .ap-deeds")[0])
    assert not find(page, "#ap-all")[0].is_selected()
    click(page, "[data-do=choose-none]")
    until(lambda: "ticked" not in texts(page, "#ap-list .ap-deeds")[0])
    open_tab(page, "Chat")


def test_what_an_opened_paper_offers_stands_in_one_line(page: WebDriver) -> None:
    with sized(page, 1440, 900):
        open_tab(page, "Library")
        click(page, "#ap-list tbody .ap-read")
        until(lambda: find(page, "#ap-paper [data-do=remove-one]"))
        first, last = box(page, "[data-do=within-one]"), box(page, "[data-do=remove-one]")
        assert first["top"] == last["top"]
        click(page, "#ap-paper .ap-close")
        until(lambda: not find(page, "#ap-paper .ap-paper"))
        open_tab(page, "Chat")


def test_the_first_answer_moves_nothing_in_the_list_of_conversations(page: WebDriver) -> None:
    with sized(page, 1440, 900):
        before = box(page, ".ap-shelf")["top"]
        ask(page, "What does FlexLLM do?")
        answered(page)
        until(lambda: find(page, ".ap-kept"))
        assert box(page, ".ap-shelf")["top"] == before
