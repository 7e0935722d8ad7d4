"""A run as one HTML page: plots, tables, and every question to click through, from file:// too."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from string import Template
from typing import Any, get_args

from eval.judge import Row, Verdict
from eval.reports.plots import dots, key_of_floors, latency_plot, risk_coverage_plot
from eval.reports.summary import (
    FIGURES,
    NOT_SHARES,
    OVERALL,
    Figure,
    Run,
    kinds,
    latency,
    refusal,
    risk_coverage,
    summary,
)
from ingest.paper import title_key

_PLOTTED = ("right and cited", "precision", "recall@5", "evidence quoted")
_TONES: Mapping[str, str] = {
    "right": "good",
    "rightly refused": "good",
    "not cited": "fair",
    "should answer": "fair",
    "wrong": "bad",
    "should refuse": "bad",
}
_GOLD = ' <span class="badge good">gold</span>'

Figures = Mapping[str, Mapping[str, Figure]]  # kind -> name -> figure


def page(run: Run) -> str:
    """The whole page; it asks nothing of the network, and every text of the run is escaped."""
    figures = summary(run.rows)
    floors = {name: summary(rows) for name, rows in run.floors.items()}
    half = f", {run.split} half" if run.split else ""
    return Template(_part("report.html")).substitute(
        css=_part("report.css"),
        js=_part("report.js"),
        title=escape(f"{len(run.rows)} questions of {run.set}{half}"),
        library=escape(run.library),
        notices="".join(f'<p class="notice">{escape(notice)}</p>' for notice in run.notices),
        tiles=_tiles(run, figures[OVERALL]),
        key=key_of_floors(tuple(floors)),
        plots="".join(
            _plot(name, figures, floors) for name in _PLOTTED if name in figures[OVERALL]
        ),
        risk=risk_coverage_plot(risk_coverage(run.rows), 1 - refusal(run.rows).rate),
        latency=latency_plot([1000 * row.seconds for row in run.rows]),
        figures=_figures_table(figures, floors),
        verdicts=_verdicts_table(run.rows),
        kinds="".join(_option(kind) for kind in kinds(run.rows) if kind != OVERALL),
        verdict_options="".join(_option(verdict) for verdict in get_args(Verdict)),
        rows="".join(_row(row) for row in run.rows),
    )


def _part(name: str) -> str:
    return Path(__file__).with_name(name).read_text("utf-8")


def _tiles(run: Run, overall: Mapping[str, Figure]) -> str:
    verdict = refusal(run.rows)
    p50, p95 = latency(run.rows)
    tiles = [
        (
            "right and cited",
            _percent(overall.get("right and cited")),
            "accuracy, over all questions",
        ),
        ("precision", _percent(overall.get("precision")), "right and cited, among the answered"),
        ("refused", _percent(overall.get("refused")), _refused(verdict.rightly, verdict.wrongly)),
        ("recall@5", _percent(overall.get("recall@5")), "gold papers among the first five hits"),
        ("citation recall", _percent(overall.get("citation recall")), "sentences borne out (ALCE)"),
        (
            "citation precision",
            _percent(overall.get("citation precision")),
            "citations needed (ALCE)",
        ),
        ("quotes verbatim", _percent(overall.get("quotes verbatim")), "letter for letter"),
        ("time", f"{p50:.1f} <small>ms</small>", f"median; 95th percentile {p95:.1f} ms"),
    ]
    return "".join(
        f"<div><dt>{escape(name)}</dt><dd><b>{said}</b><span>{escape(what)}</span></dd></div>"
        for name, said, what in tiles
    )


def _refused(rightly: float, wrongly: float) -> str:
    shares = ((rightly, "unanswerable"), (wrongly, "answerable"))
    return ", ".join(f"{share:.0%} of the {which}" for share, which in shares if share == share)


def _percent(figure: Figure | None) -> str:
    """A share in percent with its interval as HTML."""
    if figure is None:
        return "&ndash;"
    said = "100" if figure.mean == 1 else f"{100 * figure.mean:.1f}"
    between = f" <small>{100 * figure.low:.0f}&ndash;{100 * figure.high:.0f}</small>"
    return said + (between if figure.low < figure.high else "")


def _plot(name: str, figures: Figures, floors: Mapping[str, Figures]) -> str:
    own = {kind: found[name] for kind, found in figures.items() if name in found}
    theirs = {
        floor: {kind: found[name].mean for kind, found in by_kind.items() if name in found}
        for floor, by_kind in floors.items()
    }
    caption = f"<h3>{escape(name.capitalize())}</h3><p>{escape(FIGURES[name])}</p>"
    return f"<figure><figcaption>{caption}</figcaption>{dots(name, own, theirs)}</figure>"


def _figures_table(figures: Figures, floors: Mapping[str, Figures]) -> str:
    """All figures by kind, then the floors' overall ones."""
    heads = "".join(f'<th scope="col">{escape(kind)}</th>' for kind in figures)
    heads += "".join(f'<th scope="col" class="floor">{escape(name)}</th>' for name in floors)
    lines = []
    for name, what in FIGURES.items():
        if name not in figures[OVERALL]:
            continue
        cells = [_cell(name, found.get(name)) for found in figures.values()]
        cells += [_cell(name, by_kind[OVERALL].get(name)) for by_kind in floors.values()]
        lines.append(
            f'<tr><th scope="row" title="{escape(what)}">{escape(name)}</th>{"".join(cells)}</tr>'
        )
    return f"<table><thead><tr><td></td>{heads}</tr></thead><tbody>{''.join(lines)}</tbody></table>"


def _cell(name: str, figure: Figure | None) -> str:
    if figure is None:
        return "<td></td>"
    said = f"{figure.mean:.1f}" if name in NOT_SHARES else _percent(figure)
    return f'<td title="{figure.n} questions">{said}</td>'


def _verdicts_table(rows: Sequence[Row]) -> str:
    """How many of each kind got which verdict; each number filters the questions below."""
    shown = [verdict for verdict in get_args(Verdict) if any(r.verdict == verdict for r in rows)]
    heads = "".join(f'<th scope="col">{_badge(verdict)}</th>' for verdict in shown)
    lines = []
    for kind, group in kinds(rows).items():
        counts = Counter(row.verdict for row in group)
        chosen = "" if kind == OVERALL else kind
        cells = "".join(_count(counts[verdict], chosen, verdict) for verdict in shown)
        whole = _count(len(group), chosen, "")
        lines.append(f'<tr><th scope="row">{escape(kind)}</th>{cells}{whole}</tr>')
    head = f'<thead><tr><td></td>{heads}<th scope="col">all</th></tr></thead>'
    return f"<table>{head}<tbody>{''.join(lines)}</tbody></table>"


def _count(count: int, kind: str, verdict: str) -> str:
    if not count:
        return '<td class="none">0</td>'
    wanted = f'data-kind="{escape(kind)}" data-verdict="{escape(verdict)}"'
    label = escape(f"show {count} questions: {kind or 'all kinds'}, {verdict or 'all verdicts'}")
    return f'<td><button type="button" {wanted} aria-label="{label}">{count}</button></td>'


def _option(name: str) -> str:
    return f'<option value="{escape(name)}">{escape(name)}</option>'


def _badge(verdict: str) -> str:
    return f'<span class="badge {_TONES[verdict]}">{escape(verdict)}</span>'


def _row(row: Row) -> str:
    id_ = escape(row.id)
    summary_line = (
        f"<summary>{_badge(row.verdict)} <span class=kind>{escape(row.kind)}</span>"
        f" <span class=asked>{escape(row.question)}</span>"
        f" <a class=id href='#{id_}'>{id_}</a></summary>"
    )
    parts = [
        _section(
            "Before", "".join(f"<p><b>{escape(w)}</b>: {escape(t)}</p>" for w, t in row.history)
        ),
        _section(
            "Understood as",
            f"<p>{escape(row.understood)}</p>" if row.understood != row.question else "",
        ),
        _section("Refused" if row.refused else "Answer", _answer(row)),
        _section("Citations", "".join(_citation(row.id, citation) for citation in row.citations)),
        _section("Sentences that their citations don't bear out", _unsupported(row)),
        _section("Should hold", _expected(row)),
        _section("Gold evidence", "".join(_gold(entry) for entry in row.evidence)),
        _section("First hits", _hits(row)),
        f"<p class=facts>{escape(_facts(row))}</p>",
    ]
    tags = f'data-kind="{escape(row.kind)}" data-verdict="{escape(row.verdict)}"'
    tags += f' data-tone="{_TONES[row.verdict]}"'
    return f'<details id="{id_}" {tags}>{summary_line}<div>{"".join(parts)}</div></details>'


def _section(title: str, body: str) -> str:
    return f"<h4>{escape(title)}</h4>{body}" if body else ""


def _answer(row: Row) -> str:
    """The answer's Markdown: bold, remarks, bullets and markers; anything else is plain text."""
    said = escape(row.text) or "<i>no words</i>"
    said = re.sub(r"\*\*(.+?)\*\*", r"<b>\1</b>", said)
    said = re.sub(r"(?m)^_([^_\n]+)_$", r"<i>\1</i>", said)
    said = re.sub(r"(?m)^- ", "\u2022 ", said)
    link = f'<a href="#{escape(row.id)}-' + r'\1">[\1]</a>'
    said = re.sub(r"\[(\d+)\]", link, said)
    paragraphs = "".join(f"<p>{part}</p>" for part in re.split(r"\n\s*\n", said))
    reason = f"<p class=facts>reason: {escape(row.reason)}</p>" if row.reason else ""
    return f'<div class="answer">{paragraphs}</div>{reason}'


def _citation(id_: str, citation: Mapping[str, Any]) -> str:
    number, title = int(citation["number"]), escape(str(citation["title"]))
    url = str(citation["url"] or "")
    # A library may hold any string for a URL, "javascript:" too.
    if re.match(r"https?://", url):
        title = f'<a href="{escape(url)}" rel="noreferrer">{title}</a>'
    quotes = "".join(f"<blockquote>{escape(quote)}</blockquote>" for quote in citation["quotes"])
    head = f"<p>[{number}] {title}{_GOLD if citation['gold'] else ''}</p>"
    return f'<div class="cite" id="{escape(id_)}-{number}">{head}{quotes}</div>'


def _unsupported(row: Row) -> str:
    failed = [statement for statement in row.statements if not statement.supported]
    items = "".join(
        f"<li>{escape(text)} {escape(''.join(f'[{n}]' for n in numbers) or 'cites nothing')}</li>"
        for text, numbers, _ in failed
    )
    return f"<ul>{items}</ul>" if items else ""


def _expected(row: Row) -> str:
    if not row.answerable:
        return "<p>a refusal: the papers don't say</p>"
    return "".join(
        f"<p>{_tick(any_of not in row.missing)} {escape(' / '.join(any_of))}</p>"
        for any_of in row.must
    )


def _gold(entry: Mapping[str, Any]) -> str:
    how = "quoted" if entry["quoted"] else "found, not quoted" if entry["found"] else "not found"
    return (
        f"<p>{_tick(entry['quoted'])} {escape(entry['paper'])} <span class=facts>({how})</span></p>"
        f"<blockquote>{escape(entry['sentence'])}</blockquote>"
    )


def _hits(row: Row) -> str:
    gold = {title_key(title) for title in row.gold}
    items = (f"<li>{escape(hit)}{_GOLD if title_key(hit) in gold else ''}</li>" for hit in row.hits)
    return f"<ol>{''.join(items)}</ol>" if row.hits else ""


def _tick(good: bool) -> str:
    return '<span class="tick good">✓</span>' if good else '<span class="tick bad">✗</span>'


def _facts(row: Row) -> str:
    model = f" by {row.model}" if row.model else ""
    note = f", {row.note}" if row.note else ""
    return (
        f"{row.mode}{model}, {1000 * row.seconds:.1f} ms, confidence {row.confidence:.2f}"
        f"{', gold: ' + '; '.join(row.gold) if row.gold else ''}{note}"
    )
