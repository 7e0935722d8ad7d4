"""Verdicts on answers: what counts as right, cited, borne out and verbatim."""

from __future__ import annotations

from dataclasses import replace

import pytest
from conftest import paper
from hypothesis import given
from hypothesis import strategies as st

from eval.judge import Row, judge, statements
from eval.plain import occurs, plain
from eval.questions import Evidence, Question
from ingest.paper import Passage
from rag.answer import Answer, Citation, Hit

FIRST = paper(1, "Alpha needs 8 GPUs. Alpha saves 36% of the cost.")
SECOND = paper(2, "Beta needs 16 GPUs.")
THIRD = paper(3, "Gamma is a survey.")
PAPERS = (FIRST, SECOND, THIRD)


def within(claim: str, evidence: str, title: str) -> bool:
    """A support check that a person can compute: the evidence holds the claim word for word."""
    return all(word in evidence.split() for word in claim.split())


def question(kind: str = "fact", gold: tuple[int, ...] = (1,), **fields: object) -> Question:
    papers = tuple(PAPERS[number - 1] for number in gold)
    return Question(
        id="q1",
        kind=kind,  # type: ignore[arg-type]
        question="How many?",
        papers=tuple(p.title for p in papers),
        **{
            "evidence": tuple(
                Evidence(p.title, p.abstract.split(". ")[0].rstrip(".") + ".") for p in papers
            ),
            **fields,
        },
    )


def answer(text: str, *cited: int, **fields: object) -> Answer:
    """An answer whose markers stand for the papers ``cited``, each quoted in full."""
    citations = tuple(
        Citation(place, PAPERS[n - 1], ((0, len(PAPERS[n - 1].abstract)),), 1.0)
        for place, n in enumerate(cited, 1)
    )
    hits = tuple(Hit(Passage(p, 0, len(p.abstract)), 1.0, 1.0, 1.0) for p in PAPERS)
    return Answer("How many?", "How many?", text, citations, hits, **fields)


REFUSAL = answer("The papers don't say.", refused=True, reason="no_detail")


def verdict(asked: Question, said: Answer) -> str:
    return row(asked, said).verdict


def row(asked: Question, said: Answer) -> Row:
    return judge(asked, said, within, 0.01)


@pytest.mark.parametrize(
    ("asked", "said", "expected"),
    [
        (question(answer_must=(("8",),)), answer("Alpha needs 8 GPUs. [1]", 1), "right"),
        (question(answer_must=(("8",),)), answer("Alpha needs 16 GPUs. [1]", 1), "wrong"),
        (question(answer_must=(("8",), ("36%",))), answer("8 GPUs. [1]", 1), "wrong"),
        (question(answer_must=(("9", "8"),)), answer("8 GPUs. [1]", 1), "right"),
        (question(answer_must=(("8",),)), answer("8 GPUs. [1]", 2), "not cited"),
        (question(), REFUSAL, "should answer"),
        (question("find", (1, 2)), answer("Alpha. [1]", 1), "right"),
        (question("fact", (1, 2)), answer("Alpha. [1]", 1), "not cited"),
        (question("compare", (1, 2)), answer("Alpha. [1]", 1), "not cited"),
        (question("compare", (1, 2)), answer("Alpha. [1] Beta. [2]", 1, 2), "right"),
        (question("unanswerable", ()), REFUSAL, "rightly refused"),
        (question("unanswerable", ()), answer("Alpha. [1]", 1), "should refuse"),
        (question("adversarial", ()), REFUSAL, "rightly refused"),
        (question("adversarial", (), answer_must=()), answer("42", 1), "should refuse"),
        # A false premise is put right by the true figure.
        (question("adversarial", answer_must=(("8",),)), answer("It needs 8. [1]", 1), "right"),
    ],
)
def test_verdicts(asked: Question, said: Answer, expected: str) -> None:
    assert verdict(asked, said) == expected


def test_a_follow_up_has_to_cite_the_papers_of_its_evidence_only() -> None:
    asked = question("followup", (1, 2), evidence=(Evidence(SECOND.title, SECOND.abstract),))
    assert verdict(asked, answer("Beta needs 16 GPUs. [1]", 2)) == "right"


def test_right_needs_no_citation_but_right_and_cited_does() -> None:
    figures = row(question(answer_must=(("8",),)), answer("8 GPUs. [1]", 2)).figures
    assert (figures["right"], figures["right and cited"], figures["precision"]) == (1, 0, 0)


def test_a_refusal_has_no_precision_and_no_citation_figures() -> None:
    figures = row(question(), REFUSAL).figures
    assert figures["refused"] == 1
    assert not {"precision", "citation recall", "quotes verbatim", "sentences"} & figures.keys()


def test_a_marker_is_not_a_number_of_the_answer() -> None:
    assert verdict(question(answer_must=(("1",),)), answer("Some GPUs. [1]", 1)) == "wrong"


def test_titles_meet_whatever_their_case_and_punctuation() -> None:
    asked = replace(question(), papers=("TITLE: 1!",), evidence=())
    assert verdict(asked, answer("Alpha. [1]", 1)) == "right"
    assert row(asked, answer("Alpha. [1]", 1)).figures["hit@1"] == 1


def test_evidence_is_found_in_a_hit_and_quoted_in_a_citation() -> None:
    asked = question("compare", (1, 2))
    found = row(asked, answer("Alpha. [1]", 1))
    assert (found.figures["evidence recall"], found.figures["evidence quoted"]) == (1.0, 0.5)
    unseen = row(asked, replace(answer("Alpha. [1]", 1), hits=()))
    assert unseen.figures["evidence recall"] == 0.5


def test_lists_count_neither_way_what_is_also_fine() -> None:
    asked = question("list", (1, 2), also_ok=(THIRD.title,))
    figures = row(asked, answer("Alpha. [1] Gamma. [2]", 1, 3)).figures
    assert (figures["list precision"], figures["list recall"]) == (1.0, 0.5)
    assert figures["list F1"] == pytest.approx(2 / 3)


def test_a_refused_list_has_found_nothing() -> None:
    assert row(question("list", (1, 2)), REFUSAL).figures["list F1"] == 0


@pytest.mark.parametrize(
    ("text", "cited", "recall", "precision"),
    [
        ("Alpha needs 8 GPUs. [1]", (1,), 1, 1),
        ("Alpha needs 9 GPUs. [1]", (1,), 0, 0),
        # One of two sentences cites nothing.
        ("Alpha needs 8 GPUs. [1] Beta needs 16 GPUs.", (1,), 0.5, 1),
        # The second paper adds nothing.
        ("Alpha needs 8 GPUs. [1][2]", (1, 3), 1, 0.5),
        # Only both together bear it out, so both are needed.
        ("Alpha needs 16 GPUs. [1][2]", (1, 2), 1, 1),
        # A marker that stands for nothing.
        ("Alpha needs 8 GPUs. [1][7]", (1,), 1, 0.5),
    ],
)
def test_citation_recall_and_precision_are_those_of_alce(
    text: str, cited: tuple[int, ...], recall: float, precision: float
) -> None:
    figures = row(question(), answer(text, *cited)).figures
    assert (figures["citation recall"], figures["citation precision"]) == (recall, precision)


def test_an_answer_without_citations_has_no_citation_precision() -> None:
    figures = row(question(), answer("Alpha needs 8 GPUs.")).figures
    assert figures["citation recall"] == 0
    assert "citation precision" not in figures


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One. [1] Two. [2]", [("One.", (1,)), ("Two.", (2,))]),
        ("One [1]. Two [2][3].", [("One.", (1,)), ("Two.", (2, 3))]),
        ("One, [1] and on. [2]", [("One, and on.", (1, 2))]),
        ("One. Two. [1]", [("One.", ()), ("Two.", (1,))]),
        ("**A title**\nOne. [1]", [("One.", (1,))]),
        ("**A title:** One. [1]", [("One.", (1,))]),
        ("**Alpha** is fast. [1]", [("Alpha is fast.", (1,))]),
        ("Two papers say so:\n\n- One. [1]\n2. Two. [2]", [("One.", (1,)), ("Two.", (2,))]),
        ("_The rest is not in the papers._\nOne. [1]", [("One.", (1,))]),
        ("> “One.” [1]", [("One.", (1,))]),
        ("3.1 GB is enough. [1]", [("3.1 GB is enough.", (1,))]),
        ("", []),
    ],
)
def test_statements_carry_the_markers_that_they_are_followed_by(
    text: str, expected: list[tuple[str, tuple[int, ...]]]
) -> None:
    assert statements(text) == expected


@given(st.text(alphabet="Ab. [1]\n*-:_2", max_size=80))
def test_statements_never_fail_and_never_hold_a_marker(text: str) -> None:
    for said, _ in statements(text):
        assert said.strip()
        assert "[1]" not in said


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (r"36\% of R\&D", "36% of R&D"),
        ("6.0\u00d7", "6.0x"),
        (r"$6.0\times$", "6.0x"),
        ("two\u2013bit", "two-bit"),
        ("two--bit", "two-bit"),
        ("10\u202fs", "10 s"),
        (r"10\,s", "10 s"),
        ("35{,}000", "35,000"),
        ("a~b", "a  B\n"),
        ("\u201cIt\u2019s\u201d", '"it\'s"'),
        ("Mélange", "mélange"),
        ("ＫＩＴＴＩ", "kitti"),
    ],
)
def test_typing_makes_no_difference(one: str, other: str) -> None:
    assert plain(one) == plain(other)


@given(st.text(max_size=40))
def test_every_text_occurs_in_itself(text: str) -> None:
    assert occurs([text], text)


@pytest.mark.parametrize(
    ("string", "text", "expected"),
    [
        ("36%", "saves 36 % or 36%", True),
        ("36%", "saves 136%", False),
        ("2.4", "an error of 2.46", False),
        ("6x", "2.6x faster", False),
        ("6x", "6\u00d7 faster", True),
        ("180", "on 180.", True),
        ("5,000", "15,000", False),
        ("5 h", "5 hours", True),
        ("<10", "it took <10s", True),
        ("worse", "WORSE", True),
    ],
)
def test_a_number_has_to_be_the_whole_number(string: str, text: str, expected: bool) -> None:
    assert occurs([string], text) is expected
