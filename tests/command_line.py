"""The command line as a person meets it: what it prints, where, and its exit code."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ui.cli.main import main


@dataclass(frozen=True, slots=True)
class Ran:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:  # noqa: ANN401
        """Standard output as one JSON value."""
        return json.loads(self.out)

    @property
    def complaint(self) -> str:
        """The one line on standard error of a command that did nothing and says so."""
        (line,) = self.err.splitlines()
        assert self.code == 2, self
        return line


def run(capsys: pytest.CaptureFixture[str], *args: object) -> Ran:
    """Run ``askpapers`` with ``args`` in this process."""
    capsys.readouterr()
    try:
        code = main([str(arg) for arg in args])
    except SystemExit as left:  # argparse: help, or arguments that it can't read
        code = int(left.code or 0)
    printed = capsys.readouterr()
    return Ran(code, printed.out, printed.err)


def jsonl(path: Path, *records: object) -> Path:
    """A file with one record a line; text as it is, anything else as JSON."""
    lines = (record if isinstance(record, str) else json.dumps(record) for record in records)
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


ZEBRAS = {
    "id": "zebras",
    "title": "Zebras That Count",
    "abstract": "We teach zebras to count. Zebras count to nine after ten weeks of training.",
    "year": 2021,
    "topics": ["animals", "numbers"],
}
TUNNELS = {
    "id": "tunnels",
    "title": "Digging Tunnels by Night",
    "abstract": "Tunnels are dug at night by small machines. The machines run on old batteries.",
    "year": 2024,
    "topics": ["machines"],
}
