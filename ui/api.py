"""The page's endpoints for programs: /ask and /search."""

from __future__ import annotations

from typing import Any

from ingest.errors import AskpapersError
from ui.blocks import api, gr
from ui.shelf import Shelf

MOST_FOUND = 100  # papers that one search returns at most


def serve_api(shelf: Shelf, *, at_once: int) -> None:
    """Add the endpoints to the page being built; ``at_once`` calls of each run at a time."""

    def ask(question: str, history: list[list[str]] | None = None) -> dict[str, Any]:
        """Answer a question from the papers, every sentence cited.

        Args:
            question: The question, in plain words.
            history: Earlier turns, each ["user", text] or ["assistant", text].
        """
        try:
            return shelf.first.ask(question, _turns(history)).to_dict()
        except AskpapersError as error:
            raise gr.Error(str(error), print_exception=False) from error

    def search(question: str, k: int = 10) -> list[dict[str, Any]]:
        """Find the papers that a question is about, best first.

        Args:
            question: What to look for, in plain words.
            k: How many papers at most.
        """
        try:
            hits = shelf.first.search(question, k=max(1, min(int(k), MOST_FOUND)))
        except AskpapersError as error:
            raise gr.Error(str(error), print_exception=False) from error
        return [
            {"paper": hit.paper.to_dict(), "text": hit.passage.text, "score": round(hit.score, 4)}
            for hit in hits
        ]

    api(ask, api_name="ask", concurrency_limit=at_once)
    api(search, api_name="search", concurrency_limit=at_once)


def _turns(history: list[list[str]] | None) -> list[tuple[str, str]]:
    turns: list[tuple[str, str]] = []
    for turn in history or []:
        if len(turn) != 2 or turn[0] not in ("user", "assistant"):
            raise gr.Error('history: each turn is ["user", text] or ["assistant", text]')
        turns.append((turn[0], str(turn[1])))
    return turns
