import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.sentences import sentence_spans, sentences

CASES = {
    "plain": ("One here. Two here.", ["One here.", "Two here."]),
    "e.g. and i.e.": (
        "Use adapters, e.g. LoRA, i.e. small ones. Then stop.",
        ["Use adapters, e.g. LoRA, i.e. small ones.", "Then stop."],
    ),
    "et al.": (
        "Smith et al. Found it slow. We don't.",
        ["Smith et al. Found it slow.", "We don't."],
    ),
    "et al. before an opener": (
        "It follows Smith et al. We extend it.",
        ["It follows Smith et al.", "We extend it."],
    ),
    "Fig. 3": ("See Fig. 3 for details. It grows.", ["See Fig. 3 for details.", "It grows."]),
    "7B.": ("We tune Llama 7B. It works.", ["We tune Llama 7B.", "It works."]),
    "decimals": (
        "It is 3.5 times faster, at 0.52 GPU days. Good.",
        ["It is 3.5 times faster, at 0.52 GPU days.", "Good."],
    ),
    "URL": (
        "Code is at https://github.com/a.b/c.html. Enjoy.",
        ["Code is at https://github.com/a.b/c.html.", "Enjoy."],
    ),
    "LaTeX": (
        r"Runs in $O(n^2)$. M\'elange is 1.5$\times$ faster.",
        [r"Runs in $O(n^2)$.", r"M\'elange is 1.5$\times$ faster."],
    ),
    "question and exclamation": ("Why? Because! So be it.", ["Why?", "Because!", "So be it."]),
    "closing quote": ('He said "stop." Then he left.', ['He said "stop."', "Then he left."]),
    "list marks": (
        "Two steps: 1. prune weights 2. merge them. Done.",
        ["Two steps: 1. prune weights 2. merge them.", "Done."],
    ),
    "lower-case system name": (
        "It is slow. vAttention is not.",
        ["It is slow.", "vAttention is not."],
    ),
    "vs.": ("We compare A vs. B here. B wins.", ["We compare A vs. B here.", "B wins."]),
    "no full stop at the end": ("First. second half", ["First. second half"]),
    "initials": ("By J. R. Smith and others. End.", ["By J. R. Smith and others.", "End."]),
    "Chinese": ("这是一句。这是第二句。", ["这是一句。", "这是第二句。"]),
    "empty": ("  \n ", []),
}


@pytest.mark.parametrize(("text", "expected"), CASES.values(), ids=CASES.keys())
def test_sentences_end_where_a_reader_ends_them(text: str, expected: list[str]) -> None:
    assert sentences(text) == expected


@given(st.text(alphabet=st.sampled_from('aB. !?\n")(1e.g.。\\$'), max_size=200))
def test_spans_are_in_order_and_lose_nothing_but_white_space(text: str) -> None:
    spans = sentence_spans(text)
    assert all(a < b for a, b in spans)
    assert all(b <= c for (_, b), (c, _) in zip(spans, spans[1:], strict=False))
    assert all(text[a:b] == text[a:b].strip() for a, b in spans)
    kept = "".join("".join(text[a:b].split()) for a, b in spans)
    assert kept == "".join(text.split())
