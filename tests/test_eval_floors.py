"""The whole gold set on the starter library, with the bundled embedder and no key."""

from __future__ import annotations

from pathlib import Path

import pytest
from stock import starter_library

from eval.answers import run_questions
from eval.questions import load_questions
from eval.reports.floors import below, load_floors
from rag.assistant import Assistant


@pytest.mark.slow
def test_no_key_figure_falls_below_its_committed_floor(tmp_path: Path) -> None:
    # A fall means worse answers: `askpapers eval --compare` shows which. After a change that is
    # meant, `askpapers eval --write-floors` sets new floors.
    with Assistant.open(starter_library(tmp_path / "library")) as assistant:
        run = run_questions(load_questions(), assistant, floors=False)
    assert below(run.rows, load_floors()) == []
