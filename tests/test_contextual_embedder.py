"""The bundled embedder that reads in context, with its real weights."""

from __future__ import annotations

import hashlib
import json
from threading import get_ident

import numpy as np
import pytest

from ingest.embedders import DEFAULT, load_embedder
from ingest.embedders.contextual import BUNDLED, ContextualEmbedder


@pytest.fixture(scope="module")
def contextual() -> ContextualEmbedder:
    return ContextualEmbedder()


def test_contextual_vectors_have_length_1_and_blank_texts_give_zeros(
    contextual: ContextualEmbedder,
) -> None:
    vectors = contextual.embed(["nets torn at sea", " ", "roads of marl"])
    assert vectors.shape == (3, 384)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), [1, 0, 1], atol=1e-5)
    assert contextual.embed([]).shape == (0, 384)


def test_a_contextual_vector_does_not_depend_on_the_texts_beside_it(
    contextual: ContextualEmbedder,
) -> None:
    texts = ["a short one", "a long one " * 200, "another"]
    together = contextual.embed(texts)
    for text, vector in zip(texts, together, strict=True):
        np.testing.assert_array_equal(contextual.embed([text])[0], vector)


def test_one_model_is_loaded_for_all_libraries_of_a_process() -> None:
    assert load_embedder(DEFAULT) is load_embedder("contextual")


def test_rows_share_threads_that_are_kept_and_an_error_leaves_none_waiting() -> None:
    transformer = ContextualEmbedder()._transformer
    threads = [set(transformer.each(lambda _: get_ident(), range(40))) for _ in range(2)]
    assert threads[0] | threads[1] <= {t.ident for t in transformer._pool._threads}
    done: list[int] = []

    def fails(row: int) -> None:
        done.append(row)
        if row == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        transformer.each(fails, range(10_000))
    assert len(done) < 10_000


@pytest.mark.parametrize(
    ("asked", "meant", "other"),
    [
        (
            "why do computers get slow when many people ask at once",
            "Queueing delay in multi-tenant inference servers under bursty load",
            "Spectral signatures of exoplanet atmospheres",
        ),
        (
            "can a machine tell from a photo of the skin if it is cancer",
            "Dermoscopic image classification of melanoma with convolutional networks",
            "Photographic surveys of variable stars",
        ),
    ],
)
def test_contextual_vectors_bring_plain_words_to_what_they_mean(
    contextual: ContextualEmbedder, asked: str, meant: str, other: str
) -> None:
    question, right, wrong = contextual.embed([asked, meant, other])
    assert question @ right > question @ wrong + 0.1


def test_the_card_names_the_weights_that_are_shipped() -> None:
    weights = (BUNDLED / "contextual.onnx").read_bytes()
    card = json.loads((BUNDLED / "card.json").read_text("utf-8"))
    assert card["sha256"] == hashlib.sha256(weights).hexdigest()
