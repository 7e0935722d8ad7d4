"""BibTeX: parsed by bibtexparser, one entry at a time, so that a broken one costs no other.

Citation keys are names in one file, so they are no ids; an entry without an abstract has nothing
to be asked about and is listed.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import unquote

from ingest.errors import NotAPaper, ParseError
from ingest.export import DIGEST, KEPT
from ingest.paper import Paper
from ingest.sources.files import MAX_LINE, File
from ingest.sources.formats.bibliographic.inherited import Families
from ingest.sources.formats.bibliographic.values import apart, joined
from ingest.sources.readable import readable
from ingest.sources.record import kind_of, paper_from, plain, storable

# What begins an entry wherever it stands, and what does so only between entries.
_START = re.compile(
    r"\s*@\s*(?:[A-Za-z]+\s*[{(]\s*[^\s,{}()=\"@]*\s*(?:,|$)"
    r"|(?:string|preamble|comment)\s*[{(])",
    re.I,
)
_MAY_START = re.compile(r"\s*@\s*[A-Za-z]+\s*[{(]")
# "@user{name}", "@k (of 10)" in a text
_INSIDE = re.compile(r"(?<!^)@(?=\s*\w+\s*[{(](?![^\s,{}()=\"]*\s*,))")
_AT = "\ue000"
_MENDELEY = re.compile(r"\{?\$\\backslash\$\}?(text[a-z]{2,})")  # what it wrote for "\textless"
_KEY = "@key"  # an entry's own, beside its fields
_BEHIND = re.compile(r"^\s*[^@\s].*?(@\s*[A-Za-z]+\s*\{[^\s,{}=]+,)")
_NO_PAPER = frozenset({"comment", "preamble", "string"})
_MAX_STRINGS = 10_000


def knows(file: File) -> bool:
    """Whether an entry starts at the start of a line, or the name says BibTeX."""
    return file.suffix in (".bib", ".bibtex") or bool(
        re.search(r"^[ \t]*@[ \t]*(?:article|inproceedings|incollection|misc|book|proceedings|phdthesis"
                  r"|techreport|unpublished|comment|string|online|mastersthesis|preamble)\s*[{(]",
                  file.text_head, re.M | re.I)
    )  # fmt: skip


def read(file: File) -> Iterator[Paper | ParseError]:
    """One paper an entry; comments and preambles are left out, abbreviations filled in."""
    for start, entry in _fields_of_all(file):
        yield entry if isinstance(entry, ParseError) else _paper(file, entry[1], start)


def references(file: File) -> Iterator[tuple[str, Paper] | ParseError]:
    """Each entry under its citation key; one without an abstract is a paper without a text."""
    for start, entry in _fields_of_all(file):
        if isinstance(entry, ParseError):
            yield entry
            continue
        key, fields = entry
        paper = _paper(file, fields, start)
        if isinstance(paper, NotAPaper):
            paper = _paper(file, fields | {"abstract": fields.get("title", "")}, start)
            paper = paper if isinstance(paper, ParseError) else replace(paper, abstract="")
        yield paper if isinstance(paper, ParseError) else (key, paper)


def _fields_of_all(file: File) -> Iterator[tuple[int, tuple[str, dict[str, str]] | ParseError]]:
    """The first line of each entry, its key and its fields."""
    # It warns on standard error of what we list ourselves.
    logging.getLogger("bibtexparser").setLevel(logging.CRITICAL)
    strings: dict[str, str] = {}
    families = Families()
    for start, text in _entries(file):
        if isinstance(text, ParseError):
            yield start, text
        else:
            whole = _INSIDE.sub(_AT, text) if text.count("@") > 1 else text
            for one in apart(whole):
                yield from _fields(file, one, start, strings, families)
    for fields, line in families.rest():
        yield line, (fields.pop(_KEY), fields)


def _entries(file: File) -> Iterator[tuple[int, str | ParseError]]:
    """The text of each entry and its first line; an entry ends where the next one starts."""
    lines: list[str] = []
    start, size, depth, bad = 0, 0, 0, False
    for number, line in enumerate(file.lines(), 1):
        if isinstance(line, ParseError):
            yield number, line
            bad = True
            continue
        if (not start or depth <= 0) and (match := _BEHIND.search(line)):
            if lines and not bad:
                lines.append(line[: match.start(1)])
            line = line[match.start(1) :]  # "% Encoding: UTF-8 @article{..."
        if _START.match(line) or (depth <= 0 and _MAY_START.match(line)):
            if lines and not bad:
                yield start, "\n".join(lines)
            lines, start, size, depth, bad = [], number, 0, 0, False
        size += len(line) + 1
        depth += line.count("{") - line.count("}")
        if size > MAX_LINE and not bad:
            yield start, ParseError(file.name, "an entry without an end; skipped", record=start)
            bad = True
        if start and not bad:
            lines.append(line)
    if lines and not bad:
        yield start, "\n".join(lines)


def _fields(
    file: File, text: str, start: int, strings: dict[str, str], families: Families
) -> Iterator[tuple[int, tuple[str, dict[str, str]] | ParseError]]:
    from bibtexparser.entrypoint import parse_string
    from bibtexparser.model import DuplicateFieldKeyBlock, Entry, ParsingFailedBlock, String

    used = {name.lower() for name in re.findall(r"[=#]\s*([A-Za-z]\w*)", text)}
    known = "".join(f"@string{{{name} = {strings[name]}}}\n" for name in used & strings.keys())
    text = joined(text, strings)
    for found in parse_string(known + text).blocks:
        block = found.ignore_error_block if isinstance(found, DuplicateFieldKeyBlock) else found
        if isinstance(block, String):
            if len(strings) < _MAX_STRINGS:
                strings.setdefault(block.key.lower(), f"{{{block.value}}}")
        elif isinstance(block, Entry) and block.entry_type.lower() not in _NO_PAPER:
            fields = {f.key.lower(): _restored(f.value) for f in reversed(block.fields)}
            fields[_KEY] = block.key
            for whole, line in families.ready(block.entry_type.lower(), block.key, fields, start):
                yield line, (whole[_KEY], {k: v for k, v in whole.items() if k != _KEY})
        elif isinstance(block, ParsingFailedBlock):
            said = " ".join(str(block.error).split())[:120] or "is a brace or a comma missing?"
            yield start, ParseError(file.name, f"not BibTeX ({said})", record=start)


def _restored(value: object) -> str:
    return str(value).replace(_AT, "@")


def _paper(file: File, fields: dict[str, str], start: int) -> Paper | ParseError:
    if "$" in fields.get("abstract", "") + fields.get("title", ""):
        fields = {name: _MENDELEY.sub(r"\\\1", value) for name, value in fields.items()}
    said = {name: readable(value, bibtex=True) for name, value in fields.items() if name != KEPT}
    note = said.get("note", "")
    record: dict[str, Any] = {
        "title": ": ".join(filter(None, (fields.get("title"), fields.get("subtitle")))),
        "abstract": fields.get("abstract"),
        "authors": _people(fields.get("author", "")),
        "year": said.get("year") or said.get("date"),
        "doi": _address(fields.get("doi", "")),
        # "arXiv preprint arXiv:2407.11062", "CoRR abs/2407.11062", \url{https://arxiv.org/abs/...}
        "arxiv": [
            said.get(name, "")
            for name in ("eprint", "url", "journal", "volume", "note", "howpublished")
        ],
        "url": _address(fields.get("url", "")),
        "topics": said.get("keywords"),
        "venue": said.get("booktitle") or said.get("journal") or said.get("journaltitle"),
    }
    if note.startswith(DIGEST):
        record |= {"digest": fields["note"].removeprefix(DIGEST), "arxiv": [said.get("eprint", "")]}
    paper = paper_from(record, file.name, start, bibtex=True)
    return paper if isinstance(paper, ParseError) else _as_kept(paper, fields.get(KEPT, ""))


def _address(value: str) -> str:
    """An address or number as it stands: ``_``, ``~`` and ``--`` are part of it."""
    return readable(value, bibtex=True) if re.search(r"[\\{}]|&amp;", value) else value.strip()


def _as_kept(paper: Paper, kept: str) -> Paper:
    """``paper`` with what BibTeX has no field for, where askpapers wrote it out."""
    try:
        said = json.loads(unquote(kept)) if kept else {}
    except (ValueError, RecursionError):
        return paper
    if not isinstance(said, Mapping):
        return paper
    code, extra = said.get("code_url"), said.get("extra", {})
    return (
        replace(
            paper,
            id=plain(said.get("id")) or paper.id,
            code_url=plain(code) or None,
            kind=kind_of(said),
            extra=storable(extra) if isinstance(extra, dict) else paper.extra,
        )
        if said
        else paper
    )


def _people(names: str) -> list[str]:
    """``Last, First and Last, First`` -> ``First Last`` each; "others" is nobody."""
    people = []
    for name in re.split(r"(?<!\s)\s+(?:and|AND(?=\s+\S+,))\s+(?![^{}]{0,300}\})", names):
        if "family=" in name.replace(" ", ""):  # biblatex: family=Quillby, given=Tomas
            said = dict(re.findall(r"(?<![\w-])(\w[\w-]*)\s*=\s*\"?([^,\"]+)", name))
            order = ("given", "prefix", "family", "suffix")
            people.append(" ".join(said[part].strip() for part in order if part in said))
            continue
        parts = [part.strip() for part in re.split(r",(?![^{}]{0,300}\})", name)]
        if len(parts) > 2 and all(" " in part for part in parts):  # commas between whole names
            people += parts
            continue
        if len(parts) == 3:
            parts = [f"{parts[0]} {parts[1]}", parts[2]]  # "King, Jr., Martin"
        shown = " ".join([*parts[1:][::-1], parts[0]]) if len(parts) > 1 else name
        if shown.strip() and shown.strip() != "others":
            people.append(shown)
    return people
