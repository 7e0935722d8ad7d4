"""What a reader keeps, in a real browser: conversations, exports, settings, judgements."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("selenium")

from browsing import answered, ask, click, find, fresh, needs_browser, open_tab, ready, texts, until
from chat_server import chatting
from page_server import SLOW
from selenium.webdriver.chrome.webdriver import WebDriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

pytestmark = [pytest.mark.slow, pytest.mark.browser, needs_browser]

FLEX, NANO = "What does FlexLLM do?", "What does NanoFlow do?"
SECRET = "sk-kept-nowhere-1234"


@pytest.fixture
def downloads(browser: WebDriver) -> Path:
    profile = str(browser.capabilities["chrome"]["userDataDir"])
    folder = Path(profile) / "downloads"
    for file in folder.glob("*"):
        file.unlink()
    return folder


def saved(folder: Path) -> Path:
    """The one file that has been downloaded."""
    return until(lambda: [f for f in folder.glob("*") if f.suffix != ".crdownload"])[0]


def names(browser: WebDriver) -> list[str]:
    return texts(browser, ".ap-kept .ap-open")


def test_conversation_comes_back_with_its_evidence(page: WebDriver) -> None:
    ask(page, FLEX)
    answered(page)
    panel = texts(page, "#ap-panel")
    click(page, ".ap-fresh")
    until(lambda: find(page, ".ap-welcome"))
    ask(page, NANO)
    answered(page)
    assert names(page) == [NANO, FLEX]
    click(page, ".ap-open")
    until(lambda: texts(page, ".ap-question") == [FLEX])
    assert until(lambda: texts(page, "#ap-panel")) == panel
    click(page, "a.ap-cite")
    until(lambda: find(page, ".ap-card.ap-flash mark.ap-chosen"))
    ask(page, "and on how many GPUs?")
    answered(page, 2)
    assert "FlexLLM" in texts(page, ".ap-understood")[0]
    assert names(page) == [FLEX, NANO]


def test_reload_comes_back_to_the_open_conversation(page: WebDriver) -> None:
    ask(page, FLEX)
    answered(page)
    page.refresh()
    until(lambda: texts(page, ".ap-question") == [FLEX])
    assert texts(page, ".ap-kept [aria-current]") == [FLEX]


def test_conversation_that_cannot_be_read_says_so_on_the_page(page: WebDriver) -> None:
    page.execute_script("askpapers.send('select', {conversation: {version: 9}})")
    assert "can't be read by this version" in until(lambda: texts(page, ".ap-problem"))[0]
    assert not find(page, ".toast-wrap *")


def test_new_tab_starts_with_a_page_of_its_own(page: WebDriver, page_address: str) -> None:
    ask(page, FLEX)
    answered(page)
    first = page.current_window_handle
    page.switch_to.new_window("tab")
    page.get(page_address)
    until(lambda: names(page) == [FLEX])
    until(lambda: find(page, ".ap-welcome"))
    assert texts(page, ".ap-question") == []
    page.close()
    page.switch_to.window(first)


def test_conversation_is_renamed_and_deleted_and_deleting_undone(page: WebDriver) -> None:
    ask(page, FLEX)
    answered(page)
    page.execute_script("document.querySelector('.ap-rename').click()")
    field = page.switch_to.active_element
    field.send_keys(Keys.CONTROL, "a")
    field.send_keys("<b>Mine</b>", Keys.ENTER)
    until(lambda: names(page) == ["<b>Mine</b>"])
    assert not find(page, ".ap-list b")
    page.execute_script("document.querySelector('.ap-delete').click()")
    until(lambda: names(page) == [] and find(page, ".ap-welcome"))
    click(page, ".ap-undo")
    until(lambda: names(page) == ["<b>Mine</b>"])


def test_opening_another_conversation_stops_the_growing_answer(page: WebDriver) -> None:
    ask(page, FLEX)
    answered(page)
    click(page, ".ap-fresh")
    until(lambda: find(page, ".ap-welcome"))
    ask(page, SLOW)
    until(lambda: texts(page, ".ap-coming"))
    click(page, ".ap-open")
    until(lambda: texts(page, ".ap-question") == [FLEX] and ready(page))
    assert sorted(names(page)) == sorted([FLEX, SLOW])


@pytest.mark.parametrize(
    ("kind", "ending", "part"),
    [
        ("markdown", ".md", "### References"),
        ("bibtex", ".bib", "eprint = {"),
        ("json", ".json", '"quote":'),
    ],
)
def test_answer_is_saved_as_a_file(
    page: WebDriver, downloads: Path, kind: str, ending: str, part: str
) -> None:
    ask(page, FLEX)
    answered(page)
    click(page, ".ap-actions .ap-menu summary")
    click(page, f'.ap-actions [data-kind="{kind}"]')
    file = saved(downloads)
    assert file.name == f"what-does-flexllm-do{ending}"
    assert part in file.read_text("utf-8")
    if kind == "json":
        said = json.loads(file.read_text("utf-8"))
        assert said["answers"][0]["citations"][0]["paper"]["title"].startswith("FlexLLM")


def test_reference_list_is_saved_in_the_chosen_style(page: WebDriver, downloads: Path) -> None:
    docx = pytest.importorskip("docx")
    pytest.importorskip("citeproc")
    ask(page, FLEX)
    answered(page)
    click(page, ".ap-actions .ap-menu summary")
    click(page, '.ap-actions [data-kind="list APA"]')
    file = saved(downloads)
    assert file.name == "what-does-flexllm-do-apa.docx"
    said = [paragraph.text for paragraph in docx.Document(str(file)).paragraphs]
    assert said[0] == "References (APA)"
    assert said[1].startswith("Miao, & others. (2024). FlexLLM: A System for Co-Serving")


def test_new_reader_gets_from_the_first_page_to_a_saved_conversation(
    page: WebDriver, downloads: Path
) -> None:
    offered = until(lambda: find(page, ".ap-welcome .ap-ask"))
    # A list of papers may name some by their titles alone: those have no words to mark.
    next(example for example in offered if example.text.startswith("What does")).click()
    answered(page)
    click(page, "a.ap-cite")
    assert until(lambda: texts(page, ".ap-card.ap-flash mark.ap-chosen"))
    click(page, ".ap-next .ap-ask")
    answered(page, 2)
    click(page, ".ap-nav-bar .ap-menu summary")
    click(page, '.ap-nav-bar [data-kind="markdown"]')
    text = saved(downloads).read_text("utf-8")
    assert text.count("\n## ") == 2
    assert text.count("### References") == 2


def test_judgement_and_comment_are_written_down(page: WebDriver, page_feedback: Path) -> None:
    ask(page, FLEX)
    answered(page)
    click(page, ".ap-down")
    until(lambda: find(page, '.ap-down[aria-pressed="true"]'))
    find(page, ".ap-comment input")[0].send_keys("too long", Keys.ENTER)
    assert until(lambda: texts(page, ".ap-commented")) == ["Your comment: too long"]
    lines = [json.loads(line) for line in page_feedback.read_text("utf-8").splitlines()]
    assert [line["comment"] for line in lines[-2:]] == ["", "too long"]
    assert {line["id"] for line in lines[-2:]} == {lines[-1]["id"]}
    assert lines[-1]["question"] == FLEX
    page.refresh()
    assert until(lambda: texts(page, ".ap-commented")) == ["Your comment: too long"]


def reply(_: dict[str, Any]) -> str:
    return (
        "FlexLLM runs inference and finetuning jointly on shared GPUs [1]."
        " It makes finetuning 90x faster than other systems [1]."
        " It reduces the GPU memory overhead of activations by up to 8x [1]."
    )


def test_named_model_writes_and_its_key_is_kept_nowhere(
    page: WebDriver, page_address: str, page_feedback: Path
) -> None:
    with chatting(reply) as server:
        open_tab(page, "Settings")
        page.find_elements(By.CSS_SELECTOR, "#ap-way input")[-1].click()
        until(lambda: find(page, "#ap-key input"))
        for name, value in (("model", "openai/m"), ("key", SECRET), ("address", server.url)):
            find(page, f"#ap-{name} :is(input, textarea)")[0].send_keys(value)
        click(page, "#ap-use")
        until(lambda: "written by openai/m" in texts(page, "#ap-header")[0])
        assert until(lambda: find(page, "#ap-key input")[0].get_attribute("value") == "")
        open_tab(page, "Chat")
        server.slow = 0.08
        ask(page, FLEX)
        until(lambda: find(page, ".ap-coming:has(a.ap-cite) .ap-why"))
        assert find(page, "#ap-panel .ap-card mark")
        assert "Not supported" in answered(page)
        assert len(find(page, ".ap-unsure")) == 1
        assert "2 of the 3 sentences" in texts(page, ".ap-support")[0]
        assert SECRET in server.log.keys
    kept = page.execute_script("return JSON.stringify([localStorage, sessionStorage])")
    assert FLEX in kept
    whole = page.execute_script("return document.documentElement.outerHTML")
    for place in (kept, whole, *read_all(page_feedback.parent)):
        assert SECRET not in place
    page.get(page_address)
    fresh(page, page_address)


def read_all(folder: Path) -> list[str]:
    return [file.read_bytes().decode("latin-1") for file in folder.rglob("*") if file.is_file()]
