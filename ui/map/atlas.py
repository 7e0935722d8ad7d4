"""The map of a library: a place and a group for every paper, made once for each version of it.

Kept in the library's directory (``map.npz``); derived, so it can be deleted at any time.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from ingest.embedders import Vectors
from ingest.index.nearest import paper_vectors
from ingest.library import Library
from ui.map.layout import LANDMARKS, Places, added, layout, turned
from ui.map.themes import Labels, themes

_MADE_BY = 3  # grows with every change to how a map is made: older ones are made anew
_FILE = "map.npz"
_GROWN = 1.25  # times the papers of the last layout: from there on all are laid out anew


@dataclass(frozen=True, eq=False)
class Atlas:
    """``n`` papers on a plane: ``ids``, ``places`` ``(n, 2)`` in [0, 1], ``themes`` ``(n,)``.

    ``themes`` are places in ``names``; ``clustered`` says that the groups come from the vectors
    and not from the papers' topics. ``landmarks`` are the rows that were laid out one by one; the
    other papers lie between them. ``left_out`` papers have no vector, and so no place. ``laid_out``
    is how many papers there were when all of them were last laid out.
    """

    ids: tuple[str, ...]
    places: Places
    themes: Labels
    names: tuple[str, ...]
    clustered: bool
    landmarks: NDArray[np.int64]
    left_out: int
    laid_out: int

    @cached_property
    def row(self) -> dict[str, int]:
        """Each paper's row, by its id."""
        return {id_: row for row, id_ in enumerate(self.ids)}

    @classmethod
    def of(cls, library: Library) -> Atlas:
        """The map of ``library`` as it is now: from its directory, or made and left there."""
        stamp = _stamp(library)
        file = library.directory / _FILE
        before = _read(file)
        if before is not None and before[0] == stamp:
            return before[1]
        same_kind = before is not None and _kind(before[0]) == _kind(stamp)
        found = make(library, before[1] if before is not None and same_kind else None)
        _write(file, stamp, found)
        return found


def make(library: Library, before: Atlas | None = None) -> Atlas:
    """The map, computed: seconds for thousands of papers, some ten for 100,000.

    Papers that are on the map ``before`` keep their places, unless it has grown a lot since.
    """
    ids, vectors = paper_vectors(library)
    facts = {paper.id: (paper.title, paper.topics) for paper in library.papers()}
    kept = [row for row, id_ in enumerate(ids) if id_ in facts]  # removed in between
    ids, vectors = [ids[row] for row in kept], vectors[kept]
    titles, topics = [facts[id_][0] for id_ in ids], [facts[id_][1] for id_ in ids]
    groups = themes(titles, topics, vectors)
    places, landmarks, laid_out = _placed(ids, vectors, before)
    return Atlas(
        ids=tuple(ids),
        places=places,
        themes=groups.of,
        names=groups.names,
        clustered=groups.clustered,
        landmarks=landmarks,
        left_out=len(facts) - len(ids),
        laid_out=laid_out,
    )


def _placed(
    ids: Sequence[str], vectors: Vectors, before: Atlas | None
) -> tuple[Places, NDArray[np.int64], int]:
    """Places, landmarks, and how many papers were laid out when all were."""
    old = np.full((len(ids), 2), np.nan, np.float32)
    known = [] if before is None else [row for row, id_ in enumerate(ids) if id_ in before.row]
    if before is None or len(known) < 3:
        return (*layout(vectors), len(ids))
    theirs = [before.row[ids[row]] for row in known]
    old[known] = before.places[theirs]
    if max(len(ids), before.laid_out) > _GROWN * min(len(known), before.laid_out):
        places, landmarks = layout(vectors)
        return turned(places, old), landmarks, len(ids)
    was = np.isin(theirs, before.landmarks)
    # Of a large library the landmarks stay a sample; of a small one they are all papers.
    new = np.setdiff1d(np.arange(len(ids)), known)[: None if len(ids) <= LANDMARKS else 0]
    landmarks = np.union1d(np.asarray(known)[was], new).astype(np.int64)
    return added(vectors, old), landmarks, before.laid_out


def density(places: Places, of: Labels, *, cells: int) -> tuple[NDArray[np.int64], Labels]:
    """Papers in each cell of a ``cells`` x ``cells`` grid (y, x), and the group of most of them.

    Cells without papers have group -1.
    """
    column, line = np.minimum((places * cells).astype(np.int64), cells - 1).T
    cell = line * cells + column
    many = int(of.max(initial=0)) + 1
    counts = np.bincount(cell * many + of, minlength=cells * cells * many).reshape(-1, many)
    total = counts.sum(axis=1)
    most = np.where(total > 0, counts.argmax(axis=1), -1).astype(np.int16)
    return total.reshape(cells, cells), most.reshape(cells, cells)


def sample(atlas: Atlas, most: int, always: Sequence[str] = ()) -> NDArray[np.int64]:
    """At most ``most`` rows to draw, spread evenly over the landmarks, and those of ``always``."""
    some = atlas.landmarks
    if len(some) > most:
        some = some[np.linspace(0, len(some) - 1, most).astype(np.int64)]
    wanted = [atlas.row[id_] for id_ in always if id_ in atlas.row]
    return np.union1d(some, np.asarray(wanted, np.int64))


def _stamp(library: Library) -> str:
    embedder = library.identity["embedder"]
    return json.dumps([_MADE_BY, library.version, embedder], sort_keys=True)


def _kind(stamp: str) -> object:
    """What a map was made by, whatever the library's version: the code and the embedder."""
    made_by, _, embedder = json.loads(stamp)
    return made_by, embedder


def _read(file: Path) -> tuple[str, Atlas] | None:
    """The map in ``file``, with the stamp of what it was made of and by."""
    try:
        with file.open("rb") as opened, np.load(opened, allow_pickle=False) as kept:
            said = json.loads(kept["said"].tobytes())
            found = Atlas(
                ids=tuple(said["ids"]),
                places=kept["places"],
                themes=kept["themes"],
                names=tuple(said["names"]),
                clustered=said["clustered"],
                landmarks=kept["landmarks"],
                left_out=said["left_out"],
                laid_out=said["laid_out"],
            )
            return str(said["stamp"]), found
    except (OSError, ValueError, KeyError, BadZipFile, EOFError):
        return None


def _write(file: Path, stamp: str, atlas: Atlas) -> None:
    """Keep the map; a library that can't be written to goes without."""
    said = {
        "stamp": stamp,
        "ids": atlas.ids,
        "names": atlas.names,
        "clustered": atlas.clustered,
        "left_out": atlas.left_out,
        "laid_out": atlas.laid_out,
    }
    unfinished = file.with_suffix(f".{os.getpid()}.npz")
    try:
        np.savez(
            unfinished,
            said=np.frombuffer(json.dumps(said).encode(), np.uint8),
            places=atlas.places,
            themes=atlas.themes,
            landmarks=atlas.landmarks,
        )
        unfinished.replace(file)
    except OSError:
        unfinished.unlink(missing_ok=True)
