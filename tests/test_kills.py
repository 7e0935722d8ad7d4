"""Kill -9 at random moments, a few times; `python -m eval.bench.kills` does it 200 times."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

from eval.bench.kills.held import Command, State, WordsEmbedder, faults
from eval.bench.kills.held import text as abstract
from ingest.library import Library
from ingest.paper import Paper

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork and kill -9")


@pytest.mark.parametrize("kills", [1, pytest.param(4, marks=pytest.mark.slow)])
def test_a_library_survives_kill_9_in_the_middle_of_a_command(kills: int) -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "eval.bench.kills", "--kills", str(kills), "--papers", "200"],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ran.returncode, ran.stderr) == (0, ""), ran.stdout
    assert ran.stdout.endswith(f" {kills} kills, 0 with faults\n")


def test_what_the_kills_look_for_is_seen(tmp_path: Path) -> None:
    """A check that never complains would show nothing."""
    place = tmp_path / "library"
    with Library.open(place, embedder=WordsEmbedder(192), create=True) as library:
        library.put([Paper(id=f"p{n}", title=f"T {n}", abstract=abstract(n, 1)) for n in range(5)])

    def found(papers: dict[int, int], **fields: object) -> list[str]:
        command = Command(**{"kind": "ingest", "numbers": [4], "version": 1, "dim": 192, **fields})
        return faults(place, State(papers), command, random.Random(0))

    whole = {n: 1 for n in range(5)}
    assert found(whole) == []
    assert any("p5 is None" in fault for fault in found({**whole, 5: 1}))
    assert any("p2 is" in fault for fault in found({**whole, 2: 2}))
    assert any("p4 is" in fault for fault in found(whole, kind="delete", done=1))
    (data,) = place.glob("lexical/*")
    data.rename(tmp_path / "elsewhere")
    # The next question would build it anew: a look at a library that isn't up says so first.
    with Library.open(place) as library:
        assert library.disagreements() == ["lexical: can't be used"]
