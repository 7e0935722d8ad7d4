"""Answers on a terminal: light Markdown as bold and italics, lines wrapped at words."""

from __future__ import annotations

import re
import shutil
import textwrap
from collections.abc import Callable

_WIDEST = 100  # longer lines are hard to read
_STRONG = re.compile(r"\*\*(.+?)\*\*|(?<!\w)_(.{1,1000}?)_(?!\w)")
_BOLD, _ITALIC, _PLAIN = "\x1b[1m", "\x1b[3m", "\x1b[0m"


class Terminal:
    """Takes an answer's pieces as they come and writes each line when it is whole."""

    def __init__(self, write: Callable[[str], object], *, width: int | None = None) -> None:
        self._write = write
        self._width = min(width or shutil.get_terminal_size().columns, _WIDEST)
        self._line = ""

    def take(self, piece: str) -> None:
        """Write what ``piece`` completes; the rest waits for the end of its line."""
        *whole, self._line = (self._line + piece).split("\n")
        for line in whole:
            self._write(f"{wrapped(line, self._width)}\n")

    def end(self) -> None:
        """Write what still waits."""
        self._write(f"{wrapped(self._line, self._width)}\n")
        self._line = ""


def wrapped(line: str, width: int) -> str:
    """A line of light Markdown for a terminal of ``width`` columns, list items indented."""
    indent = "  " if line.startswith("- ") else ""
    # Markers of Markdown are invisible on a terminal and mustn't count as width: a control
    # character each (one column) stands for them while the line is wrapped.
    marked = _STRONG.sub(lambda m: f"\x01{m[1]}\x02" if m[1] else f"\x03{m[2]}\x02", line)
    text = "\n".join(
        textwrap.wrap(
            marked, width, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
        )
    )
    return text.replace("\x01", _BOLD).replace("\x03", _ITALIC).replace("\x02", _PLAIN)
