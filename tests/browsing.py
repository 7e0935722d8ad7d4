"""A real browser on the real page, and the small steps that its tests are made of."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import resources
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.chrome.webdriver import WebDriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement

BROWSER = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
DRIVER = shutil.which("chromedriver")
FLAGS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--window-size=1280,900",
)  # fmt: skip

needs_browser = pytest.mark.skipif(
    not (BROWSER and DRIVER), reason="needs chromium and chromedriver"
)

needs_axe = pytest.mark.skipif(
    find_spec("axe_playwright_python") is None, reason="needs the test extra's axe"
)
AXE_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]

T = TypeVar("T")


def start(profile: Path) -> WebDriver:
    """A browser without a past; what it downloads lies in ``profile/downloads``."""
    options = Options()
    options.binary_location = str(BROWSER)
    for flag in (*FLAGS, f"--user-data-dir={profile}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"performance": "ALL", "browser": "ALL"})
    driver = webdriver.Chrome(options, Service(DRIVER))
    downloads = {"behavior": "allow", "downloadPath": str(profile / "downloads")}
    driver.execute_cdp_cmd("Browser.setDownloadBehavior", downloads)
    return driver


def until(wanted: Callable[[], T], seconds: float = 60) -> T:
    """The first true value of ``wanted``."""
    end = time.monotonic() + seconds
    while True:
        found = wanted()
        if found or time.monotonic() > end:
            assert found, "it never came"
            return found
        time.sleep(0.03)


def find(browser: WebDriver, css: str) -> list[WebElement]:
    return browser.find_elements(By.CSS_SELECTOR, css)


def texts(browser: WebDriver, css: str) -> list[str]:
    script = "return [...document.querySelectorAll(arguments[0])].map(e => e.textContent)"
    return [str(text).replace("\xa0", " ") for text in browser.execute_script(script, css)]


def click(browser: WebDriver, css: str) -> None:
    """Click the last such element, once it is there, wherever it has to be scrolled to."""
    found = until(lambda: find(browser, css))[-1]
    browser.execute_script("arguments[0].scrollIntoView({block: 'center'})", found)
    found.click()


def ask(browser: WebDriver, question: str) -> None:
    box = until(lambda: find(browser, "#ap-question textarea"))[0]
    box.send_keys(question, Keys.ENTER)


def answered(browser: WebDriver, count: int = 1) -> str:
    """The text of the last answer, once ``count`` questions have all that comes of them."""
    whole = ".ap-turn:not(:has(.ap-coming, .ap-waiting))"
    until(lambda: len(find(browser, whole)) >= count and ready(browser))
    return texts(browser, ".ap-turn")[-1]


def ready(browser: WebDriver) -> bool:
    """Whether nothing is being answered."""
    offered = ".ap-turn:last-child [data-do=again], .ap-welcome"
    return bool(find(browser, "#ap-question .submit-button") and find(browser, offered))


def fresh(browser: WebDriver, address: str) -> None:
    """The page as a visitor without a past meets it."""
    if browser.current_url.startswith(address):
        browser.execute_script("localStorage.clear(); sessionStorage.clear()")
        if ready(browser) and find(browser, ".ap-fresh") and not find(browser, ".ap-chip"):
            open_tab(browser, "Chat")
            browser.execute_script("document.querySelector('.ap-fresh').click()")
            until(lambda: find(browser, ".ap-welcome"))
            return
    browser.get(address)
    until(lambda: find(browser, "#ap-question textarea"))
    until(lambda: browser.execute_script("return Boolean(window.askpapers?.send)"))


def anew(browser: WebDriver, address: str) -> None:
    """Like ``fresh``, but loaded again: what was ticked, narrowed or chosen is gone as well."""
    if browser.current_url.startswith(address):
        browser.execute_script("localStorage.clear()")
        browser.get("about:blank")
    fresh(browser, address)


def open_tab(browser: WebDriver, name: str) -> None:
    """Turn to one of the page's tabs."""
    tab = f"#ap-tab-{name.casefold()}-button"
    browser.execute_script("document.querySelector(arguments[0]).click()", tab)
    until(lambda: find(browser, f"#ap-tab-{name.casefold()}")[0].is_displayed())


def requests(browser: WebDriver) -> list[str]:
    """The addresses that the browser has asked for since the log was last read."""
    events = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
    sent = [event for event in events if event["method"] == "Network.requestWillBeSent"]
    return [str(event["params"]["request"]["url"]) for event in sent]


def elsewhere(urls: list[str], address: str) -> list[str]:
    """Those that lead to another machine."""
    home = urlsplit(address).netloc
    split = [(url, urlsplit(url)) for url in urls]
    return [url for url, at in split if at.scheme not in ("data", "blob") and at.netloc != home]


@contextmanager
def sized(browser: WebDriver, width: int, height: int, fine: float = 1) -> Iterator[None]:
    """The page on a screen of that size; a phone's is one that is touched."""
    size = {"width": width, "height": height, "deviceScaleFactor": fine, "mobile": width < 500}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    try:
        yield
    finally:
        browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


@contextmanager
def themed(browser: WebDriver, theme: str) -> Iterator[None]:
    """The page in ``light`` or ``dark``, and in light again for the next test."""
    turn = "document.body.classList.toggle('dark', arguments[0])"
    browser.execute_script(turn, theme == "dark")
    try:
        yield
    finally:
        browser.execute_script(turn, False)


def still(browser: WebDriver) -> None:
    """Let nothing be on its way any more: transitions, such as those of a theme that has just been
    turned, are at their end, and what would go on for ever stands where it began. What the server
    still works on is faint until it is there.
    """
    until(lambda: not find(browser, ".pending"))
    browser.execute_async_script(
        "const done = arguments[0];"
        "const endless = (a) => a.effect.getComputedTiming().endTime === Infinity;"
        "const end = (a) => (endless(a) ? a.cancel() : a.finish());"
        "const look = () => {"
        # Also those of styles that changed just now; one that keeps what it came to stays listed.
        "  const moving = document.getAnimations().filter((a) => a.playState !== 'finished');"
        "  moving.forEach(end);"
        "  if (moving.length) requestAnimationFrame(look); else done();"
        "};"
        "requestAnimationFrame(look);"
    )


def violations(browser: WebDriver) -> list[str]:
    """What axe finds wrong with what is shown, a line each, once nothing moves."""
    if not browser.execute_script("return Boolean(window.axe)"):
        source = resources.files("axe_playwright_python").joinpath("axe.min.js")
        browser.execute_script(source.read_text("utf-8"))
    still(browser)
    found: dict[str, Any] = browser.execute_async_script(
        "axe.run(document, {runOnly: arguments[0], resultTypes: ['violations']})"
        ".then(arguments[1])",
        AXE_RULES,
    )
    return [
        f"{violation['id']}: {node['html'][:160]} {node.get('failureSummary', '')[:200]}"
        for violation in found["violations"]
        for node in violation["nodes"]
    ]
