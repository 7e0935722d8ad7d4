"""One table a format: what each kind of file gives, whatever the file is called."""

from __future__ import annotations

import gzip
import json
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest

from ingest.errors import ParseError
from ingest.paper import Paper
from ingest.sources import Options, read

ATOM = """<?xml version="1.0" encoding="UTF-8"?>
<feed xmlns="http://www.w3.org/2005/Atom" xmlns:arxiv="http://arxiv.org/schemas/atom">
<entry><id>http://arxiv.org/abs/2407.11062v3</id><title>A First\n  Study</title>
<summary>We save $93.72\\%$ of memory.</summary><published>2024-07-15T00:00:00Z</published>
<author><name>Ada Lovelace</name></author><category term="cs.CL"/>
<arxiv:doi>10.1000/X.1</arxiv:doi></entry>{more}</feed>"""

CROSSREF = {
    "DOI": "10.1000/X.1",
    "title": ["A First Study"],
    "abstract": "<jats:title>Abstract</jats:title><jats:p>We save 93.72% of &amp; memory.</jats:p>",
    "author": [{"given": "Ada", "family": "Lovelace"}, {"name": "A Group"}],
    "issued": {"date-parts": [[2024, 7]]},
    "container-title": ["A Journal"],
}
OPENALEX = {
    "id": "https://openalex.org/W1",
    "doi": "https://doi.org/10.48550/arXiv.2407.11062",
    "display_name": "A First Study",
    "abstract_inverted_index": {
        "We": [0],
        "memory.": [4, 9],
        "save": [1],
        "93.72%": [2],
        "of": [3],
    },
    "authorships": [{"author": {"display_name": "Ada Lovelace"}}],
    "publication_year": 2024,
}
SCHOLAR = {
    "paperId": "0abc",
    "externalIds": {"ArXiv": "2407.11062", "DOI": "10.1000/X.1"},
    "title": "A First Study",
    "abstract": "We save 93.72% of memory.",
    "authors": [{"authorId": "1", "name": "Ada Lovelace"}],
    "year": 2024,
    "fieldsOfStudy": ["Computer Science"],
    "tldr": {"text": "Not the authors' words."},
}
DAILY = {
    "paper": {
        "id": "2407.11062",
        "title": "A First Study",
        "summary": "We save 93.72% of memory.",
        "authors": [{"name": "Ada Lovelace"}, {"name": "B. Hidden", "hidden": True}],
        "publishedAt": "2024-07-15T10:00:00.000Z",
        "ai_summary": "Not the authors' words.",
        "githubRepo": "https://github.com/a/b",
    },
    "title": "A First Study",
}
BIBTEX = """% a library
@comment{ not a paper }
@string{jml = "Journal of " # {Machine Learning}}
@article{ada24,
  title = {A {F}irst Study}, author = {Lovelace, Ada and {A Group} and others},
  abstract = "We save 93.72\\% of memory.", journal = jml, year = 2024,
  eprint = {2407.11062v3}, archivePrefix = {arXiv}, doi = {10.1000/X.1},
}
"""
RIS = """TY  - JOUR\r
T1  - A First Study\r
AU  - Lovelace, Ada\r
AB  - We save 93.72%\r
of memory.\r
PY  - 2024/07//\r
DO  - https://doi.org/10.1000/X.1\r
UR  - https://arxiv.org/abs/2407.11062v3\r
ER  - \r
"""
CSV = """Title,Abstract Note,Author,Publication Year,DOI,Url
A First Study,"We save 93.72%
of ""memory"".","Lovelace, Ada; Turing, Alan",2024,10.1000/X.1,https://arxiv.org/abs/2407.11062v3
"""
LABELLED = """Title: A First Study
PDF: https://arxiv.org/pdf/2407.11062
Summary: We save 93.72% of memory.
 It is small: very.
---
"""

FILES: dict[str, tuple[str, str, dict[str, object]]] = {
    # what the file holds, the abstract of the paper in it, other fields
    "Atom": (ATOM.replace("{more}", ""), "We save 93.72% of memory.", {"topics": ("cs.CL",)}),
    "Crossref, a work": (
        json.dumps({"status": "ok", "message": CROSSREF}),
        "We save 93.72% of & memory.",
        {"id": "doi:10.1000/x.1", "authors": ("Ada Lovelace", "A Group")},
    ),
    "Crossref, a page": (
        json.dumps({"message": {"items": [CROSSREF]}}, indent=1),
        "We save 93.72% of & memory.",
        {"id": "doi:10.1000/x.1", "authors": ("Ada Lovelace", "A Group")},
    ),
    "OpenAlex, a page": (
        json.dumps({"meta": {"count": 1}, "results": [OPENALEX]}),
        "We save 93.72% of memory. memory.",
        {},
    ),
    "Semantic Scholar, a search": (
        json.dumps({"total": 1, "data": [SCHOLAR]}),
        "We save 93.72% of memory.",
        {"topics": ("Computer Science",)},
    ),
    "Semantic Scholar, a batch": (json.dumps([SCHOLAR, None]), "We save 93.72% of memory.", {}),
    "Hugging Face, a day": (
        json.dumps([DAILY]),
        "We save 93.72% of memory.",
        {"code_url": "https://github.com/a/b"},
    ),
    "Hugging Face, lines": (json.dumps(DAILY) + "\n", "We save 93.72% of memory.", {}),
    "BibTeX": (
        BIBTEX,
        "We save 93.72% of memory.",
        {"authors": ("Ada Lovelace", "A Group")},
    ),
    "RIS": (RIS, "We save 93.72% of memory.", {}),
    "CSV": (CSV, 'We save 93.72% of "memory".', {"authors": ("Lovelace, Ada", "Turing, Alan")}),
    "CSV, semicolons": (
        "arXiv ID;Name;Summary;Year\n2407.11062v3;A First Study;We save 93.72%, at least.;2024\n",
        "We save 93.72%, at least.",
        {"authors": ()},
    ),
    "TSV": (
        "id\ttitle\tabstract\tyear\nhttps://arxiv.org/abs/2407.11062v3\tA First Study\tWe.\t2024\n",
        "We.",
        {"authors": ()},
    ),
    "labelled text": (LABELLED, "We save 93.72% of memory. It is small: very.", {"authors": ()}),
    "an array": (
        json.dumps([{"title": "A First Study", "summary": "We.", "arxiv_id": "2407.11062"}]),
        "We.",
        {"authors": (), "year": 2024},
    ),
}


def records(path: Path, **options: object) -> tuple[list[Paper], list[ParseError]]:
    found = list(read(str(path), Options(**options)))
    return (
        [record for record in found if isinstance(record, Paper)],
        [record for record in found if isinstance(record, ParseError)],
    )


DRESSES: dict[str, Callable[[str], bytes]] = {
    "plain": lambda text: text.encode(),
    "packed": lambda text: gzip.compress(text.encode()),
    "with a byte order mark": lambda text: b"\xef\xbb\xbf" + text.encode(),
    "with CRLF": lambda text: text.replace("\r", "").replace("\n", "\r\n").encode(),
}


@pytest.mark.parametrize("dress", DRESSES.values(), ids=DRESSES.keys())
@pytest.mark.parametrize(("text", "abstract", "fields"), FILES.values(), ids=FILES.keys())
def test_a_format_is_known_by_its_content_and_gives_its_paper(
    tmp_path: Path,
    text: str,
    abstract: str,
    fields: dict[str, object],
    dress: Callable[[str], bytes],
) -> None:
    path = tmp_path / "download"
    path.write_bytes(dress(text))
    (paper,), errors = records(path)
    assert paper.abstract == abstract
    assert paper.title == "A First Study"
    expected: dict[str, object] = {
        "id": "arxiv:2407.11062", "authors": ("Ada Lovelace",), "year": 2024, "kind": "abstract",
    }  # fmt: skip
    for name, value in {**expected, **fields}.items():
        assert getattr(paper, name) == value, name
    assert [error.reason for error in errors] == (
        ["a JSON NoneType, not an object with a title"] if "null" in text else []
    )


@pytest.mark.parametrize("name", ["Atom", "BibTeX", "RIS", "CSV"])
def test_the_other_id_and_the_version_are_kept(tmp_path: Path, name: str) -> None:
    path = tmp_path / "download"
    path.write_text(FILES[name][0], encoding="utf-8")
    (paper,), _ = records(path)
    assert paper.extra["doi"] == "10.1000/x.1"
    assert paper.extra["version"] == 3


NOT_TAKEN = {
    "withdrawn, says arXiv": (
        ATOM.replace("{more}", "").replace("We save", "This paper has been withdrawn as we save"),
        "withdrawn ('A First Study')",
    ),
    "withdrawn, says the comment": (
        ATOM.replace("{more}", "").replace(
            "</entry>", "<arxiv:comment>This paper is withdrawn.</arxiv:comment></entry>"
        ),
        "withdrawn, says its comment",
    ),
    "retracted, says OpenAlex": (
        json.dumps({**OPENALEX, "is_retracted": True}),
        "withdrawn ('A First Study')",
    ),
    "retracted, says Crossref": (
        json.dumps({**CROSSREF, "updated-by": [{"type": "retraction"}]}),
        "withdrawn",
    ),
    "retracted, says the title": (
        json.dumps({**SCHOLAR, "title": "RETRACTED: A First Study"}),
        "withdrawn, says its title",
    ),
    "no abstract": (json.dumps({**SCHOLAR, "abstract": None}), "no abstract ('A First Study')"),
    "no abstract, in words": (json.dumps({**SCHOLAR, "abstract": "N/A"}), "no abstract"),
    "no index": (json.dumps({**OPENALEX, "abstract_inverted_index": None}), "no abstract"),
    "an error of arXiv": (
        ATOM.replace("{more}", "").replace("arxiv.org/abs/", "arxiv.org/api/errors#"),
        "arXiv says: We save",
    ),
    "RIS without a title": ("TY  - JOUR\nAB  - We.\nER  - \n", "no title"),
}


@pytest.mark.parametrize(("text", "reason"), NOT_TAKEN.values(), ids=NOT_TAKEN.keys())
def test_what_has_no_words_of_its_authors_is_listed_with_its_reason(
    tmp_path: Path, text: str, reason: str
) -> None:
    path = tmp_path / "download"
    path.write_text(text, encoding="utf-8")
    papers, errors = records(path)
    assert not papers
    assert errors[0].reason.startswith(reason)
    assert len(errors) == 1


def test_a_text_on_withdrawals_is_no_withdrawal(tmp_path: Path) -> None:
    path = tmp_path / "papers.jsonl"
    text = "Withdrawal of attention is studied. The paper has been withdrawn from no one."
    path.write_text(json.dumps({"title": "On Withdrawing", "abstract": text}), encoding="utf-8")
    assert records(path)[0][0].abstract == text


def test_columns_can_be_named(tmp_path: Path) -> None:
    path = tmp_path / "odd.csv"
    path.write_text("Kopf,Inhalt\nA,Text.\n", encoding="utf-8")
    with pytest.raises(
        ParseError, match="no column for the title; name it with --map title=COLUMN"
    ):
        records(path)
    (paper,), _ = records(path, columns={"title": "Kopf", "abstract": "Inhalt"})
    assert (paper.title, paper.abstract) == ("A", "Text.")
    with pytest.raises(ParseError, match="no column 'Titel'; its columns: 'Kopf', 'Inhalt'"):
        records(path, columns={"title": "Titel", "abstract": "Inhalt"})


def test_how_columns_were_understood_is_said(tmp_path: Path) -> None:
    path, notes = tmp_path / "a.csv", list[str]()
    path.write_text("Title,Summary,Pages\nA,Text.,3\n", encoding="utf-8")
    records(path, note=notes.append)
    assert notes == [f"{path}: title=Title, abstract=Summary; kept beside: Pages"]


def test_parquet_is_read_by_its_columns(tmp_path: Path) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    rows = {
        "Title": ["A First Study", "Another", None],
        "abstract": ["We.", None, "Text."],
        "authors": [["Ada Lovelace"], [], None],
        "arxiv_id": ["2407.11062v3", None, None],
    }
    path = tmp_path / "papers.bin"
    parquet.write_table(pyarrow.table(rows), path)
    (paper,), errors = records(path)
    assert (paper.id, paper.authors) == ("arxiv:2407.11062", ("Ada Lovelace",))
    assert [str(error.record) for error in errors] == ["row 2", "row 3"]
    parquet.write_table(pyarrow.table({"a": [1], "title": ["x"]}), path)
    with pytest.raises(ParseError, match="no column for the abstract"):
        records(path)
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(ParseError, match="can't be read as Parquet"):
        records(path)


LONG = "We look into it at some length, and find out that it holds. " * 400
RECORDS: dict[str, Callable[[int], str]] = {
    "jsonl": lambda i: json.dumps({"title": f"T {i}", "abstract": f"{i} {LONG}"}) + "\n",
    "json": lambda i: "[,"[i > 0] + json.dumps({"title": f"T {i}", "abstract": f"{i} {LONG}"}),
    "csv": lambda i: ("" if i else "title,abstract\n") + f'T {i},"{i} {LONG}"\n',
    "bib": lambda i: f"@misc{{k{i}, title = {{T {i}}}, abstract = {{{i} {LONG}}}}}\n",
    "ris": lambda i: f"TY  - JOUR\nTI  - T {i}\nAB  - {i} {LONG}\nER  - \n",
    "xml": lambda i: (
        f"<entry><id>http://arxiv.org/abs/2401.{i:05}v1</id><title>T {i}</title>"
        f"<summary>{LONG}</summary></entry>"
    ),
    "txt": lambda i: f"Title: T {i}\nSummary: {i} {LONG}\n---\n",
}
AROUND = {"json": ("", "]"), "xml": ('<feed xmlns="http://www.w3.org/2005/Atom">', "</feed>")}


@pytest.mark.parametrize("suffix", RECORDS)
def test_a_long_file_is_not_held_in_memory(tmp_path: Path, suffix: str) -> None:
    count = 60
    path = tmp_path / f"many.{suffix}"
    start, end = AROUND.get(suffix, ("", ""))
    path.write_text(start + "".join(map(RECORDS[suffix], range(count))) + end, encoding="utf-8")
    next(read(str(path)))  # what is loaded once
    tracemalloc.start()
    try:
        found = sum(isinstance(record, Paper) for record in read(str(path)))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert found == count
    assert peak < path.stat().st_size  # of 1.4 MB: all papers at once are more
