"""“Make a table of LoRA papers: method, data, result”, asked in a chat.

The answer's text is a Markdown table; every cell is a stretch of its paper's own text and cited, or
says that it isn't stated.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ingest.sentences import Span
from rag.answer import Answer, CheckedSentence, Citation, Hit
from rag.read.table import NOT_STATED, Cell, Table
from rag.understand.typed import bare

COLUMNS = ("method", "data", "result")
ROWS = 10  # papers in an answer; `askpapers table` gives more

_KIND = r"(?:(?:short|small|comparison|comparative|summary|overview)\s+)?"
_PAPERS = r"(?:papers|works|studies|surveys)"
_ASKED = re.compile(
    r"(?:(?:make|build|create|give|show|draw|produce|generate|prepare|compile|write|put together)"
    rf"\s+(?:me\s+|us\s+)?an?\s+|an?\s+|(?=.*\b{_PAPERS}\b)){_KIND}"
    r"table\s+(?:of|on|about|for|comparing|that compares)\s+(?:all\s+|the\s+)*(?P<topic>\S.*)"
    r"|(?:(?:make|give|show|put|list)\s+(?:me\s+|us\s+)?)?"
    rf"(?P<first>(?:\S.*?\s)?(?:{_PAPERS}|these|those|them))"
    rf"\s+(?:as|in|into)\s+a\s+{_KIND}table(?P<rest>(?::|,| with| by)\s.*)?",
    re.I | re.S,
)
_COLUMNS = re.compile(
    r" ?(?::|,? (?:with|by|showing|listing)(?: the)?(?: columns?\b:?)?) (?P<columns>\S.*)",
    re.I,
)
_LIST = re.compile(r" ?, ?(?:and )?| and | ?; ?", re.I)
_SHOWN = re.compile(
    r"(?:them|they|those|these|(?:those|these|the) (?:\w+ )?(?:papers|ones|works))", re.I
)
_LONGEST = 4  # words of a column's name


@dataclass(frozen=True, slots=True)
class TableQuery:
    """What a table is asked for: the topic of its papers, and its columns."""

    topic: str
    columns: tuple[str, ...]

    @property
    def refers(self) -> bool:
        """Whether it is of the papers that were just shown."""
        return _SHOWN.fullmatch(self.topic) is not None


def table_query(question: str) -> TableQuery | None:
    """The table that ``question`` asks for; None for any other question."""
    asked = _ASKED.fullmatch(bare(question))
    if asked is None:
        return None
    topic = (asked["topic"] or f"{asked['first']}{asked['rest'] or ''}").strip(" .?!")
    for match in _COLUMNS.finditer(topic):
        columns = tuple(name for name in _LIST.split(match["columns"].strip()) if name)
        said = ":" in match.group() or "column" in match.group().casefold()
        # "Papers with code" are papers; "with method and code" are columns.
        if columns and (said or len(columns) > 1):
            if all(len(name.split()) <= _LONGEST for name in columns):
                return TableQuery(topic[: match.start()], columns) if match.start() else None
    return TableQuery(topic, COLUMNS)


def told(question: str, query: TableQuery, table: Table, hits: Sequence[Hit]) -> Answer:
    """The table as an answer to ``question``; ``hits`` are what was found."""
    text = _line(("Paper", *table.columns)) + _line(("---",) * (1 + len(table.columns)))
    citations: list[Citation] = []
    sentences: list[CheckedSentence] = []
    for number, (paper, cells) in enumerate(table.rows[:ROWS], 1):
        opened = dict.fromkeys(span for cell in cells for span in _spans(paper.abstract, cell))
        citations.append(Citation(number, paper, tuple(sorted(opened)), 1.0))
        text += f"| **{cell_text(paper.title)}** [{number}] |"
        for cell in cells:
            said = cell_text(cell.shown)
            if cell.sentence:
                start = len(text) + 1
                one = CheckedSentence(start, start + len(said), (number,), 1.0, "quoted")
                sentences.append(one)
            text += f" {said} |"
        text += "\n"
    read_as = f"a table of papers on “{query.topic}”: {', '.join(table.columns)}"
    return tabulated(question, text, citations, sentences, hits, read_as)


def tabulated(
    question: str,
    text: str,
    citations: Sequence[Citation],
    sentences: Sequence[CheckedSentence],
    hits: Sequence[Hit],
    read_as: str,
) -> Answer:
    """An answer that is a table: verbatim cells, cited; ``read_as`` says how it was read."""
    return Answer(
        question=question,
        understood=question,
        text=text.rstrip("\n"),
        citations=tuple(citations),
        hits=tuple(hits),
        confidence=1.0,
        sentences=tuple(sentences),
        read_as=read_as,
    )


def _spans(abstract: str, cell: Cell) -> Iterator[Span]:
    start = abstract.find(cell.sentence) if cell.sentence else -1
    if start >= 0:
        yield start, start + len(cell.sentence)


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(map(cell_text, cells))} |\n"


def cell_text(said: str) -> str:
    """One line without what would end a cell or seem a marker of ours (see ``rag.quote``)."""
    plain = " ".join(said.split()) or NOT_STATED
    return re.sub(r"\[(?=\d+\])", "[\u2060", plain.replace("|", "\\|"))
