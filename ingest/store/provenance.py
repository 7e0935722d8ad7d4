"""How a library was made (its identity), and the errors where that doesn't fit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ingest.embedders import Embedder
from ingest.errors import LibraryError, LibraryMismatch
from ingest.passages import PassageSettings
from ingest.store.hashes import changed
from ingest.store.truth import SCHEMA, Truth


def identity_of(embedder: Embedder, settings: PassageSettings) -> dict[str, Any]:
    """What a library made now with these remembers."""
    return {"schema": SCHEMA, "embedder": made_by(embedder), "passages": settings.to_dict()}


def made_by(embedder: Embedder) -> dict[str, Any]:
    """Vectors of the same ``made_by`` can be compared; no others."""
    return {"name": embedder.name, "version": embedder.version, "dim": embedder.dim}


def check(
    directory: Path | str,
    found: dict[str, Any],
    embedder: Embedder | None,
    settings: PassageSettings | None,
) -> None:
    """Raise LibraryMismatch unless the identity ``found`` is of this schema, made with these."""
    if found["schema"] != SCHEMA:
        raise LibraryMismatch(
            f"{directory}: made by another version of askpapers (schema {found['schema']}, this"
            f" one reads {SCHEMA}); install that version, or ingest into a new --library"
        )
    if settings is not None and found["passages"] != settings.to_dict():
        raise LibraryMismatch(
            f"{directory}: its passages were cut by {found['passages']}, not by"
            f" {settings.to_dict()}; open it with its own settings, or ingest into a new --library"
        )
    if embedder is not None:
        check_embedder(directory, found, embedder)


def check_embedder(directory: Path | str, found: dict[str, Any], embedder: Embedder) -> None:
    """Raise LibraryMismatch unless ``embedder`` made the vectors."""
    theirs, wanted = found["embedder"], made_by(embedder)
    if theirs != wanted and theirs["name"] == wanted["name"]:
        raise LibraryMismatch(
            f"{directory}: its vectors were made by version {theirs['version']} of the embedder"
            f" {theirs['name']} ({theirs['dim']} dimensions), here is version {wanted['version']}"
            f" ({wanted['dim']}); give it new vectors with: askpapers reembed --embedder"
            f" {wanted['name']}"
        )
    if theirs != wanted:
        raise LibraryMismatch(
            f"{directory}: its vectors come from {_said(theirs)}, not {_said(wanted)}; open it with"
            f" --embedder {theirs['name']}, or give it new vectors with: askpapers reembed"
            f" --embedder {wanted['name']}"
        )


def beyond_repair(truth: Truth) -> str | None:
    """What is wrong with the truth itself, and what can be done; None when it is whole."""
    faults = truth.database.faults()
    if not faults:
        return _said_of(truth, changed(truth.database))
    try:
        sources = [origin for origin in truth.origins() if origin]
    except LibraryError:
        sources = []
    again = f"; it was made from: {', '.join(sources[:20])}" if sources else ""
    return (
        f"{truth.database.path}: damaged ({'; '.join(faults[:2])[:200]}): put back a copy of the"
        f" file, or move the directory away and ingest the sources again{again}; `askpapers papers"
        " --json` still prints what can be read"
    )


def _said_of(truth: Truth, papers: list[str]) -> str | None:
    """Which papers are no longer as they were put, and what can be done; None: all are."""
    if not papers:
        return None
    listed = " ".join(papers[:10]) + (f" and {len(papers) - 10:,} more" if papers[10:] else "")
    return (
        f"{truth.database.path}: {len(papers):,} papers are not as they were put here (damaged on"
        f" the disk?): put back a copy of the file, or run: askpapers remove {listed}; then ingest"
        " their sources again"
    )


def _said(embedder: dict[str, Any]) -> str:
    return f"{embedder['name']} (version {embedder['version']}, {embedder['dim']} dimensions)"
