"""The page as a reader meets it, in a real browser: questions, answers, their evidence."""

from __future__ import annotations

import time

import pytest

pytest.importorskip("selenium")

from browsing import (
    answered,
    ask,
    click,
    elsewhere,
    find,
    needs_browser,
    requests,
    sized,
    texts,
    until,
)
from page_server import BROKEN, FAILING, HOSTILE_WORDS, MANY, REFUSED, SLOW, TWICE
from selenium.webdriver.chrome.webdriver import WebDriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

pytestmark = [pytest.mark.browser, needs_browser]


def test_answer_cites_and_a_citation_opens_the_exact_words(page: WebDriver) -> None:
    ask(page, "What does FlexLLM do?")
    answered(page)
    link = find(page, "a.ap-cite")[0]
    assert link.text == "[1]"
    assert "FlexLLM" in (link.get_attribute("title") or "")
    link.click()
    card = until(lambda: find(page, ".ap-card.ap-flash"))[0]
    assert card.is_displayed()
    assert page.switch_to.active_element == card
    marks = texts(page, ".ap-flash mark.ap-chosen")
    shown = texts(page, "#ap-chat .ap-answer")[0]
    assert marks
    assert all(mark in shown for mark in marks)
    find(page, ".ap-flash .ap-number")[0].click()
    until(lambda: page.switch_to.active_element == find(page, "a.ap-cite")[0])


def test_citation_is_reached_and_opened_by_keyboard(page: WebDriver) -> None:
    ask(page, "What does NanoFlow do?")
    answered(page)
    page.execute_script("document.querySelector('a.ap-cite').focus()")
    page.switch_to.active_element.send_keys(Keys.ENTER)
    assert "NanoFlow" in until(lambda: texts(page, ".ap-card.ap-flash h3"))[0]


def test_example_is_asked_by_a_click(page: WebDriver) -> None:
    example = until(lambda: find(page, ".ap-welcome .ap-ask"))[0]
    question = example.text
    example.click()
    answered(page)
    assert texts(page, ".ap-question") == [question]


def test_refusal_shows_the_closest_papers_as_not_cited(page: WebDriver) -> None:
    ask(page, REFUSED)
    assert "The papers don't say" in answered(page)
    panel = until(lambda: texts(page, "#ap-panel .ap-closest"))[0]
    assert "not cited" in panel
    assert find(page, "#ap-panel .ap-near")
    assert not find(page, "a.ap-cite, #ap-panel mark")
    click(page, ".ap-to-closest")
    until(lambda: page.switch_to.active_element == find(page, ".ap-closest")[0])


def test_earlier_evidence_opens_from_its_own_answer(page: WebDriver) -> None:
    ask(page, "What does FlexLLM do?")
    answered(page)
    ask(page, "What does NanoFlow do?")
    answered(page, 2)
    first = find(page, '#ap-chat a[href="#cite-1-1"]')[0]
    page.execute_script("arguments[0].scrollIntoView({block: 'center'})", first)
    first.click()
    assert "FlexLLM" in until(lambda: texts(page, ".ap-card.ap-flash h3"))[0]
    assert find(page, ".ap-card.ap-flash")[0].is_displayed()


def test_citation_points_at_its_own_sentence(page: WebDriver) -> None:
    ask(page, TWICE)
    answered(page)
    marks = texts(page, "#ap-panel mark")
    assert len(marks) == 2
    for link, mark in zip(find(page, "a.ap-cite"), marks, strict=True):
        link.click()
        assert texts(page, "mark.ap-chosen") == [mark]


def test_folded_card_opens_on_its_citation(page: WebDriver) -> None:
    ask(page, MANY)
    answered(page)
    assert not any(mark.is_displayed() for mark in find(page, "#ap-panel mark"))
    find(page, '#ap-chat a[href="#cite-1-6"]')[0].click()
    until(lambda: find(page, ".ap-card.ap-flash mark.ap-chosen"))
    assert find(page, ".ap-flash mark.ap-chosen")[0].is_displayed()
    assert [mark.is_displayed() for mark in find(page, "#ap-panel mark")].count(True) == 1


def test_nothing_hostile_comes_alive(page: WebDriver, page_address: str) -> None:
    page.get_log("performance")
    ask(page, "What does ZorbNet <img src=x onerror=window.hit=1> keep?")
    answered(page)
    assert texts(page, ".ap-question") == [
        "What does ZorbNet <img src=x onerror=window.hit=1> keep?"
    ]
    assert any(HOSTILE_WORDS in text for text in texts(page, ".ap-abstract"))
    assert page.execute_script("return window.hit") is None
    assert not find(page, "#ap-chat img, #ap-panel img, #ap-panel script, #ap-panel [onerror]")
    assert not find(page, "#ap-panel a[target]")
    time.sleep(0.2)
    assert elsewhere(requests(page), page_address) == []


def test_page_asks_no_other_machine_for_anything(page: WebDriver, page_address: str) -> None:
    page.get_log("performance")
    page.refresh()
    ask(page, "What does FlexLLM do?")
    answered(page)
    requested = requests(page)
    assert len(requested) > 5
    assert elsewhere(requested, page_address) == []


def test_foreseen_error_is_a_message_and_the_conversation_goes_on(page: WebDriver) -> None:
    ask(page, FAILING)
    assert "can't be reached; quoted answers still work" in answered(page)
    ask(page, BROKEN)
    assert "secret" not in answered(page, 2)
    ask(page, "What does FlexLLM do?")
    assert "[1]" in answered(page, 3)
    assert not find(page, ".toast-wrap *, .error")


def test_growing_answer_is_seen_and_can_be_stopped(page: WebDriver) -> None:
    ask(page, SLOW)
    until(lambda: texts(page, ".ap-coming"))
    sizes = {
        len(until(lambda: texts(page, ".ap-coming"))[0]) for _ in range(20) if not time.sleep(0.05)
    }
    assert len(sizes) > 3
    until(lambda: find(page, "#ap-question .stop-button"))[0].click()
    assert "Stopped." in answered(page)
    kept = texts(page, ".ap-answer")
    time.sleep(0.4)
    assert texts(page, ".ap-answer") == kept
    ask(page, "What does FlexLLM do?")
    assert "[1]" in answered(page, 2)


def test_retry_asks_the_same_question_again(page: WebDriver) -> None:
    ask(page, "What does FlexLLM do?")
    answered(page)
    page.execute_script("document.querySelector('.ap-turn').dataset.old = 1")
    click(page, "[data-do=again]")
    until(lambda: not find(page, ".ap-turn[data-old]"))
    answered(page)
    assert texts(page, ".ap-question") == ["What does FlexLLM do?"]


def test_new_conversation_starts_empty(page: WebDriver) -> None:
    ask(page, "What does FlexLLM do?")
    answered(page)
    click(page, ".ap-fresh")
    until(lambda: not texts(page, ".ap-question"))
    assert not find(page, "#ap-panel .ap-card")


def test_card_shows_its_sentences_in_the_answer(page: WebDriver) -> None:
    ask(page, "Which papers are about federated learning?")
    answered(page)
    page.execute_script("document.querySelectorAll('.ap-card .ap-support')[1].click()")
    chosen = until(lambda: texts(page, ".ap-said.ap-chosen"))
    assert len(chosen) == 1
    assert "[2]" in chosen[0]


def test_edited_question_takes_the_place_of_the_last_one(page: WebDriver) -> None:
    ask(page, "What does FlexLLM do?")
    answered(page)
    click(page, "[data-do=edit]")
    field = page.switch_to.active_element
    assert field.get_attribute("value") == "What does FlexLLM do?"
    field.send_keys(Keys.CONTROL, "a")
    field.send_keys("What does NanoFlow do?", Keys.ENTER)
    until(lambda: texts(page, ".ap-question") == ["What does NanoFlow do?"])
    assert "NanoFlow" in answered(page)


def test_suggested_question_is_answered_from_a_paper(page: WebDriver) -> None:
    ask(page, "What does FlexLLM do?")
    answered(page)
    offered = texts(page, ".ap-next .ap-ask")
    assert len(offered) == 3
    for count, question in enumerate(offered, 2):
        ask(page, question)
        answered(page, count)
        assert find(page, f"#turn-{count} a.ap-cite")


def test_phone_shows_everything_without_scrolling_sideways(page: WebDriver) -> None:
    with sized(page, 390, 844):
        ask(page, "What does FlexLLM do?")
        answered(page)
        wide = page.execute_script("return document.documentElement.scrollWidth")
        assert wide <= 390
        link = find(page, "a.ap-cite")[0]
        link.click()
        sheet = until(lambda: find(page, "dialog[open]"))[0]
        assert "FlexLLM" in (sheet.accessible_name or "")
        mark = sheet.find_element(By.CSS_SELECTOR, "mark.ap-chosen")
        assert 0 <= mark.rect["y"] - page.execute_script("return scrollY") < 844
        assert page.switch_to.active_element.text == "Close"
        page.switch_to.active_element.send_keys(Keys.ESCAPE)
        until(lambda: not find(page, "dialog"))
        assert page.switch_to.active_element == link


def test_browser_has_nothing_to_complain_of(browser: WebDriver) -> None:
    complaints = [e["message"] for e in browser.get_log("browser") if e["level"] == "SEVERE"]
    assert complaints == []
