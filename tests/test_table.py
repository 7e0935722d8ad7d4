"""Papers side by side: every cell stands in the paper, or says that it isn't stated."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from command_line import run
from stock import starter_library

from ingest.errors import QuestionError
from ingest.paper import Paper
from rag.assistant import Assistant
from rag.read.table import NOT_STATED, cell, table
from rag.read.tabled import COLUMNS, table_query
from ui.chat.prose import Prose

MOLE = Paper(
    id="mole",
    title="MoleNet: Digging",
    abstract=(
        "Tunnels are hard to map. However, current methods need light. We propose MoleNet, which"
        " digs by touch. On the BurrowBench dataset with 8 A100 GPUs, MoleNet is 3.5x faster than"
        " YOLOv8; its memory peaks at 2 GB. Code is public."
    ),
    year=2024,
    authors=("Mia Mole",),
)
CELLS = {
    "method": "We propose MoleNet",
    "data": "On the BurrowBench dataset with 8 A100 GPUs, MoleNet is 3.5x faster than YOLOv8",
    "result": "On the BurrowBench dataset with 8 A100 GPUs, MoleNet is 3.5x faster than YOLOv8",
    "problem": "However, current methods need light.",
    "hardware": "On the BurrowBench dataset with 8 A100 GPUs, MoleNet is 3.5x faster than YOLOv8",
    "memory": "its memory peaks at 2 GB.",
    "year": "2024",
    "limitations": NOT_STATED,
    "carbon footprint": NOT_STATED,
}


@pytest.mark.parametrize(("column", "said"), CELLS.items(), ids=CELLS)
def test_a_cell_is_the_clause_that_tells(column: str, said: str) -> None:
    found = cell(MOLE, column)
    assert found.shown == said or found.sentence.startswith(said)
    assert found.text in MOLE.abstract or column == "year"


def test_a_table_is_written_as_markdown_and_as_csv_that_runs_nothing() -> None:
    hostile = Paper("h", "=1+1 | x", "We propose |this| at last.")
    made = table([MOLE, hostile], ["method", " memory "])
    assert made.columns == ("method", "memory")
    assert made.to_markdown().splitlines()[3].startswith(r"| =1+1 \| x | We propose \|this\|")
    rows = list(csv.reader(io.StringIO(made.to_csv())))
    assert rows[2] == ["h", "'=1+1 | x", "We propose |this| at last.", NOT_STATED]


def test_the_command_prints_the_papers_on_a_topic(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    with Assistant.open(starter_library(tmp_path)) as assistant:
        abstracts = {paper.id: paper.abstract for paper in assistant.library.papers()}
        with pytest.raises(QuestionError, match="no columns"):
            assistant.table("LoRA", [" "])
    ran = run(capsys, "table", "papers on federated learning", "--json", "--library", tmp_path)
    assert ran.code == 0
    made = json.loads(ran.out)
    assert made["columns"] == ["method", "data", "result"] and len(made["rows"]) >= 2
    for row in made["rows"]:
        assert all(c["text"] in abstracts[row["paper"]] for c in row["cells"].values())


ASKED: dict[str, tuple[str, tuple[str, ...]] | None] = {
    "make a table of LoRA papers": ("LoRA papers", COLUMNS),
    "Please give me a table of the papers on pruning: method, memory": (
        "papers on pruning",
        ("method", "memory"),
    ),
    "Build a comparison table of LoRA papers with method, data and year.": (
        "LoRA papers",
        ("method", "data", "year"),
    ),
    "make a table of papers with code": ("papers with code", COLUMNS),
    "table of pruning papers: method, memory": ("pruning papers", ("method", "memory")),
    "show me the surveys as a table": ("the surveys", COLUMNS),
    "Does Curator keep its vectors in a table?": None,
    "table of contents": None,
    "Which papers use a table of hashes?": None,
}


@pytest.mark.parametrize(("said", "meant"), ASKED.items(), ids=ASKED)
def test_a_table_is_asked_for_in_words(
    said: str, meant: tuple[str, tuple[str, ...]] | None
) -> None:
    query = table_query(said)
    assert (query and (query.topic, query.columns)) == meant


def test_a_chat_answers_with_the_table_each_cell_cited(tmp_path: Path) -> None:
    with Assistant.open(tmp_path / "starter", llm="quoted", starter=True) as assistant:
        answer = assistant.ask("Make a table of papers on pruning: method, memory")
    head, _, *rows = answer.text.splitlines()
    assert head == "| Paper | method | memory |"
    assert len(rows) == len(answer.citations) >= 2
    for sentence in answer.sentences:
        (number,) = sentence.citations
        said = answer.text[sentence.start : sentence.end].replace("\\|", "|")
        assert said in " ".join(answer.citations[number - 1].paper.abstract.split())
    html = Prose.of(answer, 1).html()
    assert html.count("<tr ") == 1 + len(rows)
    assert html.count("ap-cite") == len(rows)
