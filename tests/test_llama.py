"""The library and the assistant inside LlamaIndex's own components."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from llama_index.core import Settings
from llama_index.core.base.response.schema import Response
from llama_index.core.evaluation import RetrieverEvaluator
from llama_index.core.instrumentation import get_dispatcher
from llama_index.core.instrumentation.event_handlers import BaseEventHandler
from llama_index.core.instrumentation.events import BaseEvent
from llama_index.core.llms import MockLLM
from llama_index.core.postprocessor import SimilarityPostprocessor
from llama_index.core.query_engine import CitationQueryEngine, RetrieverQueryEngine
from llama_index.core.retrievers import QueryFusionRetriever
from llama_index.core.schema import MetadataMode, NodeWithScore, QueryBundle
from llama_index.core.tools import QueryEngineTool
from llama_index.core.workflow import StartEvent, StopEvent, Workflow, step
from stock import starter_library

from ingest.errors import QuestionError
from ingest.filters import EVERYTHING, Filters
from rag.answer import Answer, Hit
from rag.assistant import Assistant
from rag.llama import PapersQueryEngine, PapersRetriever

QUESTION = "What does FlexLLM do?"
OFF_TOPIC = "What is the best recipe for sourdough bread?"


@pytest.fixture(scope="module")
def assistant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    with Assistant.open(starter_library(tmp_path_factory.mktemp("llama") / "library")) as opened:
        yield opened


@pytest.fixture(autouse=True)
def settings_stay_untouched() -> Iterator[None]:
    """No component may have been given the global default model or embedder."""
    yield
    assert Settings._llm is None
    assert Settings._embed_model is None


def ids(nodes: list[NodeWithScore]) -> list[str]:
    return [node.node.node_id for node in nodes]


# the retriever


def test_nodes_carry_passage_ids_scores_and_what_tells_the_paper(assistant: Assistant) -> None:
    nodes = PapersRetriever(assistant, k=5).retrieve(QUESTION)
    hits = assistant.search(QUESTION, k=5)
    assert ids(nodes) == [hit.passage.id for hit in hits]
    assert [node.score for node in nodes] == [hit.score for hit in hits]
    first, paper = nodes[0].node, hits[0].paper
    assert "FlexLLM" in paper.title
    assert first.ref_doc_id == paper.id
    assert first.metadata == {
        "paper": paper.id,
        "title": paper.title,
        "year": paper.year,
        "url": paper.url,
        "kind": "digest",
        "start": 0,
        "end": len(first.get_content()),
    }
    assert first.get_content() == paper.abstract[: first.metadata["end"]]


def test_a_model_that_is_shown_a_node_reads_its_title_and_text(assistant: Assistant) -> None:
    node = PapersRetriever(assistant, k=1).retrieve(QUESTION)[0].node
    shown = node.get_content(metadata_mode=MetadataMode.LLM)
    assert node.metadata["title"] in shown
    assert "start" not in shown.split("\n\n")[0]


def test_a_library_alone_gives_the_same_nodes(assistant: Assistant) -> None:
    alone = PapersRetriever(assistant.library, k=5).retrieve(QUESTION)
    assert ids(alone) == ids(PapersRetriever(assistant, k=5).retrieve(QUESTION))


def test_filters_are_kept_to(assistant: Assistant) -> None:
    chosen = tuple(paper.id for paper in assistant.library.papers())[:3]
    retriever = PapersRetriever(assistant, filters=Filters(papers=chosen))
    assert {node.node.ref_doc_id for node in retriever.retrieve(QUESTION)} <= set(chosen)


def test_an_empty_query_raises_our_error(assistant: Assistant) -> None:
    with pytest.raises(QuestionError, match="empty"):
        PapersRetriever(assistant).retrieve("  ")
    with pytest.raises(QuestionError, match="empty"):
        PapersQueryEngine(assistant).query("")


def test_the_evaluator_of_llamaindex_finds_papers_named_in_questions(assistant: Assistant) -> None:
    """Every fifth starter paper, asked for by its title, is the first hit."""
    papers = list(assistant.library.papers())[::5]
    evaluator = RetrieverEvaluator.from_metric_names(
        ["mrr", "hit_rate"], retriever=PapersRetriever(assistant, k=3)
    )

    async def scores() -> list[dict[str, float]]:
        results = [
            await evaluator.aevaluate(f"What is {p.title} about?", [f"{p.id}#0-{len(p.abstract)}"])
            for p in papers
        ]
        return [result.metric_vals_dict for result in results]

    found = asyncio.run(scores())
    assert sum(score["hit_rate"] for score in found) == len(papers)
    assert sum(score["mrr"] for score in found) / len(papers) > 0.95


def test_two_retrievers_fuse(assistant: Assistant) -> None:
    fused = QueryFusionRetriever(
        [PapersRetriever(assistant, k=4), PapersRetriever(assistant.library, k=4)],
        llm=MockLLM(),
        num_queries=1,
        mode="reciprocal_rerank",
        similarity_top_k=4,
        use_async=False,
    )
    nodes = fused.retrieve(QUESTION)
    assert ids(nodes) == ids(PapersRetriever(assistant, k=4).retrieve(QUESTION))


def test_postprocessors_see_scores_in_zero_to_one(assistant: Assistant) -> None:
    nodes = PapersRetriever(assistant, k=10).retrieve(QUESTION)
    assert all(0 <= (node.score or 0) <= 1 for node in nodes)
    kept = SimilarityPostprocessor(similarity_cutoff=0.6).postprocess_nodes(nodes)
    assert 0 < len(kept) < len(nodes)


def test_engines_of_llamaindex_answer_from_it(assistant: Assistant) -> None:
    engine = RetrieverQueryEngine.from_args(PapersRetriever(assistant, k=2), llm=MockLLM())
    response = engine.query(QUESTION)
    # MockLLM says its prompt.
    assert "FlexLLM" in str(response)
    assert ids(response.source_nodes) == ids(PapersRetriever(assistant, k=2).retrieve(QUESTION))


def test_the_paper_is_still_known_where_nodes_are_cut_anew(assistant: Assistant) -> None:
    engine = CitationQueryEngine(
        PapersRetriever(assistant, k=2), llm=MockLLM(), citation_chunk_size=64
    )
    sources = engine.query(QUESTION).source_nodes
    papers = [node.node.ref_doc_id for node in PapersRetriever(assistant, k=2).retrieve(QUESTION)]
    assert len(sources) > 2
    assert {source.node.ref_doc_id for source in sources} == set(papers)


# the query engine


def test_a_response_is_our_answer_with_its_quotes_as_sources(assistant: Assistant) -> None:
    response = PapersQueryEngine(assistant).query(QUESTION)
    answer = assistant.ask(QUESTION)
    assert isinstance(response, Response)
    assert str(response) == answer.text
    assert "[1]" in answer.text
    quotes = [
        (citation.number, quote) for citation in answer.citations for quote in citation.quotes
    ]
    sources = response.source_nodes
    assert [(s.node.metadata["number"], s.node.get_content()) for s in sources] == quotes
    for source in sources:
        paper = next(assistant.library.papers([source.node.metadata["paper"]]))
        start, end = source.node.metadata["start"], source.node.metadata["end"]
        assert paper.abstract[start:end] == source.node.get_content()
        assert source.node.node_id == f"{paper.id}#{start}-{end}"


def test_its_metadata_is_the_whole_answer_as_json(assistant: Assistant) -> None:
    metadata = PapersQueryEngine(assistant).query(QUESTION).metadata
    assert metadata is not None
    expected = assistant.ask(QUESTION).to_dict()
    assert json.loads(json.dumps({**metadata, "timings": None})) == {**expected, "timings": None}


def test_a_refusal_is_a_response_without_sources(assistant: Assistant) -> None:
    response = PapersQueryEngine(assistant).query(OFF_TOPIC)
    assert response.metadata is not None
    assert response.metadata["refused"] is True
    assert str(response) == assistant.ask(OFF_TOPIC).text
    assert response.source_nodes == []


def test_the_engine_is_a_tool_and_a_workflow_step(assistant: Assistant) -> None:
    tool = QueryEngineTool.from_defaults(PapersQueryEngine(assistant), name="papers")

    class Ask(Workflow):
        @step
        async def ask(self, event: StartEvent) -> StopEvent:
            output = await tool.acall(event.question)
            return StopEvent(result=output.raw_output)

    async def run() -> Response:
        return await Ask(timeout=300).run(question=QUESTION)

    assert str(asyncio.run(run())) == assistant.ask(QUESTION).text


def test_retrieve_of_the_engine_gives_the_passages(assistant: Assistant) -> None:
    nodes = PapersQueryEngine(assistant).retrieve(QueryBundle(QUESTION))
    assert ids(nodes) == ids(PapersRetriever(assistant).retrieve(QUESTION))


def test_events_of_llamaindex_are_sent(assistant: Assistant) -> None:
    seen: list[str] = []

    class Listener(BaseEventHandler):
        def handle(self, event: BaseEvent, **_: object) -> None:
            seen.append(type(event).__name__)

    dispatcher = get_dispatcher()
    listener = Listener()
    dispatcher.add_event_handler(listener)
    try:
        PapersRetriever(assistant).retrieve(QUESTION)
        PapersQueryEngine(assistant).query(QUESTION)
    finally:
        dispatcher.event_handlers.remove(listener)
    assert seen == ["RetrievalStartEvent", "RetrievalEndEvent", "QueryStartEvent", "QueryEndEvent"]


# async


class Slow(Assistant):
    """The real assistant, once the event loop has shown that it is free."""

    ticked = threading.Event()

    def search(self, question: str, *, k: int = 10, filters: Filters = EVERYTHING) -> list[Hit]:
        self._nap()
        return super().search(question, k=k, filters=filters)

    def ask(self, question: str, history: object = (), *, filters: Filters = EVERYTHING) -> Answer:
        self._nap()
        return super().ask(question, filters=filters)

    def _nap(self) -> None:
        assert threading.current_thread() is not threading.main_thread()
        assert self.ticked.wait(60), "the loop was held up"


def test_async_calls_leave_the_loop_free(assistant: Assistant) -> None:
    slow = Slow(assistant.library)

    async def tick() -> None:
        for _ in range(5):
            await asyncio.sleep(0.01)
        slow.ticked.set()

    async def run() -> tuple[list[NodeWithScore], Response, None]:
        return await asyncio.gather(
            PapersRetriever(slow).aretrieve(QUESTION),
            PapersQueryEngine(slow).aquery(QUESTION),
            tick(),
        )

    nodes, response, _ = asyncio.run(run())
    assert ids(nodes) == ids(PapersRetriever(assistant).retrieve(QUESTION))
    assert str(response) == assistant.ask(QUESTION).text


# imports


def test_only_this_file_brings_llamaindex_in() -> None:
    code = "import sys, rag; print('llama_index' in sys.modules)"
    root = Path(__file__).parents[1]
    done = subprocess.run(
        [sys.executable, "-c", code], check=True, cwd=root, capture_output=True, text=True
    )
    assert done.stdout == "False\n"
    importers = [
        file.relative_to(root).as_posix()
        for package in ("ingest", "rag", "ui", "eval")
        for file in (root / package).rglob("*.py")
        if "import llama_index" in (text := file.read_text("utf-8")) or "from llama_index" in text
    ]
    baseline = "eval/bench/scale_parts.py"  # measures a stock pipeline beside ours
    assert set(importers) - {baseline} == {
        "rag/llama/engines.py",
        "rag/llama/parts.py",
        "rag/llms/llamaindex.py",
    }
