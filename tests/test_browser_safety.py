"""Nothing that stands in a paper, a question, a name or a model's words comes alive on the page."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

pytest.importorskip("selenium")

from browsing import (
    answered,
    ask,
    click,
    elsewhere,
    find,
    needs_browser,
    open_tab,
    requests,
    texts,
    until,
)
from page_server import serving
from payloads import PAYLOADS, UNSEEN
from selenium.webdriver.chrome.webdriver import WebDriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from ingest.paper import Paper, Passage
from rag.answer import Answer, CheckedSentence, Citation, Hit
from rag.export import to_markdown
from ui.chat.conversation import Exchange, Judgement
from ui.chat.stored import packed

pytestmark = [pytest.mark.slow, pytest.mark.browser, needs_browser]


def everywhere(payload: str) -> Exchange:
    """An exchange in which every text is ``payload``."""
    paper = Paper(payload, payload, payload, (payload,), 2024, payload, payload, (payload,))
    answer = Answer(
        payload,
        f"{payload} too",
        f"**{payload}** [1]\n\n- {payload} [1]",
        (Citation(1, paper, ((0, len(payload)),), 1.0),),
        mode="written",
        model=payload,
        warnings=(payload,),
        sentences=(CheckedSentence(0, len(payload), (1,), 0.1, "unsupported", payload),),
    )
    return Exchange(
        payload, payload, answer, suggested=(payload,), judged=Judgement(payload, "up", payload)
    )


def refused(payload: str) -> Exchange:
    paper = Paper(payload, payload, payload)
    hits = (Hit(Passage(paper, 0, 1), 1.0, 1.0, 1.0),)
    return Exchange(payload, payload, Answer(payload, payload, payload, (), hits, refused=True))


def dead(page: WebDriver, address: str) -> None:
    """Nothing has run, nothing was loaded from elsewhere, and no element of a payload is there."""
    page.execute_script(
        "document.querySelectorAll('details').forEach((folded) => (folded.open = true));"
        "document.querySelectorAll('#ap-body *').forEach((e) => {"
        " for (const name of ['mouseover', 'focus', 'load', 'error', 'toggle'])"
        " e.dispatchEvent(new Event(name)); })"
    )
    alive = (
        "script, img, iframe, object, embed, link, style, base, meta, video, audio, form[action],"
        " math, portal, dialog[onclose], marquee, frameset, [contenteditable]"
    )
    assert not find(page, ", ".join(f"#ap-body {element}" for element in alive.split(", ")))
    handlers = page.execute_script(
        "return [...document.querySelectorAll('#ap-body *')].flatMap((e) =>"
        " [...e.attributes].map((a) => a.name).filter((name) => name.startsWith('on')))"
    )
    assert handlers == []
    assert page.execute_script("return window.hit") is None
    assert page.current_url == address
    assert elsewhere(requests(page), address) == []


def squeezed(said: list[str]) -> list[str]:
    return ["".join(text.split()) for text in said]


def opened(page: WebDriver, payloads: list[str]) -> None:
    """Open a kept conversation in which every payload stands everywhere, once it is shown."""
    told = [everywhere(payload) for payload in payloads]
    told += [refused(payload) for payload in payloads]
    told += [Exchange(payload, payload, problem=payload) for payload in payloads]
    kept = [
        {"id": str(number), "name": payload, "conversation": {}}
        for number, payload in enumerate(payloads)
    ]
    kept[0]["conversation"] = packed(tuple(told))
    page.execute_script(
        "localStorage.setItem('askpapers.conversations', JSON.stringify(arguments[0]))", kept
    )
    page.refresh()
    until(lambda: len(find(page, ".ap-kept")) == len(kept))
    page.get_log("performance")
    page.execute_script("document.querySelector('.ap-open').click()")
    until(lambda: len(find(page, ".ap-turn")) == len(told))


@pytest.mark.parametrize("half", [0, 1])  # a conversation has so many questions
def test_no_payload_comes_alive_wherever_it_stands(
    page: WebDriver, page_address: str, half: int
) -> None:
    payloads = PAYLOADS[half::2]
    assert len(PAYLOADS) >= 100
    opened(page, payloads)
    assert squeezed(texts(page, ".ap-kept .ap-open")) == squeezed(payloads)
    assert squeezed(texts(page, ".ap-question")) == squeezed(payloads) * 3
    dead(page, page_address)
    links = page.execute_script(
        "return [...document.querySelectorAll('#ap-body a')].map((a) => a.getAttribute('href'))"
    )
    assert links
    assert all(link.startswith(("#cite-", "#ref-", "#closest-")) for link in links)


def test_what_is_not_seen_turns_and_hides_nothing(page: WebDriver, page_address: str) -> None:
    opened(page, [text.encode("utf-8", "replace").decode() for text in UNSEEN])
    dead(page, page_address)
    shown = page.execute_script(
        "return document.body.textContent + [...document.querySelectorAll('#ap-body *')]"
        ".flatMap((e) => [...e.attributes].map((a) => a.value)).join()"
    )
    assert "safe" in shown
    unseen = "[\u202a-\u202e\u2066-\u2069\u200b\u200e\u200f\u061c\u00ad\U000e0000-\U000e007f]"
    assert not re.search(unseen + "|[\x00-\x08\x1b\x7f-\x84]", shown)


def test_an_export_that_is_shown_by_another_program_is_dead(
    browser: WebDriver, tmp_path: Path
) -> None:
    """Markdown as HTML in a page of its own, where nothing forbids scripts."""
    markdown_it = pytest.importorskip("markdown_it")
    answers = [
        told.answer
        for payload in (*PAYLOADS, *UNSEEN)
        for told in (everywhere(payload), refused(payload))
        if told.answer is not None
    ]
    shown = markdown_it.MarkdownIt("commonmark", {"html": True}).render(to_markdown(answers))
    file = tmp_path / "export.html"
    file.write_text(f"<!doctype html><meta charset=utf-8><body>{shown}", "utf-8", "replace")
    browser.get_log("performance")
    browser.get(file.as_uri())
    assert len(find(browser, "h2")) == len(answers)
    kinds = browser.execute_script(
        "return [...new Set([...document.body.querySelectorAll('*')].map((e) => e.localName))]"
    )
    assert set(kinds) <= {"h2", "h3", "p", "em", "strong", "blockquote", "ul", "ol", "li", "br"}
    assert browser.execute_script("return window.hit") is None
    assert [url for url in requests(browser) if not url.startswith("file:")] == []
    browser.get("about:blank")


def test_hostile_files_papers_and_words_of_a_visitor_stay_text(
    browser: WebDriver, tmp_path: Path
) -> None:
    """Through the page's own doors: files by their names, papers, questions, comments, models."""
    with serving(tmp_path / "library") as address:
        browser.get(address)
        until(lambda: browser.execute_script("return Boolean(window.askpapers?.send)"))
        browser.get_log("performance")
        open_tab(browser, "Library")
        click(browser, "#ap-add button")
        box = until(lambda: find(browser, "#ap-files input[type=file]"))[0]
        box.send_keys("\n".join(map(str, hostile_files(tmp_path))))
        until(lambda: "papers.jsonl" in find(browser, "#ap-files")[0].text.replace("\n", ""))
        until(lambda: find(browser, "#ap-paste textarea"))[0].send_keys("<img src=x>")
        click(browser, "#ap-add-now")
        until(lambda: texts(browser, ".ap-report:has(strong)"))
        dead(browser, address)
        titles: list[str] = []
        while True:
            titles += texts(browser, "#ap-list tbody .ap-read")
            dead(browser, address)
            more = find(browser, "#ap-page-next:not([disabled])")
            if not more:
                break
            first = texts(browser, ".ap-pager")
            click(browser, "#ap-page-next")
            until(lambda first=first: texts(browser, ".ap-pager") != first)
        assert len(set(squeezed(titles)) & set(squeezed(PAYLOADS))) >= 75  # TeX is read
        open_tab(browser, "Chat")
        for number, payload in enumerate(PAYLOADS[::20], 1):
            ask(browser, " ".join(payload.split()))
            answered(browser, number)
        click(browser, ".ap-up")
        until(lambda: find(browser, ".ap-comment input"))[0].send_keys(PAYLOADS[1], Keys.ENTER)
        assert until(lambda: texts(browser, ".ap-commented")) == [f"Your comment: {PAYLOADS[1]}"]
        dead(browser, address)
        open_tab(browser, "Settings")
        browser.find_elements(By.CSS_SELECTOR, "#ap-way input")[-1].click()
        model = until(lambda: find(browser, "#ap-model :is(input, textarea)"))[0]
        model.send_keys("openai/<img src=x onerror=window.hit=1>")
        click(browser, "#ap-use")
        until(lambda: "<img" in "".join(texts(browser, "#ap-header, #ap-tab-settings")))
        dead(browser, address)
        browser.get("about:blank")
        browser.get_log("browser")


def hostile_files(place: Path) -> list[Path]:
    """Files whose names and papers are payloads."""
    words = "It serves models on shared hardware and halves the cost of it."
    papers = [
        {"id": f"x{n}", "title": p, "abstract": f"{p} {words}", "authors": [p], "topics": [p],
         "url": p}
        for n, p in enumerate(PAYLOADS)
    ]  # fmt: skip
    (place / "papers.jsonl").write_text("\n".join(map(json.dumps, papers)))
    entries = [
        f"@misc{{k{n}, title={{{p}}}, author={{{p}}}, url={{{p}}}, abstract={{{p} {words}}}}}"
        for n, p in enumerate(PAYLOADS)
    ]
    (place / "papers.bib").write_text("\n\n".join(entries), "utf-8")
    named = [p for p in PAYLOADS if "/" not in p and "\n" not in p and len(p) < 200]
    for name in named[:17]:
        (place / f"{name}.jsonl").write_text('{"title": "no text"}')
    return [
        place / "papers.jsonl",
        place / "papers.bib",
        *(place / f"{n}.jsonl" for n in named[:17]),
    ]


def test_policy_of_the_page_runs_no_handler_even_if_one_got_in(page: WebDriver) -> None:
    page.execute_script(
        "const box = document.createElement('div');"
        "box.innerHTML = '<img src=data:, onerror=\"window.hit=1\">';"
        "document.body.append(box);"
    )
    page.execute_async_script("setTimeout(arguments[0], 200)")
    assert page.execute_script("return window.hit") is None
    page.execute_script("document.body.lastElementChild.remove()")  # other tests share the page
    page.get_log("browser")  # the browser complains of it, rightly
