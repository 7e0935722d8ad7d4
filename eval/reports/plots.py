"""Small plots as SVG, made of text: they take their colours from the page that holds them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

from eval.metrics import percentile
from eval.reports.summary import OVERALL, Figure

_WIDTH = 400  # of every plot, in its own units; the page scales it
_LEFT, _RIGHT = 104, 52  # of the dots: room for names and for values
_ROW = 27
_FRAME = (54, 12, 12, 40)  # left, top, right and bottom of the two plots with axes
_HEIGHT = 250

# The floors' shapes, drawn around (x, y); names as in eval.answers.
_SHAPES: Mapping[str, str] = {
    "lexical only": '<circle class="floor" cx="{x}" cy="{y}" r="4.5"/>',
    "random paper": '<path class="floor" d="M{x} {y}m0-6v12"/>',
    "always refuse": '<path class="floor" d="M{x} {y}m-4-4h8v8h-8z"/>',
}


def dots(
    name: str,
    figures: Mapping[str, Figure],
    floors: Mapping[str, Mapping[str, float]],
) -> str:
    """One figure by kind: a dot with its interval, and the shapes of the floors' means.

    ``figures`` are by kind, shares in [0, 1]; ``floors`` are by floor, then kind.
    """
    height = _ROW * len(figures) + 34
    parts = [_scale(height - 26)]
    for place, (kind, figure) in enumerate(figures.items()):
        y = _ROW * place + 18
        said = (
            f"{kind}: {100 * figure.mean:.1f}% ({100 * figure.low:.1f} to {100 * figure.high:.1f})"
        )
        style = "strong" if kind == OVERALL else "plain"
        marks = [
            f"<title>{escape(said)}, {figure.n} questions</title>",
            _text(_LEFT - 12, y + 4, kind, style, "end"),
            *(
                _SHAPES[floor].format(x=_x(by_kind[kind]), y=y)
                for floor, by_kind in floors.items()
                if kind in by_kind and floor in _SHAPES
            ),
            f'<path class="interval" d="M{_x(figure.low)} {y}H{_x(figure.high)}"/>',
            f'<circle class="ours" cx="{_x(figure.mean)}" cy="{y}" r="5"/>',
            _text(_WIDTH, y + 4, f"{100 * figure.mean:.0f}%", style, "end"),
        ]
        parts.append(f"<g>{''.join(marks)}</g>")
    return _svg(height, f"{name} by kind of question", parts)


def key_of_floors(names: Sequence[str]) -> str:
    """What the dots' shapes mean."""
    own = '<circle class="ours" cx="8" cy="8" r="5"/>'
    known = [("askpapers, with its 95% interval", own)]
    known += [
        (f"floor: {name}", _SHAPES[name].format(x=8, y=8)) for name in names if name in _SHAPES
    ]
    return "".join(
        f'<span><svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">{shape}</svg>'
        f" {escape(name)}</span>"
        for name, shape in known
    )


def _x(share: float) -> float:
    return round(_LEFT + share * (_WIDTH - _LEFT - _RIGHT), 1)


def _scale(bottom: int) -> str:
    lines = (
        f'<path class="grid" d="M{_x(share)} 4V{bottom}"/>'
        + _text(_x(share), bottom + 18, f"{share:.0%}")
        for share in (0.0, 0.5, 1.0)
    )
    return "".join(lines)


def risk_coverage_plot(curve: Sequence[tuple[float, float]], answered: float) -> str:
    """Risk against coverage; a ring where the assistant stands, which answers ``answered``."""
    if not curve:
        return ""
    x, y = _axes(1.0, 1.0)
    points = " ".join(f"L{x(coverage)} {y(risk)}" for coverage, risk in curve)
    path = f"M{x(curve[0][0])} {y(curve[0][1])} {points}"
    parts = [
        _frame("questions answered", "of them wrong", [f"{share:.0%}" for share in (0, 0.5, 1)])
    ]
    parts.append(f'<path class="base" d="M{x(0)} {y(curve[-1][1])}H{x(1)}"/>')
    parts.append(f'<path class="curve" d="{path}"/>')
    if answered > 0:
        risk = next((risk for coverage, risk in curve if coverage >= answered - 1e-9), curve[-1][1])
        said = f"answers {answered:.0%}, {risk:.0%} of them wrong"
        parts.append(f'<circle class="ring" cx="{x(answered)}" cy="{y(risk)}" r="6"/>')
        # Above the dashed line, lest it be struck through.
        parts.append(_note(x(answered), y(max(risk, curve[-1][1])) - 12, said))
    return _svg(_HEIGHT, "risk against coverage", parts)


def latency_plot(milliseconds: Sequence[float], *, bins: int = 30) -> str:
    """A histogram of times, up to the 99th percentile; slower ones in the last bin."""
    if not milliseconds:
        return ""
    top = max(percentile(milliseconds, 0.99) * 1.05, 1e-9)
    counts = [0] * bins
    for value in milliseconds:
        counts[min(int(value / top * bins), bins - 1)] += 1
    most = round(1.2 * max(counts) + 1)  # room above the bars for words
    x, y = _axes(top, most)
    ticks = ["0", *(f"{part:.0f}" if top > 20 else f"{part:.1f}" for part in (top / 2, top))]
    parts = [_frame("milliseconds", "questions", ticks, most)]
    for place, count in enumerate(counts):
        left, right = x(place * top / bins), x((place + 1) * top / bins)
        if count:
            said = (
                f"{place * top / bins:.1f} to {(place + 1) * top / bins:.1f} ms: {count} questions"
            )
            d = f"M{left + 0.5} {y(0)}V{y(count)}H{right - 0.5:.1f}V{y(0)}z"
            parts.append(f'<path class="bar" d="{d}"><title>{said}</title></path>')
    for place, (name, share) in enumerate((("p50", 0.5), ("p95", 0.95))):
        value = percentile(milliseconds, share)
        parts.append(f'<path class="mark" d="M{x(value)} {y(0)}V{_FRAME[1]}"/>')
        parts.append(_note(x(value), _FRAME[1] + 8 + 16 * place, f"{name} {value:.1f} ms"))
    return _svg(_HEIGHT, "time per question", parts)


class _Axis:
    """Value -> place on the plot, rounded to a tenth."""

    def __init__(self, start: float, end: float, top: float) -> None:
        self.start, self.end, self.top = start, end, top

    def __call__(self, value: float) -> float:
        return round(self.start + value / self.top * (self.end - self.start), 1)


def _axes(right: float, top: float) -> tuple[_Axis, _Axis]:
    left, above, beside, below = _FRAME
    return _Axis(left, _WIDTH - beside, right), _Axis(_HEIGHT - below, above, top)


def _frame(under: str, beside: str, ticks: Sequence[str], most: int | None = None) -> str:
    """Grid, ticks of the axis below (start, middle, end) and of the one on the left."""
    x, y = _axes(1.0, 1.0)
    heights = ["0%", "50%", "100%"] if most is None else ["0", "", str(most)]
    parts = []
    for share, tick, height in zip((0.0, 0.5, 1.0), ticks, heights, strict=True):
        parts.append(f'<path class="grid" d="M{x(0)} {y(share)}H{x(1)}"/>')
        parts.append(_text(x(share), y(0) + 16, tick, "muted", "end" if share == 1 else "middle"))
        parts.append(_text(x(0) - 5, y(share) + 4, height, "muted", "end"))
    parts.append(_text(x(0.5), _HEIGHT - 6, under))
    parts.append(f'<g transform="translate(10 {y(0.5)}) rotate(-90)">{_text(0, 0, beside)}</g>')
    return "".join(parts)


def _note(x: float, y: float, said: str) -> str:
    """Words beside a mark, on the side where there is room."""
    right = x > _WIDTH * 0.55
    return _text(x - 7 if right else x + 7, y, said, "strong", "end" if right else "start")


def _text(x: float, y: float, said: str, style: str = "muted", anchor: str = "middle") -> str:
    place = f'x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"'
    return f'<text class="{style}" {place}>{escape(said)}</text>'


def _svg(height: int, name: str, parts: Sequence[str]) -> str:
    return (
        f'<svg class="plot" viewBox="0 0 {_WIDTH} {height}" role="img" aria-label="{escape(name)}">'
        f"{''.join(parts)}</svg>"
    )
