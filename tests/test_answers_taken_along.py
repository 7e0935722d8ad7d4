"""Answers leave as Markdown, BibTeX and JSON: whole, and with nothing active in them."""

from __future__ import annotations

import io
import json
import re
from dataclasses import replace

import pytest
from payloads import PAYLOADS

from ingest.paper import Paper
from rag import references, word
from rag.answer import Answer, Citation
from rag.check.report import CheckedClaim, Evidence, Report
from rag.export import cited_papers, report_papers, to_bibtex, to_json, to_markdown
from ui.page.render import literal

FLEX = Paper(
    id="arxiv:2402.18789",
    title="FlexLLM: Co-Serving 100% of $requests",
    abstract="It serves both. It saves 80% of memory.",
    authors=("Xupeng Miao", "Zhihao Jia"),
    year=2024,
    url="https://arxiv.org/abs/2402.18789",
)
ANSWER = Answer(
    question="What does FlexLLM do?",
    understood="What does FlexLLM do?",
    text="**FlexLLM**\nIt serves both. [1]\n\n- item [1]",
    citations=(Citation(1, FLEX, ((0, 15),), 1.0),),
)


def test_markdown_has_the_question_the_answer_and_its_references() -> None:
    text = to_markdown([ANSWER], title="My talk")
    # A title and what is said below it are paragraphs of their own.
    assert text.startswith("# My talk\n\n## What does FlexLLM do?\n\n**FlexLLM**\n\nIt serves")
    assert "It serves both. [1]\n\n- item [1]" in text
    assert "[1] Xupeng Miao, Zhihao Jia (2024). *FlexLLM: Co-Serving 100% of \\$requests*" in text
    assert "<https://arxiv.org/abs/2402.18789>" in text
    assert "> It serves both." in text
    assert "no model was used" in text


def test_understood_question_and_warnings_go_along() -> None:
    asked = Answer(question="and its cost?", understood="What?", text="x", warnings=("slow",))
    assert "Understood as: What?" in to_markdown([asked])
    assert "Note: slow" in to_markdown([asked])


def test_a_note_is_told_once() -> None:
    noted = replace(ANSWER, warnings=("slow",))
    assert to_markdown([noted, noted]).count("Note: slow") == 1


def test_a_surname_alone_is_one_of_several() -> None:
    digest = replace(FLEX, authors=("Miao",), kind="digest")
    for paper in (digest, replace(FLEX, authors=("Miao", "others"))):
        one = replace(ANSWER, citations=(Citation(1, paper, ((0, 15),), 1.0),))
        assert "[1] Miao and others (2024)" in to_markdown([one])


@pytest.mark.skipif(not word.installed(), reason="needs the word extra")
@pytest.mark.parametrize("payload", ["plain", "\x00\ud800", *PAYLOADS[:3]])
def test_word_has_the_answer_its_references_and_their_words(payload: str) -> None:
    from docx import Document

    document = Document(io.BytesIO(word.to_word([ANSWER], title=f"ChatEvents {payload}")))
    said = [paragraph.text for paragraph in document.paragraphs]
    assert said[0].startswith("ChatEvents")
    assert said[1:4] == ["What does FlexLLM do?", "FlexLLM", "It serves both. [1]"]
    assert "It serves both." in said
    assert any(line.startswith("[1] Xupeng Miao, Zhihao Jia (2024). FlexLLM") for line in said)


@pytest.mark.skipif(not word.installed(), reason="needs the word extra")
def test_word_keeps_the_space_behind_a_title_in_a_list() -> None:
    from docx import Document

    listed = replace(ANSWER, text="- **FlexLLM** (Miao, 2024): it serves both [1]")
    document = Document(io.BytesIO(word.to_word([listed], title="A list")))
    said = [paragraph.text for paragraph in document.paragraphs]
    assert "FlexLLM (Miao, 2024): it serves both [1]" in said


@pytest.mark.skipif(not word.installed(), reason="needs the word extra")
def test_word_has_a_checked_draft_with_the_papers_own_words() -> None:
    from docx import Document

    evidence = Evidence(FLEX, ((0, 15),), 1.0)
    claim = CheckedClaim(0, 9, "It does.", ("2402.18789",), "supported", evidence=evidence)
    document = Document(io.BytesIO(word.report_to_word(Report((claim, claim)))))
    said = [paragraph.text for paragraph in document.paragraphs]
    assert said[1].startswith("2 claims: 2 supported.")
    assert said[2:4] == ["supported: It does.", "It serves both."]
    assert report_papers(Report((claim, claim))) == [FLEX]


needs_styles = pytest.mark.skipif(not references.installed(), reason="needs the styles extra")


@needs_styles
def test_a_reference_list_is_in_the_style_that_was_chosen() -> None:
    digest = replace(FLEX, id="arxiv:1", authors=("van der Berg",), title="Abacus", kind="digest")
    apa, ieee = (references.reference_list([FLEX, digest, FLEX], s) for s in ("APA", "IEEE"))
    line = "".join(text for text, _ in apa[0])
    assert line.startswith("Miao, X., & Jia, Z. (2024). FlexLLM: Co-Serving 100% of $requests (")
    assert ("FlexLLM: Co-Serving 100% of $requests", True) in apa[0]  # in italics
    assert references.as_text(apa).count("van der Berg and others (2024)") == 0
    assert "van der Berg, & others. (2024). Abacus" in references.as_text(apa)
    assert [line[0][0][:4] for line in ieee] == ["[1] ", "[2] "]


@needs_styles
@pytest.mark.parametrize("style", references.STYLES)
def test_a_reference_list_shows_the_record_as_it_is(style: str) -> None:
    title = '<b>x</b> & <script>y</script> "z"'
    bare = Paper(id="p", title=title, abstract="A.", authors=(), year=2020)
    shown = references.as_text(references.reference_list([bare], style)).casefold()
    assert "<b>x</b> & <script>y</script>" in shown
    assert shown.count("script") == 2
    assert ".." not in shown


@pytest.mark.parametrize("payload", PAYLOADS)
def test_payload_is_no_markup_in_markdown(payload: str) -> None:
    paper = Paper(id="p", title=payload, abstract=payload, authors=(payload,), url=payload)
    citations = (Citation(1, paper, ((0, len(payload)),), 1.0),)
    text = to_markdown([Answer(payload, payload, payload, citations)], title=payload)
    ours = re.sub(r"\\.", "", text)  # what is left isn't escaped
    assert not re.search(r"<(?!https?://[^\s<>]+>)|`|~~|\]\(|\]:|!\[", ours)
    heading = ours.splitlines()[0]
    assert heading.startswith("# ")


def test_bibtex_has_an_entry_a_cited_paper_once() -> None:
    papers = cited_papers([ANSWER, ANSWER])
    assert papers == [FLEX]
    text = to_bibtex([*papers, FLEX])
    assert text.count("@misc{") == 1
    assert "eprint = {2402.18789}" in text
    assert r"100\% of \$requests" in text
    assert to_bibtex([]) == ""


def test_json_holds_the_evidence() -> None:
    said = json.loads(to_json([ANSWER], title="My talk"))
    assert said["title"] == "My talk"
    assert said["answers"] == [ANSWER.to_dict()]
    assert said["answers"][0]["citations"][0]["quote"] == "It serves both."


def test_half_a_character_does_not_stop_an_export() -> None:
    broken = Answer("\ud800", "\ud800", "\ud800")
    to_markdown([broken]).encode("utf-8")
    to_json([broken]).encode("utf-8")


TURNED = "safe\u202eexe.fdp\u2066 x\u200b y\U000e0041 \x1b[31m \u200fz"


def test_nothing_in_a_title_turns_the_text_around_or_hides_in_it() -> None:
    unseen = re.compile("[\u202a-\u202e\u2066-\u2069\u200b\u200f\x1b\U000e0000-\U000e007f]")
    paper = Paper(TURNED, TURNED, TURNED, (TURNED,))
    answer = Answer(TURNED, TURNED, f"{TURNED} [1]", (Citation(1, paper, ((0, 5),), 1.0),))
    for taken in (to_markdown([answer], title=TURNED), to_bibtex([paper]), literal(TURNED)):
        assert "safe" in taken
        assert not unseen.search(taken)
    assert "\ufffd" in literal(TURNED)
    assert literal("می‌خواهم") == "می‌خواهم"  # what joins letters is part of the word


def test_addresses_in_an_exported_answer_lead_nowhere_but_to_its_papers() -> None:
    said = "see https://evil.example/x, WWW.evil.example, <https://evil.example> or a@evil.example"
    paper = Paper("p", said, said, (said,), url="https://arxiv.org/abs/1")
    answer = Answer(said, f"{said}?", f"{said} [1]", (Citation(1, paper, ((0, 40),), 1.0),))
    text = to_markdown([answer], title=said)
    assert re.findall(r"(?i)(?:https?:|www\.|(?<!\\)@)\S*", text) == ["https://arxiv.org/abs/1>"]
