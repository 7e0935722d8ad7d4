"""Retrieval figures on any set in BEIR's layout (https://arxiv.org/abs/2104.08663)."""

from __future__ import annotations

import csv
import json
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from eval.metrics import mean, ndcg_at_k, recall_at_k
from ingest.embedders import Embedder
from ingest.errors import ParseError
from ingest.library import Library
from ingest.paper import Paper
from ingest.passages import PassageSettings
from rag.retrieve import Retriever, SearchMode

_DEPTH = 100
_BATCH = 1024


@dataclass(frozen=True, slots=True)
class Judged:
    """A BEIR set: texts to search, queries by id, and grades by query and document id."""

    papers: tuple[Paper, ...]
    queries: Mapping[str, str]
    qrels: Mapping[str, Mapping[str, int]]


def load(directory: Path) -> Judged:
    """``corpus.jsonl``, ``queries.jsonl`` and ``qrels/test.tsv`` of a directory.

    Only queries that have a relevant document are kept, as BEIR does.
    """
    papers = tuple(
        Paper(
            id=str(row["_id"]), title=str(row.get("title", "")), abstract=str(row.get("text", ""))
        )
        for row in _rows(directory / "corpus.jsonl")
    )
    qrels: dict[str, dict[str, int]] = {}
    try:
        with (directory / "qrels" / "test.tsv").open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file, delimiter="\t"):
                qrels.setdefault(row["query-id"], {})[row["corpus-id"]] = int(row["score"])
    except (OSError, KeyError, ValueError) as error:
        raise ParseError(
            str(directory / "qrels/test.tsv"), f"no BEIR judgements ({error})"
        ) from error
    judged = {query for query, grades in qrels.items() if any(g > 0 for g in grades.values())}
    texts = {str(row["_id"]): str(row["text"]) for row in _rows(directory / "queries.jsonl")}
    queries = {id_: text for id_, text in texts.items() if id_ in judged}
    return Judged(papers, queries, qrels)


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    try:
        with path.open(encoding="utf-8") as file:
            for number, line in enumerate(file, 1):
                if line.strip():
                    try:
                        row = json.loads(line)
                        row["_id"]
                    except (ValueError, KeyError, TypeError) as error:
                        raise ParseError(str(path), "no BEIR record", record=number) from error
                    yield row
    except OSError as error:
        raise ParseError(str(path), f"can't be read ({error.strerror})") from error


def measure(
    judged: Judged,
    embedder: Embedder,
    *,
    settings: PassageSettings | None = None,
    lexical_share: float | None = None,
) -> dict[str, dict[str, float]]:
    """nDCG@10, recall@10 and recall@100 by search mode, over a library made for the occasion."""
    with tempfile.TemporaryDirectory() as place:
        with Library.open(
            Path(place), embedder=embedder, settings=settings, create=True
        ) as library:
            with library.writing():
                for first in range(0, len(judged.papers), _BATCH):
                    library.put(judged.papers[first : first + _BATCH])
            retrieve = (
                Retriever(library) if lexical_share is None else Retriever(library, lexical_share)
            )
            return {mode: _figures(judged, retrieve, mode) for mode in get_args(SearchMode)}


def _figures(judged: Judged, retrieve: Retriever, mode: SearchMode) -> dict[str, float]:
    per_query: dict[str, list[float]] = {"ndcg@10": [], "recall@10": [], "recall@100": []}
    for id_, text in judged.queries.items():
        ranked = [hit.paper.id for hit in retrieve(text, k=_DEPTH, mode=mode)]
        grades = judged.qrels[id_]
        per_query["ndcg@10"].append(ndcg_at_k(ranked, grades, 10))
        per_query["recall@10"].append(recall_at_k(ranked, grades, 10))
        per_query["recall@100"].append(recall_at_k(ranked, grades, 100))
    return {name: mean(values) for name, values in per_query.items()}
