"""Which paper a record is about: arXiv ids and DOIs, from wherever sources write them."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import quote, unquote

# Four digits until 2014, five since: "2005.9991" is an id that a table cut as a number.
_MONTH = r"(?:0[1-9]|1[0-2])"
_NEW = rf"(?:(?:0[7-9]|1[0-4]){_MONTH}\.\d{{4}}|(?:1[5-9]|[2-9]\d){_MONTH}\.\d{{5}})(?!\d)"
_OLD = r"[a-z][a-z-]+(?:\.[A-Z]{2})?/\d{7}"
_ARXIV_ID = re.compile(rf"(?P<id>{_NEW}|{_OLD})(?:v(?P<version>\d{{1,3}}))?", re.I)
_ARXIV = re.compile(
    rf"""(?:(?:\b(?:[\w-]{{1,40}}\.){{1,3}})?arxiv\.org/(?:abs|pdf|html|format|e-print)/ | arxiv:\s* | \babs/)
    (?P<id>{_NEW}|{_OLD})(?:v(?P<version>\d{{1,3}}))?""",
    re.I | re.X,
)
_ARXIV_DOI = re.compile(
    rf"10\.48550/arxiv\.(?P<id>{_NEW}|{_OLD})(?:v(?P<version>\d{{1,3}}))?", re.I
)
_HF_PAGE = re.compile(rf"huggingface\.co/papers/(?P<id>{_NEW})(?:v(?P<version>\d{{1,3}}))?", re.I)
_DOI = re.compile(
    r"(?:^[(\[<]?|doi\.org/|doi[:/]?\s*|https?://[^\s\"]{,200}?[/=])(10\.\d{4,9}(?:/|%2F)[^\s\"]+)",
    re.I,
)
# Older DOIs have "<" and ">" in them; what ends one is a tag, or a bracket opened before it.
_TAG = r"</?(?:a|b|br|div|em|i|li|p|span|strong|su[bp]|t[dhr]|u|jats:\w+)\b(?!:).*|'\s*>.*"
_AFTER_ANY = re.compile(_TAG, re.I)
_AFTER_PREPRINT = re.compile(
    _TAG + r"|(?:v\d+)?(?:\.(?:full|abstract|short|article|figures|supplementary)[\w-]*)?"
    r"(?:[.-]text|\.pdf)?(?:\+html)?(?:[?#].*)?$",
    re.I,
)  # fmt: skip
# Behind a DOI in an address of a publisher.
_VIEW = re.compile(r"(?:/(?:full|abstract|e?pdf|html|summary|meta|fulltext|xml)/?|\.pdf)?$", re.I)
_SAFE = "/:;()-._"  # signs that an address may have as they are


@dataclass(frozen=True, slots=True)
class Identity:
    """What a record says of which paper it is; None where it says nothing.

    ``arxiv`` has no version (``2407.11062``), ``version`` has it; ``doi`` is in lower case.
    """

    arxiv: str | None = None
    version: int | None = None
    doi: str | None = None

    @property
    def id(self) -> str | None:
        """The paper's id by it: ``arxiv:…`` rather than ``doi:…``; None without either."""
        if self.arxiv:
            return f"arxiv:{self.arxiv}"
        return f"doi:{self.doi}" if self.doi else None

    @property
    def year(self) -> int | None:
        """The year in which arXiv took the paper in, which its ids say; None without one."""
        if self.arxiv is None:
            return None
        two = int(self.arxiv.partition("/")[2][:2] or self.arxiv[:2])
        return (1900 if two > 90 else 2000) + two


def identity(said: Iterable[str]) -> Identity:
    """The first arXiv id and the first DOI in ``said``; bare ids count when they stand alone."""
    arxiv, version, doi = None, None, None
    for text in said:
        match = (
            _ARXIV_ID.fullmatch(text.strip().removesuffix(".pdf"))
            or _ARXIV.search(text)
            or _ARXIV_DOI.search(text)
            or _HF_PAGE.search(text)
        )
        if match and arxiv is None:
            arxiv = match["id"].lower() if match["id"][0].isdigit() else _old(match["id"])
            version = int(match["version"]) if match["version"] else None
        if doi is None and (found := _DOI.search(text.strip())) and not _ARXIV_DOI.search(text):
            doi = _doi(_of_address(found) if found[0].lower().startswith("http") else found[1])
    return Identity(arxiv, version, doi)


def address_of(id_: str) -> str | None:
    """Where the paper of this id can be read."""
    scheme, _, rest = id_.partition(":")
    places = {"arxiv": "https://arxiv.org/abs/", "doi": "https://doi.org/"}
    return places[scheme] + quote(rest, _SAFE) if scheme in places else None


def _of_address(found: re.Match[str]) -> str:
    """The DOI in an address, without what asks for one view of the paper."""
    doi = re.split("[?#&]", found[1])[0]
    return doi if "doi.org/10." in found[0].lower() else _VIEW.sub("", doi)


def _doi(said: str) -> str:
    """``10.1/ABC%3C1%3E.`` -> ``10.1/abc<1>``: without what stands behind it in a text."""
    doi = unquote(html.unescape(said))
    # The version in an address is part of a preprint's address, not of its DOI.
    ending = _AFTER_PREPRINT if doi.startswith(("10.1101/", "10.64898/")) else _AFTER_ANY
    doi = ending.sub("", doi).rstrip(".,;").lower()
    for opening, closing in ("()", "<>", "[]"):
        while doi.endswith(closing) and doi.count(closing) > doi.count(opening):
            doi = doi[:-1].rstrip(".,;")
    return doi


def _old(id_: str) -> str:
    """``math.GT/0309136`` is also known without its subject class."""
    archive, _, number = id_.lower().partition("/")
    return f"{archive.partition('.')[0]}/{number}"
