"""Odd paths, full and closed streams, Ctrl-C at any moment: one line, 2 or 130, no traceback."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from command_line import ZEBRAS, jsonl, run

from ingest.library import Library

Capture = pytest.CaptureFixture[str]
ROOT = Path(__file__).parents[1]
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT)}
COMMAND = [sys.executable, "-m", "ui.cli"]


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return jsonl(tmp_path / "zebras.jsonl", ZEBRAS)


@pytest.mark.parametrize("name", ["a#b", "a%20b", "a b", "a?b=c", "a'b", "ä&b", "100%"])
def test_a_library_may_have_any_name(
    source: Path, tmp_path: Path, capsys: Capture, name: str
) -> None:
    place = tmp_path / name
    assert run(capsys, "ingest", source, "--library", place).code == 0
    assert run(capsys, "search", "zebras", "--library", place).out.startswith("1. Zebras")
    with Library.open(place) as library:
        assert library.disagreements() == []


def test_a_name_that_is_no_text_is_refused(tmp_path: Path, source: Path, capsys: Capture) -> None:
    place = os.fsdecode(os.fsencode(tmp_path / "a") + b"\xff")
    ran = run(capsys, "ingest", source, "--library", place)
    assert ran.code == 2
    assert "has to be UTF-8" in ran.err.splitlines()[-1]
    assert not os.path.exists(place)


@pytest.mark.parametrize("content", [b"no JSON", b"[]", b"{}", b"\xff"])
def test_a_broken_address_of_a_server_is_named(
    tmp_path: Path, capsys: Capture, content: bytes
) -> None:
    (tmp_path / "server.json").write_bytes(content)
    line = run(capsys, "papers", "--library", tmp_path).complaint
    assert "server.json: can't be read as the address of a server" in line


@pytest.fixture
def library(source: Path, tmp_path: Path, capsys: Capture) -> Path:
    assert run(capsys, "ingest", source, "--library", tmp_path / "library").code == 0
    return tmp_path / "library"


STREAMS = {
    "full": ("papers", "> /dev/full", 2),
    "full at the end": ("status --json", "> /dev/full", 2),
    "no output": ("papers", ">&-", 2),
    "no input": ("ask -", "<&-", 2),
    "no input to read papers from": ("ingest -", "<&-", 2),
    "no input that is needed": ("papers", "<&-", 0),
    "nobody reads": ("papers", "| true", 0),
}


@pytest.mark.parametrize(("command", "streams", "code"), STREAMS.values(), ids=STREAMS.keys())
def test_streams_that_are_full_or_closed(
    library: Path, command: str, streams: str, code: int
) -> None:
    name, *arguments = command.split()
    line = " ".join([*COMMAND, name, f"--library '{library}'", *arguments, streams])
    ran = subprocess.run(
        ["bash", "-o", "pipefail", "-c", line],
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ran.returncode, len(ran.stderr.splitlines())) == (code, int(code > 0)), ran.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        "papers",
        pytest.param("ask 'Do zebras count?'", marks=pytest.mark.slow),
        pytest.param("ingest {source}", marks=pytest.mark.slow),
    ],
)
def test_ctrl_c_is_quiet_from_the_first_moment(library: Path, source: Path, arguments: str) -> None:
    start = "import ui.cli, sys; print('here', flush=True); sys.exit(ui.cli.start())"
    words = [word.strip("'") for word in arguments.format(source=source).split(" ", 1)]
    for wait in (0.0, 0.1, 0.3, 0.8):
        with subprocess.Popen(
            [sys.executable, "-c", start, *words, "--library", library],
            env=ENVIRONMENT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as running:
            assert running.stdout is not None
            assert running.stdout.readline() == "here\n"
            time.sleep(wait)  # a moment, not a condition: any will do
            running.send_signal(signal.SIGINT)
            _, said = running.communicate()
        assert running.returncode in (0, 130), said
        assert "Traceback" not in said
    with Library.open(library) as opened:
        assert [json.loads(paper.to_json())["id"] for paper in opened.papers()] == ["zebras"]
