"""A full disk, a damaged file, a directory that can only be read: one clear line each."""

from __future__ import annotations

import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from command_line import jsonl, run
from conftest import paper
from fakes import CountingEmbedder

from ingest.embedders import load_embedder
from ingest.index.derived import IndexDamaged
from ingest.index.vectors import VectorIndex
from ingest.library import Library
from rag.assistant import Assistant

Capture = pytest.CaptureFixture[str]
ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def stock() -> Iterator[Path]:
    """A library of 400 papers beside the file that they came from, readable by every user."""
    with tempfile.TemporaryDirectory() as made:
        place = Path(made)
        place.chmod(0o755)
        papers = [paper(n).to_dict() for n in range(400)]
        jsonl(place / "papers.jsonl", *papers)
        jsonl(
            place / "more.jsonl",
            *({**p, "id": f"m{p['id']}", "title": f"M {p['title']}"} for p in papers),
        )
        with Library.open(place / "library", create=True) as library:
            library.put([paper(n) for n in range(400)])
        yield place


def command(*arguments: object, **how: object) -> subprocess.CompletedProcess[str]:
    """``askpapers`` in a process of its own."""
    return subprocess.run(  # type: ignore[call-overload,no-any-return]
        [sys.executable, "-m", "ui.cli.main", *map(str, arguments)],
        env={**os.environ, "PYTHONPATH": str(ROOT), "HOME": "/nonexistent"},
        capture_output=True,
        text=True,
        check=False,
        **how,
    )


def copied(stock: Path, to: Path) -> Path:
    return Path(shutil.copytree(stock / "library", to / "library"))


DAMAGED = {
    "ingest": ("ingest", "papers.jsonl"),
    "papers": ("papers",),
    "ask": ("ask", "What is subject77?"),
    "remove": ("remove", "p77"),
    "repair": ("repair",),
}


@pytest.mark.parametrize("arguments", DAMAGED.values(), ids=DAMAGED.keys())
def test_a_database_that_is_damaged_in_the_middle_is_named_in_one_line(
    stock: Path, tmp_path: Path, capsys: Capture, arguments: tuple[str, ...]
) -> None:
    library = copied(stock, tmp_path)
    file = library / "askpapers.sqlite"
    content = bytearray(file.read_bytes())
    for page in range(8, len(content) // 4096 - 1):  # the first ones hold the schema
        content[page * 4096 : page * 4096 + 512] = b"\xa5" * 512
    file.write_bytes(content)
    said = [str(stock / a) if a.endswith(".jsonl") else a for a in arguments]
    ran = run(capsys, *said, "--library", library)
    line = ran.err.splitlines()[-1]
    assert (ran.code, len(ran.err.splitlines())) == (2, 1)
    assert line.startswith("askpapers: ")
    assert "damaged" in line
    assert "repair" in line or "ingest the sources again" in line


def limited(size: int) -> Callable[[], None]:
    """No file may grow beyond ``size`` bytes: what a full disk is to a program."""

    def limit() -> None:
        import signal

        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))

    return limit


@pytest.mark.slow
def test_a_full_disk_costs_nothing_that_was_there(
    stock: Path, tmp_path: Path, capsys: Capture
) -> None:
    library = copied(stock, tmp_path)
    full = (library / "askpapers.sqlite").stat().st_size + 20_000
    ran = command("ingest", stock / "more.jsonl", "--library", library, preexec_fn=limited(full))
    (line,) = ran.stderr.splitlines()
    assert (ran.returncode, line.startswith("askpapers: ")) == (2, True)
    assert "is the disk full?" in line
    # As soon as there is room again, nothing is missing and the command can be repeated.
    with Library.open(library) as opened:
        assert len(opened) in range(400, 800)
        assert opened.search_lexical("subject77", 1)[0][0].startswith("p77#")
    assert run(capsys, "ingest", stock / "more.jsonl", "--library", library).code == 0
    with Library.open(library) as opened:
        assert len(opened) == 800
        assert opened.disagreements() == []


def test_an_index_that_a_full_disk_keeps_shut_opens_once_there_is_room(tmp_path: Path) -> None:
    place = tmp_path / "small"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=40k", "tmpfs", str(place)]
    if subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        pytest.skip("only root may mount")
    try:
        for _ in range(2):  # Chroma remembers what it couldn't start
            with pytest.raises(IndexDamaged):
                VectorIndex(place / "1", 8)
        subprocess.run(["mount", "-o", "remount,size=40m", str(place)], check=True)
        shutil.rmtree(place / "1")
        VectorIndex(place / "1", 8).close()
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)


@pytest.fixture
def read_only(stock: Path, tmp_path: Path) -> Iterator[Path]:
    """The same library on a file system that can't be written to."""
    place = tmp_path / "read-only"
    place.mkdir()
    bind = ["mount", "--bind", str(stock / "library"), str(place)]
    if subprocess.run(bind, capture_output=True, check=False).returncode != 0:
        pytest.skip("only root may mount")
    try:
        subprocess.run(["mount", "-o", "remount,ro,bind", str(place)], check=True)
        yield place
    finally:
        subprocess.run(["umount", str(place)], check=True)


def test_a_library_that_may_only_be_read_is_read(
    stock: Path, read_only: Path, capsys: Capture
) -> None:
    found = run(capsys, "search", "subject77", "-k", "1", "--library", read_only)
    assert (found.code, found.err) == (0, "")
    assert found.out.startswith("1. Title 77\n")
    assert run(capsys, "status", "--library", read_only).code == 0
    for arguments in (("ingest", stock / "more.jsonl"), ("remove", "p77"), ("repair",)):
        line = run(capsys, *arguments, "--library", read_only).complaint
        assert "can't be written" in line


@pytest.mark.slow
def test_several_ask_while_another_process_ingests(stock: Path, tmp_path: Path) -> None:
    library = copied(stock, tmp_path)
    arguments = ["ingest", str(stock / "more.jsonl"), "--library", str(library)]
    writer = subprocess.Popen(
        [sys.executable, "-m", "ui.cli.main", *arguments],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.DEVNULL,
    )
    asked = 0
    with (
        Assistant.open(library, starter=True) as one,
        Assistant.open(library, starter=True) as other,
    ):
        while writer.poll() is None or asked < 10:
            for assistant in (one, other):
                hits = assistant.search(f"subject{asked % 400}", k=20)  # all are alike
                assert {hit.paper.id for hit in hits} & {f"p{asked % 400}", f"mp{asked % 400}"}
                asked += 1
        assert writer.wait() == 0
        assert len(one.library) == 800
        assert one.library.disagreements() == []


def test_what_raises_while_opening_leaves_no_file_open(tmp_path: Path) -> None:
    with Library.open(tmp_path / "library", embedder=CountingEmbedder(), create=True) as library:
        library.put([paper(1)])
    held = Path("/proc/self/fd")
    before = [os.readlink(fd) for fd in held.iterdir() if fd.is_symlink() and fd.exists()]
    for _ in range(3):
        with pytest.raises(Exception, match="askpapers reembed --embedder contextual"):
            Assistant.open(tmp_path / "library", starter=True)
        with pytest.raises(Exception, match="reembed"):
            Library.open(tmp_path / "library", embedder=load_embedder("static"))
    after = [os.readlink(fd) for fd in held.iterdir() if fd.is_symlink() and fd.exists()]
    assert [name for name in after if "askpapers.sqlite" in name] == [
        name for name in before if "askpapers.sqlite" in name
    ]


def test_a_library_that_nobody_closed_says_nothing_at_the_end_of_the_interpreter(
    stock: Path, tmp_path: Path
) -> None:
    """Kept by a module that outlives those which its locks call."""
    program = (
        "import codecs, sys; from pathlib import Path; from ingest.library import Library;"
        "codecs.kept = Library.open(Path(sys.argv[1])); codecs.kept.search_lexical('subject7', 1)"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program, str(copied(stock, tmp_path))],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")


def test_a_first_ingest_that_fails_leaves_nothing_behind(
    tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    source = jsonl(tmp_path / "papers.jsonl", paper(1).to_dict())
    ran = run(capsys, "ingest", source, "--embedder", "openai/x", "--library", tmp_path / "new")
    assert "can't be reached" in ran.complaint
    assert not (tmp_path / "new").exists()
    monkeypatch.setenv("ASKPAPERS_LIBRARY", "~nobody-of-that-name/x")
    assert "there is no such user" in run(capsys, "papers").complaint


def test_the_papers_that_can_be_read_are_still_printed(stock: Path, capsys: Capture) -> None:
    ran = run(capsys, "papers", "--json", "--library", stock / "library")
    assert len([json.loads(line) for line in ran.out.splitlines()]) == 400
