"""Files as reference managers, services and databases write them: each gives what it says."""

from __future__ import annotations

import json
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from ingest.errors import ParseError
from ingest.paper import Paper
from ingest.sources import read
from ingest.sources.abstracts import is_nothing, parted, why_not
from ingest.sources.ids import identity
from ingest.sources.readable import readable
from ingest.store.merge import grouped

CASES = Path(__file__).parent / "cases"
EXPECTED: dict[str, dict[str, Any]] = json.loads((CASES / "expected.json").read_text("utf-8"))


@pytest.mark.parametrize("name", EXPECTED)
def test_a_file_is_read_right_or_refused_with_its_reason(name: str) -> None:
    papers: list[Paper] = []
    skipped, refused = 0, ""
    try:
        for record in read(str(CASES / name)):
            if isinstance(record, ParseError):
                skipped += 1
            else:
                papers.append(record)
    except ParseError as error:
        refused = error.reason
    wanted = EXPECTED[name]
    assert refused.startswith(wanted.get("refused", "")) and bool(refused) == ("refused" in wanted)
    assert [paper.title for paper in papers] == [one["title"] for one in wanted["papers"]]
    assert skipped == wanted["skipped"]
    for paper, one in zip(papers, wanted["papers"], strict=True):
        assert list(paper.authors) == one["authors"]
        assert paper.year == one["year"]
        assert set(one["ids"]) <= set(paper.ids)
        assert paper.abstract.endswith(one["ends"])


BEGUN_ANEW = {  # what a pattern might try again from each beginning
    "XML declarations": ("xml", '<?xml version="1.0" ?>', ""),
    "document types": ("xml", "<!DOCTYPE a [", ""),
    "tagged records without titles": ("enw", "%0 A\n", ""),
    "formulas": ("jsonl", "<alternatives><tex-math>a", '{"title": "T", "abstract": "%s"}'),
    "notices": ("jsonl", "\u00a9 2000 ", '{"title": "T", "abstract": "%s"}'),
    "quotation marks": ("csv", '"a,\n', "title,abstract\n%s"),
    "records": ("ris", "TY  - JOUR\n", ""),
    "entries": ("bib", "@a{@", ""),
}


@pytest.mark.parametrize(("suffix", "unit", "around"), BEGUN_ANEW.values(), ids=BEGUN_ANEW.keys())
def test_what_is_begun_a_thousand_times_is_read_or_refused_at_once(
    tmp_path: Path, suffix: str, unit: str, around: str
) -> None:
    path = tmp_path / f"many.{suffix}"
    path.write_text((around or "%s") % (unit * (60_000 // len(unit))), "utf-8")
    start = time.process_time()
    with suppress(ParseError):
        list(read(str(path)))
    assert time.process_time() - start < 5


@pytest.mark.parametrize(
    ("said", "doi"),
    [
        ("10.1175/15-04(1963)020<0130:DNF>2.0.CO;2", "10.1175/15-04(1963)020<0130:dnf>2.0.co;2"),
        ("https://doi.org/10.1002/a%3C1::b%3E3", "10.1002/a<1::b>3"),
        ("doi:10.1234/abc</a> and more", "10.1234/abc"),
        ("(doi:10.1234/abc)", "10.1234/abc"),
        ("https://example.org/doi/abs/10.1234/abc", "10.1234/abc"),
        ("https://example.org/articles/10.1234/abc/full?x=1", "10.1234/abc"),
        ("<a href='https://doi.org/10.1234/abc'>10.1234/abc</a>", "10.1234/abc"),
        ("https://biorxiv.org/content/10.1101/2020.1.123v2.full.pdf+html", "10.1101/2020.1.123"),
    ],
)  # fmt: skip
def test_a_doi_ends_where_it_ends(said: str, doi: str) -> None:
    assert identity([said]).doi == doi


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("5~8 weeks, 30%~40%, www.a.org/~eve", "5~8 weeks, 30%~40%, www.a.org/~eve"),
        ("Mon~Fri, Q1~Q3, €5~€9", "Mon~Fri, Q1~Q3, €5~€9"),
        (r"$3\sim5$ and p~<~0.1", "3~5 and p < 0.1"),
        ("Tab.~2 at 5~km", "Tab. 2 at 5 km"),
        (r"$\alpha$ of Theorem~and", "α of Theorem and"),
    ],
)
def test_a_tilde_is_a_space_only_where_latex_ties(said: str, shown: str) -> None:
    assert readable(said) == shown


@pytest.mark.parametrize(
    "said",
    [
        "Abstract unavailable",
        "Ohne Zusammenfassung",
        "Brak streszczenia",
        "Özet yok",
        "There was no abstract provided.",
        "Pas de résumé disponible",
        "N.A.",
    ],
)
def test_a_text_that_says_there_is_none_is_no_abstract(said: str) -> None:
    assert is_nothing(said)


def test_notices_behind_an_abstract_are_no_part_of_it() -> None:
    text = "We count rooks. They are 12."
    assert parted(f"{text} Copyright © 1999 Rook Press. All rights reserved.")[0] == text
    assert parted(f"{text} (c) 2004 Rook Press.") == (text, "(c) 2004 Rook Press.")
    points = "It fails at telling (a) rooks; (b) knights; (c) which piece stands where. We mend it."
    assert parted(points) == (points, "")
    assert parted(f"Abstract—{text} Index Terms—rooks, counts")[0] == text
    assert parted(f"© The Author(s) 1999. {text} Crown Copyright © 1999 Rook Press.")[0] == text
    assert parted("Copyright law has 12 parts. We list them.")[1] == ""
    assert parted("Abstract interpretation is sound.")[0] == "Abstract interpretation is sound."


def test_withdrawn_papers_are_told_from_papers_on_withdrawal() -> None:
    assert why_not("On rooks (Retracted article)", "We count rooks.")
    assert why_not("On rooks", "We count rooks. This article has been retracted.")
    assert why_not("Retraction note: On rooks", "We count rooks.")
    assert why_not("Retraction of the lung in mice", "We count mice.") is None
    assert why_not("On drugs", "Withdrawn drugs are costly. We count 12.") is None


def test_one_title_with_other_texts_is_two_papers_and_a_name_turned_round_is_one() -> None:
    def paper(author: str, text: str) -> Paper:
        return Paper(text, "Preface to the third issue", text, (author,), 2001)

    swans = "Swans fly far and rest on cold lakes."
    one = paper("Núñez Vela, Eva", swans)
    assert grouped([one, paper("Eva Núñez Vela", f"{swans} They are 12.")]) == [[0, 1]]
    assert len(grouped([one, paper("Eva Núñez Vela", "This volume gathers work about clay.")])) == 2


ENTRIES = r"""@string(j = {J. of } # "Rooks") @article{a, title="Rooks " # {count}, journal=j,
 abstract={We count.}} noise here @article{b, title={Voles dig}
 abstract={We watch. Mail
@voles{us} or
@k (of 10).} author={King, Jr., Martin}}
@incollection{c, title={Jays hide}, crossref={P}, abstract={We see.}}
@misc{d, title={No parent}, crossref={none}, abstract={We wait.}}
@book{p, title={A Book of Birds}, year=1999}"""


def test_entries_are_whole_wherever_they_stand_and_take_from_each_other(tmp_path: Path) -> None:
    (tmp_path / "a.bib").write_text(ENTRIES)
    found = {p.title: p for p in read(str(tmp_path / "a.bib")) if isinstance(p, Paper)}
    assert list(found) == ["Rooks count", "Voles dig", "Jays hide", "No parent"]
    assert found["Rooks count"].extra["venue"] == "J. of Rooks"
    assert found["Voles dig"].authors == ("Martin King Jr.",)
    assert found["Voles dig"].abstract == "We watch. Mail @volesus or @k (of 10)."
    assert (found["Jays hide"].year, found["Jays hide"].extra["venue"]) == (1999, "A Book of Birds")


@pytest.mark.parametrize(
    ("said", "names"),
    [
        ("Brook, Lena, de Vries, Piet", ["Brook, Lena", "de Vries, Piet"]),
        ("Brook, L., van Dam, P. Q.", ["Brook, L.", "van Dam, P. Q."]),
        ("Brook L, Dam PQ.", ["Brook L", "Dam PQ"]),
        ("Lena Brook & Piet Dam, et al.", ["Lena Brook", "Piet Dam"]),
        ("王小明, 李华", ["王小明", "李华"]),
    ],
)
def test_names_in_one_text_are_parted_where_people_end(
    tmp_path: Path, said: str, names: list[str]
) -> None:
    record = {"title": "A", "abstract": "x", "authors": said}
    (tmp_path / "a.jsonl").write_text(json.dumps(record), "utf-8")
    (paper,) = read(str(tmp_path / "a.jsonl"))
    assert isinstance(paper, Paper) and list(paper.authors) == names


OVID = """VN  - Ovid\n<1>\nTI  - Rooks count\nAB  - We count rooks.\nYR  - 2001\n"""
LABELS = (
    """<1>\nTitle\n  Rooks count\nAbstract\n  We count\n  rooks.\nYear of Publication\n  2001\n"""
)
BARE = "TY-JOUR\nTI-Rooks count\nAB-We count\nrooks.\nPY-2001\nER-\n"


@pytest.mark.parametrize(
    "text", [OVID, LABELS, BARE], ids=["Ovid", "with labels", "RIS, no blanks"]
)
def test_tagged_records_of_every_spelling_are_read_whole(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.txt").write_text(text)
    (paper,) = read(str(tmp_path / "a.txt"))
    assert isinstance(paper, Paper)
    assert (paper.title, paper.abstract, paper.year) == ("Rooks count", "We count rooks.", 2001)
