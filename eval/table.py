"""A run on a terminal: one row for each kind of question, legible in a pipe as well."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

from rich.console import Console
from rich.table import Table
from rich.text import Text

from eval.summary import (
    OVERALL,
    Figure,
    Run,
    area_under,
    latency,
    refusal,
    risk_at,
    risk_coverage,
    summary,
)

# Figure -> the heading of its column.
COLUMNS: Mapping[str, str] = {
    "right and cited": "right and\ncited",
    "precision": "of the\nanswered",
    "refused": "refused",
    "hit@1": "hit@1",
    "recall@5": "recall@5",
    "evidence recall": "evidence\nrecall",
    "citation recall": "citation\nrecall",
    "citation precision": "citation\nprecision",
}
_PIPE_WIDTH = 160  # in a pipe or a file nothing needs to fit a window


def console() -> Console:
    """A console of a terminal's own width; wide in a pipe."""
    found = Console(highlight=False)
    return found if found.is_terminal else Console(highlight=False, width=_PIPE_WIDTH)


def fitting(to: Console, build: Callable[[bool], Table]) -> Table:
    """The table with its intervals, or without where they would not fit."""
    table = build(True)
    return table if to.measure(table).maximum <= to.width else build(False)


def print_run(run: Run) -> None:
    """The figures by kind, the floors beside them, refusal, lists and latency."""
    to = console()
    for notice in run.notices:
        to.print(f"note: {notice}")
    half = f", {run.split} half" if run.split else ""
    to.print(f"{len(run.rows)} questions of {run.set}{half}; {run.library}")
    to.print("Percent, [dim]with 95% bootstrap intervals[/dim].\n")
    to.print(fitting(to, lambda intervals: _by_kind(run, intervals)))
    if run.floors:
        to.print()
        to.print(fitting(to, lambda intervals: _floors(run, intervals)))
    to.print()
    to.print(_lines(run))


def _by_kind(run: Run, intervals: bool) -> Table:
    table = grid("", "n", *COLUMNS.values(), "sen-\ntences")
    for kind, found in summary(run.rows).items():
        if kind == OVERALL:
            table.add_section()
        count = sum(kind in (OVERALL, row.kind) for row in run.rows)
        sentences = f"{found['sentences'].mean:.1f}" if "sentences" in found else ""
        cells = (percent(found.get(name), interval=intervals) for name in COLUMNS)
        table.add_row(kind, str(count), *cells, sentences)
    return table


def _floors(run: Run, intervals: bool) -> Table:
    everyone = {"askpapers": run.rows, **{f"floor: {n}": rows for n, rows in run.floors.items()}}
    found = {name: summary(rows) for name, rows in everyone.items()}
    table = grid(
        "right and cited", *(kind.replace("able", "-\nable") for kind in found["askpapers"])
    )
    for name, by_kind in found.items():
        cells = (
            percent(figures["right and cited"], interval=intervals and name == "askpapers")
            for figures in by_kind.values()
        )
        table.add_row(name, *cells)
    return table


def _lines(run: Run) -> Table:
    verdict, curve = refusal(run.rows), risk_coverage(run.rows)
    overall = summary(run.rows)[OVERALL]
    p50, p95 = latency(run.rows)
    table = Table.grid(padding=(0, 2))
    table.add_row(
        "refusal",
        f"accuracy {_share(verdict.accuracy)}, precision {_share(verdict.precision)},"
        f" refusal rate {_share(verdict.rate)}; refused {_share(verdict.rightly)} of the"
        f" unanswerable, {_share(verdict.wrongly)} of the answerable",
    )
    risks = ", ".join(f"{_share(risk_at(curve, c))} at {c:.0%}" for c in (0.25, 0.5, 0.75))
    table.add_row("risk", f"{risks} coverage; area {_share(area_under(curve) or 0.0)}")
    lists = ("list precision", "list recall", "list F1")
    if all(name in overall for name in lists):
        table.add_row("lists", _named(overall, lists, percent))
    if "quotes verbatim" in overall:
        quotes = overall["quotes verbatim"]
        table.add_row("quotes", f"{_share(quotes.mean)} verbatim in {quotes.n} answers")
    table.add_row("time", f"a question: p50 {p50:.1f} ms, p95 {p95:.1f} ms")
    return table


def _named(
    found: Mapping[str, Figure], names: tuple[str, ...], said: Callable[[Figure], Text]
) -> Text:
    parts = [Text.assemble(name.split()[-1], " ", said(found[name])) for name in names]
    return Text(", ").join(parts)


def grid(*headings: str) -> Table:
    """A table without lines: names on the left, figures on the right."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for place, heading in enumerate(headings):
        table.add_column(
            heading, justify="right" if place else "left", vertical="bottom", no_wrap=True
        )
    return table


def percent(figure: Figure | None, *, interval: bool = True) -> Text:
    """ "83.3 77–89": a share in percent, its interval dimmed; empty for None."""
    if figure is None:
        return Text("")
    said = Text(_share(figure.mean))
    if interval and figure.low < figure.high:
        said.append(f" {100 * figure.low:.0f}\u2013{100 * figure.high:.0f}", style="dim")
    return said


def _share(value: float) -> str:
    if math.isnan(value):
        return "none"
    return "100" if value == 1 else f"{100 * value:.1f}"
