"""Vectors -> places on a plane where papers that are near in meaning lie near each other.

Two steps, in plain numpy. Some papers (``LANDMARKS`` at most) are laid out by attraction between
near neighbours and repulsion from papers drawn at random, with the heavy-tailed kernel of t-SNE
(https://jmlr.org/papers/v9/vandermaaten08a.html) and the sampling of UMAP
(https://arxiv.org/abs/1802.03426). Every other paper is then put between the landmarks that are
nearest to it. So the time grows with n, not with its square. ``eval/bench/map.py`` measures how
many neighbours stay neighbours.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ingest.embedders import Vectors

LANDMARKS = 6_000
NEIGHBOURS = 7  # that a paper is drawn to; more smooth the fine structure away
STRANGERS = 10  # papers drawn at random that push it off, each round
ROUNDS = 300
STEP = 0.3
PUSH = 10.0  # of all strangers together, in pulls of one neighbour, for each neighbour
FARTHEST = 4.0  # no single pull or push moves a paper further than this
NOT_FAR = 0.04  # of the others' width; beyond it a paper is held at the edge of the frame
SPREAD = 10.0  # standard deviation of the first places, by PCA; distances of about 1 attract
PLACED_BETWEEN = 3  # landmarks
FEW = 1_000  # papers; a map of so few is spread out, so that no part of it is empty
_WIDTH = 40.0  # of a framed map, in the unit in which neighbours attract each other
_BLOCK = 1024  # rows of similarities held at a time
_SEED = 7

Places = NDArray[np.float32]


def layout(vectors: Vectors) -> tuple[Places, NDArray[np.int64]]:
    """Places ``(n, 2)``, both axes in [0, 1], for unit vectors ``(n, dim)``, and the rows
    of the landmarks. The same vectors always get the same places.
    """
    n = len(vectors)
    draw = np.random.default_rng(_SEED)
    if n <= LANDMARKS:
        return _framed(_landmarks(vectors, draw)), np.arange(n)
    chosen = np.sort(draw.choice(n, LANDMARKS, replace=False))
    laid = _landmarks(vectors[chosen], draw)
    places = np.empty((n, 2), np.float32)
    places[chosen] = laid
    others = np.setdiff1d(np.arange(n), chosen, assume_unique=True)
    places[others] = _between(vectors[others], vectors[chosen], laid, draw)
    return _framed(places), chosen


def added(vectors: Vectors, places: Places) -> Places:
    """``places`` with those that are NaN filled in, next to the papers nearest to them.

    All others stay where they are: a reader knows their way about them.
    """
    new = np.isnan(places[:, 0])
    draw = np.random.default_rng(_SEED)
    kept = places[~new]
    between = _between(vectors[new], vectors[~new], kept * _WIDTH, draw) / _WIDTH
    filled = places.copy()
    filled[new] = np.clip(between, 0.015, 0.985)
    return filled


def turned(places: Places, before: Places) -> Places:
    """``places``, mirrored or turned by a right angle so that they are nearest to ``before``, in
    which papers that are new are NaN.
    """
    old = ~np.isnan(before[:, 0])
    ways = [
        np.stack([one, other], axis=1)
        for a, b in (places.T, places.T[::-1])
        for one in (a, 1 - a)
        for other in (b, 1 - b)
    ]
    apart = [float(np.square(way[old] - before[old]).sum()) for way in ways]
    return np.asarray(ways[int(np.argmin(apart))], np.float32)


def principal_axes(vectors: Vectors) -> Places:
    """The two directions of greatest variance (PCA): ``(n, 2)``, centred."""
    centred = vectors - vectors.mean(axis=0)
    _, axes = np.linalg.eigh(centred.T @ centred)
    return np.asarray(centred @ axes[:, :-3:-1], np.float32)


def nearest(vectors: Vectors, among: Vectors, k: int, *, itself: bool) -> NDArray[np.int64]:
    """For each row of ``vectors`` the ``k`` rows of ``among`` of highest cosine, in no order.

    ``itself`` says that ``vectors`` is ``among``, and that no row is its own neighbour.
    """
    found = np.empty((len(vectors), k), np.int64)
    for first in range(0, len(vectors), _BLOCK):
        cosines = vectors[first : first + _BLOCK] @ among.T
        if itself:
            rows = np.arange(len(cosines))
            cosines[rows, first + rows] = -np.inf
        found[first : first + _BLOCK] = np.argpartition(-cosines, k - 1, axis=1)[:, :k]
    return found


def _landmarks(vectors: Vectors, draw: np.random.Generator) -> Places:
    n = len(vectors)
    if n < 3:
        return np.asarray([[0.0, 0.0], [1.0, 0.0]][:n], np.float32).reshape(n, 2)
    k = min(NEIGHBOURS, n - 1)
    near = nearest(vectors, vectors, k, itself=True).ravel()
    one = np.repeat(np.arange(n), k)
    pushed = np.repeat(np.arange(n), STRANGERS)
    places = principal_axes(vectors)
    # Twins would never part: nothing pushes two papers off each other along no direction.
    places += draw.normal(scale=1e-3 * places.std() + 1e-9, size=places.shape).astype(np.float32)
    places *= min(SPREAD, n**0.5) / max(float(places.std()), 1e-12)
    for done in range(ROUNDS):
        apart = places[one] - places[near]
        pull = -2 * apart / (1 + _squared(apart))
        strangers = draw.integers(0, n, len(pushed))
        apart = places[pushed] - places[strangers]
        squared = _squared(apart)
        push = 2 * apart / ((0.001 + squared) * (1 + squared))
        push = np.clip(push, -FARTHEST, FARTHEST) * (PUSH / STRANGERS)
        force = _summed(one, pull, n) - _summed(near, pull, n) + k * _summed(pushed, push, n)
        places += (STEP / k) * (1 - done / ROUNDS) * force
    return places


def _squared(apart: Places) -> Places:
    return np.asarray((apart * apart).sum(axis=1, keepdims=True))


def _summed(rows: NDArray[np.int64], forces: NDArray[Any], n: int) -> Places:
    axes = [np.bincount(rows, forces[:, axis], n) for axis in (0, 1)]
    return np.stack(axes, axis=1).astype(np.float32)


def _between(
    vectors: Vectors, landmarks: Vectors, places: Places, draw: np.random.Generator
) -> Places:
    """Places between the nearest landmarks, nearer to those of higher cosine."""
    k = min(PLACED_BETWEEN, len(landmarks))
    near = nearest(vectors, landmarks, k, itself=False)
    cosines = np.einsum("nd,nkd->nk", vectors, landmarks[near])
    weights = np.exp(20 * (cosines - cosines.max(axis=1, keepdims=True)))
    weights /= weights.sum(axis=1, keepdims=True)
    # The heaviest landmark's place, drawn towards the others': a mean of far ones is nowhere.
    heaviest = places[near[np.arange(len(near)), weights.argmax(axis=1)]]
    drawn = np.einsum("nk,nkd->nd", weights, places[near]) - heaviest
    length = np.linalg.norm(drawn, axis=1, keepdims=True)
    drawn *= np.minimum(1, 1 / np.maximum(length, 1e-12))
    return np.asarray(heaviest + drawn + draw.normal(scale=0.2, size=drawn.shape), np.float32)


def _framed(places: Places) -> Places:
    """Both axes stretched to [0, 1] between the outermost papers; stragglers are held at the edge.

    The frame leaves out the outermost 0.2% on each side, and of a small library whoever of the
    outermost two lies far off, so that no lone paper shrinks the rest.
    """
    n = len(places)
    if n == 0:
        return places
    few = min(0.02, max(0.002, 2 / n))
    low, high = np.quantile(places, [few, 1 - few], axis=0)
    reach = (high - low) * NOT_FAR
    low = np.maximum(low - reach, np.quantile(places, 0.002, axis=0))
    high = np.minimum(high + reach, np.quantile(places, 0.998, axis=0))
    width = np.maximum(high - low, 1e-9)
    margin = 0.04
    framed = np.clip(margin + (1 - 2 * margin) * (places - low) / width, 0.015, 0.985)
    if 12 <= n <= FEW:
        # Halfway to even ranks on both axes: neighbours stay neighbours, empty corners fill.
        ranks = framed.argsort(axis=0, kind="stable").argsort(axis=0, kind="stable")
        framed = (framed + margin + (1 - 2 * margin) * ranks / (n - 1)) / 2
    return np.asarray(framed, np.float32)
