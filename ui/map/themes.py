"""Papers sorted into a few groups that a person can name: by their topics, else by likeness.

Groups are topics, chosen so that together they cover as many papers as they can. Where a few topics
don't cover most papers, papers are clustered by their vectors, and each cluster is
named by the words that its titles have more often than the others'.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ingest.embedders import Vectors

MOST = 8  # groups: more colours can't be told apart
OTHER = "other"
_COVERED = 0.6  # the share of papers in the topics' groups from which topics are the groups
_FITTED = 20_000  # papers that clusters are fitted on
_SEED = 7

Labels = NDArray[np.int16]


@dataclass(frozen=True, slots=True, eq=False)
class Themes:
    """``names`` of the groups, largest first, and ``of`` ``(n,)``: each paper's group.

    A paper in none of them has the number of the last name, OTHER. ``clustered`` says that the
    groups were made from vectors and their names from titles.
    """

    names: tuple[str, ...]
    of: Labels
    clustered: bool

    @property
    def named(self) -> int:
        """How many groups there are besides OTHER."""
        return len(self.names) - self.others

    @property
    def others(self) -> bool:
        """Whether the last group is OTHER: a topic may be called so, too, but comes before."""
        return self.names[-1:] == (OTHER,) and not self.clustered


def themes(
    titles: Sequence[str], topics: Sequence[Sequence[str]], vectors: Vectors, most: int = MOST
) -> Themes:
    """The groups of ``n`` papers, each with a title, its topics and a unit vector."""
    by_topics = _by_topics(topics, most)
    covered = int((by_topics.of < by_topics.named).sum())
    if covered and covered >= _COVERED * len(topics):
        return by_topics
    return _by_likeness(titles, vectors, most)


def _by_topics(topics: Sequence[Sequence[str]], most: int) -> Themes:
    """Topics one after the other, each time the one that covers most of the papers left."""
    left = {
        row: frozenset(" ".join(topic.split()).casefold() for topic in some if topic.strip())
        for row, some in enumerate(topics)
    }
    counts = Counter(topic for some in left.values() for topic in some)
    of = np.full(len(topics), -1, np.int16)
    names: list[str] = []
    while len(names) < most and counts:
        chosen = min(counts, key=lambda topic: (-counts[topic], topic))
        if counts[chosen] < 1:
            break
        for row in [row for row, some in left.items() if chosen in some]:
            of[row] = len(names)
            counts.subtract(left.pop(row))
        names.append(chosen)
    return _largest_first(names, of, clustered=False)


def _by_likeness(titles: Sequence[str], vectors: Vectors, most: int) -> Themes:
    of = np.full(len(titles), -1, np.int16)
    if len(of) == 0:
        return _largest_first([], of, clustered=True)
    many = max(1, min(most, round((len(of) / 2) ** 0.5)))
    of = _clusters(vectors, many)
    return _largest_first(_telling_words(titles, of, many), of, clustered=True)


def _clusters(vectors: Vectors, many: int) -> Labels:
    """Spherical k-means (https://doi.org/10.1023/A:1007612920971), begun as k-means++ does."""
    draw = np.random.default_rng(_SEED)
    some = vectors
    if len(vectors) > _FITTED:
        some = vectors[draw.choice(len(vectors), _FITTED, replace=False)]
    centred = some - some.mean(axis=0)
    centres = centred[[int(draw.integers(len(some)))]]
    farness = np.full(len(some), np.inf)
    while len(centres) < many:
        farness = np.minimum(farness, np.square(centred - centres[-1]).sum(axis=1))
        total = float(farness.sum())
        chances = farness / total if total > 0 else None  # all alike: any will do
        centres = np.vstack([centres, centred[[draw.choice(len(some), p=chances)]]])
    for _ in range(25):
        nearest = (centred @ centres.T).argmax(axis=1)
        for one in range(many):
            mine = centred[nearest == one]
            if len(mine):
                centres[one] = mine.mean(axis=0)
        centres /= np.maximum(np.linalg.norm(centres, axis=1, keepdims=True), 1e-12)
    shifted = (vectors - some.mean(axis=0)) @ centres.T
    return np.asarray(shifted.argmax(axis=1), np.int16)


# Words of titles that tell no subject from another.
_EMPTY = frozenset(
    "a about across against all an analysis and application applications approach approaches "
    "are as at based be between beyond by can case comparative comparison do does effective "
    "efficient evaluating evaluation every fast for framework from general good high how "
    "improved improving in into is it its large learning less level low method methods model "
    "modeling modelling models more multi need new non not novel of on one only or over paper "
    "problem problems real scale self simple some state study system systems task tasks than "
    "that the their theory this time to toward towards two under understanding using via we "
    "what when where which why with without you your".split()
)


def _telling_words(titles: Sequence[str], of: Labels, many: int) -> list[str]:
    """For each cluster up to three words by their share of its titles times its log lift."""
    inside = [Counter[str]() for _ in range(many)]
    for title, one in zip(titles, of.tolist(), strict=True):
        if one >= 0:
            inside[one].update(set(_words(title)))
    everywhere = sum(inside, Counter[str]())
    sizes = [max(1, int((of == one).sum())) for one in range(many)]
    names: list[str] = []
    for one, counts in enumerate(inside):
        score = {
            word: count / sizes[one]
            * np.log((count / sizes[one]) / (everywhere[word] / sum(sizes)))
            for word, count in counts.items()
            if count > 1 or sizes[one] < 4
        }  # fmt: skip
        best = sorted(score, key=lambda word: (-score[word], word))[:3]
        names.append(", ".join(best) or f"group {one + 1}")
    return names


def _words(title: str) -> list[str]:
    """Lower-case words without the empty ones; a plural is counted with its singular."""
    words = re.findall(r"[^\W\d_][\w-]*[^\W_]", title.lower())
    kept = (word for word in words if word not in _EMPTY and len(word) > 2)
    return [
        word[:-1] if word.endswith("s") and not word.endswith(("ss", "us", "is")) else word
        for word in kept
    ]


def _largest_first(names: list[str], of: Labels, *, clustered: bool) -> Themes:
    """Groups in the order of their sizes; the rest, if any, as OTHER at the end."""
    sizes = np.bincount(of[of >= 0], minlength=len(names))
    order = sorted(range(len(names)), key=lambda one: (-int(sizes[one]), names[one]))
    order = [one for one in order if sizes[one]]
    place = np.full(len(names) + 1, len(order), np.int16)  # the last is for -1
    for now, before in enumerate(order):
        place[before] = now
    sorted_names = [names[one] for one in order]
    if (of < 0).any():
        sorted_names.append(OTHER)
    return Themes(tuple(sorted_names), place[of], clustered)
