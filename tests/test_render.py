"""Nothing from a paper, a question or a model is markup on the page; what is written is shown."""

from __future__ import annotations

from dataclasses import replace
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st
from payloads import PAYLOADS

from ingest.paper import Paper, Passage
from rag.answer import Answer, CheckedSentence, Citation, Hit, SentenceVerdict
from ui.chat.conversation import Exchange, Judgement
from ui.chat.evidence import cards, evidence_html, marked_abstract, support_words
from ui.chat.transcript import answer_html, evidence, partial_html, plain_text, turns, welcome
from ui.page.render import file_name, literal, notice_html, web_address

ELEMENTS = {
    "a", "article", "b", "br", "button", "details", "div", "form", "h2", "h3", "header", "i",
    "input", "li", "mark", "p", "path", "section", "span", "strong", "summary", "svg", "table",
    "tbody", "td", "th", "thead", "tr", "ul",
}  # fmt: skip
ATTRIBUTES = {
    "aria-hidden", "aria-label", "aria-pressed", "class", "d", "data-do", "data-kind", "data-n",
    "data-question", "data-text", "data-turn", "data-verdict", "href", "id", "maxlength",
    "placeholder", "rel", "role", "scope", "tabindex", "target", "title", "translate", "type",
    "viewbox",
}  # fmt: skip


class Page(HTMLParser):
    """The elements, attributes and text of a piece of HTML."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""
        self.other: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(tag)
        self.attributes += attrs
        if tag == "br" or (tag == "p" and self.text):
            self.text += "\n"

    def handle_data(self, data: str) -> None:
        self.text += data.replace("\xa0", " ")

    def handle_comment(self, data: str) -> None:
        self.other.append(data)

    def handle_decl(self, decl: str) -> None:
        self.other.append(decl)

    def unknown_decl(self, data: str) -> None:
        self.other.append(data)

    def handle_pi(self, data: str) -> None:
        self.other.append(data)


def harmless(html: str) -> Page:
    """The page's parts, after checking that they are only ours and that no line is left open."""
    page = Page(html)
    assert set(page.elements) <= ELEMENTS
    assert {name for name, _ in page.attributes} <= ATTRIBUTES
    assert page.other == []
    for name, value in page.attributes:
        if name == "href":
            assert value is not None
            assert value.startswith(("#cite-", "#ref-", "#closest-", "https://", "http://"))
    assert "\n" not in html
    return page


def paper(text: str, title: str = "T", **fields: object) -> Paper:
    return Paper(**{"id": "p1", "title": title, "abstract": text, **fields})  # type: ignore[arg-type]


def answer(text: str, title: str = "T") -> Answer:
    """An answer that quotes the whole of a paper whose abstract is ``text``."""
    cited = paper(text, title, authors=(text,), url="https://arxiv.org/abs/1")
    citation = Citation(1, cited, ((0, len(text)),), 1.0)
    return Answer(
        question=text, understood=f"{text} too", text=f"{text} [1]", citations=(citation,)
    )


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
