"""Nothing from a paper, a question or a model is markup on the page; what is written is shown."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markup import Page, answer, harmless, paper
from payloads import PAYLOADS

from ingest.paper import Passage
from rag.answer import Answer, CheckedSentence, Citation, Hit
from ui.chat.conversation import Exchange, Judgement
from ui.chat.evidence import evidence_html
from ui.chat.transcript import answer_html, partial_html, plain_text, turns, welcome
from ui.page.render import file_name, literal, notice_html


def squeezed(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.parametrize("payload", PAYLOADS)
def test_payload_is_shown_as_it_is_written_wherever_it_stands(payload: str) -> None:
    whole = answer(payload, title=payload)
    refusal = Answer(
        question=payload,
        understood=payload,
        text=payload,
        refused=True,
        reason="no_detail",
        warnings=(payload,),
        hits=(Hit(Passage(paper(payload, payload), 0, 1), 1.0, 1.0, 1.0),),
    )
    judged = Judgement("1", "down", payload)
    exchange = Exchange(payload, payload, whole, suggested=(payload,), judged=judged)
    for html in (
        *welcome([payload]),
        *turns((exchange,)),
        *turns((Exchange(payload, payload, stopped=True),)),
        *turns((Exchange(payload, problem=payload),)),
        notice_html("warning", payload),
        answer_html(refusal, 1),
        evidence_html([(1, whole)]),
        evidence_html([(1, refusal)]),
        evidence_html([(1, whole), (2, refusal), (3, whole)]),
        answer_html(whole, 1),
        partial_html(payload),
    ):
        assert squeezed(payload) in squeezed(harmless(html).text)


@pytest.mark.parametrize(
    "text",
    [
        "a<b and c>d",
        "x_1 * y_2",
        "$O(n^2)$",
        "$$x$$",
        "C++ & C#",
        "[12] is not ours",
        "2**3 and 4**5",
    ],
)
def test_characters_with_a_meaning_in_markdown_are_shown(text: str) -> None:
    assert Page(partial_html(text)).text == text


@given(st.text(alphabet=st.characters(exclude_categories=[]), max_size=60))
def test_literal_shows_the_text_and_nothing_else(text: str) -> None:
    html = literal(text)
    page = Page(f"<p>{html}</p>")
    assert page.elements == ["p"]
    assert page.other == []
    html.encode("utf-8")  # lone surrogates can't be sent
    expected = "".join(" " if c in "\r\n\t\x85\u2028\u2029" else c for c in text)
    shown = [c for c in page.text if c not in " \ufffd"]
    assert len(shown) <= len(expected)
    assert all(c in expected for c in shown)


@given(st.text(alphabet="ab*[]1<>&$_-# \n", max_size=80))
def test_no_text_of_an_answer_breaks_the_page(text: str) -> None:
    harmless(answer_html(answer(text or "x", title=text), 1))
    harmless(partial_html(text))
    harmless(evidence_html([(1, answer(text or "x", title=text))]))


def test_marker_becomes_a_link_to_its_card_and_names_the_paper() -> None:
    html = answer_html(answer("It is fast.", title="A <Title>"), 3)
    assert 'href="#cite-3-1"' in html
    assert ("title", "A <Title>") in Page(html).attributes
    assert 'id="cite-3-1"' in evidence_html([(3, answer("It is fast."))])


def test_marker_that_names_no_citation_stays_text() -> None:
    html = answer_html(Answer(question="q", understood="q", text="See [7] and [99999]."), 1)
    assert "href" not in html
    assert "See [7] and [99999]." in Page(html).text


def test_what_answers_stands_apart_from_its_title_and_its_context() -> None:
    html = partial_html(
        "**FlexLLM: a system**\nIt serves. [1]\n\nIt is new. [1]\n\n- **One**\n- two"
    )
    assert '<h3 class="ap-source">FlexLLM&#58; a system</h3>' in html
    assert '<p class="ap-lead">It serves' in html
    assert '<p class="ap-context">It is new' in html
    assert "<ul><li><strong>One</strong></li><li>two</li></ul>" in html


def test_what_two_papers_say_stands_side_by_side() -> None:
    said = "**{0}**\n{0} is fast. [1]\n\nIt is new. [1]"
    for papers, pairs in (("A", 0), ("AB", 1), ("ABC", 0)):
        html = partial_html("\n\n".join(said.format(paper) for paper in papers))
        assert html.count('<div class="ap-pair"><section>') == pairs
        assert harmless(html).text.count("is fast") == len(papers)


def test_a_list_of_cited_papers_is_a_table_of_title_year_and_why() -> None:
    papers = [paper("It is fast.", f"Paper {n}", id=str(n), year=2020 + n) for n in (1, 2)]
    cited = tuple(Citation(n, one, ((0, 11),), 1.0) for n, one in enumerate(papers, 1))
    text = "- **Paper 1**: It is fast. [1]\n- **Paper 2**: It is fast. [2]"
    html = answer_html(Answer("q", "q", text, cited), 1)
    assert html.count("<tr") == 3
    assert 'role="rowheader">Paper 2</th><td role="cell" class="ap-when">2022</td>' in html
    assert "<ul>" in answer_html(Answer("q", "q", text), 1)  # titles of no paper: a list


def test_the_first_page_of_an_empty_library_says_how_to_begin() -> None:
    assert "how to add some" in "".join(welcome([]))
    assert "how to add some" not in "".join(welcome(["What does FlexLLM do?"]))


def test_a_list_of_the_records_is_a_table_with_the_authors_under_the_title() -> None:
    papers = [paper("It is fast.", f"Paper {n}", id=str(n), year=2020 + n) for n in (1, 2)]
    cited = tuple(Citation(n, one, ((0, 11),), 1.0) for n, one in enumerate(papers, 1))
    text = "- **Paper 1** (Li and others, 2021): It is fast. [1]\n- **Paper 2** (2022) [2]"
    html = answer_html(Answer("q", "q", text, cited), 1)
    assert 'rowheader">Paper 1<span class="ap-by">Li and others</span></th>' in html
    assert 'rowheader">Paper 2</th><td role="cell" class="ap-when">2022</td>' in html
    untold = "- **Paper 1** (Li, 2021) [1]\n- **Paper 2** (2022) [2]"
    assert "<ul>" in answer_html(Answer("q", "q", untold, cited), 1)  # nothing says why


def test_understood_question_is_shown_only_where_it_differs() -> None:
    same = Answer(question="What  is\nit?", understood="What is it?", text="x")
    other = Answer(question="And its cost?", understood="What does FlexLLM cost?", text="x")
    assert "Understood as" not in answer_html(same, 1)
    assert "Understood as: What does FlexLLM cost?" in Page(answer_html(other, 1)).text


def test_warning_that_the_page_already_shows_is_not_repeated() -> None:
    warned = Answer(question="q", understood="q", text="x", warnings=("starter", "slow model"))
    html = answer_html(warned, 1, told=("starter",))
    assert "starter" not in html
    assert "slow model" in html


def test_marked_sentence_is_underlined_and_says_why_once() -> None:
    text = "**It flies.** It is 9x faster [1] (\u26a0 unsupported). It ends."
    start, end = text.index("It is"), text.index(" It ends")
    reason = "9x: the passage has <b>2x</b>"
    checked = CheckedSentence(start, end, (1,), 0.1, "unsupported", reason)
    html = answer_html(replace(answer("x"), text=text, mode="written", sentences=(checked,)), 1)
    page = harmless(html)
    assert html.count("ap-unsure") == 1
    assert "Not supported: 9x: the passage has <b>2x</b>" in page.text
    assert "\u26a0" not in page.text
    assert page.text.index("faster") < page.text.index("Not supported") < page.text.index("It ends")


def test_marks_of_an_answer_that_still_comes_are_set_apart() -> None:
    text = "It is <b>9x</b> (\u26a0 9x not in the source). It flies (\u26a0 unsupported). And"
    html = partial_html(text)
    assert html.count('<span class="ap-why" role="note">') == 2
    said = "It is <b>9x</b> \u26a0 9x not in the source. It flies \u26a0 unsupported. And"
    assert harmless(html).text == said


@given(
    st.text(alphabet="ab*[]1.- \n", max_size=60),
    st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), max_size=3),
)
def test_no_sentence_breaks_the_page_wherever_it_stands(
    text: str, spans: list[tuple[int, int]]
) -> None:
    sentences = tuple(CheckedSentence(a, b, (1,), 1.0, "supported") for a, b in spans)
    plain = Page(answer_html(replace(answer("x"), text=text), 1)).text
    html = answer_html(replace(answer("x"), text=text, sentences=sentences), 1)
    assert harmless(html).text == plain


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("What does FlexLLM do?", "what-does-flexllm-do.md"),
        ("../../etc/passwd", "etc-passwd.md"),
        ("<img src=x>", "img-src-x.md"),
        ("\x00\n", "answer.md"),
        ("x" * 500, "x" * 60 + ".md"),
    ],
)
def test_name_of_a_file_is_letters_digits_and_dashes(title: str, name: str) -> None:
    assert file_name(title, "md") == name


def test_plain_text_carries_the_sources() -> None:
    assert plain_text(answer("It is fast.", title="Fast")) == (
        "It is fast. [1]\n\n[1] Fast (https://arxiv.org/abs/1)"
    )
