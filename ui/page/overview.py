"""What a library holds, in a line, and questions that suit it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from itertools import islice
from weakref import WeakKeyDictionary

from ingest.library import Library
from ingest.paper import Kind, Paper, digest
from ui.library.spelling import spelling_of
from ui.page.render import counted

_NAMED = re.compile(r"([^\s:]{2,24}):\s+\S")
OF_A_KIND = 6  # example questions about systems, and as many about topics
MOST_PAPERS_NAMED = 2_000  # enough to choose examples from; the others are only counted


@dataclass(frozen=True, slots=True)
class Overview:
    """How many papers of each kind there are, and example questions that suit them."""

    abstracts: int
    digests: int
    questions: tuple[str, ...]

    @property
    def papers(self) -> int:
        return self.abstracts + self.digests

    @property
    def said(self) -> str:
        """The counts in words: ``96 papers (digests)``."""
        if self.papers == 0:
            return "no papers yet"
        total = counted(self.papers, "paper")
        if self.digests == 0:
            return f"{total} ({'abstract' if self.papers == 1 else 'abstracts'})"
        if self.abstracts == 0:
            return f"{total} ({'digest' if self.papers == 1 else 'digests'})"
        return f"{total} ({counted(self.abstracts, 'abstract')}, {counted(self.digests, 'digest')})"


def overview(
    papers: Iterable[Paper], *, questions: int = 4, words: Callable[[str], str] = str
) -> Overview:
    """One look at all papers; ``questions`` is how many example questions are made at most.

    ``words`` gives a topic as it stands in a sentence.
    """
    kinds: Counter[Kind] = Counter()
    topics: Counter[str] = Counter()
    named: list[Paper] = []
    first: Paper | None = None
    for paper in papers:
        kinds[paper.kind] += 1
        topics.update({topic.strip() for topic in paper.topics if topic.strip()})
        first = first or paper
        if len(named) < MOST_PAPERS_NAMED and system_name(paper.title):
            named.append(paper)
    return Overview(
        abstracts=kinds["abstract"],
        digests=kinds["digest"],
        questions=_questions(named, topics, first, words)[:questions],
    )


def overview_of(library: Library, *, questions: int = 4) -> Overview:
    """The same of a library, whatever its size: counted there, examples from its first papers.

    Looked up once for each of its versions: the page shows it in several places.
    """
    version = library.version
    known = _known.get(library)
    if known is None or known[:2] != (version, questions):
        counts = library.counts()
        words = spelling_of(library).words
        some = islice(library.papers(), MOST_PAPERS_NAMED)
        found = overview(some, questions=questions, words=words)
        abstracts = counts["papers"] - counts["digests"]
        found = replace(found, abstracts=abstracts, digests=counts["digests"])
        _known[library] = known = (version, questions, found)
    return known[2]


_known: WeakKeyDictionary[Library, tuple[int, int, Overview]] = WeakKeyDictionary()


def system_name(title: str) -> str | None:
    """The name of a system in ``Name: what it is``, where it looks like one (FlexLLM, T3)."""
    found = _NAMED.match(title)
    if found is None:
        return None
    name = found[1]
    capitals = sum(c.isupper() for c in name)
    shaped = capitals >= 2 or (capitals == 1 and any(c.isdigit() for c in name))
    return name if shaped and re.fullmatch(r"[\w^-]+", name) else None


def _questions(
    named: list[Paper],
    topics: Counter[str],
    first: Paper | None,
    words: Callable[[str], str],
) -> tuple[str, ...]:
    # Papers with code first; then by a hash, which is arbitrary but always the same.
    order = sorted(named, key=lambda paper: (paper.code_url is None, digest(paper.id)))
    systems = [f"What does {system_name(paper.title)} do?" for paper in order[:OF_A_KIND]]
    common = sorted(topics, key=lambda topic: (-topics[topic], topic))[:OF_A_KIND]
    about = [f"Which papers are about {words(topic)}?" for topic in common if topics[topic] > 1]
    fallback = [f"What is “{first.title}” about?"] if first is not None else []
    mixed = [q for pair in zip(systems, about, strict=False) for q in pair]
    rest = [q for q in (*systems, *about) if q not in mixed]
    return tuple(mixed + rest) or tuple(fallback)
