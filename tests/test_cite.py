"""Markers of every spelling, in pieces of every size."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.write.markers import LONGEST, Numbering, Sentences, before_end


def cut(text: str, *, size: int = 1, sources: int = 5) -> tuple[list[str], list[str]]:
    """The sentences' texts, with the white space after each, and what was settled on the way."""
    coming = Sentences(Numbering(sources))
    out: list[str] = []
    settled: list[str] = [""]
    for at in range(0, len(text), size):
        for sentence in coming.feed(text[at : at + size]):
            assert sentence.text.startswith(settled[-1])
            out.append(sentence.text + sentence.space)
            settled.append("")
        now = coming.settled()
        assert now.startswith(settled[-1])
        settled.append(now)
    out += [sentence.text + sentence.space for sentence in coming.rest()]
    return out, settled


def resolved(text: str, **options: int) -> str:
    return "".join(cut(text, **options)[0])


SPELLINGS = {
    "one": ("A [3].", "A [1]."),
    "several": ("A [3, 1].", "A [1][2]."),
    "with semicolons": ("A [3; 1].", "A [1][2]."),
    "a range": ("A [2-4].", "A [1][2][3]."),
    "a range with a long dash": ("A [2–4].", "A [1][2][3]."),
    "a range the wrong way round": ("A [4-2].", "A [1][2][3]."),
    "a range and one": ("A [1-2, 5].", "A [1][2][3]."),
    "side by side": ("A [3][1].", "A [1][2]."),
    "side by side with a space": ("A [3] [1].", "A [1] [2]."),
    "twice the same": ("A [3][3] and B [3, 3].", "A [1][1] and B [1]."),
    "no space before": ("A is fast[2].", "A is fast [1]."),
    "after a figure": ("A is 40%[2].", "A is 40% [1]."),
    "after the full stop": ("A is fast. [2]", "A is fast [1]."),
    "stuck to the full stop": ("A is fast.[2] B is slow.[1]", "A is fast [1]. B is slow [2]."),
    "after it, and more follows": ("A is. [2] B is slow. [1]", "A is [1]. B is slow [2]."),
    "lenticular": ("A 【3】.", "A [1]."),
    "lenticular with a dagger": ("A 【3†source】.", "A [1]."),
    "full width": ("A ［3］.", "A [1]."),
    "with a word": ("A [source 3] and B [Passage 1].", "A [1] and B [2]."),
    "with a sign": ("A [#3] and B [^1].", "A [1] and B [2]."),
    "an address after it": ("A [3](https://evil.example/x) is.", "A [1] is."),
    "in bold": ("**A** is **fast [2]**.", "**A** is **fast [1]**."),
    "in a list": ("- **A**: fast [2]\n- **B**: slow [1]", "- **A**: fast [1]\n- **B**: slow [2]"),
    "at the beginning": ("[2] says that A is fast.", "[1] says that A is fast."),
    "out of range": ("A [9].", "A."),
    "out of range, with one that isn't": ("A [9, 2].", "A [1]."),
    "zero": ("A [0].", "A."),
    "a range beyond the end": ("A [4-9999].", "A [1][2]."),
    "a year": ("A [2024].", "A."),
    "in code": ("A `x[1]` [2].", "A `x[\u20601]` [1]."),
    "in code of two ticks": ("A ``x[1]`y`` [2].", "A ``x[\u20601]`y`` [1]."),
    "a tick that never ends": ("A ` x [2].", "A ` x [1]."),
    "no marker: a name": ("A [FlexLLM] is.", "A [FlexLLM] is."),
    "no marker: a fraction": ("A [0.5, 0.7] is.", "A [0.5, 0.7] is."),
    "no marker: an open bracket": ("A [1, 2 is", "A [1, 2 is"),
    "no marker: words": ("A [see 1 below] is.", "A [see 1 below] is."),
    "carriage returns": ("A [1].\r\nB [2].", "A [1].\nB [2]."),
}  # fmt: skip


@pytest.mark.parametrize("size", [1, 3, 1000])
@pytest.mark.parametrize(("text", "wanted"), SPELLINGS.values(), ids=SPELLINGS.keys())
def test_a_marker_of_any_spelling_gets_its_number(text: str, wanted: str, size: int) -> None:
    assert resolved(text, size=size) == wanted


SENTENCES = {
    "two": ("A is. B is.", ["A is. ", "B is."]),
    "an abbreviation": ("E.g. A is, cf. Bs. C is.", ["E.g. A is, cf. Bs. ", "C is."]),
    "a figure": ("A is 3.5 times. B.", ["A is 3.5 times. ", "B."]),
    "lines": ("A\n\nB\n", ["A\n", "\n", "B\n"]),
    "a marker between": ("A is. [1] B is.", ["A is [1]. ", "B is."]),
    "code after a marker": ("[1]. `A is`", ["[1]. `A is`"]),
    "a system in lower case": ("A is. vLLM is.", ["A is. ", "vLLM is."]),
}


@pytest.mark.parametrize("size", [1, 4, 1000])
@pytest.mark.parametrize(("text", "wanted"), SENTENCES.values(), ids=SENTENCES.keys())
def test_sentences_are_the_same_in_pieces_of_any_size(
    text: str, wanted: list[str], size: int
) -> None:
    assert cut(text, size=size)[0] == wanted


SNIPPETS = st.sampled_from(
    ["A is", " fast", ".", ". ", "[1]", " [2, 3]", "[", "]", "【4】", "\n", " ", "`", "3.5", "e.g.",
     "(x)", "[9]", "vLLM", "**", "!", "[1](u)", "(", "“b.”", "[2-", "J. ", " and B"]
)  # fmt: skip


@settings(max_examples=200)
@given(st.lists(SNIPPETS, max_size=25).map("".join), st.integers(1, 9))
def test_the_text_does_not_depend_on_how_it_was_cut_into_pieces(text: str, size: int) -> None:
    whole, _ = cut(text, size=10_000)
    assert cut(text, size=size)[0] == whole


@settings(max_examples=200)
@given(st.lists(SNIPPETS, max_size=25).map("".join))
def test_every_number_left_stands_for_a_source_and_they_run_from_1(text: str) -> None:
    numbering = Numbering(5)
    coming = Sentences(numbering)
    out = "".join(s.text for s in [*coming.feed(text), *coming.rest()])
    numbers = list(numbering.given.values())
    assert numbers == list(range(1, len(numbers) + 1))
    left = [int(number) for number in re.findall(r"\[(\d+)\]", out)]
    assert set(left) <= set(numbers)
    assert list(dict.fromkeys(left)) == numbers


def test_made_up_markers_are_kept_apart() -> None:
    coming = Sentences(Numbering(2))
    (sentence,) = [*coming.feed("A [7][1] and B [2, 8]."), *coming.rest()]
    assert sentence.cited == (1, 2)
    assert sentence.unknown == ("[7]", "[2, 8]")
    assert sentence.bare == "A  and B ."


def test_a_sentence_without_an_end_is_cut() -> None:
    out, _ = cut("x" * (3 * LONGEST), size=50)
    assert [len(text) for text in out] == [LONGEST] * 3


@pytest.mark.parametrize(
    ("text", "wanted"), [("A is.", "A is X."), ("A is", "A is X"), ("A is?!", "A is X?!")]
)
def test_a_mark_stands_before_the_full_stop(text: str, wanted: str) -> None:
    assert before_end(text, " X") == wanted
