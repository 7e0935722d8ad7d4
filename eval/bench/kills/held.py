"""What a library must hold, the commands that change it, and a look at what it does hold."""

from __future__ import annotations

import random
import re
import zlib
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from ingest.embedders import Vectors
from ingest.library import Library
from ingest.passages import embedded_text
from ingest.paths import server_of
from ingest.pipeline import ingest

DIM = 192  # of the first vectors
_SAMPLE = 40  # papers looked for one by one, beside those that the command was about
_SAMPLE_SERVED = 8  # on a server, where each is several calls
_LEFT = "rows of older states"  # what a killed writer leaves on a server, and is never shown


class WordsEmbedder:
    """Each word adds 1 to the dimension that its CRC names: quick, and the same in any process."""

    version = "1"

    def __init__(self, dim: int) -> None:
        self.name, self.dim = f"words-{dim}", dim

    def embed(self, texts: Sequence[str]) -> Vectors:
        vectors = np.zeros((len(texts), self.dim), np.float32)
        for row, text in enumerate(texts):
            for word in re.findall(r"\w+", text.lower()):
                vectors[row, zlib.crc32(word.encode()) % self.dim] += 1
        unit: Vectors = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
        return unit


@dataclass(slots=True)
class Command:
    """One command, and what was acknowledged of it: the first ``done`` of ``numbers``."""

    kind: str
    numbers: list[int]
    version: int  # of the texts that it writes
    dim: int  # of the vectors that it makes
    done: int = 0


@dataclass(slots=True)
class State:
    """What the library must hold: each paper's version by its number, vectors of ``dim``."""

    papers: dict[int, int] = field(default_factory=dict)
    dim: int = DIM

    def after(self, command: Command) -> State:
        """What it must hold once ``command`` is through."""
        papers = dict(self.papers)
        if command.kind in ("ingest", "update"):
            papers |= dict.fromkeys(command.numbers, command.version)
        if command.kind == "delete":
            papers = {n: v for n, v in papers.items() if n not in set(command.numbers)}
        return State(papers, command.dim)


def text(number: int, version: int) -> str:
    words = " ".join(f"word{number}x{place}v{version}" for place in range(8))
    return f"We study subject{number}v{version} in depth. {words}."


def source_of(directory: Path, kind: str) -> Path:
    """The file that an ingest or an update of the library reads."""
    return directory.with_name(f"{directory.name}.{kind}.jsonl")


def carry_out(command: Command, directory: Path, acknowledge: Callable[[int], None]) -> None:
    """Run ``command`` to its end; ``acknowledge`` is told how much of it is durable."""
    with Library.open(directory, create=True, embedder=embedder_of(directory)) as library:
        if command.kind == "delete":
            ids = [f"p{number}" for number in command.numbers]
            some = max(1, len(ids) // 4)
            for first in range(0, len(ids), some):
                library.remove(ids[first : first + some])
                acknowledge(min(first + some, len(ids)))
        elif command.kind == "reembed":
            library.reembed(WordsEmbedder(command.dim))
            acknowledge(len(command.numbers))
        elif command.kind == "repair":
            library.repair()
            acknowledge(len(command.numbers))
        else:
            # Small batches: many acknowledgements, and indexes that follow in their processes
            # (after four of them).
            file, batch = source_of(directory, command.kind), max(1, len(command.numbers) // 8)
            library.many = 4 * batch
            ingest(library, [str(file)], progress=acknowledge, batch=batch)


def embedder_of(directory: Path) -> WordsEmbedder:
    """The embedder that the library has now: a killed reembed may have switched it, or not."""
    if not (directory / "askpapers.sqlite").exists():  # none yet, or on a server
        return WordsEmbedder(DIM)
    with Library.open(directory) as library:
        return WordsEmbedder(int(library.identity["embedder"]["dim"]))


def faults(
    directory: Path, before: State, command: Command, rng: random.Random, *, killed: bool = True
) -> list[str]:
    """What is wrong with a library on which ``command`` was run for a while; nothing, if all is
    well. ``killed`` where it may have left on a server what nobody sees."""
    embedder = embedder_of(directory)
    found: list[str] = []
    if embedder.dim not in {before.dim, command.dim}:
        found.append(f"vectors of {embedder.dim} dimensions")
    with Library.open(directory, embedder=embedder) as library:
        library.exact_below = 0  # the index is looked at, however few there are
        with library.writing():
            pass  # brings the indexes up, once a follower of a killed writer is at its end
        papers = list(library.papers())
        held = {int(paper.id[1:]): paper.abstract for paper in papers}
        twice = [id_ for id_, n in Counter(paper.id for paper in papers).items() if n > 1]
        found += [f"{id_} is there twice" for id_ in twice]
        # Each of the papers is short enough to be one passage.
        if (passages := library.counts()["passages"]) != len(held):
            found.append(f"{passages} passages of {len(held)} papers")
        found += _unlike(held, before, command)
        found += _unfindable(library, held, command, rng)
        if set(library.health().values()) != {"up"}:
            found.append(f"not up: {library.health()}")
        found += [
            said for said in library.disagreements() if not (killed and said.find(_LEFT) >= 0)
        ]
    return found


def _unlike(held: dict[int, str], before: State, command: Command) -> list[str]:
    """The papers that are lost, kept, or of a version that they may not be of."""
    found, after = [], before.after(command)
    settled = set(command.numbers[: command.done]) if command.kind != "reembed" else set()
    open_ = set(command.numbers) - settled
    for number in before.papers.keys() | after.papers.keys() | held.keys():
        allowed = {after.papers.get(number)}
        if number in open_:
            allowed.add(before.papers.get(number))
        said = held.get(number)
        if said not in {None if v is None else text(number, v) for v in allowed}:
            found.append(f"p{number} is {said!r:.60}, not version {allowed}")
    return found


def _unfindable(
    library: Library, held: dict[int, str], command: Command, rng: random.Random
) -> list[str]:
    """Papers that are there and aren't found, and such as are found and not there any more."""
    most = _SAMPLE_SERVED if server_of(library.directory) else _SAMPLE
    chosen = sorted(rng.sample(sorted(held), min(most, len(held))))
    touched = [n for n in command.numbers if n in held]
    found: list[str] = []
    missed: list[str] = []
    for number in {*chosen, *rng.sample(touched, min(most, len(touched)))}:
        by_words, by_vector = _unfound(library, number)
        found += by_words
        missed += by_vector
    # Each is in the index with its vector; but the search is approximate, and of
    # near-duplicates it misses one now and then (eval/LOG.md).
    found += missed if len(missed) > 1 else []
    for number in rng.sample(command.numbers, min(most, len(command.numbers))):
        gone = [v for v in range(command.version + 1) if held.get(number) != text(number, v)]
        for version in gone[-2:]:
            if library.search_lexical(f"subject{number}v{version}", 3):
                found.append(f"p{number} is still found by version {version}")
    return found


def _unfound(library: Library, number: int) -> tuple[list[str], list[str]]:
    """Whether a paper is not found by its own words, and whether not by its own vector."""
    (paper,) = library.papers([f"p{number}"])
    subject = paper.abstract.split()[2]
    best = library.search_lexical(subject, 1)
    by_words = [] if best and best[0][0].startswith(f"p{number}#") else [f"p{number}: not by words"]
    (passage, vector) = (
        next(iter(library.passages([best[0][0]]).values())) if best else (None, None)
    )
    if passage is None or vector is None:
        return by_words, []
    own = library.embedder.embed([embedded_text(passage)])[0]
    if not np.allclose(own, vector, atol=1e-3):
        by_words.append(f"p{number}: another vector")
    index = None if server_of(library.directory) else library._vectors.current()
    if index is not None and not index.holds(passage.id, own):
        by_words.append(f"p{number}: not in the vector index")
    near = dict(library.search_dense(own, 20))
    return by_words, [] if near.get(passage.id, 0.0) >= 0.999 else [f"p{number}: not by its vector"]


def unanswered(directory: Path, numbers: Sequence[int], state: State) -> list[str]:
    """Which of the papers ``numbers`` a question about them doesn't find, by words or by vector."""
    found = []
    with Library.open(directory, embedder=embedder_of(directory)) as library:
        for number in numbers:
            asked = f"subject{number}v{state.papers[number]}"
            vector: Any = library.embedder.embed([text(number, state.papers[number])])[0]
            passages = library.candidates(asked, vector, 20).passages
            if not any(id_.startswith(f"p{number}#") for id_ in passages):
                found.append(f"a question about p{number} doesn't find it")
    return found
