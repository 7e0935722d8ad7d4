"""Runs the chat page in a process of its own: Gradio leaves event loops open when it goes.

A real assistant over the starter papers and one hostile paper; a few questions play a script
instead, for what a real assistant does only when something is wrong.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from ingest.errors import ProviderError
from ingest.filters import EVERYTHING, Filters
from ingest.library import Library
from ingest.paper import Paper
from ingest.sentences import sentence_spans
from ingest.starter import starter_papers
from rag.answer import Answer, Citation
from rag.assistant import Assistant
from rag.quote import quoted_sentences

HOSTILE_WORDS = (
    "ZorbNet keeps a<b and c>d, x_1 * y_2 and $O(n^2)$ as they are."
    " <script>window.hit=1</script><img src=x onerror=window.hit=1>"
    " ![p](https://evil.example/p.png) [c](javascript:window.hit=1) {{value}} ${window.hit=1}"
)
HOSTILE = Paper(
    id="hostile",
    title="ZorbNet: <img src=https://evil.example/t.png onerror=window.hit=1> *Titles*",
    abstract=HOSTILE_WORDS,
    authors=("<b>Mallory</b>",),
    url="javascript:window.hit=1",
    topics=("<i>zorb</i>",),
)
REFUSED, FAILING, BROKEN, SLOW = "refuse this", "the model is away", "a bug", "take your time"
MANY, TWICE = "cite six papers", "cite two sentences"
SCRIPTED = (REFUSED, FAILING, BROKEN, SLOW, MANY, TWICE)


class Scripted(Assistant):
    """The real assistant, apart from the questions above."""

    def stream(
        self,
        question: str,
        history: Sequence[tuple[str, str]] = (),
        *,
        filters: Filters = EVERYTHING,
    ) -> Iterator[str | Answer]:
        if question in SCRIPTED:
            return self._played(question)
        return super().stream(question, history, filters=filters)

    def _played(self, question: str) -> Iterator[str | Answer]:
        if question == FAILING:
            raise ProviderError("openai/x can't be reached; quoted answers still work")
        if question == BROKEN:
            raise ZeroDivisionError("secret detail")
        if question == SLOW:
            for n in range(200):
                yield f"word{n} "
                time.sleep(0.05)
        if question == REFUSED:
            text = "The papers don't say."
            real = self.ask("What does FlexLLM do?")
            yield text
            yield replace(
                real, question=question, understood=question, text=text, citations=(),
                refused=True, reason="no_detail",
            )  # fmt: skip
            return
        if question == MANY:
            papers = list(self.library.papers())[:6]
            citations = tuple(Citation(n, p, ((0, 20),), 1.0) for n, p in enumerate(papers, 1))
            yield Answer(question, question, "All of them [1][2][3][4][5][6].", citations)
            return
        if question == TWICE:
            paper = next(self.library.papers())
            spans = tuple(sentence_spans(paper.abstract)[1:3])
            text = " ".join(f"{paper.abstract[a:b]} [1]" for a, b in spans)
            citations = (Citation(1, paper, spans, 1.0),)
            sentences = quoted_sentences(text, citations)
            yield Answer(question, question, text, citations, sentences=sentences)


@contextmanager
def serving(directory: Path) -> Iterator[str]:
    """The address of a page that runs until the block ends."""
    command = [sys.executable, "-m", "tests.page_server", str(directory)]
    root = Path(__file__).parents[1]
    with subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            address = process.stdout.readline().strip()
            assert address.startswith("http://"), "the page didn't start"
            yield address
        finally:
            process.terminate()


def announce(address: str) -> None:
    """Tell the test that the page can be opened."""
    sys.stdout.write(f"{address}\n")
    sys.stdout.flush()


def main(directory: Path) -> None:
    import socket

    from ui.server.libraries import Libraries
    from ui.server.serve import launch

    with Library.open(directory, create=True) as library:
        library.put([*starter_papers(), HOSTILE])
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = int(probe.getsockname()[1])
        launch(Libraries({"starter": Scripted(library)}), port=port, ready=announce)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
