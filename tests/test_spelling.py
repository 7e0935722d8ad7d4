"""Topics read as titles, with the words as the papers write them."""

from __future__ import annotations

import pytest
from conftest import paper

from ingest.library import Library
from ui.library.spelling import Spelling, spelling_of

TEXTS = (
    "RNA folding on a GPU",
    "We fold RNA with PyTorch. Two GPUs are enough, and an rna is short; RNA is long.",
    "ON THE ORIGIN OF MODEL WEIGHTS",
    "Model weights, and what a model is",
    "Only here is Graph written so: graph, graph.",
)


@pytest.mark.parametrize(
    ("topic", "shown"),
    [
        ("rna folding", "RNA folding"),
        ("training with pytorch", "Training with PyTorch"),
        ("gpus", "GPUs"),
        ("model weights", "Model weights"),
        ("graph theory", "Graph theory"),
        ("multilingual nlp", "Multilingual NLP"),
        ("  deep   learning ", "Deep learning"),
        ("iPhone photos", "iPhone photos"),
        ("Cs.CL", "Cs.CL"),
        ("3d shapes", "3d shapes"),
        ("", ""),
        ("…", "…"),
    ],
)
def test_a_topic_reads_as_a_title(topic: str, shown: str) -> None:
    assert Spelling(TEXTS).title(topic) == shown


def test_a_library_s_spelling_is_looked_up_once_a_version(library: Library) -> None:
    library.put([paper(1, "We study DNA. DNA it is.")])
    first = spelling_of(library)
    assert spelling_of(library) is first
    assert first.title("dna and rna") == "DNA and rna"
    library.put([paper(2, "RNA here, RNA there.")])
    assert spelling_of(library).title("dna and rna") == "DNA and RNA"
