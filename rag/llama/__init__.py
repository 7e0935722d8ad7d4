"""For programs built on LlamaIndex: the library and the assistant as its components.

Retriever, query engine and chat engine are in ``engines``; single parts (sources, embedder,
reranker, evaluator) in ``parts``. Only this room and a model's adapter know LlamaIndex, which takes
two seconds to import.
"""

from rag.llama.engines import PapersChatEngine, PapersQueryEngine, PapersRetriever
from rag.llama.parts import FaithfulnessBySupport, LlamaEmbedder, PaperReranker, papers_of

__all__ = [
    "FaithfulnessBySupport",
    "LlamaEmbedder",
    "PaperReranker",
    "PapersChatEngine",
    "PapersQueryEngine",
    "PapersRetriever",
    "papers_of",
]
