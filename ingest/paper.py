"""The two nouns of ingest: a Paper, and a Passage that is a slice of it."""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any, Literal

import orjson

from ingest.ids import ids_in

Kind = Literal["abstract", "digest"]


@dataclass(frozen=True)  # no slots: its hashes are kept once they are worked out
class Paper:
    """One paper as a source gave it.

    ``id`` is the source's own (``arxiv:2407.11062``, ``doi:10.1/x``), else a hash of title and
    text. ``kind`` says whether ``abstract`` holds the authors' words or somebody's digest of them.
    """

    id: str
    title: str
    abstract: str
    authors: tuple[str, ...] = ()
    year: int | None = None
    url: str | None = None
    code_url: str | None = None
    topics: tuple[str, ...] = ()
    source: str = ""
    kind: Kind = "abstract"
    extra: Mapping[str, Any] = field(default_factory=dict)

    @cached_property
    def content_hash(self) -> str:
        """A hash of all that the paper says: papers with the same hash need no work at all.

        Not of ``source``: a file that was renamed brings nothing new.
        """
        said = self.to_dict()
        del said["source"]
        return digest(as_json(said))

    @cached_property
    def text_hash(self) -> str:
        """A hash of what is embedded: papers with the same one keep their vectors."""
        return digest(f"{self.title}\n{self.abstract}")

    @cached_property
    def ids(self) -> tuple[str, ...]:
        """Every id that the paper gives: its own first, then arXiv ids and DOIs elsewhere in it."""
        return ids_in(self.id, self.url, self.extra)

    def to_dict(self) -> dict[str, Any]:
        """The paper as JSON-serialisable fields, in the form that ``from_dict`` reads."""
        return {
            "id": self.id,
            "title": self.title,
            "abstract": self.abstract,
            "authors": list(self.authors),
            "year": self.year,
            "url": self.url,
            "code_url": self.code_url,
            "topics": list(self.topics),
            "source": self.source,
            "kind": self.kind,
            "extra": dict(self.extra),
        }

    @classmethod
    def from_dict(cls, fields: Mapping[str, Any]) -> Paper:
        """The paper that ``to_dict`` wrote."""
        return cls(
            **{**fields, "authors": tuple(fields["authors"]), "topics": tuple(fields["topics"])}
        )

    def to_json(self) -> str:
        """``to_dict`` as text."""
        return as_json(self.to_dict())

    @classmethod
    def from_json(cls, text: str) -> Paper:
        """The paper that ``to_json`` wrote."""
        return cls.from_dict(orjson.loads(text))


@dataclass(frozen=True, slots=True)
class Passage:
    """A slice of a paper's text: ``paper.abstract[start:end] == passage.text``, always."""

    paper: Paper
    start: int
    end: int

    @property
    def text(self) -> str:
        return self.paper.abstract[self.start : self.end]

    @property
    def id(self) -> str:
        return f"{self.paper.id}#{self.start}-{self.end}"


def as_json(fields: Mapping[str, Any]) -> str:
    """Fields as JSON, their names in order; numbers of any size."""
    try:
        return orjson.dumps(fields, option=orjson.OPT_SORT_KEYS).decode()
    except TypeError:  # numbers of over 64 bits
        return json.dumps(fields, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def digest(text: str) -> str:
    """128 bits of SHA-256 as hex: an identity, not a secret."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


@lru_cache(maxsize=4096)
def title_key(title: str) -> str:
    """The title with case, accents, punctuation and spacing folded: equal for the same paper."""
    return " ".join(re.findall(r"[^\W_]+", folded(title)))


def folded(text: str) -> str:
    """``text`` without case and accents."""
    if text.isascii():
        return text.casefold()
    apart = unicodedata.normalize("NFKD", text).casefold()
    return "".join(c for c in apart if not unicodedata.combining(c))
