import gzip
import json
from pathlib import Path

import pytest

from ingest.errors import ParseError
from ingest.paper import Paper
from ingest.sources import MAX_LINE, read
from ingest.starter import starter_papers

PROSE = (
    "We present a method that does what earlier methods could not do at all. It needs no more"
    " memory than before and runs on small machines. Tests on five tasks bear this out in full."
)


def papers(path: Path) -> list[Paper]:
    return [record for record in read(str(path)) if isinstance(record, Paper)]


def errors(path: Path) -> list[ParseError]:
    return [record for record in read(str(path)) if isinstance(record, ParseError)]


def write(path: Path, *lines: str) -> Path:
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_a_saved_page_gives_its_papers_whatever_stands_above_them(tmp_path: Path) -> None:
    header = ["new", "Get trending papers in your email inbox once a day!", "Subscribe", "May 9"]
    body = ["A First Method: Small and Fast", PROSE, "A Second Method", PROSE]
    for top in (
        [],
        header,
        header[:2],
        ["Daily Papers", "byAK and the research community", "10 Jun"],
    ):
        found = papers(write(tmp_path / "page.txt", *"\n\n".join([*top, *body]).split("\n")))
        assert [paper.title for paper in found] == [body[0], body[2]]
        assert all(paper.abstract == PROSE for paper in found)


def test_furniture_between_a_title_and_its_abstract_is_no_title(tmp_path: Path) -> None:
    lines = ["A Method", "· 12 authors", "Published on May 9", "34", "GitHub 120", PROSE]
    assert [p.title for p in papers(write(tmp_path / "page.txt", *lines))] == ["A Method"]


def test_an_abstract_of_two_paragraphs_stays_one(tmp_path: Path) -> None:
    found = papers(write(tmp_path / "page.txt", "A Method", PROSE, "", PROSE, "Another", PROSE))
    assert [paper.abstract for paper in found] == [f"{PROSE}\n{PROSE}", PROSE]


def test_papers_of_the_page_get_the_starters_arxiv_ids_by_title(tmp_path: Path) -> None:
    known = starter_papers()[0]
    (found,) = papers(write(tmp_path / "page.txt", known.title.upper(), PROSE))
    assert (found.id, found.year, found.url) == (known.id, known.year, known.url)
    assert found.kind == "abstract"


def test_the_same_page_saved_as_html_gives_the_same_papers(tmp_path: Path) -> None:
    html = f"""<!doctype html><html><head><title>Daily Papers</title><style>p {{}}</style></head>
    <body><nav><a href="/">Hugging Face</a><button>Log in</button></nav><h1>Daily Papers</h1>
    <article><h3><a href="/papers/2407.11062">A <b>First</b> Method &amp; More</a></h3>
    <div>· 3 authors</div><p>{PROSE}</p></article><script>var x = "{PROSE}";</script>
    <article><h3><a href="/papers/2407.11063v2">A Second Method</a></h3><p>{PROSE}</p></article>
    </body></html>"""
    found = papers(write(tmp_path / "page.html", html))
    assert [(paper.id, paper.title) for paper in found] == [
        ("arxiv:2407.11062", "A First Method & More"),
        ("arxiv:2407.11063", "A Second Method"),
    ]
    assert [paper.abstract for paper in found] == [PROSE, PROSE]


def test_html_of_preformatted_text_is_read_like_the_text(tmp_path: Path) -> None:
    html = f"<html><body><pre>A Method\n\n{PROSE}\n\nAnother\n\n{PROSE}</pre></body></html>"
    assert [p.title for p in papers(write(tmp_path / "page.html", html))] == ["A Method", "Another"]


def test_jsonl_fields_are_found_under_their_usual_names(tmp_path: Path) -> None:
    record = {
        "arxiv_id": "2407.11062v3",
        "title": "A  Method",
        "summary": PROSE,
        "authors": "Ada Lovelace, Alan Turing",
        "published": "2024-07-15",
        "categories": "cs.CL cs.AI",
        "venue": "X",
    }
    (found,) = papers(write(tmp_path / "some.jsonl", json.dumps(record)))
    assert found.id == "arxiv:2407.11062"
    assert found.title == "A Method"
    assert found.authors == ("Ada Lovelace", "Alan Turing")
    assert (found.year, found.topics) == (2024, ("cs.CL", "cs.AI"))
    assert found.url == "https://arxiv.org/abs/2407.11062"
    assert found.extra == {"venue": "X", "version": 3}


def test_good_records_around_bad_ones_are_kept_and_the_bad_ones_named(tmp_path: Path) -> None:
    good = json.dumps({"title": "A", "abstract": "Text."})
    path = write(
        tmp_path / "mixed.jsonl", good, "{not json", "[1]", '{"abstract": "x"}', '{"title": "B"}',
        "", good.replace("A", "Z"),
    )  # fmt: skip
    assert [paper.title for paper in papers(path)] == ["A", "Z"]
    assert [(error.record, error.reason.split(" (")[0]) for error in errors(path)] == [
        (2, "not JSON"),
        (3, "a JSON list, not an object with a title"),
        (4, "no title"),
        (5, "no abstract"),
    ]


def test_an_enormous_line_is_skipped_and_the_next_one_is_read(tmp_path: Path) -> None:
    path = tmp_path / "long.jsonl"
    with path.open("wb") as file:
        file.write(b'{"title": "' + b"x" * (3 * MAX_LINE) + b'"}\n')
        file.write(b'{"title": "A", "abstract": "Text."}\n')
    assert [paper.title for paper in papers(path)] == ["A"]
    assert [error.record for error in errors(path)] == [1]


def test_a_packed_file_is_read_like_the_file_in_it(tmp_path: Path) -> None:
    path = tmp_path / "some.jsonl.gz"
    path.write_bytes(gzip.compress(b'{"title": "A", "abstract": "Text."}\n'))
    assert [paper.title for paper in papers(path)] == ["A"]


def test_a_packed_file_that_breaks_off_says_where(tmp_path: Path) -> None:
    path = tmp_path / "some.jsonl.gz"
    lines = "".join(
        json.dumps({"title": f"A{n}", "abstract": PROSE[n % 90 :]}) + "\n" for n in range(9000)
    )
    path.write_bytes(gzip.compress(lines.encode())[:-4000])
    found = read(str(path))
    with pytest.raises(ParseError, match="the file breaks off"):
        for _ in found:
            pass


def test_a_line_in_another_encoding_is_named_and_skipped(tmp_path: Path) -> None:
    path = tmp_path / "latin.jsonl"
    good = b'{"title": "A", "abstract": "Text."}\n'
    path.write_bytes(good + '{"title": "Mélange", "abstract": "x"}\n'.encode("latin-1") + good)
    assert len(papers(path)) == 2
    assert "UTF-8" in errors(path)[0].reason


UNREADABLE = {
    "empty": (b"", "the file is empty"),
    "only white space": (b" \n\n ", "the file is empty"),
    "binary": (b"PK\x03\x04\x00\x00\x08", "a zip archive"),
    "a PDF": (b"%PDF-1.4\n", "a PDF"),
    "other XML": (b"<?xml version='1.0'?><a><b>x</b></a>", "XML of another kind \\(<a>\\)"),
    "compressed": (gzip.compress(b"\x00" * 100), "a binary file"),
    "a page without papers": (b"new\nSubscribe\nMay 9\n", "no papers in it"),
    "html without papers": (b"<html><body><p>Hello</p></body></html>", "no papers in it"),
}


@pytest.mark.parametrize(("content", "reason"), UNREADABLE.values(), ids=UNREADABLE.keys())
def test_a_file_that_holds_no_papers_says_why(tmp_path: Path, content: bytes, reason: str) -> None:
    path = tmp_path / "file"
    path.write_bytes(content)
    with pytest.raises(ParseError, match=reason):
        list(read(str(path)))


def test_a_directory_and_a_missing_path_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(ParseError, match="no files of papers in this directory"):
        list(read(str(tmp_path)))
    with pytest.raises(ParseError, match="no such file"):
        list(read(str(tmp_path / "missing")))


def test_the_starter_holds_96_digests_and_says_that_they_are() -> None:
    found = starter_papers()
    assert len({paper.id for paper in found}) == 96
    assert {paper.kind for paper in found} == {"digest"}
    assert all(paper.id.startswith("arxiv:") and paper.year for paper in found)


def test_the_real_page_gives_96_papers_with_ids() -> None:
    page = Path(__file__).parents[2] / "shared" / "corpus" / "hf-papers-page.txt"
    if not page.exists():
        pytest.skip("the saved page is not part of the repository")
    found = papers(page)
    assert {paper.id for paper in found} == {paper.id for paper in starter_papers()}
    assert not errors(page)
