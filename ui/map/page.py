"""The map of a library as the page shows it: data for the canvas, legend, and a table beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ingest.library import Library
from ingest.paper import Paper
from ui.library.spelling import spelling_of
from ui.map.atlas import Atlas, density, sample
from ui.map.themes import OTHER
from ui.page.render import counted, literal, on_canvas

MOST_DOTS = 3_000  # papers drawn one by one; of more, the others are a shade
CELLS = 96  # on each side of the shade
_MIDDLE = 5  # papers that stand for a group in the table
_TURNED = ' translate="yes"'  # a word of the page's own


def map_points(atlas: Atlas, library: Library, cited: Mapping[str, int]) -> dict[str, Any]:
    """What the canvas draws: each dot is [id, x, y, group, title, number in the answer, year].

    ``cited`` are the papers of the current answer with their numbers; they are always drawn.
    """
    rows = sample(atlas, MOST_DOTS, always=list(cited))
    known = _known(library, [atlas.ids[row] for row in rows])
    dots = []
    for row in rows.tolist():
        paper = known.get(atlas.ids[row])
        if paper is None:
            continue  # removed since
        x, y = (round(float(at), 4) for at in atlas.places[row])
        number = cited.get(paper.id, 0)
        title = on_canvas(paper.title)
        dots.append([paper.id, x, y, int(atlas.themes[row]), title, number, paper.year])
    return {
        "dots": dots,
        "groups": [list(pair) for pair in zip(_titles(atlas, library), _sizes(atlas), strict=True)],
        "other": len(atlas.names) - 1 if OTHER in atlas.names[-1:] else -1,
        "density": _shade(atlas) if len(atlas.ids) > len(rows) else None,
    }


def map_html(atlas: Atlas, library: Library, cited: Mapping[str, int]) -> str:
    """The map's frame, legend and table."""
    if not atlas.ids:
        return '<div class="ap-empty"><p>The library has no papers to draw yet.</p></div>'
    many = f"{len(atlas.ids):,} papers" if len(atlas.ids) > 1 else "one paper"
    said = [
        "Papers that lie near each other say similar things.",
        "Colours and shapes are groups found in the texts, named by words of their titles."
        if atlas.clustered
        else "Colours and shapes are topics; a paper with several is shown under its first group.",
    ]
    if len(atlas.ids) > MOST_DOTS:
        said.append(
            f"{MOST_DOTS:,} of the {many} are drawn one by one; the shade shows how many lie where."
        )
    if atlas.left_out:
        said.append(f"Not on it, for want of a known word: {atlas.left_out:,}.")
    if any(id_ in atlas.row for id_ in cited):
        said.append("Circled: what the current answer cites, with its numbers.")
    sentences = " ".join(f"<span>{literal(sentence)}</span>" for sentence in said)
    label = (
        f"Map of {many}. Arrow keys go from paper to paper, Enter opens one, plus and minus zoom."
        " The table below says the same."
    )
    return (
        f'<div class="ap-map"><p class="ap-map-said">{sentences}</p>'
        '<div class="ap-map-row"><div class="ap-map-stage">'
        f'<canvas tabindex="0" role="application" aria-label="{literal(label)}"></canvas>'
        '<div class="ap-map-tip" hidden></div><div class="ap-map-zoom">'
        '<span class="ap-by-wheel">Ctrl and the wheel zoom, a drag moves</span>'
        '<span class="ap-by-touch">A touch names a paper, the next opens it</span>'
        '<button type="button" class="ap-button" data-zoom="1.5" aria-label="Zoom in">+</button>'
        '<button type="button" class="ap-button" data-zoom="0.667" aria-label="Zoom out">'
        '&#8722;</button><button type="button" class="ap-button" data-zoom="0.01"'
        ' aria-label="Show all">All</button></div></div>'
        f"{_legend(atlas, library)}</div>"
        '<p class="ap-unseen ap-map-live" aria-live="polite"></p>'
        f"{_table(atlas, library, cited)}</div>"
    )


def waiting_html(papers: int) -> str:
    """While the map is made."""
    drawing = f"Drawing the map of {counted(papers, 'paper')}, once for each change of the library…"
    return f'<p class="ap-note ap-waiting" role="status">{drawing}</p>'


def _legend(atlas: Atlas, library: Library) -> str:
    last, titles = len(atlas.names) - 1, _titles(atlas, library)
    items = "".join(
        f'<li><button type="button" class="ap-group" data-group="{group}" aria-pressed="false"'
        f' title="Show only this group"><svg viewBox="-8 -8 16 16" aria-hidden="true"'
        f' class="ap-swatch ap-group-{"other" if name == OTHER and group == last else group}">'
        f"{_SHAPES[group % len(_SHAPES)]}</svg>"
        f"<span{_TURNED if name == OTHER and group == last else ''}>{literal(titles[group])}</span>"
        f'<span class="ap-count">{size:,}</span></button></li>'
        for group, (name, size) in enumerate(zip(atlas.names, _sizes(atlas), strict=True))
    )
    return f'<ul class="ap-legend" aria-label="Groups">{items}</ul>'


# As in map.js, in its order.
_SHAPES = (
    '<circle r="5"/>',
    '<rect x="-4.5" y="-4.5" width="9" height="9"/>',
    '<path d="M0 -5.5 L5.5 4.5 L-5.5 4.5Z"/>',
    '<path d="M0 -6 L6 0 L0 6 L-6 0Z"/>',
    '<path d="M0 5.5 L5.5 -4.5 L-5.5 -4.5Z"/>',
    '<path d="M-5.5 -1.7h3.8v-3.8h3.4v3.8h3.8v3.4h-3.8v3.8h-3.4v-3.8h-3.8z"/>',
    '<path fill-rule="evenodd" d="M-5.5 0a5.5 5.5 0 1 0 11 0a5.5 5.5 0 1 0 -11 0z'
    'M-2.8 0a2.8 2.8 0 1 1 5.6 0a2.8 2.8 0 1 1 -5.6 0z"/>',
    '<path transform="rotate(45)" d="M-5.5 -1.7h3.8v-3.8h3.4v3.8h3.8v3.4h-3.8v3.8h-3.4v-3.8'
    'h-3.8z"/>',
    '<circle r="5"/>',
)


def _table(atlas: Atlas, library: Library, cited: Mapping[str, int]) -> str:
    """The map in words: each group with its size and the papers in its middle."""
    titles = _titles(atlas, library)
    middles = [_middle(atlas, group) for group in range(len(atlas.names))]
    known = _known(library, [*(id_ for ids in middles for id_ in ids), *cited])
    rows = "".join(
        f'<tr><th scope="row">{_group_name(atlas, group, titles[group])}</th><td>{size:,}</td>'
        f"<td>{_papers(known, ids)}</td></tr>"
        for group, (size, ids) in enumerate(zip(_sizes(atlas), middles, strict=True))
    )
    on_it = [id_ for id_ in cited if id_ in known]
    if on_it:
        rows = (
            f'<tr><th scope="row">Cited in the current answer</th><td>{len(on_it):,}</td>'
            f"<td>{_papers(known, on_it)}</td></tr>{rows}"
        )
    return (
        '<details class="ap-map-table"><summary>The map as a table</summary><div class="ap-scroll">'
        '<table class="ap-papers"><caption class="ap-unseen">Groups of papers</caption><thead><tr>'
        '<th scope="col">Group</th><th scope="col">Papers</th>'
        '<th scope="col">In the middle of it</th></tr></thead>'
        f"<tbody>{rows}</tbody></table></div></details>"
    )


def _titles(atlas: Atlas, library: Library) -> list[str]:
    """The names of the groups as they are read: topics as titles, words of titles as they are."""
    spelling = spelling_of(library)
    return [spelling.title(name) for name in atlas.names]


def _group_name(atlas: Atlas, group: int, title: str) -> str:
    name = literal(atlas.names[group])
    if atlas.clustered or (atlas.names[group] == OTHER and group == len(atlas.names) - 1):
        return literal(title)
    return (
        f'<button type="button" class="ap-read" data-do="topic" data-topic="{name}"'
        f' title="List these in the Library">{literal(title)}</button>'
    )


def _papers(known: Mapping[str, Paper], ids: Sequence[str]) -> str:
    return "".join(
        f'<button type="button" class="ap-read" data-do="open" data-id="{literal(id_)}">'
        f"{literal(known[id_].title)}</button>"
        for id_ in ids
        if id_ in known
    )


def _middle(atlas: Atlas, group: int) -> list[str]:
    """The papers nearest to the middle of a group."""
    rows = np.flatnonzero(atlas.themes == group)
    middle = np.median(atlas.places[rows], axis=0)
    apart = np.square(atlas.places[rows] - middle).sum(axis=1)
    return [atlas.ids[row] for row in rows[np.argsort(apart, kind="stable")[:_MIDDLE]]]


def _shade(atlas: Atlas) -> dict[str, Any]:
    counts, most = density(atlas.places, atlas.themes, cells=CELLS)
    return {"cells": CELLS, "counts": counts.ravel().tolist(), "groups": most.ravel().tolist()}


def _sizes(atlas: Atlas) -> list[int]:
    return [int(size) for size in np.bincount(atlas.themes, minlength=len(atlas.names))]


def _known(library: Library, ids: Sequence[str]) -> dict[str, Paper]:
    return {paper.id: paper for paper in library.papers(ids)}
