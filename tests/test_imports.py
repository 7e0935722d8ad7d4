"""Imports point one way, each foreign thing has one file, and commands load only what they use."""

from __future__ import annotations

import ast
import fnmatch
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from rag.assistant import Assistant

ROOT = Path(__file__).parents[1]
MAY_IMPORT = {
    "ingest": {"ingest"},
    "rag": {"ingest", "rag"},
    "eval": {"ingest", "rag", "eval"},
    "ui": {"ingest", "rag", "eval", "ui"},
}
HOMES = {  # a pattern stands for one file
    "chromadb": (
        "ingest/vectors.py",
        "ingest/wire.py",
        "ingest/embedders/minilm.py",
        "eval/scale_parts.py",
    ),
    "tantivy": ("ingest/lexical.py",),
    "gradio": ("ui/blocks.py",),
    "llama_index": ("rag/llama.py", "rag/llms/llamaindex.py", "eval/scale_parts.py"),
    "openai": ("ingest/embedders/openai.py", "rag/*.py"),
}
DOORS = {
    "ingest/place.py",
    "ingest/embedders/__init__.py",
    "ingest/embedders/openai.py",
    "rag/llms/settings.py",
    "ui/blocks.py",
    "ui/cli.py",
    "ui/serve.py",
}


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


@pytest.mark.parametrize("package", MAY_IMPORT)
def test_imports_point_one_way(package: str) -> None:
    used = {name for tree in files(package).values() for name in imported(tree)}
    assert package in used, "no imports were found at all"
    assert used & set(MAY_IMPORT) <= MAY_IMPORT[package]


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
    assert "ingest/place.py" in seeing
    assert seeing <= DOORS


PROGRAM = """
import sys
from ui.cli import main
try:
    code = main(sys.argv[2:])
except SystemExit as left:
    code = left.code
loaded = [name for name in sys.argv[1].split() if name in sys.modules]
sys.exit(code or (f"loaded: {loaded}" if loaded else 0))
"""
HEAVY = "gradio llama_index openai torch sklearn onnxruntime"
UNLOADED = {
    "ask": (["ask", "How does FlexLLM save memory?"], HEAVY),
    "search": (["search", "FlexLLM"], HEAVY),
    "papers": (["papers"], f"{HEAVY} chromadb tokenizers rag"),
    "status": (["status"], f"{HEAVY} chromadb tokenizers rag"),
    "help": (["status", "--help"], f"{HEAVY} chromadb tokenizers rag"),
}


@pytest.fixture(scope="module")
def starter(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library that holds the starter papers."""
    place = tmp_path_factory.mktemp("starter")
    Assistant.open(place).close()
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
