"""The check of a model's sentence: several papers at hand, words swapped."""

from __future__ import annotations

import pytest

from ingest.embedders.static import StaticEmbedder
from ingest.paper import Paper
from rag.verify.support import SupportCheck
from rag.verify.swaps import swapped
from rag.verify.verifier import Verifier
from rag.write.check import UNSUPPORTED, Checker, Finding
from rag.write.markers import Sentence
from rag.write.sources import Source

VERIFY = Verifier(SupportCheck(StaticEmbedder()))
TEXTS = {
    "Quickprune: Pruning in One Pass": (
        "Quickprune prunes a language model in one pass over the data. It needs 16 GB of memory for"
        " a model of 7B parameters and 80 GB for one of 70B."
    ),
    "A Survey of Compressed Language Models": (
        "This survey covers pruning, quantization and distillation of language models. It finds"
        " that pruned language models lose accuracy on long documents, since weights that attend"
        " to distant words are pruned first."
    ),
}
SOURCES = [
    Source(number, Paper(str(number), title, text), text)
    for number, (title, text) in enumerate(TEXTS.items(), 1)
]
LONG = "Pruned language models lose accuracy on long documents."


def found(claim: str, *cited: int) -> Finding:
    check = Checker(VERIFY, SOURCES, "What does pruning do?")
    return check(Sentence(claim, claim, cited, (), " "))


CITED = {
    "the paper that says it": (LONG, (2,), "supported"),
    "another one on the same subject": (LONG, (1,), "unsupported"),
    "both": (LONG, (1, 2), "supported"),
    "a paper that says as much as the other": ("Language models can be pruned.", (1,), "supported"),
    "in other words": ("Quickprune goes over the data once to prune a model.", (1,), "supported"),
}


@pytest.mark.parametrize(("claim", "cited", "verdict"), CITED.values(), ids=CITED.keys())
def test_a_sentence_stands_on_the_paper_that_says_it(
    claim: str, cited: tuple[int, ...], verdict: str
) -> None:
    assert found(claim, *cited).verdict == verdict


def test_the_paper_that_says_it_is_named_where_another_is_cited() -> None:
    # Without the survey beside it, the cited paper would be held to say so.
    assert VERIFY.compare(LONG, SOURCES[0].text, title=SOURCES[0].described).supported
    finding = found(LONG, 1)
    assert finding.mark == UNSUPPORTED
    title = SOURCES[1].paper.title
    assert finding.reason == f"\u201c{title}\u201d says this rather than what it cites"


def test_a_figure_that_stands_elsewhere_in_the_paper_is_not_said_to_be_missing() -> None:
    swap = "It needs 80 GB of memory for a model of 7B parameters and 80 GB for one of 70B."
    assert (found(swap, 1).verdict, found(swap, 1).mark) == ("unsupported", UNSUPPORTED)
    missing = found("It needs 6 GB of memory for a model of 7B parameters.", 1)
    assert missing.mark == "(\u26a0 6 GB not in the source)"


SENTENCE = "GaLore trains LLaMA with 398 easy tasks and 1,358 hard tasks on one GPU."
SWAPS = {
    "word for word": (SENTENCE, []),
    "one figure for the other": (SENTENCE.replace("1,358", "398"), ["398"]),
    "one name for the other": (SENTENCE.replace("LLaMA", "GaLore"), ["GaLore"]),
    "a figure written in another way": (SENTENCE.replace("1,358", "1358"), []),
    "a name written in another way": (SENTENCE.replace("LLaMA", "LLaMAs"), []),
    "a name for a word": (SENTENCE.replace("one", "NVIDIA"), []),
    "in other words": ("Using 398 tasks that are hard, GaLore trains on one GPU.", []),
}


@pytest.mark.parametrize(("claim", "wrong"), SWAPS.values(), ids=SWAPS.keys())
def test_a_swap_in_a_sentence_taken_over_is_found(claim: str, wrong: list[str]) -> None:
    assert [fault.words for fault in swapped(claim, SENTENCE)] == wrong
