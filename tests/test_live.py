"""Live sources, asked of a real server on loopback that fails in all the ways of services."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from command_line import run
from paper_server import FAULTS, PaperServer, abstract, arxiv_id, paper_server

from ingest.errors import ParseError
from ingest.library import Library
from ingest.paper import Paper
from ingest.sources import Options, read
from ingest.sources.services.live import address
from ingest.sources.services.web import forget_finished
from ingest.starter import starter_papers


@pytest.fixture
def server() -> Iterator[PaperServer]:
    """250 papers on arXiv; on Hugging Face 3 on a Friday, 120 on the Monday after."""
    with paper_server(total=250) as running:
        running.days = {"2026-07-10": 3, "2026-07-13": 120}
        yield running


Waits = list[float]


@pytest.fixture
def waits() -> Waits:
    """The seconds that were waited for, without waiting."""
    return []


@pytest.fixture
def options(server: PaperServer, tmp_path: Path, waits: Waits) -> Options:
    return Options(
        arxiv=server.arxiv,
        hugging_face=server.url,
        downloads=tmp_path / "live",
        pause=0.0,
        timeout=60,
        wait=waits.append,
    )


def papers(source: str, options: Options) -> list[Paper]:
    found = list(read(source, options))
    assert not [record for record in found if isinstance(record, ParseError)]
    return [record for record in found if isinstance(record, Paper)]


def stopped(source: str, options: Options) -> tuple[int, ParseError]:
    """How many papers came before the source gave up, and what it said."""
    count, records = 0, read(source, options)
    try:
        for _ in records:
            count += 1
    except ParseError as error:
        return count, error
    raise AssertionError("it did not give up")


def test_papers_of_arxiv_come_by_their_ids_with_the_version_kept(
    server: PaperServer, options: Options
) -> None:
    first, second = papers(f"arxiv:{arxiv_id(3)},{arxiv_id(4)}v2", options)
    assert (first.id, second.id) == (f"arxiv:{arxiv_id(3)}", f"arxiv:{arxiv_id(4)}")
    assert first.title == "A Study of Subject 3"
    assert first.abstract == abstract(3)
    assert (first.authors, first.year, first.topics) == (("Ada Lovelace",), 2026, ("cs.CL",))
    assert first.extra["version"] == 2
    assert server.agents[0].startswith("askpapers")


def test_an_id_that_arxiv_does_not_have_is_named(server: PaperServer, options: Options) -> None:
    found = list(read(f"arxiv:{arxiv_id(3)},2607.99999", options))
    (error,) = (record for record in found if isinstance(record, ParseError))
    assert (error.record, error.reason) == ("2607.99999", "arXiv has no such paper")


def test_many_ids_are_asked_for_by_the_hundred(server: PaperServer, options: Options) -> None:
    source = "arxiv:" + ",".join(arxiv_id(n) for n in range(230))
    assert len(papers(source, options)) == 230
    assert [query["max_results"] for query in server.asked] == ["100", "100", "30"]


def test_a_category_gives_its_newest_papers_as_many_as_were_asked_for(
    server: PaperServer, options: Options
) -> None:
    notes: list[str] = []
    found = papers("arxiv:cat:cs.CL", replace(options, limit=130, note=notes.append))
    assert [paper.id for paper in found] == [f"arxiv:{arxiv_id(n)}" for n in range(130)]
    assert [(q["start"], q["max_results"]) for q in server.asked] == [("0", "100"), ("100", "30")]
    assert {q["search_query"] for q in server.asked} == {"cat:cs.CL"}
    assert notes == ["arxiv:cat:cs.CL: the newest 130 of 250 papers; --limit says how many"]


def test_a_category_of_some_days_is_read_to_its_end(server: PaperServer, options: Options) -> None:
    assert len(papers("arxiv:cat:cs.CL:2026-07-01..2026-07-03", options)) == 250
    assert (
        server.asked[0]["search_query"]
        == "cat:cs.CL AND submittedDate:[202607010000 TO 202607032359]"
    )


QUERIES = {
    "words": ("sparse attention", "all:sparse AND all:attention"),
    "a phrase": ('"sparse attention" memory', 'all:"sparse attention" AND all:memory'),
    "arXiv's own language": ("ti:sparse ANDNOT au:Doe", "ti:sparse ANDNOT au:Doe"),
}


@pytest.mark.parametrize(("said", "query"), QUERIES.values(), ids=QUERIES.keys())
def test_a_search_is_put_in_arxivs_language(
    server: PaperServer, options: Options, said: str, query: str
) -> None:
    assert len(papers(f"arxiv:search:{said}", replace(options, limit=1))) == 1
    assert server.asked[0]["search_query"] == query


def test_the_daily_papers_of_a_range_come_day_by_day_and_page_by_page(
    server: PaperServer, options: Options
) -> None:
    found = papers("hf:2026-07-10..2026-07-13", options)
    assert len(found) == 123
    assert found[0].title == "Subject 0 of 2026-07-10"
    assert found[0].id.startswith("arxiv:2607.")
    assert [(q["date"], q["p"]) for q in server.asked] == [
        ("2026-07-10", "0"), ("2026-07-11", "0"), ("2026-07-12", "0"), ("2026-07-13", "0"),
        ("2026-07-13", "1"),
    ]  # fmt: skip


PASSING = [fault for fault in FAULTS if fault not in ("busy-long", "forbidden")]


@pytest.mark.parametrize("fault", [f for f in PASSING if f not in ("empty", "hanging")])
@pytest.mark.parametrize("source", ["arxiv:cat:cs.CL", "hf:2026-07-13"])
def test_a_fault_that_passes_costs_no_paper(
    server: PaperServer, options: Options, waits: Waits, source: str, fault: str
) -> None:
    server.faults = [fault, fault]
    assert len(papers(source, options)) == {"a": 200, "h": 120}[source[0]]
    assert waits == ([7.0, 14.0] if fault == "busy" else [2.0, 4.0])


def test_a_service_that_hangs_once_costs_no_paper(server: PaperServer, options: Options) -> None:
    server.faults = ["hanging"]
    assert len(papers("arxiv:cat:cs.CL", replace(options, timeout=1.5))) == 200


def test_a_page_of_arxiv_that_is_empty_by_mistake_is_asked_for_again(
    server: PaperServer, options: Options
) -> None:
    server.faults = ["", "empty"]
    assert len(papers("arxiv:cat:cs.CL", options)) == 200


LASTING = {
    "failing": (["failing"] * 9, "503 Service Unavailable", 5),
    "hanging": (["hanging"] * 5, "no answer in 0.15 s", 5),
    "malformed": (["malformed"] * 9, "the answer is malformed", 5),
    "busy for long": (["busy-long"], "it asks to be left alone for 3,600 s", 1),
}


@pytest.mark.parametrize(("faults", "said", "tries"), LASTING.values(), ids=LASTING.keys())
def test_a_service_that_stays_away_is_given_up_with_the_way_on(
    server: PaperServer, options: Options, faults: list[str], said: str, tries: int
) -> None:
    server.faults = faults
    hasty = replace(options, timeout=0.15) if "hanging" in faults else options
    count, error = stopped("arxiv:cat:cs.CL", hasty)
    assert count == 0
    assert said in error.reason
    assert error.reason.endswith("the same command goes on from there")
    assert len(server.asked) == tries


def test_a_no_is_not_asked_again(server: PaperServer, options: Options) -> None:
    server.faults = ["forbidden"]
    _, error = stopped("hf:2026-07-13", options)
    assert error.reason == "Hugging Face says no (403 Forbidden: not now)"
    assert len(server.asked) == 1


def test_a_server_that_isnt_there_is_named(options: Options) -> None:
    with paper_server() as gone:
        nobody = gone.arxiv
    _, error = stopped("arxiv:cat:cs.CL", replace(options, arxiv=nobody))
    assert error.reason.startswith("arXiv can't be reached for now (")


def test_a_failed_listing_asks_only_for_the_rest_when_it_is_repeated(
    server: PaperServer, options: Options
) -> None:
    server.faults = ["", *["failing"] * 5]
    count, _ = stopped("arxiv:cat:cs.CL", options)
    assert count == 100
    server.asked.clear()
    assert len(papers("arxiv:cat:cs.CL", options)) == 200
    assert [query["start"] for query in server.asked] == ["100"]


def test_a_killed_range_asks_only_for_the_rest_when_it_is_repeated(
    server: PaperServer, options: Options
) -> None:
    records = read("hf:2026-07-10..2026-07-13", options)
    for _ in range(10):  # into the Monday's first page
        next(records)
    del records  # as good as killed: nothing more of it runs
    server.asked.clear()
    assert len(papers("hf:2026-07-10..2026-07-13", options)) == 123
    assert [(q["date"], q["p"]) for q in server.asked] == [("2026-07-13", "1")]


def test_when_all_is_put_the_next_run_asks_anew(server: PaperServer, options: Options) -> None:
    assert options.downloads is not None
    assert len(papers("arxiv:cat:cs.CL", options)) == 200
    assert len(papers("arxiv:cat:cs.CL", options)) == 200  # not put yet, for all that it knows
    assert len(server.asked) == 2
    forget_finished(options.downloads)
    assert len(papers("arxiv:cat:cs.CL", options)) == 200
    assert len(server.asked) == 4


def test_a_damaged_page_that_was_kept_is_asked_for_again(
    server: PaperServer, options: Options
) -> None:
    assert options.downloads is not None
    papers("arxiv:cat:cs.CL", options)
    for page in options.downloads.glob("*/*.page"):
        page.write_bytes(page.read_bytes()[:500])
    assert len(papers("arxiv:cat:cs.CL", options)) == 200
    assert len(server.asked) == 4


@pytest.mark.parametrize("kept", [True, False], ids=["with downloads", "without"])
def test_arxiv_is_asked_once_in_three_seconds(
    server: PaperServer, options: Options, waits: Waits, *, kept: bool
) -> None:
    there = options.downloads if kept else None
    papers("arxiv:cat:cs.CL", replace(options, pause=3.0, downloads=there))
    assert len(server.asked) == 2
    assert len(waits) == 1
    assert 0 < waits[0] <= 3
    papers(f"arxiv:{arxiv_id(1)}", replace(options, pause=3.0, downloads=there))
    assert len(waits) == (2 if kept else 1)  # of all runs of this user


ADDRESSES: dict[str, Callable[[], bool]] = {
    "https://arxiv.org/abs/2407.11062v2": lambda: (
        _ids("https://arxiv.org/abs/2407.11062v2") == ("2407.11062v2",)
    ),
    "https://huggingface.co/papers/2407.11062": lambda: (
        _ids("https://huggingface.co/papers/2407.11062") == ("2407.11062",)
    ),
    "an old id": lambda: _ids("arxiv:quant-ph/0201082v1") == ("quant-ph/0201082v1",),
    "https://huggingface.co/papers/date/2026-07-10": lambda: (
        _days("https://huggingface.co/papers/date/2026-07-10") == (date(2026, 7, 10),)
    ),
    "a month": lambda: len(_days("hf:2026-02")) == 28,
    "a file": lambda: address("papers.jsonl") is None and address("C:\\papers.bib") is None,
}


def _ids(source: str) -> tuple[str, ...]:
    found = address(source)
    return found.ids if found else ()


def _days(source: str) -> tuple[date, ...]:
    found = address(source)
    return found.days if found else ()


@pytest.mark.parametrize("holds", ADDRESSES.values(), ids=ADDRESSES.keys())
def test_an_address_says_what_is_asked_for(holds: Callable[[], bool]) -> None:
    assert holds()


NO_ADDRESSES = {
    "hf:2999-01-01": "is in the future",
    "hf:2026-13-01": "is no date",
    "hf:2026-07-13..2026-07-10": "ends before it begins",
    "hf:1999-01-01..2026-01-01": "over 1,500 days",
    "arxiv:hello": "is no arXiv id",
    "arxiv:cat:DROP TABLE": "is no category",
    "arxiv:search: ": "nothing to search for",
    "https://example.org/paper": "not an address that is known",
}


@pytest.mark.parametrize(("source", "said"), NO_ADDRESSES.items(), ids=NO_ADDRESSES.keys())
def test_an_address_that_makes_no_sense_says_why(source: str, said: str) -> None:
    with pytest.raises(ParseError, match=said):
        list(read(source))


@pytest.fixture
def services(server: PaperServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> PaperServer:
    """The command line's services, and a cache of its own."""
    monkeypatch.setenv("ASKPAPERS_ARXIV", server.arxiv)
    monkeypatch.setenv("HF_ENDPOINT", server.url)
    monkeypatch.setenv("ASKPAPERS_CACHE", str(tmp_path / "cache"))
    return server


def test_an_ingest_keeps_no_pages_of_what_is_in_the_library(
    services: PaperServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    there = ("--library", tmp_path / "library")
    ran = run(capsys, "ingest", "hf:2026-07-10", *there)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith("3 papers read: 3 added.")
    assert not list((tmp_path / "cache").rglob("*.page"))
    again = run(capsys, "ingest", "hf:2026-07-10", *there)
    assert again.out.startswith("3 papers read: 3 unchanged, nothing changed.")


@pytest.mark.slow
def test_papers_that_fall_out_of_the_newest_are_not_pruned(
    services: PaperServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    there = ("--prune", "--library", tmp_path / "library")
    run(capsys, "ingest", "arxiv:cat:cs.CL", "--limit", "4", *there)
    ran = run(capsys, "ingest", "arxiv:cat:cs.CL", "--limit", "2", *there)
    assert "holds 4 papers" in ran.out
    assert "not pruned: arxiv:cat:cs.CL" in ran.err
    run(capsys, "ingest", f"arxiv:{arxiv_id(7)},2607.99999", *there)  # one that arXiv lacks
    services.total = 7
    ran = run(capsys, "ingest", f"arxiv:{arxiv_id(7)},2607.99999", *there)
    assert "holds 4 papers" in ran.out


def test_the_starters_digests_give_way_to_the_originals(
    services: PaperServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    there = ("--library", tmp_path / "library")
    assert run(capsys, "starter", *there).code == 0
    with Library.open(tmp_path / "library") as library:
        assert {paper.kind for paper in library.papers()} == {"digest"}
    known = [paper.id.removeprefix("arxiv:") for paper in starter_papers()]
    services.total = 0  # arXiv has none of them: they stay as they are, each named
    ran = run(capsys, "starter", "--originals", *there)
    assert ran.code == 2
    assert ran.err.splitlines()[-1] == (
        "skipped: 76 more; in all: 96 arXiv has no such paper; --json names each"
    )
    services.numbers = {id_: number for number, id_ in enumerate(known)}
    ran = run(capsys, "starter", "--originals", *there)
    assert ran.code == 0
    assert "96 of them have their authors' abstracts now" in ran.out
    with Library.open(tmp_path / "library") as library:
        papers_ = list(library.papers())
    assert len(papers_) == 96
    assert {paper.kind for paper in papers_} == {"abstract"}
    assert sum(bool(paper.code_url) for paper in papers_) == sum(
        bool(paper.code_url) for paper in starter_papers()
    )
