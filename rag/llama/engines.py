"""The library and the assistant as LlamaIndex components, for programs built on LlamaIndex.

    from rag.llama import PapersChatEngine, PapersQueryEngine, PapersRetriever

    nodes = PapersRetriever(assistant, k=5).retrieve("How is the KV cache made smaller?")
    response = PapersQueryEngine(assistant).query("How is the KV cache made smaller?")
    chat = PapersChatEngine(assistant)
    chat.chat("What does FlexLLM do?"), chat.chat("and how much memory does it save?")

LlamaIndex's ``Settings`` are neither
read nor set.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Generator, Sequence

from llama_index.core.base.base_query_engine import BaseQueryEngine
from llama_index.core.base.base_retriever import BaseRetriever
from llama_index.core.base.response.schema import Response
from llama_index.core.callbacks.base import CallbackManager
from llama_index.core.chat_engine.types import (
    AgentChatResponse,
    BaseChatEngine,
    StreamingAgentChatResponse,
)
from llama_index.core.llms import ChatMessage, ChatResponse, MessageRole
from llama_index.core.prompts.mixin import PromptMixinType
from llama_index.core.schema import (
    NodeRelationship,
    NodeWithScore,
    QueryBundle,
    RelatedNodeInfo,
    TextNode,
)

from ingest.filters import EVERYTHING, Filters
from ingest.library import Library
from ingest.paper import Passage
from rag.answer import Answer, Hit
from rag.assistant import Assistant

# What a model that is shown a node needn't read; programs still find it in ``metadata``.
_UNSPOKEN = ["paper", "url", "kind", "start", "end"]


class PapersRetriever(BaseRetriever):
    """The best ``k`` passages for a query, at most one a paper, best first.

    A node's id is the passage's, the same in every run; its ``ref_doc_id`` is the paper's id; its
    metadata are ``paper`` (id), ``title``, ``year``, ``url``, ``kind``, and ``start`` and ``end``,
    the offsets of its text in the abstract. Scores are shares of the first one's, in (0, 1].
    An empty query raises QuestionError.
    """

    def __init__(
        self,
        source: Assistant | Library,
        *,
        k: int = 10,
        filters: Filters = EVERYTHING,
        callback_manager: CallbackManager | None = None,
    ) -> None:
        super().__init__(callback_manager=callback_manager)
        assistant = source if isinstance(source, Assistant) else Assistant(source)
        self._search: Callable[..., list[Hit]] = assistant.search
        self._k = k
        self._filters = filters

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        hits = self._search(query_bundle.query_str, k=self._k, filters=self._filters)
        return [NodeWithScore(node=_node(hit.passage), score=hit.score) for hit in hits]

    async def _aretrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        # A search takes milliseconds to seconds: on the loop it would hold up everybody else.
        return await asyncio.to_thread(self._retrieve, query_bundle)


class PapersQueryEngine(BaseQueryEngine):
    """Answers of the assistant as LlamaIndex responses.

    The response's text carries ``[n]`` markers; ``source_nodes`` are the quotes that they cite,
    verbatim, with ``number`` n in their metadata and their support in [0, 1] as score; ``metadata``
    is ``Answer.to_dict()``. A refusal is a response without sources. Raises QuestionError.
    """

    def __init__(
        self,
        assistant: Assistant,
        *,
        filters: Filters = EVERYTHING,
        callback_manager: CallbackManager | None = None,
    ) -> None:
        super().__init__(callback_manager=callback_manager)
        self._assistant = assistant
        self._filters = filters
        self._retriever = PapersRetriever(assistant, filters=filters)

    def _get_prompt_modules(self) -> PromptMixinType:
        return {}  # no prompts that a program could replace

    def retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        """The passages that ``PapersRetriever`` finds."""
        return self._retriever.retrieve(query_bundle)

    def _query(self, query_bundle: QueryBundle) -> Response:
        return _response(self._assistant.ask(query_bundle.query_str, filters=self._filters))

    async def _aquery(self, query_bundle: QueryBundle) -> Response:
        return await asyncio.to_thread(self._query, query_bundle)


class PapersChatEngine(BaseChatEngine):
    """A conversation with the assistant as a LlamaIndex chat engine.

    Follow-ups are understood from what was said before. A response's ``source_nodes`` and
    ``metadata`` are those of ``PapersQueryEngine``; while it streams they are empty until its end.
    What a caller leaves unread is not remembered. One engine holds one conversation: give each
    visitor an own one over the same assistant. Raises QuestionError.
    """

    def __init__(
        self,
        assistant: Assistant,
        *,
        filters: Filters = EVERYTHING,
        chat_history: Sequence[ChatMessage] = (),
    ) -> None:
        self._assistant = assistant
        self._filters = filters
        self._said = list(chat_history)

    @property
    def chat_history(self) -> list[ChatMessage]:
        return list(self._said)

    def reset(self) -> None:
        self._said = []

    def chat(
        self, message: str, chat_history: list[ChatMessage] | None = None
    ) -> AgentChatResponse:
        self._resume(chat_history)
        answer = self._assistant.ask(message, self._turns(), filters=self._filters)
        self._remember(message, answer)
        return AgentChatResponse(
            response=answer.text, source_nodes=_sources(answer), metadata=answer.to_dict()
        )

    async def achat(
        self, message: str, chat_history: list[ChatMessage] | None = None
    ) -> AgentChatResponse:
        return await asyncio.to_thread(self.chat, message, chat_history)

    def stream_chat(
        self, message: str, chat_history: list[ChatMessage] | None = None
    ) -> StreamingAgentChatResponse:
        self._resume(chat_history)
        streaming = StreamingAgentChatResponse(is_writing_to_memory=False)
        streaming.chat_stream = self._pieces(message, streaming)
        return streaming

    async def astream_chat(
        self, message: str, chat_history: list[ChatMessage] | None = None
    ) -> StreamingAgentChatResponse:
        streaming = self.stream_chat(message, chat_history)
        assert streaming.chat_stream is not None
        streaming.achat_stream = _off_the_loop(streaming.chat_stream)
        streaming.chat_stream = None
        return streaming

    def _pieces(
        self, message: str, streaming: StreamingAgentChatResponse
    ) -> Generator[ChatResponse, None, None]:
        sofar = ""
        for piece in self._assistant.stream(message, self._turns(), filters=self._filters):
            if isinstance(piece, Answer):
                self._remember(message, piece)
                streaming.source_nodes = _sources(piece)
                streaming.is_done = True
                return
            sofar += piece
            said = ChatMessage(role=MessageRole.ASSISTANT, content=sofar)
            yield ChatResponse(message=said, delta=piece)

    def _resume(self, chat_history: Sequence[ChatMessage] | None) -> None:
        if chat_history is not None:
            self._said = list(chat_history)

    def _turns(self) -> list[tuple[str, str]]:
        spoken = (MessageRole.USER, MessageRole.ASSISTANT)
        return [(m.role.value, m.content or "") for m in self._said if m.role in spoken]

    def _remember(self, message: str, answer: Answer) -> None:
        self._said += [
            ChatMessage(role=MessageRole.USER, content=message),
            ChatMessage(role=MessageRole.ASSISTANT, content=answer.text),
        ]


async def _off_the_loop(
    pieces: Generator[ChatResponse, None, None],
) -> AsyncGenerator[ChatResponse, None]:
    """The pieces of a blocking iterator, each waited for in a thread."""
    while (piece := await asyncio.to_thread(next, pieces, None)) is not None:
        yield piece


def _response(answer: Answer) -> Response:
    return Response(response=answer.text, source_nodes=_sources(answer), metadata=answer.to_dict())


def _sources(answer: Answer) -> list[NodeWithScore]:
    return [
        NodeWithScore(
            node=_node(Passage(citation.paper, start, end), number=citation.number),
            score=citation.support,
        )
        for citation in answer.citations
        for start, end in citation.spans
    ]


def _node(passage: Passage, *, number: int | None = None) -> TextNode:
    paper = passage.paper
    metadata = {
        "paper": paper.id,
        "title": paper.title,
        "year": paper.year,
        "url": paper.url,
        "kind": paper.kind,
        "start": passage.start,
        "end": passage.end,
    }
    unspoken = [*_UNSPOKEN, *(["year"] if paper.year is None else [])]
    if number is not None:
        metadata["number"] = number
    return TextNode(
        id_=passage.id,
        text=passage.text,
        metadata=metadata,
        excluded_llm_metadata_keys=unspoken,
        excluded_embed_metadata_keys=[*unspoken, "number"],
        start_char_idx=passage.start,
        end_char_idx=passage.end,
        # What survives when a component cuts nodes anew and gives them new ids.
        relationships={NodeRelationship.SOURCE: RelatedNodeInfo(node_id=paper.id)},
    )
