"""The door in a real browser: who logs in is in, and another site in the same browser is not."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

pytest.importorskip("selenium")

from browsing import answered, ask, click, find, needs_browser, open_tab, texts, until
from http_fake import Answering, Fake, running
from selenium.webdriver.chrome.webdriver import WebDriver
from selenium.webdriver.common.keys import Keys
from test_chat import free_port
from test_serving import SECRET, chat, made

from ui.door.users import hashed

pytestmark = [pytest.mark.slow, pytest.mark.browser, needs_browser]


def test_who_logs_in_asks_and_who_logs_out_is_out(browser: WebDriver, tmp_path: Path) -> None:
    (tmp_path / "users").write_text(hashed("ann", SECRET))
    port = free_port()
    with chat("--library", made(tmp_path), "--port", port, "--auth", tmp_path / "users") as process:
        assert process.stdout is not None
        assert any("askpapers is at" in line for line in process.stdout)
        try:
            browser.get(f"http://127.0.0.1:{port}/")
            for password, then in (("wrong", "[role=alert]"), (SECRET, ".ap-welcome")):
                name, secret = find(browser, "input")
                name.send_keys("ann")
                secret.send_keys(password, Keys.ENTER)
                until(lambda then=then: any(texts(browser, then)))
            ask(browser, "What does FlexLLM do?")
            assert "FlexLLM" in answered(browser)
            assert browser.execute_script("return document.cookie") == ""
            open_tab(browser, "Settings")
            click(browser, "#ap-log-out button")
            until(lambda: find(browser, "input[type=password]"))
            browser.get(f"http://127.0.0.1:{port}/")
            assert find(browser, "input[type=password]")
            browser.get_log("browser")  # the wrong password, and what went on as it logged out
        finally:
            browser.get("about:blank")
            process.terminate()


SITE = """<!doctype html><title>evil</title><body><script>
const home = "%s";
const body = JSON.stringify({data: ["FlexLLM?", null, null, null, null, null, "quoted"]});
const tries = {
  read: () => fetch(home + "config").then((r) => r.text()),
  ask: () => fetch(home + "gradio_api/call/ask", {method: "POST", body,
    headers: {"Content-Type": "application/json"}}).then((r) => r.text()),
  credentials: () => fetch(home + "config", {credentials: "include"}).then((r) => r.text()),
  frame: () => new Promise((done, fail) => { const f = document.createElement("iframe");
    f.src = home; f.onload = () => f.contentDocument === null ? fail("refused") : done("shown");
    document.body.append(f); }),
  script: () => new Promise((done, fail) => { const s = document.createElement("script");
    s.src = home + "config"; s.onload = done; s.onerror = fail; document.body.append(s); }),
};
window.found = {};
for (const [name, go] of Object.entries(tries))
  go().then((x) => (window.found[name] = "got " + String(x).slice(0, 40)),
            () => (window.found[name] = "nothing"));
// What a site can send without seeing the answer: a form's post, a file.
const form = new FormData();
form.append("files", new Blob(["x"]), "x.txt");
fetch(home + "gradio_api/upload", {method: "POST", mode: "no-cors", body: form});
fetch(home + "gradio_api/queue/join", {method: "POST", mode: "no-cors", body});
</script>"""


@contextmanager
def elsewhere(home: str) -> Iterator[str]:
    """Another site on another port of this machine, which a browser takes for the same site."""

    class Handler(Answering):
        def do_GET(self) -> None:
            self.say(200, (SITE % home).encode(), {"Content-Type": "text/html"})

    with running(Fake(Handler)) as served:
        yield f"http://localhost:{served.server_port}/"


def test_another_site_in_the_same_browser_gets_nothing(
    browser: WebDriver, page_address: str
) -> None:
    browser.get(page_address)  # the visitor's own cookie is there
    with elsewhere(page_address) as site:
        browser.get(site)
        found = until(
            lambda: (
                len(browser.execute_script("return window.found")) == 5
                and browser.execute_script("return window.found")
            )
        )
        assert set(found.values()) == {"nothing"}, found
    browser.get("about:blank")
    browser.get_log("browser")


def test_an_open_page_goes_on_when_the_server_was_started_anew(
    browser: WebDriver, tmp_path: Path
) -> None:
    library, port = made(tmp_path), free_port()
    for question in ("What does FlexLLM do?", "What does NanoFlow do?"):
        with chat("--library", library, "--port", port) as process:
            assert process.stdout is not None
            assert any("askpapers is at" in line for line in process.stdout)
            if "FlexLLM" in question:
                browser.get(f"http://127.0.0.1:{port}/")
            ask(browser, question)
            until(lambda question=question: texts(browser, ".ap-question")[-1:] == [question])
            answered(browser)
            process.terminate()
    browser.get("about:blank")
    browser.get_log("browser")
