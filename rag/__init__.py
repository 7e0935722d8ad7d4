"""Questions to a library of papers: ``Assistant`` for many, ``ask`` for one."""

from ingest.filters import Filters
from rag.answer import Answer, Citation, Hit
from rag.assistant import Assistant, ask

__all__ = ["Answer", "Assistant", "Citation", "Filters", "Hit", "ask"]
