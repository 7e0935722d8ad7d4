"""Imports point one way, each foreign thing has one file, and commands load only what they use."""

from __future__ import annotations

import ast
import fnmatch
import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from rooms import rooms, told
from stock import starter_library

ROOT = Path(__file__).parents[1]
MAY_IMPORT = {
    "ingest": {"ingest"},
    "rag": {"ingest", "rag"},
    "eval": {"ingest", "rag", "eval"},
    "ui": {"ingest", "rag", "eval", "ui"},
}
# The rooms of rag, lowest first: a room imports from rooms above it in this list, never below.
# The modules at the top of rag are the way of a question and may use all rooms.
ROOMS = ("rag/text", "rag/understand", "rag/read", "rag/verify", "rag/write", "rag/check")
HOMES = {  # a pattern stands for one file
    "pylatexenc": ("ingest/sources/latex.py",),
    "chromadb": (
        "ingest/index/vectors.py",
        "ingest/remote/wire.py",
        "ingest/embedders/minilm.py",
        "eval/bench/scale_parts.py",
    ),
    "tantivy": ("ingest/index/lexical.py",),
    "gradio": ("ui/page/blocks.py",),
    "llama_index": (
        "rag/llama/engines.py",
        "rag/llama/parts.py",
        "rag/llms/llamaindex.py",
        "eval/bench/scale_parts.py",
    ),
    "openai": ("ingest/embedders/openai.py", "rag/*.py"),
}
DOORS = {
    "ingest/__init__.py",  # sets what must be set before a library is imported
    "ingest/paths.py",
    "ingest/embedders/__init__.py",
    "ingest/embedders/openai.py",
    "rag/llms/settings.py",
    "ui/page/blocks.py",
    "ui/cli/main.py",
    "ui/server/serve.py",
    "eval/bench/kills/harms.py",
}


@cache
def files(package: str) -> dict[str, ast.Module]:
    """Every module of a package by its path, parsed."""
    return {
        path.relative_to(ROOT).as_posix(): ast.parse(path.read_text("utf-8"))
        for path in sorted((ROOT / package).rglob("*.py"))
    }


def imported(tree: ast.Module) -> Iterator[str]:
    """The first part of every imported name, inside functions too."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative imports hide where they point"
            yield (node.module or "").partition(".")[0]


def modules_imported(tree: ast.Module) -> Iterator[str]:
    """Every imported module by its whole name, inside functions too."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("package", MAY_IMPORT)
def test_imports_point_one_way(package: str) -> None:
    used = {
        name
        for path, tree in files(package).items()
        if not path.startswith("eval/bench/")  # benchmarks measure the page too
        and path != "ingest/__main__.py"  # the command line by another name
        for name in imported(tree)
    }
    assert package in used, "no imports were found at all"
    assert used & set(MAY_IMPORT) <= MAY_IMPORT[package]


@pytest.mark.parametrize("room", ROOMS)
def test_rooms_import_only_from_rooms_above_them(room: str) -> None:
    below = tuple(other.replace("/", ".") + "." for other in ROOMS[ROOMS.index(room) + 1 :])
    wrong = {
        (path, name)
        for path, tree in files(room).items()
        for name in modules_imported(tree)
        if below and name.startswith(below)
    }
    assert files(room)
    assert not wrong


def test_a_folder_holds_twelve_modules_at_most() -> None:
    rooms = Counter(
        str(Path(path).parent)
        for package in MAY_IMPORT
        for path in files(package)
        if not path.endswith("__init__.py")
    )
    assert "rag/text" in rooms
    assert {room: count for room, count in rooms.items() if count > 12} == {}


def test_the_page_of_rooms_has_them_all_and_about_as_large_as_they_are() -> None:
    again = "python tests/rooms.py writes it anew"
    assert [re.sub(r" \d+ \| [\d,]+ ", "", room.row, count=1) for room in rooms()] == [
        f"{row}\n" for row, _ in told()
    ], again
    for room, (_, lines) in zip(rooms(), told(), strict=True):
        assert lines == pytest.approx(room.lines, rel=0.25, abs=30), again


def test_every_room_says_what_it_knows() -> None:
    rooms = [Path(path) for package in MAY_IMPORT for path in files(package)]
    silent = {
        str(room)
        for room in {path.parent for path in rooms}
        if not ast.get_docstring(ast.parse((ROOT / room / "__init__.py").read_text("utf-8")))
    }
    assert not silent


@pytest.mark.parametrize("foreign", HOMES)
def test_each_foreign_thing_is_known_to_one_file(foreign: str) -> None:
    homes = {
        path
        for package in MAY_IMPORT
        for path, tree in files(package).items()
        if foreign in imported(tree)
    }
    at_home = {pattern: fnmatch.filter(homes, pattern) for pattern in HOMES[foreign]}
    assert at_home[HOMES[foreign][0]]
    assert all(len(some) <= 1 for some in at_home.values()), at_home
    assert homes == {path for some in at_home.values() for path in some}


def test_only_entry_points_see_the_environment() -> None:
    seeing = {
        path
        for package in MAY_IMPORT
        for path, tree in files(package).items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute | ast.Name | ast.alias)
        and {getattr(node, field, None) for field in ("attr", "id", "name")}
        & {"environ", "environb", "getenv"}
    }
    assert "ingest/paths.py" in seeing
    assert seeing <= DOORS


PROGRAM = """
import sys
from ui.cli.main import main
try:
    code = main(sys.argv[2:])
except SystemExit as left:
    code = left.code
loaded = [name for name in sys.argv[1].split() if name in sys.modules]
sys.exit(code or (f"loaded: {loaded}" if loaded else 0))
"""
READ = "gradio llama_index openai torch sklearn"  # onnxruntime reads the papers
HEAVY = f"{READ} onnxruntime"
# Of a second that a cold question took, these were two thirds; few passages are searched without.
SLOW = "chromadb filelock asyncio httpx rich ingest.sources ingest.pipeline"
UNLOADED = {
    "ask": (["ask", "How does FlexLLM save memory?"], f"{READ} {SLOW}"),
    "search": (["search", "FlexLLM"], f"{READ} {SLOW}"),
    "filtered": (["search", "FlexLLM", "--since", "2020"], f"{READ} {SLOW}"),
    "papers": (["papers"], f"{HEAVY} chromadb tokenizers rag"),
    "status": (["status"], f"{HEAVY} chromadb tokenizers rag"),
    "help": (["status", "--help"], f"{HEAVY} chromadb tokenizers rag"),
}


@pytest.fixture(scope="module")
def starter(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library that holds the starter papers."""
    place = tmp_path_factory.mktemp("starter")
    starter_library(place)
    return place


@pytest.mark.parametrize(("command", "unwanted"), UNLOADED.values(), ids=UNLOADED.keys())
def test_a_command_leaves_unimported_what_it_does_not_use(
    starter: Path, command: list[str], unwanted: str
) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", PROGRAM, unwanted, *command, "--library", str(starter)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    assert ran.stdout
