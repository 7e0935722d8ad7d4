"""Nothing that stands in a paper, a question, a name or a model's words comes alive on the page."""

from __future__ import annotations

import pytest

pytest.importorskip("gradio")
pytest.importorskip("selenium")

from browsing import elsewhere, find, needs_browser, requests, texts, until
from payloads import PAYLOADS
from selenium.webdriver.chrome.webdriver import WebDriver

from ingest.paper import Paper, Passage
from rag.answer import Answer, CheckedSentence, Citation, Hit
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


def test_no_payload_comes_alive_wherever_it_stands(page: WebDriver, page_address: str) -> None:
    assert len(PAYLOADS) >= 40
    told = [everywhere(payload) for payload in PAYLOADS]
    told += [refused(payload) for payload in PAYLOADS]
    told += [Exchange(payload, payload, problem=payload) for payload in PAYLOADS]
    kept = [
        {"id": str(number), "name": payload, "conversation": {}}
        for number, payload in enumerate(PAYLOADS)
    ]
    kept[0]["conversation"] = packed(tuple(told))
    page.execute_script(
        "localStorage.setItem('askpapers.conversations', JSON.stringify(arguments[0]))", kept
    )
    page.refresh()
    until(lambda: len(find(page, ".ap-kept")) == len(kept))
    assert texts(page, ".ap-kept .ap-open") == PAYLOADS
    page.get_log("performance")
    page.execute_script("document.querySelector('.ap-open').click()")
    until(lambda: len(find(page, ".ap-turn")) == len(told))
    shown = ["".join(text.split()) for text in texts(page, ".ap-question")]
    assert shown == ["".join(payload.split()) for payload in PAYLOADS] * 3
    page.execute_script(
        "document.querySelectorAll('details').forEach((folded) => (folded.open = true));"
        "document.querySelectorAll('#ap-body *').forEach((e) => {"
        " for (const name of ['mouseover', 'focus', 'load', 'error', 'toggle'])"
        " e.dispatchEvent(new Event(name)); })"
    )
    alive = "script, img, iframe, object, embed, link, style, base, meta, video, form[action], math"
    assert not find(page, ", ".join(f"#ap-body {element}" for element in alive.split(", ")))
    handlers = page.execute_script(
        "return [...document.querySelectorAll('#ap-body *')].flatMap((e) =>"
        " [...e.attributes].map((a) => a.name).filter((name) => name.startsWith('on')))"
    )
    links = page.execute_script(
        "return [...document.querySelectorAll('#ap-body a')].map((a) => a.getAttribute('href'))"
    )
    assert handlers == []
    assert links
    assert all(link.startswith(("#cite-", "#ref-", "#closest-")) for link in links)
    assert page.execute_script("return window.hit") is None
    assert page.current_url == page_address
    assert elsewhere(requests(page), page_address) == []


def test_policy_of_the_page_runs_no_handler_even_if_one_got_in(page: WebDriver) -> None:
    page.execute_script(
        "const box = document.createElement('div');"
        "box.innerHTML = '<img src=data:, onerror=\"window.hit=1\">';"
        "document.body.append(box);"
    )
    page.execute_async_script("setTimeout(arguments[0], 200)")
    assert page.execute_script("return window.hit") is None
    page.get_log("browser")  # the browser complains of it, rightly
