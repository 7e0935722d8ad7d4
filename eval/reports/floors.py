"""The floors that key figures must not fall below: eval/reports/floors.json, held by a test.

`askpapers eval --write-floors` writes them from a run: each figure less its interval.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path

from eval.judge import Row
from eval.reports.summary import Figure, summary

FLOORS_FILE = Path(__file__).with_name("floors.json")

Floors = Mapping[str, Mapping[str, float]]  # kind -> figure -> least value in [0, 1]

# Few, so that a fall means something: the end of the road, and what each kind leans on.
KEY_FIGURES: Mapping[str, Sequence[str]] = {
    "fact": ("right and cited", "hit@1"),
    "find": ("right and cited", "recall@5"),
    "list": ("list F1", "recall@5"),
    "compare": ("right and cited", "recall@5"),
    "followup": ("right and cited",),
    "unanswerable": ("right and cited",),
    "adversarial": ("right and cited",),
    "overall": ("right and cited", "precision", "citation recall", "citation precision")
    + ("quotes verbatim",),
}


def floors_of(rows: Sequence[Row]) -> dict[str, dict[str, float]]:
    """The floors that a run sets: the low end of each key figure's interval, rounded down."""
    found = summary(rows)
    return {
        kind: {name: _floor(name, found[kind][name]) for name in names if name in found[kind]}
        for kind, names in KEY_FIGURES.items()
        if kind in found
    }


def _floor(name: str, figure: Figure) -> float:
    if name == "quotes verbatim":
        return 1.0  # a quote that isn't one is a bug, not a bad day
    low = figure.low
    if figure.low == figure.high:
        # No question failed, or none went well: the bootstrap can't see what the next one does.
        # The rule of three (https://doi.org/10.1001/jama.1983.03330370053031).
        low = figure.mean - 3 / figure.n
    return max(0.0, math.floor(100 * low) / 100)


def load_floors(path: Path = FLOORS_FILE) -> Floors:
    """The committed floors."""
    floors: Floors = json.loads(path.read_text("utf-8"))
    return floors


def below(rows: Sequence[Row], floors: Floors) -> list[str]:
    """A line for each figure that is below its floor, or that the rows no longer have."""
    found = summary(rows)
    lines = []
    for kind, names in floors.items():
        for name, floor in names.items():
            figure = found.get(kind, {}).get(name)
            if figure is None:
                lines.append(f"{kind}: no {name}, floor {floor:.2f}")
            elif figure.mean < floor:
                lines.append(f"{kind}: {name} is {figure.mean:.3f}, floor {floor:.2f}")
    return lines
