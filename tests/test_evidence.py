"""The evidence beside an answer: a card a paper, its quoted words marked, its links and grades."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markup import Page, answer, harmless, paper

from ingest.paper import Paper, Passage
from rag.answer import Answer, CheckedSentence, Citation, Hit, SentenceVerdict
from ui.chat.conversation import Exchange
from ui.chat.evidence import cards, evidence_html, marked_abstract, support_words
from ui.chat.transcript import evidence
from ui.page.render import literal, web_address


@given(
    st.text(min_size=1, max_size=40),
    st.lists(st.tuples(st.integers(-2, 44), st.integers(-2, 44)), max_size=4),
)
def test_marked_abstract_is_the_abstract_whatever_the_spans(
    text: str, spans: list[tuple[int, int]]
) -> None:
    cited = paper(text)
    citations = [Citation(n, cited, (span,), 1.0) for n, span in enumerate(spans, 1)]
    shown = [marked_abstract(card) for card in cards(citations)]
    assert all(Page(html).text == Page(literal(text)).text for html in shown)


def test_quoted_sentences_are_marked_with_the_numbers_that_quote_them() -> None:
    cited = paper("One. Two. Three.")
    card = cards([Citation(1, cited, ((0, 4),), 1.0), Citation(2, cited, ((0, 9),), 1.0)])[0]
    assert marked_abstract(card) == (
        '<mark data-n="1 2">One&#46;</mark><mark data-n="2"> Two&#46;</mark> Three&#46;'
    )


def test_one_card_a_paper_in_the_order_of_citation() -> None:
    one, two = paper("One.", id="a"), paper("Two.", id="b")
    spans = ((0, 4),)
    found = cards(
        [Citation(3, one, spans, 1.0), Citation(1, two, spans, 1.0), Citation(2, one, spans, 1.0)]
    )
    assert [[c.number for c in card.citations] for card in found] == [[1], [2, 3]]


def test_refusal_offers_the_closest_papers_as_not_cited() -> None:
    refusal = Answer(
        question="q",
        understood="q",
        text="The papers don't say.",
        refused=True,
        hits=(Hit(Passage(paper("Words.", "Near"), 0, 6), 1.0, 1.0, 1.0),),
    )
    text = Page(evidence_html([(1, refusal)])).text
    assert "not cited" in text
    assert "Near" in text
    assert "<mark" not in evidence_html([(1, refusal)])


@pytest.mark.parametrize(("papers", "folded"), [(4, 0), (5, 5)])
def test_many_cards_are_folded(papers: int, folded: int) -> None:
    cited = [Citation(n, paper("Words.", id=str(n)), ((0, 6),), 1.0) for n in range(1, papers + 1)]
    html = evidence_html([(1, Answer("q", "q", "x", tuple(cited)))])
    assert html.count("<details>") == folded
    assert html.count("<mark") == papers


def test_earlier_evidence_is_folded_where_the_last_question_has_no_answer() -> None:
    paper = Paper(id="p", title="Title", abstract="We say something.")
    said = Answer("What?", "What?", "Text [1]", (Citation(1, paper, (), 1.0),))
    before = Exchange("What?", answer=said)
    for last in (Exchange("And?", problem="Not asked."), Exchange("And?", stopped=True)):
        html = evidence((before, last))
        assert "The last question has no answer" in html
        assert "Latest answer" not in html
        assert "Earlier: " in html
    assert "Latest answer" in evidence((before,))


def test_latest_evidence_is_open_and_earlier_evidence_folded() -> None:
    html = evidence_html([(1, answer("First.")), (2, answer("Second."))])
    assert html.index("cite-2-1") < html.index("<details") < html.index("cite-1-1")


@pytest.mark.parametrize("kind", ["digest", "abstract"])
def test_card_says_whose_words_its_text_is(kind: str) -> None:
    cited = paper("Words.", kind=kind)
    shown = Answer("q", "q", "Words. [1]", (Citation(1, cited, ((0, 6),), 1.0),))
    assert f">{kind}</span>" in evidence_html([(1, shown)])


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)", "JAVASCRIPT:alert(1)", " javascript:alert(1)", "data:text/html,x",
        "vbscript:x", "file:///etc/passwd", "//evil.example", "/relative", "", "https://",
        "http://a\nb", "https:\\evil.example", "java\tscript:alert(1)", "https://[broken",
    ],
)  # fmt: skip
def test_address_that_is_not_a_web_page_is_no_link(url: str) -> None:
    assert web_address(url) is None
    cited = paper("Words.", url=url, code_url=url)
    shown = Answer("q", "q", "Words. [1]", (Citation(1, cited, ((0, 6),), 1.0),))
    assert "_blank" not in evidence_html([(1, shown)])


def test_address_of_a_web_page_is_a_link_in_a_new_tab() -> None:
    cited = paper("Words.", url='https://arxiv.org/abs/1?a="b"&c')
    shown = Answer("q", "q", "Words. [1]", (Citation(1, cited, ((0, 6),), 1.0),))
    page = harmless(evidence_html([(1, shown)]))
    assert ("href", 'https://arxiv.org/abs/1?a="b"&c') in page.attributes
    assert ("rel", "noopener noreferrer") in page.attributes
    assert "arXiv" in page.text


@pytest.mark.parametrize(
    ("verdicts", "grade", "words"),
    [
        (["supported"], 3, "Bears out the sentence"),
        (["supported", "quoted"], 3, "all 2"),
        (["supported", "unsupported"], 2, "1 of the 2"),
        (["unsupported"], 1, "Doesn't bear out"),
        ([], 3, "say this"),
    ],
)
def test_support_is_said_in_words(verdicts: list[SentenceVerdict], grade: int, words: str) -> None:
    given = answer("It is fast.")
    sentences = tuple(CheckedSentence(0, 1, (1,), 0.5, verdict) for verdict in verdicts)
    written = replace(given, mode="written", sentences=sentences)
    assert support_words(cards(written.citations)[0], written)[0] == grade
    assert words in support_words(cards(written.citations)[0], written)[1]
    assert support_words(cards(given.citations)[0], given) == (3, "Quoted word for word")
