"""The page's words: each in every language, with the same gaps, and none that another undoes."""

from __future__ import annotations

import re
from pathlib import Path
from string import Formatter
from typing import get_args

import pytest
from stock import starter_library

from ingest.paper import Paper, Passage
from rag.answer import Hit, Reason
from rag.assistant import Assistant
from rag.quote import CLOSEST_SAID, refusal_text
from ui.page.words import known, preferred, said

WORDS, LANGUAGES = known()["words"], tuple(known()["languages"])
OTHERS = [language for language in LANGUAGES if language != "en"]


def gaps(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


@pytest.mark.parametrize("language", OTHERS)
def test_every_word_is_there_in_every_language(language: str) -> None:
    assert {"en", "de", "zh"} <= set(LANGUAGES)
    missing = [text for text, words in WORDS.items() if not words.get(language, "").strip()]
    assert missing == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_filled_in_has_its_place_in_every_language(language: str) -> None:
    wrong = [
        text
        for text, words in WORDS.items()
        if language in words and gaps(words[language]) != gaps(text)
    ]
    assert wrong == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_has_been_put_into_a_language_stays_as_it_is(language: str) -> None:
    """The page looks at its words again whenever they change, also at those that it wrote."""
    patterns = {text: re.compile(re.sub(r"\\\{\w\\\}", ".+", re.escape(text))) for text in WORDS}
    turned = {words[language]: text for text, words in WORDS.items() if language in words}
    again = [
        (shown, other)
        for shown, text in turned.items()
        for other, pattern in patterns.items()
        if other != text and language in WORDS[other] and pattern.fullmatch(shown)
        if WORDS[other][language] != shown
    ]
    assert again == []


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("de-AT,de;q=0.9,en;q=0.8", "de"),
        ("fr, zh-CN;q=0.7, de;q=0.5", "zh"),
        ("en;q=0.2, de;q=0.9", "de"),
        ("fr,it", "en"),
        ("", "en"),
        (";q=x,,\x00", "en"),
    ],
)
def test_the_browser_s_languages_choose(accepted: str, language: str) -> None:
    assert preferred(accepted) == language


def said_on_the_page(text: str) -> list[str]:
    """What stands between the titles of papers, as the page's script meets it."""
    return [
        part.strip()
        for part in text.partition(CLOSEST_SAID)[0].split("**")[::2]
        if part.strip(" .")
    ]


def unknown(texts: list[str]) -> list[str]:
    patterns = [re.compile(re.sub(r"\\\{\w\\\}", ".+?", re.escape(text))) for text in WORDS]
    return [text for text in texts if not any(pattern.fullmatch(text) for pattern in patterns)]


@pytest.mark.parametrize("reason", get_args(Reason))
def test_every_refusal_is_there_in_every_language(reason: Reason) -> None:
    paper = Paper(id="p", title="Title", abstract="We say something.")
    hits = [Hit(Passage(paper, 0, 17), 1.0, 0.0, 0.0)]
    for missing in ((), ("price", "weight")):
        assert unknown(said_on_the_page(refusal_text(reason, hits, missing))) == []


@pytest.mark.parametrize(
    "question",
    [
        "papers by Zebulon Nobody",
        "who wrote QuuxNet?",
        "how often is Splitwise cited?",
        "papers that mention zebrafish",
        "how many papers are there on wombats since 2024?",
    ],
)
def test_what_no_record_tells_is_said_in_every_language(question: str, tmp_path: Path) -> None:
    with Assistant.open(starter_library(tmp_path / "library"), llm="quoted") as assistant:
        answer = assistant.ask(question)
    assert answer.refused
    assert unknown(said_on_the_page(answer.text)) == []


def test_gaps_are_filled() -> None:
    text = "Too many wrong passwords; try again in {n} s."
    assert "30" in said(text, "zh", n=30)
    assert said("no such word", "de") == "no such word"
