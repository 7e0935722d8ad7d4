"""The tree of the house for docs/rooms.md: ``python tests/rooms.py`` writes it anew."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "rooms.md"
HEAD = """# The rooms

What each folder knows, in its own words (the first sentence of its `__init__.py`), its modules and
their lines without those of the folders in it. `python tests/rooms.py` writes this page; a test
says when it has to. [Which way imports point](../CONTRIBUTING.md).

| room | modules | lines | what it knows |
|---|---|---|---|
"""


@dataclass(frozen=True, slots=True)
class Room:
    path: str
    modules: int
    lines: int
    knows: str

    @property
    def row(self) -> str:
        deep = self.path.count("/")
        name = f"{'&nbsp;' * 4 * deep}`{self.path.rpartition('/')[2]}/`"
        return f"| {name} | {self.modules} | {self.lines:,} | {self.knows} |\n"


def rooms() -> Iterator[Room]:
    """Every folder of the packages; a folder's rooms follow it."""
    for package in ("ingest", "rag", "ui", "eval"):
        folders = {file.parent for file in (ROOT / package).rglob("*.py")}
        for folder in sorted(folders, key=lambda folder: folder.parts):
            modules = [file.read_text("utf-8") for file in folder.glob("*.py")]
            said = ast.get_docstring(ast.parse((folder / "__init__.py").read_text("utf-8"))) or ""
            yield Room(
                folder.relative_to(ROOT).as_posix(),
                len(modules) - 1,
                sum(module.count("\n") for module in modules),
                re.split(r"(?<=[.])\s", " ".join(said.split()))[0].replace("``", "`"),
            )


def told() -> list[tuple[str, int]]:
    """The page's rows without their figures, and the lines that each tells of."""
    rows = re.findall(r"^(\|.*?`.*?` \|) \d+ \| ([\d,]+) (\|.*)$", PAGE.read_text("utf-8"), re.M)
    return [(name + said, int(lines.replace(",", ""))) for name, lines, said in rows]


if __name__ == "__main__":
    PAGE.write_text(HEAD + "".join(room.row for room in rooms()), encoding="utf-8")
