"""The Check tab in a real browser: a draft is pasted, marked, walked through."""

from __future__ import annotations

import pytest

pytest.importorskip("selenium")

from browsing import (
    click,
    find,
    fresh,
    needs_axe,
    needs_browser,
    open_tab,
    sized,
    texts,
    themed,
    until,
    violations,
)
from selenium.webdriver.chrome.webdriver import WebDriver
from selenium.webdriver.common.keys import Keys

pytestmark = [pytest.mark.slow, pytest.mark.browser, needs_browser]

DRAFT = (
    "NanoFlow gives a 1.91x throughput boost over state-of-the-art serving systems (2408.12757)."
    " NanoFlow gives a 1.97x throughput boost over state-of-the-art serving systems (2408.12757)."
    " A <img src=x onerror=window.hit=1> is drawn by nobody at all in this library."
)


@pytest.fixture
def checked(page_address: str, browser: WebDriver) -> WebDriver:
    """The tab with the draft, checked."""
    fresh(browser, page_address)
    open_tab(browser, "Check")
    box = until(lambda: [b for b in find(browser, "#ap-draft-box textarea") if b.is_displayed()])[0]
    box.clear()
    box.send_keys(DRAFT)
    click(browser, "#ap-check-now")
    until(lambda: len(find(browser, ".ap-badge")) == 3)
    return browser


def test_the_claims_are_marked_and_walked_beside_their_evidence(checked: WebDriver) -> None:
    assert texts(checked, ".ap-badge") == ["supported", "figure differs", "uncited"]
    said = "the figure differs (yours 1.97x, the paper's 1.91x)"
    assert texts(checked, ".ap-verdict") == [said]
    assert "1.91x throughput boost" in texts(checked, "#ap-claim mark")[0]
    find(checked, "#ap-claim-0")[0].send_keys(Keys.ENTER)
    until(lambda: texts(checked, ".ap-verdict") == ["supported"])
    active = "return document.activeElement.id"
    until(lambda: checked.execute_script(active) == "ap-claim-0")
    assert not checked.execute_script("return Boolean(window.hit)")


@needs_axe
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_in_a_checked_draft(checked: WebDriver, theme: str) -> None:
    with themed(checked, theme):
        found = violations(checked)
        with sized(checked, 390, 844):
            assert found + violations(checked) == []
