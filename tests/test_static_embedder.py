"""The bundled embedder: what a library, a reranker and a support check rely on."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from eval.train.embedder.batches import read_pairs
from ingest.embedders.static import BUNDLED, UNKNOWN, StaticEmbedder

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


IN_EVERYDAY_WORDS = {  # and as an abstract says it; none of it is in eval/train/pairs
    "my laptop fan is screaming while it writes an answer": "We reduce the power consumption of "
    "on-device inference by lowering the clock frequency during decoding.",
    "it makes stuff up and sounds sure of it": "Language models hallucinate with high confidence; "
    "we calibrate their uncertainty.",
    "who gets the graphics cards next when everybody queues": "Fair scheduling of GPU clusters "
    "allocates accelerators among competing jobs.",
    "throw away the neurons nobody needs": "Structured pruning removes redundant units from the "
    "network.",
    "one big brain or several small specialists": "Mixture-of-experts layers route each token to "
    "a subset of expert networks.",
    "it forgets what I said half an hour ago": "Long-term conversational memory beyond the "
    "context window of dialogue agents.",
    "a robot that finds its way round my flat": "Indoor navigation and mapping for mobile robots.",
    "keep my hospital records out of the model": "Privacy-preserving learning on clinical data "
    "with differential privacy.",
    "draw me a picture from a sentence": "Text-to-image synthesis with diffusion models.",
}


@pytest.mark.parametrize("everyday", IN_EVERYDAY_WORDS)
def test_everyday_words_find_what_an_abstract_says(embedder: StaticEmbedder, everyday: str) -> None:
    own = cosine(embedder, everyday, IN_EVERYDAY_WORDS[everyday])
    others = [text for key, text in IN_EVERYDAY_WORDS.items() if key != everyday]
    assert own > 0.15
    assert own > max(cosine(embedder, everyday, other) for other in others)


def test_the_pairs_of_our_own_are_of_use_and_not_repeated() -> None:
    pairs = read_pairs(sorted((Path(__file__).parents[1] / "eval/train/pairs").glob("*.jsonl")))
    assert len(pairs) > 5_000
    assert len({lay.casefold() for lay, _ in pairs}) == len(pairs)
    assert min(len(technical.split()) for _, technical in pairs) >= 8
    ours = {text.casefold() for pair in pairs for text in pair}
    for pair in IN_EVERYDAY_WORDS.items():
        assert ours.isdisjoint(text.casefold() for text in pair)


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


@pytest.mark.parametrize(
    "text",
    [
        ABSTRACT,
        "KV-cache at 3.5x, (e.g.) int8/fp16; a_b",
        "naïve café\u2019s x² y\u2014z \u201cquoted\u201d [UNK] ##ing",
        "E\u0301cole, Straße, \u65e5\u672c\u8a9e text",
        "tabs\tand\nlines  apart",
    ],
)
def test_words_looked_up_one_by_one_are_the_tokens_of_the_whole(
    embedder: StaticEmbedder, text: str
) -> None:
    whole = embedder._tokenizer.encode(text)
    known = [i for i, token in enumerate(whole.ids) if token != UNKNOWN]
    tokens = embedder.tokens(text)
    assert tokens.ids.tolist() == [whole.ids[i] for i in known]
    assert list(tokens.spans) == [whole.offsets[i] for i in known]
    assert list(tokens.strings) == [whole.tokens[i] for i in known]
    total = tokens.weights @ tokens.vectors
    np.testing.assert_allclose(embedder.embed([text])[0], total / np.linalg.norm(total), atol=1e-6)


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


SUBJECTS = ["enzymes", "galaxies", "compilers", "glaciers", "violins", "auctions", "bridges"]
EVERYDAY = ["leaven", "stars", "translators", "ice", "fiddles", "haggling", "crossings"]
KINDS = ["measurement", "theory", "simulation", "history"]
PAPERS = [  # the everyday words stand in them, but never with the subject that they mean
    {
        "title": f"On {subject} and {kind}",
        "abstract": f"We study {subject}. Our {kind} of {subject} is new. " * 3
        + f"Thanks to {thanked} and {thanked}.",
    }
    for i, subject in enumerate(SUBJECTS)
    for kind, thanked in zip(KINDS, (EVERYDAY * 2)[i + 1 :], strict=False)
]
TITLES, ABSTRACTS = [p["title"] for p in PAPERS], [p["abstract"] for p in PAPERS]
TECHNICAL = [f"We study {subject}." for subject in SUBJECTS]


@pytest.fixture(scope="module")
def train(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., StaticEmbedder]:
    """Runs the training script on 28 papers."""
    if find_spec("torch") is None:
        pytest.skip("training needs torch, which is not installed (extra: train)")
    folder = tmp_path_factory.mktemp("training")
    secret = [{"title": "On galaxies, and theory!"}]
    pairs = [{"lay": a, "technical": b} for a, b in zip(EVERYDAY, TECHNICAL, strict=True)]
    for name, lines in (("papers", PAPERS), ("secret", secret), ("pairs", pairs)):
        text = "".join(json.dumps(line) + "\n" for line in lines)
        (folder / f"{name}.jsonl").write_text(text, encoding="utf-8")

    def run(out: str, *options: str) -> StaticEmbedder:
        command = [sys.executable, "-m", "eval.train.embedder", str(folder / "papers.jsonl")]
        command += ["--out", str(folder / out), "--exclude", str(folder / "secret.jsonl")]
        command += ["--batch", "16", "--steps", "80", "--dim", "32", "--polish-steps", "120"]
        command += [option.format(folder=folder) for option in options]
        done = subprocess.run(
            command,
            check=True,
            cwd=BUNDLED.parents[2],
            env={**os.environ, "OMP_NUM_THREADS": "1"},  # so little work isn't worth sharing
            capture_output=True,
            text=True,
        )
        assert "25 + 0 papers, 2 held out" in done.stderr  # 28 less the excluded one
        assert ("7 pairs" in done.stderr) == ("{folder}/pairs.jsonl" in options)
        return StaticEmbedder(folder / out)

    return run


def hits(embedder: StaticEmbedder, queries: Sequence[str], texts: Sequence[str]) -> float:
    """Share of the queries whose nearest text is the one at their own place."""
    nearest = np.argmax(embedder.embed(queries) @ embedder.embed(texts).T, axis=1)
    return float((nearest == np.arange(len(queries))).mean())


def test_the_training_script_makes_a_model_that_finds_papers_by_title(
    train: Callable[..., StaticEmbedder],
) -> None:
    first, again = train("first", "--pairs"), train("again", "--pairs")
    assert hits(first, TITLES, ABSTRACTS) > 0.8
    np.testing.assert_allclose(first.embed(TITLES), again.embed(TITLES), atol=1e-4)


def test_polishing_teaches_everyday_words_and_forgets_no_paper(
    train: Callable[..., StaticEmbedder],
) -> None:
    before = train("before", "--pairs")
    options = ["--from", "{folder}/before", "--pairs", "{folder}/pairs.jsonl"]
    after = train("after", *options, "--polish-rate", "0.02")
    assert hits(before, EVERYDAY, TECHNICAL) < 0.5
    assert hits(after, EVERYDAY, TECHNICAL) > 0.9
    assert hits(after, TITLES, ABSTRACTS) > 0.8
    again = train("after-again", *options, "--polish-rate", "0.02")
    np.testing.assert_allclose(after.embed(EVERYDAY), again.embed(EVERYDAY), atol=1e-4)
