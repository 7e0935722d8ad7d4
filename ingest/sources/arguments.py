"""The reading half of ``askpapers ingest``: which sources, and how they are read."""

from __future__ import annotations

import argparse
import codecs
import re
from collections.abc import Callable
from dataclasses import replace

from ingest.paths import (
    arxiv_address,
    downloads_directory,
    hugging_face_address,
    zotero_address,
)
from ingest.sources import FIELDS, Options

_SOURCES = """file, folder, glob, - (standard input), or a live address; files are known by their
content: saved Hugging Face Papers pages (text, HTML), a paper's own web page, reading lists in
Markdown, JSON Lines, JSON as services answer, CSV, TSV, Excel, Parquet, BibTeX, RIS, MEDLINE,
EndNote, Web of Science, Zotero RDF, PubMed and OAI XML, RSS, arXiv Atom, PDF (its first page),
packed with gzip or not; live: arxiv:2407.11062, arxiv:cat:cs.CL, arxiv:search:WORDS, hf:2026-11-20,
hf:2026-11-01..2026-11-07, zotero: (a running Zotero), zotero:COLLECTION, zotero:group:NAME"""


def add_sources(parser: argparse.ArgumentParser) -> None:
    """The arguments that say what is read and how."""
    parser.add_argument("sources", nargs="+", metavar="SOURCE", help=_SOURCES)
    parser.add_argument(
        "--map",
        type=_columns,
        action="append",
        default=[],
        metavar="OURS=THEIRS,...",
        help=f"which column or field is what: title=Title,abstract=Summary ({', '.join(FIELDS)})",
    )
    parser.add_argument(
        "--encoding", type=_encoding, default="utf-8", help="of text files (%(default)s)"
    )
    parser.add_argument(
        "--limit",
        type=_limit,
        metavar="N",
        help="the most papers of a live listing (default: 200 of one without dates)",
    )
    parser.add_argument(
        "--dry-run", action="store_true", help="say what would happen and change nothing"
    )


def options_of(
    args: argparse.Namespace,
    *,
    note: Callable[[str], None],
    detail: Callable[[str], None] | None = None,
) -> Options:
    """What the arguments and the environment say of how sources are read."""
    return replace(
        from_environment(),
        columns={ours: theirs for said in args.map for ours, theirs in said.items()},
        encoding=args.encoding,
        limit=args.limit,
        note=note,
        detail=detail or (lambda said: None),
    )


def from_environment() -> Options:
    """What the environment says: which mirrors are asked, and where unfinished sources wait."""
    return Options(
        arxiv=arxiv_address(),
        hugging_face=hugging_face_address(),
        zotero=zotero_address(),
        downloads=downloads_directory(),
    )


def _columns(said: str) -> dict[str, str]:
    parts = re.split(rf",(?=(?:{'|'.join(FIELDS)})=)", said)
    columns = {}
    for part in parts:
        ours, equals, theirs = part.partition("=")
        if not equals or not theirs or ours.strip() not in FIELDS:
            known = ", ".join(FIELDS)
            raise argparse.ArgumentTypeError(f"{part!r} is not FIELD=COLUMN; fields: {known}")
        columns[ours.strip()] = theirs.strip()
    return columns


def _encoding(said: str) -> str:
    try:
        return codecs.lookup(said).name
    except LookupError:
        raise argparse.ArgumentTypeError(f"{said!r} is no encoding, such as latin-1") from None


def _limit(said: str) -> int:
    if not (said.isdecimal() and 1 <= int(said[:9]) <= 30_000):
        raise argparse.ArgumentTypeError(f"{said!r} is no number from 1 to 30,000")
    return int(said)
