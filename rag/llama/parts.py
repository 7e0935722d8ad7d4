"""Single parts for LlamaIndex programs: sources, an embedder, a reranker, an evaluator.

library.put(papers_of(reader.load_data()))
Library.open(path, embedder=LlamaEmbedder(any_base_embedding), create=True)
index.as_query_engine(node_postprocessors=[PaperReranker(top_n=5)])
FaithfulnessBySupport().evaluate(response=text, contexts=[passage])
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from llama_index.core.base.embeddings.base import BaseEmbedding
from llama_index.core.evaluation import BaseEvaluator, EvaluationResult
from llama_index.core.postprocessor.types import BaseNodePostprocessor
from llama_index.core.prompts.mixin import PromptDictType
from llama_index.core.schema import Document, NodeWithScore, QueryBundle
from pydantic import PrivateAttr

from ingest.embedders import Vectors
from ingest.embedders.static import StaticEmbedder
from ingest.errors import ParseError
from ingest.paper import Paper, Passage
from ingest.sentences import sentences
from ingest.sources.record import paper_from
from rag.abstain import shipped_weights
from rag.answer import Hit
from rag.read.cross_encoder import bundled
from rag.read.features import Viewer
from rag.reader import LOOKED_AT, Reader
from rag.verify.support import SupportCheck


def papers_of(documents: Iterable[Document]) -> list[Paper]:
    """One paper a document: its text is the abstract, its metadata the rest, loosely named.

    Raises ParseError for a document without a title or a text.
    """
    papers = []
    for number, document in enumerate(documents, 1):
        record = {**document.metadata, "abstract": document.text}
        paper = paper_from(record, "documents", number)
        if isinstance(paper, ParseError):
            raise paper
        papers.append(paper)
    return papers


class LlamaEmbedder:
    """Any LlamaIndex embedding as a library's embedder; ``name`` is what the library remembers."""

    version = "1"

    def __init__(self, model: BaseEmbedding, *, name: str | None = None) -> None:
        self.name = name or f"llamaindex/{model.model_name}"
        self._model = model
        self._dim: int | None = None

    @property
    def dim(self) -> int:
        if self._dim is None:
            self._dim = len(self._model.get_text_embedding("length"))
        return self._dim

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors ``(len(texts), dim) float32``."""
        if not texts:
            return np.zeros((0, self.dim), np.float32)
        made = np.asarray(self._model.get_text_embedding_batch(list(texts)), np.float32)
        unit: Vectors = made / np.maximum(np.linalg.norm(made, axis=1, keepdims=True), 1e-12)
        return unit


class PaperReranker(BaseNodePostprocessor):
    """Our reader as a reranker: nodes of papers in the order in which an answer takes them.

    A node's text is read as an abstract, its metadata's ``title`` as the title. The first
    ``LOOKED_AT`` are ranked anew; scores are the ranker's, unbounded.
    """

    top_n: int = 5
    _reader: Reader = PrivateAttr(
        default_factory=lambda: Reader(
            Viewer.of(StaticEmbedder()), shipped_weights(), cross=bundled()
        )
    )

    @classmethod
    def class_name(cls) -> str:
        return "PaperReranker"

    def _postprocess_nodes(
        self, nodes: list[NodeWithScore], query_bundle: QueryBundle | None = None
    ) -> list[NodeWithScore]:
        if query_bundle is None:
            return nodes[: self.top_n]
        hits = [_hit(node, number) for number, node in enumerate(nodes[:LOOKED_AT])]
        ranked = self._reader.rank(query_bundle.query_str, hits)
        order = [(int(hit.paper.id), hit.score) for hit in ranked[: self.top_n]]
        return [NodeWithScore(node=nodes[place].node, score=score) for place, score in order]


class FaithfulnessBySupport(BaseEvaluator):
    """Our support check as an evaluator: is every sentence borne out by some context?

    Needs no model. ``score`` is the share of sentences borne out, ``passing`` whether all are,
    ``feedback`` names those that aren't.
    """

    def __init__(self) -> None:
        self._check = SupportCheck(StaticEmbedder())

    def _get_prompts(self) -> PromptDictType:
        return {}

    def _update_prompts(self, prompts_dict: PromptDictType) -> None:
        """There are none."""

    async def aevaluate(
        self,
        query: str | None = None,
        response: str | None = None,
        contexts: Sequence[str] | None = None,
        **_: object,
    ) -> EvaluationResult:
        said = sentences(response or "")
        failing = [one for one in said if not self._borne_out(one, contexts or ())]
        return EvaluationResult(
            query=query,
            contexts=list(contexts or ()),
            response=response,
            passing=bool(said) and not failing,
            score=1 - len(failing) / len(said) if said else 0.0,
            feedback="not borne out: " + " | ".join(failing) if failing else "",
        )

    def _borne_out(self, sentence: str, contexts: Sequence[str]) -> bool:
        return any(self._check(sentence, context).supported for context in contexts)


def _hit(found: NodeWithScore, number: int) -> Hit:
    text = found.node.get_content()
    paper = Paper(str(number), str(found.node.metadata.get("title", "")), text)
    score = found.score or 0.0
    return Hit(Passage(paper, 0, len(text)), score, 0.0, score)
