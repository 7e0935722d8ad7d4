"""What a draft's citations mean: through its bibliography, its own list, or the library."""

from __future__ import annotations

import difflib
import os
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from ingest.errors import ParseError
from ingest.library import Library
from ingest.paper import Paper, title_key
from ingest.sources import references
from ingest.sources.ids import identity
from rag.check.citing import Cite
from rag.records.catalog import catalog_of
from rag.text.people import name_of

_ALIKE = 0.9  # of difflib's ratio of two titles: one word that a typist has dropped
_TRIED = 5  # passages among which a title is sought
_SHORT = 3  # words: a shorter title in a reference's text may be part of another's


@dataclass(frozen=True, slots=True)
class Reference:
    """One cited work: how the draft names it, and what is known of it.

    ``papers`` have a text to check against, several where a name and a year fit several; without
    any, the paper isn't here. ``known`` is what the bibliography says of it.
    """

    name: str
    papers: tuple[Paper, ...]
    known: Paper | None = None


def read_bibliography(
    path: str | os.PathLike[str],
) -> tuple[list[tuple[str, Paper]], list[ParseError]]:
    """The entries of a file by their keys, and those that can't be read."""
    entries: list[tuple[str, Paper]] = []
    bad: list[ParseError] = []
    for entry in references(os.fspath(path)):
        if isinstance(entry, ParseError):
            bad.append(entry)
        else:
            entries.append(entry)
    return entries, bad


@contextmanager
def as_file(text: str) -> Iterator[Path | None]:
    """A bibliography that comes as text, as a file while the block runs; None where it is empty."""
    if not text.strip():
        yield None
        return
    with tempfile.TemporaryDirectory(prefix="askpapers-") as folder:
        file = Path(folder) / "the bibliography"
        file.write_text(text.encode("utf-8", "replace").decode(), "utf-8")
        yield file


class Bibliography:
    """Finds what citations mean, for one draft."""

    def __init__(
        self,
        library: Library,
        entries: Iterable[tuple[str, Paper]] = (),
        listed: Mapping[str, str] | None = None,
    ) -> None:
        self._library = library
        self._entries = list(entries)
        self._by_key = {key.casefold(): paper for key, paper in self._entries}
        self._listed = {key.casefold(): said for key, said in (listed or {}).items()}
        self._found: dict[tuple[str, str, int | None], Reference | None] = {}

    def of(self, cites: Sequence[Cite]) -> list[Reference]:
        """What each citation means, once; what is no citation after all is left out."""
        found: dict[str, Reference] = {}
        for cite in cites:
            key = (cite.kind, cite.what, cite.year)
            if key not in self._found:
                self._found[key] = self._meant(cite)
            reference = self._found[key]
            if reference is not None:
                found.setdefault(reference.name, reference)
        return list(found.values())

    def _meant(self, cite: Cite) -> Reference | None:
        if cite.kind == "id":
            return Reference(cite.what, self._named(cite.what))
        if cite.kind == "author":
            return self._of_author(cite)
        name = f"[{cite.what}]" if cite.kind == "number" else cite.what
        key = cite.what.casefold()
        if key in self._listed:
            return Reference(name, self._described(self._listed[key]))
        known = self._by_key.get(key) or self._numbered(cite)
        if known is not None:
            return Reference(name, self._text_of(known), known)
        papers = () if cite.kind == "number" else self._named(cite.what)
        return Reference(name, papers) if papers or cite.sure else None

    def _numbered(self, cite: Cite) -> Paper | None:
        """Entry ``n`` of the bibliography, which is in the order of the citations then."""
        place = int(cite.what) - 1 if cite.kind == "number" else -1
        return self._entries[place][1] if 0 <= place < len(self._entries) else None

    def _of_author(self, cite: Cite) -> Reference | None:
        name = f"{cite.what} {cite.year}"
        surname = name_of(cite.what).surname
        for known in (self._entries_by_author, self._papers_by_author):
            near = [p for p in known.get(surname, ()) if abs((p.year or 0) - (cite.year or 0)) <= 1]
            exact = [paper for paper in near if paper.year == cite.year] or near
            if exact:
                texts = [paper for one in exact for paper in self._text_of(one)]
                return Reference(name, tuple(texts), exact[0])
        return Reference(name, ()) if cite.sure else None

    @cached_property
    def _entries_by_author(self) -> dict[str, list[Paper]]:
        return _by_first_author(paper for _, paper in self._entries)

    @cached_property
    def _papers_by_author(self) -> dict[str, list[Paper]]:
        return _by_first_author(catalog_of(self._library).papers)

    def _named(self, id_: str) -> tuple[Paper, ...]:
        return tuple(self._library.papers([id_]))

    def _text_of(self, known: Paper) -> tuple[Paper, ...]:
        """The library's paper that a bibliography's entry describes, else its own abstract."""
        for id_ in known.ids:
            if found := self._named(id_):
                return found
        wanted = title_key(known.title)
        for paper in self._near(known.title):
            if difflib.SequenceMatcher(None, wanted, title_key(paper.title)).ratio() >= _ALIKE:
                return (paper,)
        return (known,) if known.abstract else ()

    def _described(self, said: str) -> tuple[Paper, ...]:
        """The library's paper that an entry of the draft's own list describes."""
        if (id_ := identity(said.split()).id) and (found := self._named(id_)):
            return found
        text = f" {title_key(said)} "
        for paper in self._near(said):
            title = title_key(paper.title)
            if f" {title} " in text and (len(title.split()) >= _SHORT or _by(paper, text)):
                return (paper,)
        return ()

    def _near(self, title: str) -> list[Paper]:
        found = self._library.search_lexical(title, _TRIED)
        passages = self._library.passages([id_ for id_, _ in found])
        return [passages[id_][0].paper for id_, _ in found if id_ in passages]


def _by(paper: Paper, text: str) -> bool:
    return any(f" {title_key(name_of(author).surname)} " in text for author in paper.authors)


def _by_first_author(papers: Iterable[Paper]) -> dict[str, list[Paper]]:
    found: dict[str, list[Paper]] = defaultdict(list)
    for paper in papers:
        if paper.authors:
            found[name_of(paper.authors[0]).surname].append(paper)
    return found
