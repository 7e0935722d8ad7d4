"""The README's examples of questions: each is asked, and the whole output is compared."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from command_line import run

from rag.assistant import Assistant

README = (Path(__file__).parents[1] / "README.md").read_text("utf-8")
BLOCKS = re.findall(r"^```text\n(.*?)^```$", README, re.M | re.S)
EXAMPLES = [
    (asked, output.strip())
    for block in BLOCKS
    for asked, output in re.findall(
        r'^\$ askpapers ask "(.+?)"\n(.*?)(?=^\$ |\Z)', block, re.M | re.S
    )
]


@pytest.fixture(scope="module")
def starter(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("readme") / "library"
    Assistant.open(place, starter=True).close()
    return place


def test_there_are_examples() -> None:
    assert len(EXAMPLES) >= 2
    assert README.count("$ askpapers ask") == len(EXAMPLES)


@pytest.mark.parametrize(("asked", "output"), EXAMPLES)
def test_an_example_prints_what_stands_there(
    starter: Path, capsys: pytest.CaptureFixture[str], asked: str, output: str
) -> None:
    assert run(capsys, "ask", asked, "--library", starter).out.strip() == output
