"""A run on a terminal: one row for each kind of question, legible in a pipe as well."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from eval.reports.summary import (
    OVERALL,
    Figure,
    Run,
    area_under,
    failures,
    kinds,
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


def print_fitting(
    to: Console, names: Sequence[str], build: Callable[[Sequence[str]], Table]
) -> None:
    """The table of all columns, or of halves of them, and so on, until each fits the console."""
    table = build(names)
    wanted = to.measure(table, options=to.options.update(max_width=10_000)).maximum
    if wanted <= to.width or len(names) == 1:
        to.print(table)
        return
    half = (len(names) + 1) // 2
    print_fitting(to, names[:half], build)
    to.print()
    print_fitting(to, names[half:], build)


def print_run(run: Run) -> None:
    """The figures by kind, the floors beside them, refusal, lists and latency."""
    to = console()
    for notice in run.notices:
        to.print(f"note: {notice}")
    half = f", {run.split} half" if run.split else ""
    to.print(f"{len(run.rows)} questions of {run.set}{half}; {run.library}")
    to.print("Percent, [dim]with 95% bootstrap intervals[/dim].\n")
    print_fitting(to, ("n", *COLUMNS), lambda names: _by_kind(run, names))
    if run.floors:
        to.print()
        print_fitting(to, list(kinds(run.rows)), lambda names: _floors(run, names))
    to.print()
    to.print(_lines(run))


def _by_kind(run: Run, names: Sequence[str]) -> Table:
    table = grid("", *(COLUMNS.get(name, name) for name in names))
    counts = {kind: len(rows) for kind, rows in kinds(run.rows).items()}
    for kind, found in summary(run.rows).items():
        cells = (
            Text(str(counts[kind])) if name == "n" else percent(found.get(name)) for name in names
        )
        table.add_row(kind, *cells)
    return table


def _floors(run: Run, names: Sequence[str]) -> Table:
    headings = (name.replace("answerable", "-\nanswerable") for name in names)
    table = grid("right and cited", *headings)
    everyone = {"askpapers": run.rows, **{f"floor: {n}": rows for n, rows in run.floors.items()}}
    for who, rows in everyone.items():
        found = summary(rows)
        cells = (percent(found[kind]["right and cited"], who == "askpapers") for kind in names)
        table.add_row(who, *cells)
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
    steps = ", ".join(f"{step} {count}" for step, count in failures(run.rows).items())
    table.add_row("failures", f"of what the papers answer: {steps}")
    risks = ", ".join(f"{_share(risk_at(curve, c))} at {c:.0%}" for c in (0.25, 0.5, 0.75))
    table.add_row("risk", f"{risks} coverage; area {_share(area_under(curve) or 0.0)}")
    lists = ("list precision", "list recall", "list F1")
    if all(name in overall for name in lists):
        table.add_row("lists", _named(overall, lists, percent))
    if "quotes verbatim" in overall:
        quotes = overall["quotes verbatim"]
        table.add_row("quotes", f"{_share(quotes.mean)} verbatim in {quotes.n} answers")
    if "sentences" in overall:
        length = f"{overall['sentences'].mean:.1f} sentences, {overall['words'].mean:.0f} words"
        table.add_row("length", f"{length} an answer")
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


def percent(figure: Figure | None, interval: bool = True) -> Text:
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
