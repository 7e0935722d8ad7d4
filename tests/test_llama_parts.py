"""Parts for LlamaIndex: documents as papers, its embedders, our reranker and evaluator."""

from __future__ import annotations

from pathlib import Path

import pytest
from chroma_server import ChromaServer, needs_chroma, opened
from fakes import CountingEmbedder
from llama_index.core import Document, MockEmbedding, Settings, VectorStoreIndex
from llama_index.core.embeddings import BaseEmbedding
from llama_index.core.llms import MockLLM
from llama_index.core.schema import NodeWithScore, TextNode

from ingest.errors import ParseError
from ingest.library import Library
from ingest.starter import starter_papers
from rag.assistant import Assistant
from rag.llama import FaithfulnessBySupport, LlamaEmbedder, PaperReranker, papers_of

KELP = Document(
    text="Kelp grows half a metre a day. Our farm feeds 40 otters.",
    metadata={"title": "Kelp Farms", "authors": ["Mo Reef"], "year": 2021, "doi": "10.1234/kelp"},
)


def test_documents_become_papers_of_a_library(tmp_path: Path) -> None:
    with Library.open(tmp_path / "library", create=True) as library:
        library.put(papers_of([KELP]))
        (paper,) = library.papers()
        assert (paper.title, paper.year, paper.authors) == ("Kelp Farms", 2021, ("Mo Reef",))
        assert paper.id == "doi:10.1234/kelp"
        answer = Assistant(library).ask("How many otters does the kelp farm feed?")
    assert "40 otters" in answer.text


def test_a_document_without_a_title_is_refused_with_its_number() -> None:
    with pytest.raises(ParseError, match="2"):
        papers_of([KELP, Document(text="Nameless words of an abstract.")])


def test_any_embedding_of_llamaindex_makes_a_library_s_vectors(tmp_path: Path) -> None:
    embedder = LlamaEmbedder(MockEmbedding(embed_dim=8), name="mock")
    with Library.open(tmp_path / "library", embedder=embedder, create=True) as library:
        library.put(papers_of([KELP]))
        assert (library.embedder.name, library.embedder.dim) == ("mock", 8)
        assert Assistant(library).search("kelp")[0].paper.title == "Kelp Farms"


def test_a_stock_engine_with_our_reranker_shows_the_right_paper_first() -> None:
    nodes = [
        TextNode(text=paper.abstract, metadata={"title": paper.title})
        for paper in list(starter_papers())[:20]
    ]
    wanted = nodes[13].metadata["title"]
    embedding = MockEmbedding(embed_dim=8)  # says nothing: the order is chance
    index = VectorStoreIndex(nodes, embed_model=embedding)
    engine = index.as_query_engine(
        llm=MockLLM(), similarity_top_k=20, node_postprocessors=[PaperReranker(top_n=3)]
    )
    found = engine.query(f"What is {wanted.partition(':')[0]}?").source_nodes
    assert found[0].node.metadata["title"] == wanted
    assert len(found) == 3
    assert Settings._embed_model is None  # nothing global was touched


class Counting(BaseEmbedding):
    """The embedder of the server's library as LlamaIndex wants it."""

    def _get_text_embedding(self, text: str) -> list[float]:
        return [float(value) for value in CountingEmbedder().embed([text])[0]]

    _get_query_embedding = _get_text_embedding

    async def _aget_query_embedding(self, query: str) -> list[float]:
        return self._get_text_embedding(query)


@pytest.mark.slow
@needs_chroma
def test_a_stock_engine_reads_the_collection_that_our_server_keeps(
    chroma: ChromaServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stores = pytest.importorskip("llama_index.vector_stores.chroma")
    import chromadb

    with opened(chroma.address("stock"), tmp_path, monkeypatch) as library:
        library.put([*papers_of([KELP]), *list(starter_papers())[:3]])
    client = chromadb.HttpClient("127.0.0.1", chroma.port)
    store = stores.ChromaVectorStore(chroma_collection=client.get_collection("stock"))
    engine = VectorStoreIndex.from_vector_store(store, embed_model=Counting()).as_query_engine(
        llm=MockLLM(), similarity_top_k=4, node_postprocessors=[PaperReranker(top_n=1)]
    )
    (found,) = engine.query("How many otters does the kelp farm feed?").source_nodes
    assert found.node.metadata["title"] == "Kelp Farms"
    assert "Our farm feeds 40 otters." in found.node.get_content()


def test_without_a_query_the_reranker_only_cuts() -> None:
    nodes = [NodeWithScore(node=TextNode(text=str(n)), score=1.0) for n in range(9)]
    assert PaperReranker(top_n=4).postprocess_nodes(nodes) == nodes[:4]


@pytest.mark.parametrize(
    ("response", "passing"),
    [
        ("Kelp grows half a metre a day.", True),
        ("The farm feeds 40 otters. It feeds 70 gulls.", False),
        ("", False),
    ],
)
def test_the_evaluator_passes_what_the_contexts_bear_out(response: str, passing: bool) -> None:
    result = FaithfulnessBySupport().evaluate(response=response, contexts=[KELP.text])
    assert result.passing is passing
    assert ("70 gulls" in (result.feedback or "")) is ("gulls" in response)
