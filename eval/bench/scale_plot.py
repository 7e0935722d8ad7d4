"""The plot of ``eval.bench.scale``: time and memory by size of library, on logarithmic axes."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from html import escape
from typing import Any

Facts = dict[str, Any]

_SIZE = (360, 240)  # of one panel
_FRAME = (52, 34, 96, 40)  # left, top, right, bottom
_COLOURS = ("#3559c7", "#b4532a", "#2e7d5b", "#7a5195")

_PANELS: Sequence[tuple[str, Sequence[tuple[str, Callable[[Facts], float]]]]] = (
    (
        "ingest, seconds",
        (
            ("askpapers", lambda f: float(f["ingest"]["seconds"])),
            ("bare Chroma", lambda f: min(float(x["seconds"]) for x in f["bare"]["loops"])),
            ("unchanged", lambda f: float(f["again"]["seconds"])),
        ),
    ),
    (
        "a question, p95 ms",
        (
            ("search", lambda f: float(f["query"]["search"]["p95"])),
            ("filtered", lambda f: float(f["query"]["filtered"]["p95"])),
            ("answer", lambda f: float(f["query"]["ask"]["p95"])),
        ),
    ),
    (
        "memory and disk, MB",
        (
            ("ingest", lambda f: float(f["ingest"]["peak_mb"])),
            ("questions", lambda f: float(f["query"]["peak_mb"])),
            ("disk", lambda f: float(f["ingest"]["disk_mb"])),
        ),
    ),
)


def scale_plot(found: Sequence[Facts]) -> str:
    """An SVG with one panel for times, one for questions, one for memory."""
    width, height = _SIZE
    panels = (
        f'<g transform="translate({place * width},0)">{_panel(title, lines, found)}</g>'
        for place, (title, lines) in enumerate(_PANELS)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width * len(_PANELS)} {height}"'
        ' font-family="system-ui, sans-serif" font-size="11"><rect width="100%" height="100%"'
        f' fill="#fff"/>{"".join(panels)}</svg>\n'
    )


def _panel(
    title: str, lines: Sequence[tuple[str, Callable[[Facts], float]]], found: Sequence[Facts]
) -> str:
    values = [value(facts) for _, value in lines for facts in found]
    sizes = [float(facts["papers"]) for facts in found]
    x = _log_axis(sizes, _FRAME[0], _SIZE[0] - _FRAME[2])
    y = _log_axis(values, _SIZE[1] - _FRAME[3], _FRAME[1])
    parts = [f'<text x="{_FRAME[0]}" y="18" font-weight="600">{escape(title)}</text>']
    for power in range(math.floor(math.log10(min(values))), math.ceil(math.log10(max(values))) + 1):
        at = y(10.0**power)
        if _FRAME[1] - 1 <= at <= _SIZE[1] - _FRAME[3] + 1:
            parts.append(
                f'<path d="M{_FRAME[0]} {at:.1f}H{_SIZE[0] - _FRAME[2]}" stroke="#ddd"/>'
                f'<text x="{_FRAME[0] - 6}" y="{at + 4:.1f}" text-anchor="end">'
                f"{10.0**power:g}</text>"
            )
    parts += [
        f'<text x="{x(size):.1f}" y="{_SIZE[1] - _FRAME[3] + 18}" text-anchor="middle">'
        f"{size / 1000:g}k</text>"
        for size in sizes
    ]
    ends = _apart([y(value(found[-1])) for _, value in lines])
    for (name, value), colour, end in zip(lines, _COLOURS, ends, strict=False):
        points = [(x(float(facts["papers"])), y(value(facts))) for facts in found]
        path = "L".join(f"{px:.1f} {py:.1f}" for px, py in points)
        parts.append(f'<path d="M{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts += [
            f'<circle cx="{px:.1f}" cy="{py:.1f}" r="3" fill="{colour}"/>' for px, py in points
        ]
        last = value(found[-1])
        label = f"{name} {last:,.0f}" if last >= 10 else f"{name} {last:.2g}"
        parts.append(
            f'<text x="{_SIZE[0] - _FRAME[2] + 8}" y="{end + 4:.1f}" fill="{colour}">{label}</text>'
        )
    return "".join(parts)


def _log_axis(values: Sequence[float], start: float, end: float) -> Callable[[float], float]:
    low, high = math.log10(min(values)), math.log10(max(values))
    spread = (high - low) or 1.0
    return lambda value: start + (math.log10(value) - low) / spread * (end - start)


def _apart(places: Sequence[float], gap: float = 14.0) -> list[float]:
    """The places moved down as little as keeps labels from covering each other."""
    moved = list(places)
    order = sorted(range(len(places)), key=lambda i: places[i])
    for above, below in zip(order, order[1:], strict=False):
        moved[below] = max(moved[below], moved[above] + gap)
    return moved
