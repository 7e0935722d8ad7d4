"""Another embedder's vectors, made beside those in use and switched to when all are there."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from ingest.embedders import Embedder
from ingest.index.derived import AnyIndex, Derived
from ingest.passages import PassageSettings, embedded_text
from ingest.store.provenance import identity_of, made_by
from ingest.store.truth import Truth

_BATCH = 256  # passages a call of the embedder: what a killed run does again, at most


def reembedded(
    truth: Truth,
    index: Derived[AnyIndex],
    open_: Callable[[Path], AnyIndex],
    embedder: Embedder,
    progress: Callable[[int], None] | None = None,
) -> int:
    """How many vectors were made; none when the library has those of ``embedder`` already.

    Vectors are kept in the truth as they come, beside the old ones, so a run that was killed goes
    on where it was. Only for the process that holds the library for writing.
    """
    wanted, identity = made_by(embedder), truth.meta("identity")
    if wanted == identity["embedder"]:
        return 0
    if truth.meta("reembedding") != wanted:
        with truth.transaction():
            truth.forget_new_vectors()
            truth.set_meta("reembedding", wanted)
    made = _made(truth, embedder, progress)
    truth.forget_new_vectors(dead=True)
    state = index.build_beside(open_, "new_vectors")
    with truth.transaction():
        truth.switch_vectors()
        truth.set_meta("identity", identity_of(embedder, PassageSettings(**identity["passages"])))
        truth.set_meta("reembedding", None)
        truth.set_index("vectors", state)
    index.forget_others()
    return made


def _made(truth: Truth, embedder: Embedder, progress: Callable[[int], None] | None) -> int:
    made, last = 0, ""
    while some := truth.without_new_vector(_BATCH, last):
        vectors = embedder.embed([embedded_text(passage) for passage, _ in some])
        with truth.transaction():
            truth.put_new_vectors(
                (passage.id, hash_, vector)
                for (passage, hash_), vector in zip(some, vectors, strict=True)
            )
        made, last = made + len(some), some[-1][0].id
        if progress is not None:
            progress(made)
    return made
