"""The bundled embedder: what a library, a reranker and a support check rely on."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from ingest.embedders.static import BUNDLED, StaticEmbedder

ABSTRACT = (
    "We quantize the weights of large language models to four bits. Perplexity hardly changes, "
    "and inference needs a quarter of the memory."
)
WITHOUT_WORDS = ["", "   \n\t", "?!… —", "\U0001f642\U0001f642"]


@pytest.fixture(scope="module")
def embedder() -> StaticEmbedder:
    return StaticEmbedder()


def cosine(embedder: StaticEmbedder, a: str, b: str) -> float:
    first, second = embedder.embed([a, b])
    return float(first @ second)


def test_vectors_are_unit_float32_of_the_stated_dim(embedder: StaticEmbedder) -> None:
    vectors = embedder.embed(["pruning", ABSTRACT, ABSTRACT * 50])
    assert vectors.shape == (3, embedder.dim)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


def test_no_texts_give_no_vectors(embedder: StaticEmbedder) -> None:
    assert embedder.embed([]).shape == (0, embedder.dim)


@pytest.mark.parametrize("text", WITHOUT_WORDS)
def test_a_text_without_known_words_gives_zeros(embedder: StaticEmbedder, text: str) -> None:
    assert not embedder.embed([text]).any()
    assert embedder.tokens(text).vectors.shape == (0, embedder.dim)


def test_the_same_text_gives_the_same_vector_whatever_its_batch(embedder: StaticEmbedder) -> None:
    alone = embedder.embed([ABSTRACT])[0]
    crowd = embedder.embed([f"paper number {i} on tensors" for i in range(1_500)] + [ABSTRACT])
    assert np.array_equal(alone, crowd[-1])


def test_case_accents_and_punctuation_change_nothing(embedder: StaticEmbedder) -> None:
    assert cosine(embedder, "naive Bayes classifier", "NAÏVE-BAYES (classifier)!") > 0.999


@pytest.mark.parametrize(
    ("word", "near", "far"),
    [
        ("car", "vehicle", "theorem"),
        ("photograph", "image", "protein"),
        ("summarization", "summaries", "voltage"),
        ("laptop", "computer", "galaxy"),
        ("LLM", "language model", "fluid flow"),
        ("compress a network", "pruning and quantization", "speech recognition"),
    ],
)
def test_synonyms_lie_nearer_than_unrelated_words(
    embedder: StaticEmbedder, word: str, near: str, far: str
) -> None:
    assert cosine(embedder, word, near) > cosine(embedder, word, far) + 0.1


def test_an_unknown_word_is_read_through_its_parts(embedder: StaticEmbedder) -> None:
    tokens = embedder.tokens("Quantizationlike")
    assert len(tokens.strings) > 1
    assert cosine(embedder, "quantizationlike", "quantization") > cosine(
        embedder, "quantizationlike", "economics"
    )


def test_frequent_words_weigh_less_than_telling_ones(embedder: StaticEmbedder) -> None:
    tokens = embedder.tokens("the quantization of the transformer")
    weights = dict(zip(tokens.strings, tokens.weights.tolist(), strict=True))
    assert max(weights["the"], weights["of"]) < min(weights["quantization"], weights["transformer"])


def test_spans_point_at_the_words_in_the_text(embedder: StaticEmbedder) -> None:
    text = "Écart of the  KV-cache: halved."
    tokens = embedder.tokens(text)
    words = [text[start:end] for start, end in tokens.spans]
    assert "".join(words) == "ÉcartoftheKVcachehalved"
    assert words[-3:] == ["KV", "cache", "halved"]


def test_tokens_add_up_to_the_vector_of_the_text(embedder: StaticEmbedder) -> None:
    tokens = embedder.tokens(ABSTRACT)
    np.testing.assert_allclose(np.linalg.norm(tokens.vectors, axis=1), 1, atol=1e-5)
    assert tokens.weights.min() >= 0
    total = tokens.weights @ tokens.vectors
    np.testing.assert_allclose(
        total / np.linalg.norm(total), embedder.embed([ABSTRACT])[0], atol=1e-5
    )


def test_torch_is_not_imported_to_embed() -> None:
    code = (
        "import sys; from ingest.embedders.static import StaticEmbedder; "
        "StaticEmbedder().embed(['a']); assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=BUNDLED.parents[2])


def test_the_bundled_files_stay_within_sixteen_megabytes() -> None:
    assert sum(file.stat().st_size for file in BUNDLED.iterdir()) <= 16_000_000


def test_the_card_names_data_recipe_figures_and_licence() -> None:
    card = (BUNDLED / "CARD.md").read_text(encoding="utf-8")
    for heading in ("## Data", "## Recipe", "## Figures", "## Licence", "## Train it again"):
        assert heading in card
    for name in ("cranfield", "cisi", "cacm", "csfcube"):
        assert name in card


def test_the_training_script_makes_a_model_that_finds_papers_by_title(tmp_path: Path) -> None:
    if find_spec("torch") is None:
        pytest.skip("training needs torch, which is not installed (extra: train)")
    corpus = tmp_path / "papers.jsonl"
    subjects = ["enzymes", "galaxies", "compilers", "glaciers", "violins", "auctions", "bridges"]
    papers = [
        {
            "title": f"On {subject} and {verb}",
            "abstract": f"We study {subject}. Our {verb} of {subject} is new. " * 3,
        }
        for subject in subjects
        for verb in ("measurement", "theory", "simulation", "history")
    ]
    corpus.write_text("".join(json.dumps(p) + "\n" for p in papers), encoding="utf-8")
    secret = tmp_path / "test-set.jsonl"
    secret.write_text(json.dumps({"title": "On galaxies, and theory!"}) + "\n", encoding="utf-8")

    def run(out: str) -> Path:
        command = [sys.executable, "-m", "ingest.embedders.train", str(corpus)]
        command += ["--out", str(tmp_path / out), "--exclude", str(secret)]
        command += ["--batch", "16", "--steps", "40", "--dim", "16"]
        done = subprocess.run(
            command, check=True, cwd=BUNDLED.parents[2], capture_output=True, text=True
        )
        assert "25 + 0 papers, 2 held out" in done.stderr  # 28 less the excluded one
        return tmp_path / out

    first, again = StaticEmbedder(run("first")), StaticEmbedder(run("again"))
    titles = first.embed([p["title"] for p in papers])
    abstracts = first.embed([p["abstract"] for p in papers])
    assert (np.argmax(titles @ abstracts.T, axis=1) == np.arange(len(papers))).mean() > 0.8
    np.testing.assert_allclose(titles, again.embed([p["title"] for p in papers]), atol=1e-4)
