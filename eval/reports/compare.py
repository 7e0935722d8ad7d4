"""Two runs of the same questions, paired: what changed, by how much, and for which questions."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rich.table import Table
from rich.text import Text

from eval.metrics import difference_interval, mean
from eval.reports.summary import OVERALL
from eval.reports.table import COLUMNS, console, grid, print_fitting
from ingest.errors import AskpapersError, ParseError

_GOOD = ("right", "rightly refused")
_SHOWN_FIGURES = (*COLUMNS, "list F1", "sentences", "milliseconds")

RunRows = Mapping[str, Mapping[str, Any]]  # by question id


@dataclass(frozen=True, slots=True)
class Difference:
    """A figure in both runs; ``low`` and ``high`` bound the change's 95% bootstrap interval."""

    before: float
    after: float
    change: float
    low: float
    high: float

    @property
    def clear(self) -> bool:
        """Whether the interval leaves zero out."""
        return self.low > 0 or self.high < 0


@dataclass(frozen=True, slots=True)
class Flip:
    """A question whose verdict changed."""

    id: str
    kind: str
    question: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """Differences by kind and figure; ``gained`` are right only after, ``lost`` only before."""

    differences: Mapping[str, Mapping[str, Difference]]
    gained: tuple[Flip, ...]
    lost: tuple[Flip, ...]
    n: int  # questions that both runs have
    unpaired: int  # questions that only one of the runs has

    def to_dict(self) -> dict[str, Any]:
        """All of it, JSON-serialisable."""
        return asdict(self)


def load_run(path: Path) -> RunRows:
    """The rows of a file that `askpapers eval --json` wrote; ParseError where it is none."""
    try:
        facts = json.loads(path.read_text("utf-8"))
        rows = {row["id"]: row for row in facts["rows"]}
        for row in rows.values():
            _ = row["kind"], row["question"], row["verdict"], row["figures"].items()
    except OSError as error:
        raise ParseError(str(path), f"can't be read ({error.strerror})") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        reason = "not a run; `askpapers eval --json` writes them"
        raise ParseError(str(path), reason) from error
    return rows


def compare(before: RunRows, after: RunRows) -> Comparison:
    """The questions that both runs have, paired; AskpapersError where there are none."""
    both = [id_ for id_ in before if id_ in after]
    if not both:
        raise AskpapersError("the two runs have no question in common")
    groups: dict[str, list[str]] = {}
    for id_ in both:
        groups.setdefault(str(after[id_]["kind"]), []).append(id_)
    groups[OVERALL] = both
    flips = [_flip(before[id_], after[id_]) for id_ in both]
    return Comparison(
        differences={kind: _differences(ids, before, after) for kind, ids in groups.items()},
        gained=tuple(f for f in flips if f.before not in _GOOD and f.after in _GOOD),
        lost=tuple(f for f in flips if f.before in _GOOD and f.after not in _GOOD),
        n=len(both),
        unpaired=len(before.keys() ^ after.keys()),
    )


def _differences(ids: Sequence[str], before: RunRows, after: RunRows) -> dict[str, Difference]:
    found = {}
    for name in _SHOWN_FIGURES:
        old = [before[id_]["figures"].get(name, math.nan) for id_ in ids]
        new = [after[id_]["figures"].get(name, math.nan) for id_ in ids]
        low, high = difference_interval(old, new)
        if not math.isnan(low):
            found[name] = Difference(mean(old), mean(new), mean(new) - mean(old), low, high)
    return found


def _flip(before: Mapping[str, Any], after: Mapping[str, Any]) -> Flip:
    return Flip(after["id"], after["kind"], after["question"], before["verdict"], after["verdict"])


def print_comparison(found: Comparison, *, names: tuple[str, ...]) -> None:
    """A table of differences, clear ones in bold, and the questions that flipped."""
    to = console()
    to.print(f"{names[1]} less {names[0]}, {found.n} questions.")
    to.print(
        "Percentage points, [dim]with 95% bootstrap intervals over the pairs[/dim]; * is clear."
    )
    if found.unpaired:
        to.print(f"note: {found.unpaired} questions are in one run only")
    to.print()
    print_fitting(to, (*COLUMNS, "milliseconds"), lambda names: _table(found, names))
    for title, flips in (("gained", found.gained), ("lost", found.lost)):
        to.print(f"\n[bold]{title}: {len(flips)}[/bold]")
        for flip in flips:
            change = f"{flip.before} \u2192 {flip.after}"
            to.print(
                Text.assemble(
                    f"{flip.id:5} {flip.kind:12} {change:31} ",
                    (" ".join(flip.question.split())[:200], "dim"),
                ),
                soft_wrap=True,
            )


def _table(found: Comparison, names: Sequence[str]) -> Table:
    table = grid("", *({**COLUMNS, "milliseconds": "ms"}[name] for name in names))
    for kind, figures in found.differences.items():
        cells = [
            Text(f"{figures[name].change:+.1f}")
            if name == "milliseconds"
            else _points(figures.get(name))
            for name in names
        ]
        table.add_row(kind, *cells)
    return table


def _points(difference: Difference | None) -> Text:
    if difference is None:
        return Text("")
    if difference.change == difference.low == difference.high == 0:
        return Text("0", style="dim")
    mark = "*" if difference.clear else ""
    said = Text(f"{100 * difference.change:+.1f}{mark}", style="bold" if mark else "")
    said.append(f" {100 * difference.low:+.0f}\u2026{100 * difference.high:+.0f}", style="dim")
    return said
