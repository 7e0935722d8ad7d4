"""What README and docs show: questions with their whole output, commands, programs, links."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from command_line import run
from stock import starter_library

from ui.cli.main import _parser as parser

HOME = Path(__file__).parents[1]
README = (HOME / "README.md").read_text("utf-8")
PAGES = [HOME / "README.md", HOME / "CONTRIBUTING.md", *sorted((HOME / "docs").glob("*.md"))]


def blocks(page: Path, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", page.read_text("utf-8"), re.M | re.S)


COMMANDS = [
    (page.name, line)
    for page in PAGES
    for block in blocks(page, "sh")
    for line in block.splitlines()
    if re.search(r"(?:^|\| ?|=\S+ )askpapers ", line)
]
PROGRAMS = [
    pytest.param(block, id=f"{page.name} {number}")
    for page in PAGES
    for number, block in enumerate(blocks(page, "python"))
    if "gradio_client" not in block  # needs the page: tests/test_serving.py
]
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
    starter_library(place)
    return place


def test_there_are_examples() -> None:
    assert len(EXAMPLES) >= 2
    assert README.count("$ askpapers ask") == len(EXAMPLES)


@pytest.mark.parametrize(("asked", "output"), EXAMPLES)
def test_an_example_prints_what_stands_there(
    starter: Path, capsys: pytest.CaptureFixture[str], asked: str, output: str
) -> None:
    assert run(capsys, "ask", asked, "--library", starter).out.strip() == output


@pytest.mark.parametrize(("page", "line"), COMMANDS)
def test_a_command_is_one_that_the_program_takes(page: str, line: str) -> None:
    said = shlex.split(line[line.index("askpapers ") :], comments=True)
    ends = [place for place, word in enumerate(said) if word in ("|", ">", ">>", "&")]
    said = said[: ends[0]] if ends else said
    parser().parse_args(said[1:])


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_program_runs_as_it_stands(
    starter: Path, monkeypatch: pytest.MonkeyPatch, program: str
) -> None:
    monkeypatch.setenv("ASKPAPERS_LIBRARY", str(starter))
    names: dict[str, object] = {}
    exec(compile(program, "docs", "exec"), names)
    for expression, said in re.findall(r'^(\w[\w.]*)  # (".*")$', program, re.M):
        assert eval(expression, names) == eval(said)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_page_is_short_and_its_links_lead_somewhere(page: Path) -> None:
    text = page.read_text("utf-8")
    assert len(text.splitlines()) <= 150
    for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text):
        assert (page.parent / target).exists(), target
