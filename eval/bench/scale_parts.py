"""The measurements of ``eval.bench.scale``, each run in a process of its own.

Each takes the directory of one size, which holds ``papers.jsonl``, and gives JSON-serialisable
facts; ``ingest`` comes first: the others use the library that it leaves.
"""

from __future__ import annotations

import random
import resource
import shutil
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from eval.metrics import percentile
from ingest.embedders import load_embedder
from ingest.filters import EVERYTHING, Filters
from ingest.library import Library
from ingest.paper import Paper
from ingest.pipeline import ingest
from ingest.sources import read

_QUESTIONS = 200
_OURS: Any = {"hnsw": {"space": "cosine", "ef_construction": 80, "max_neighbors": 20}}
# Settings, rows a call, kind of number: the best of those with Chroma's own settings counts.
_LOOPS: Any = (
    ("default", None, 1_000, np.float64),
    ("default", None, 5_000, np.float64),
    ("default", None, 5_000, np.float32),
    ("ours", _OURS, 5_000, np.float64),
)

_MANY = 150_000  # vectors from which only the loop is run that was the best of fewer

Facts = dict[str, Any]


def _ingest(place: Path) -> Facts:
    """Abstracts on disk to a library that is up: seconds, peak memory, size."""
    shutil.rmtree(place / "library", ignore_errors=True)
    return {**_ingested(place), "disk_mb": _disk(place / "library"), "peak_mb": _peak()}


def _again(place: Path) -> Facts:
    """The same once more: nothing has changed."""
    return _ingested(place)


def _ingested(place: Path) -> Facts:
    import chromadb  # noqa: F401 - not timed: the baselines import before their clocks start, too

    started = time.perf_counter()
    with Library.open(place / "library", embedder=load_embedder("static"), create=True) as library:
        report = ingest(library, [str(place / "papers.jsonl")])
    seconds = time.perf_counter() - started
    return {"seconds": seconds, "added": report.tally.added, "embedded": report.tally.embedded}


def _bare(place: Path) -> Facts:
    """The library's own vectors into Chroma by a loop of upserts: no texts, no other work."""
    import chromadb
    from chromadb.config import Settings

    with Library.open(place / "library") as library:
        vectors = library.vectors()
    loops = []
    few = len(vectors.ids) <= _MANY
    for name, settings, batch, number in _LOOPS if few else _LOOPS[1:2]:
        shutil.rmtree(place / "bare", ignore_errors=True)
        client = chromadb.PersistentClient(
            str(place / "bare"), settings=Settings(anonymized_telemetry=False)
        )
        collection = client.create_collection(
            "bare", embedding_function=None, configuration=settings
        )
        started = time.perf_counter()
        for first in range(0, len(vectors.ids), batch):
            collection.upsert(
                ids=list(vectors.ids[first : first + batch]),
                embeddings=vectors.matrix[first : first + batch].astype(number),
            )
        seconds = time.perf_counter() - started
        number = np.dtype(number).name
        loops.append({"settings": name, "batch": batch, "number": number, "seconds": seconds})
        client.close()  # type: ignore[attr-defined]  # it has one; its declared type lacks it
    return {"loops": loops, "vectors": len(vectors.ids)}


def _stock(place: Path) -> Facts:
    """LlamaIndex's IngestionPipeline into ChromaVectorStore, as its documentation has it."""
    import chromadb
    from chromadb.config import Settings
    from llama_index.core.embeddings import BaseEmbedding
    from llama_index.core.ingestion import IngestionPipeline
    from llama_index.core.node_parser import SentenceSplitter
    from llama_index.core.schema import Document
    from llama_index.core.storage.docstore import SimpleDocumentStore
    from llama_index.vector_stores.chroma import ChromaVectorStore

    from ingest.embedders.static import StaticEmbedder

    static = StaticEmbedder()

    class Same(BaseEmbedding):
        """Our embedder under LlamaIndex's interface."""

        def _get_text_embedding(self, text: str) -> list[float]:
            return self._get_text_embeddings([text])[0]

        def _get_text_embeddings(self, texts: list[str]) -> list[list[float]]:
            rows: list[list[float]] = static.embed(texts).tolist()
            return rows

        def _get_query_embedding(self, query: str) -> list[float]:
            return self._get_text_embedding(query)

        async def _aget_query_embedding(self, query: str) -> list[float]:
            return self._get_text_embedding(query)

    shutil.rmtree(place / "stock", ignore_errors=True)
    client = chromadb.PersistentClient(
        str(place / "stock"), settings=Settings(anonymized_telemetry=False)
    )
    store = ChromaVectorStore(
        chroma_collection=client.create_collection("stock", embedding_function=None)
    )
    pipeline = IngestionPipeline(
        transformations=[SentenceSplitter(), Same(embed_batch_size=512)],
        vector_store=store,
        docstore=SimpleDocumentStore(),
    )
    documents: list[Document] = []
    started = time.perf_counter()
    papers = (paper for paper in read(str(place / "stock.jsonl")) if isinstance(paper, Paper))
    for paper in papers:
        facts = {"title": paper.title, "year": paper.year or 0, "url": paper.url or ""}
        documents.append(
            Document(id_=paper.id, text=f"{paper.title}. {paper.abstract}", metadata=facts)
        )
        if len(documents) == 4_000:  # more at once than Chroma takes is an error there
            pipeline.run(documents=documents)
            documents = []
    if documents:
        pipeline.run(documents=documents)
    pipeline.persist(str(place / "stock"))
    return {"seconds": time.perf_counter() - started, "peak_mb": _peak()}


def _query(place: Path) -> Facts:
    """Questions to the open library, warm: titles of its own papers, as people quote them."""
    from rag.assistant import Assistant

    with Assistant.open(place / "library", starter=True) as assistant:
        library = assistant.library
        ids = sorted(library.vectors().by_paper)
        chosen = random.Random(0).sample(ids, min(_QUESTIONS, len(ids)))  # noqa: S311
        papers = list(library.papers(chosen))
        questions = [f"What is known about {paper.title.rstrip('.')}?" for paper in papers]
        years = [paper.year for paper in papers if paper.year is not None]
        recent = Filters(since=int(np.quantile(years, 0.8))) if years else EVERYTHING
        asked: Mapping[str, Callable[[str], object]] = {
            "search": lambda text: assistant.search(text),
            "filtered": lambda text: assistant.search(text, filters=recent),
            "ask": lambda text: assistant.ask(text),
        }
        facts: Facts = {name: _times(ask, questions) for name, ask in asked.items()}
        facts["recall@10"] = _recall(library, questions)
        facts["peak_mb"] = _peak()
    return facts


def _times(ask: Callable[[str], object], questions: list[str]) -> Facts:
    for question in questions[:5]:
        ask(question)
    found = []
    for question in questions:
        started = time.perf_counter()
        ask(question)
        found.append(1000 * (time.perf_counter() - started))
    return {"p50": percentile(found, 0.5), "p95": percentile(found, 0.95)}


def _recall(library: Library, questions: list[str], k: int = 10) -> float:
    """The share of the exact ``k`` nearest passages that the vector index finds, on the mean."""
    exact = library.vectors()
    shares = []
    for vector in library.embedder.embed(questions):
        near = {id_ for id_, _ in exact.search(vector, k, EVERYTHING)}
        found = {id_ for id_, _ in library.search_dense(vector, k)}
        shares.append(len(near & found) / max(len(near), 1))
    return float(np.mean(shares))


def _peak() -> float:
    """Peak memory, MB: of this process, and of the largest of those that it started."""
    who = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return sum(resource.getrusage(which).ru_maxrss for which in who) / 1024


def _disk(directory: Path) -> float:
    return sum(path.stat().st_size for path in directory.rglob("*") if path.is_file()) / 1e6


PARTS: Mapping[str, Callable[[Path], Facts]] = {
    "ingest": _ingest,
    "again": _again,
    "bare": _bare,
    "stock": _stock,
    "query": _query,
}
