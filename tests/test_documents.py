"""Sheets of Excel, a PDF's first page, web pages; and what is no list of papers at all."""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path

import pytest
from test_formats import records

from ingest.errors import ParseError

ABSTRACT = (
    "We count rooks and find that there are twelve of them in the tree by the ri-",
    "ver, where they sleep. They wake at five and eat worms, seeds and much else.",
)


def pdf(*lines: tuple[int, int, str], margin: str = "") -> bytes:
    """A PDF of one page; each line is its size, how high it stands, and its text."""
    shown = "".join(
        f"/F1 {size} Tf 1 0 0 1 72 {high} Tm ({text}) Tj\n" for size, high, text in lines
    )
    shown += f"/F1 20 Tf 0 1 -1 0 30 200 Tm ({margin}) Tj\n" if margin else ""
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R"
        " /Resources << /Font << /F1 5 0 R >> >> >>",
        f"<< /Length {len(shown) + 6} >>\nstream\nBT\n{shown}ET\nendstream",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    written, places = "%PDF-1.4\n", []
    for number, said in enumerate(objects, 1):
        places.append(len(written))
        written += f"{number} 0 obj\n{said}\nendobj\n"
    table = "".join(f"{place:010d} 00000 n \n" for place in places)
    return (
        f"{written}xref\n0 6\n0000000000 65535 f \n{table}trailer << /Size 6 /Root 1 0 R >>\n"
        f"startxref\n{len(written)}\n%%EOF\n"
    ).encode()


def test_a_pdf_gives_what_its_first_page_shows_and_says_so(tmp_path: Path) -> None:
    pytest.importorskip("pypdf")
    path = tmp_path / "rooks.pdf"
    lines = [
        (17, 720, "Rooks Count to Twelve:"), (17, 700, "A Winter in the Tree"),
        (11, 670, "Lena Brook and Piet Dam"), (12, 630, "Abstract"), (10, 610, ABSTRACT[0]),
        (10, 598, ABSTRACT[1]), (12, 570, "1 Introduction"), (10, 550, "Rooks are birds."),
    ]  # fmt: skip
    path.write_bytes(pdf(*lines, margin="arXiv:2103.99905v2 [cs.CV] 12 Mar 2021"))
    notes: list[str] = []
    (paper,), _ = records(path, note=notes.append)
    assert (paper.id, paper.year) == ("arxiv:2103.99905", 2021)
    assert paper.title == "Rooks Count to Twelve: A Winter in the Tree"
    assert paper.abstract == "".join(ABSTRACT).replace("ri-", "ri")
    assert paper.extra["read_from"] == "the first page of a PDF"
    assert notes == [f"{path}: title and abstract as its first page seems to show them;"
                     " --dry-run lists them"]  # fmt: skip
    path.write_bytes(pdf(*lines[:3]))
    assert records(path)[1][0].reason.startswith("a PDF whose first page shows no abstract")


def test_a_sheet_gives_its_rows_from_where_its_names_stand(tmp_path: Path) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    for row in (
        ["My export"],
        ["Title", "Abstract", "Authors", "Year", "DOI"],
        ["Rooks count", "We count rooks.", "Brook, Lena; Dam, Piet", 2014, "10.5555/r1"],
        ["Voles dig", "[No abstract available]", None, 2015, None],
        ["Cats nap", "We watch cats.", "Brook, Lena", date(2011, 5, 1), "#N/A"],
    ):
        book.active.append(row)
    book.create_sheet("other").append(["x", "y"])
    book.save(tmp_path / "birds.xlsx")
    papers, (error,) = records(tmp_path / "birds.xlsx")
    assert [(p.title, p.year) for p in papers] == [("Rooks count", 2014), ("Cats nap", 2011)]
    assert (papers[0].id, papers[0].authors) == ("doi:10.5555/r1", ("Brook, Lena", "Dam, Piet"))
    assert str(error).endswith("sheet 'Sheet', row 4: no abstract ('Voles dig')")


@pytest.mark.parametrize(
    ("name", "content", "package", "extra"),
    [("a.pdf", b"%PDF-1.4\n", "pypdf", "pdf"), ("a.xlsx", b"PK\3\4\0xl/w", "openpyxl", "excel")],
)
def test_without_its_package_one_line_says_what_to_install(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    content: bytes,
    package: str,
    extra: str,
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ParseError, match=rf"pip install 'askpapers\[{extra}\]'"):
        records(tmp_path / name)


HEAD = """<meta name="citation_title" content="Otters hold hands"><meta name="citation_author"
content="Brook, Lena"><meta name="citation_author" content="van Dam, Piet">
<meta name="citation_publication_date" content="2017/05/09">
<meta name="citation_doi" content="10.5555/ott.3">{more}"""
BODY = """<nav><a href="/">Log in to read all of our many articles. They are long and good and about
animals, plants and other things that live near the river. Come in and find out more.</a></nav>
<h1>Otters hold hands</h1><div class="article-abstract"><h2>Abstract</h2><p>Otters sleep afloat and
drift apart. Those that held hands drifted 4 m a night, others 90 m.</p></div>"""
WHOLE = (
    "Otters sleep afloat and drift apart. Those that held hands drifted 4 m a night, others 90 m."
)


@pytest.mark.parametrize(
    "more",
    [
        f'<meta name="citation_abstract" content="{WHOLE}">',
        '<meta name="description" content="Otters sleep afloat ...">',
        '<meta name="description" content="Read about otters in our journal.">',
        "",
    ],
)
def test_a_papers_own_page_is_read_by_the_tags_in_its_head(tmp_path: Path, more: str) -> None:
    path = tmp_path / "otters.html"
    path.write_text(f"<html><head>{HEAD.format(more=more)}</head><body>{BODY}</body></html>")
    (paper,), errors = records(path)
    assert (paper.id, paper.title, paper.year) == ("doi:10.5555/ott.3", "Otters hold hands", 2017)
    assert (paper.authors, paper.abstract) == (("Lena Brook", "Piet van Dam"), WHOLE)
    assert not errors


NO_PAPERS = {
    "a web page": ("a.html", f"<html><body>{BODY}</body></html>", "doesn't tell its papers"),
    "news": ("a.xml", "<rss version='2.0'><channel><item><title>A bridge</title><description>It is"
             " long.</description></item></channel></rss>", "neither an arXiv id nor a DOI"),
    "other XML": ("a.xml", "<?xml version='1.0'?><mods><a/></mods>", "another kind (<mods>)"),
    "tags": ("a.txt", "T1 = A\nAU = B\nAB = C\nPY = 2001\n", "tagged records of a kind that isn't"),
    "LaTeX": ("a.txt", "\\documentclass{article}\nText.\n", "LaTeX"),
    "YAML": ("a.txt", "- title: A\n  abstract: b\n  year: 1\n", "YAML"),
    "products": ("a.csv", "name,description\nHammer,It drives nails.\n", "only a name and a desc"),
    "notes": ("a.md", "# Notes\n\nI met many people today. We spoke of this and that until it was"
              " late.\n", "neither authors nor a link stand under 'Notes'"),
}  # fmt: skip


@pytest.mark.parametrize(("name", "content", "reason"), NO_PAPERS.values(), ids=NO_PAPERS.keys())
def test_what_is_no_list_of_papers_is_refused_by_its_name(
    tmp_path: Path, name: str, content: str, reason: str
) -> None:
    (tmp_path / name).write_text(content)
    try:
        papers, errors = records(tmp_path / name)
    except ParseError as error:
        papers, errors = [], [error]
    assert not papers
    assert reason in errors[0].reason
