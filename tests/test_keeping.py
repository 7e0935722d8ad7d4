"""Keeping a library: what a source no longer has, other vectors, an older schema."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from pathlib import Path

import pytest
from command_line import TUNNELS, ZEBRAS, jsonl, run
from conftest import paper
from fakes import CountingEmbedder

from ingest.embedders import Vectors
from ingest.errors import ProviderError
from ingest.library import Library
from ingest.pipeline import ingest

Capture = pytest.CaptureFixture[str]


class Stumbling(CountingEmbedder):
    """Breaks off after ``patience`` texts, as a server does when the quota is used up."""

    def __init__(self, patience: int) -> None:
        super().__init__(dim=32, name="stumbling")
        self.patience = patience

    def embed(self, texts: Sequence[str]) -> Vectors:
        if len(self.embedded) + len(texts) > self.patience:
            raise ProviderError("stumbling: no more today")
        return super().embed(texts)


def test_reembedding_goes_on_where_it_broke_off_and_pays_for_nothing_twice(
    library: Library,
) -> None:
    library.put([paper(n) for n in range(1100)])
    first = Stumbling(patience=600)
    with pytest.raises(ProviderError):
        library.reembed(first)
    assert len(first.embedded) == 512
    # Until all are made, the library is as it was.
    assert library.identity["embedder"]["name"] == "counting"
    own = library.embedder.embed([f"Title 7. {paper(7).abstract}"])[0]
    assert library.search_dense(own, 1)[0][0].startswith("p7#")
    library.put([paper(3, "Now it treats zebras."), paper(2000)])
    library.remove(["p4"])
    second = Stumbling(patience=10_000)
    # What came, went or changed meanwhile is taken in.
    assert library.reembed(second) == len(second.embedded) == 1100 - 512 + 2
    assert library.reembed(second) == 0
    found = library.search_dense(second.embed(["Title 3. Now it treats zebras."])[0], 1)
    assert found[0][0].startswith("p3#")
    assert found[0][1] > 0.999
    assert set(library.health().values()) == {"up"}
    library.close()
    with Library.open(library.directory, embedder=second) as again:
        assert len(again.vectors().ids) == 1100


def test_a_reader_that_is_open_while_vectors_change_asks_on(library: Library) -> None:
    from ingest.embedders import load_embedder

    library.reembed(load_embedder("static"))
    library.put([paper(1)])
    with Library.open(library.directory) as reader:
        assert reader.search_dense(reader.embedder.embed(["depth"])[0], 1)
        library.reembed(CountingEmbedder(dim=32, name="minilm"))
        library.reembed(load_embedder("static"))
        assert reader.search_dense(reader.embedder.embed(["depth"])[0], 1)


def held(place: Path, capsys: Capture) -> list[str]:
    return [
        line.split("\t")[0]
        for line in run(capsys, "papers", "--library", place).out.splitlines()
    ]  # fmt: skip


def test_pruning_removes_what_its_source_no_longer_has_and_nothing_else(
    tmp_path: Path, capsys: Capture
) -> None:
    place = tmp_path / "library"
    both, other = tmp_path / "both.jsonl", tmp_path / "other.jsonl"
    jsonl(both, ZEBRAS, TUNNELS)
    jsonl(other, {**ZEBRAS, "id": "elsewhere", "title": "Zebras Elsewhere"})
    run(capsys, "ingest", both, other, "--library", place)
    jsonl(both, ZEBRAS)
    assert run(capsys, "ingest", both, "--library", place).out.startswith("1 papers read: 1 unch")
    assert held(place, capsys) == ["elsewhere", "tunnels", "zebras"]
    ran = run(capsys, "ingest", both, "--prune", "--library", place)
    assert ran.out.startswith(
        "1 papers read: 1 unchanged, 1 removed that their sources no longer have."
    )
    assert held(place, capsys) == ["elsewhere", "zebras"]
    hits = run(capsys, "search", "--json", "tunnels at night", "--library", place).json
    assert "tunnels" not in [hit["paper"] for hit in hits]


UNREAD = {
    "a bad record": ('{"abstract": "No title"}', "not all of it could be read"),
    "a line that is no JSON": ("{", "not all of it could be read"),
}


@pytest.mark.parametrize(("line", "said"), UNREAD.values(), ids=UNREAD.keys())
def test_a_source_that_could_not_be_read_whole_is_not_pruned(
    tmp_path: Path, capsys: Capture, line: str, said: str
) -> None:
    place = tmp_path / "library"
    source = jsonl(tmp_path / "both.jsonl", ZEBRAS, TUNNELS)
    run(capsys, "ingest", source, "--library", place)
    jsonl(source, ZEBRAS, line)
    ran = run(capsys, "ingest", source, "--prune", "--library", place)
    assert f"not pruned: {source}: {said}" in ran.err
    assert held(place, capsys) == ["tunnels", "zebras"]
    source.unlink()
    ran = run(capsys, "ingest", source, "--prune", "--library", place)
    assert "not pruned:" in ran.err
    assert held(place, capsys) == ["tunnels", "zebras"]


def test_repairing_builds_both_indexes_anew(tmp_path: Path, capsys: Capture) -> None:
    source = jsonl(tmp_path / "both.jsonl", ZEBRAS, TUNNELS)
    run(capsys, "ingest", source, "--library", tmp_path / "library")
    ran = run(capsys, "repair", "--library", tmp_path / "library")
    assert ran.out == ("The truth is whole: 2 papers, 2 passages. Both indexes were built anew.\n")
    assert [p.name for p in (tmp_path / "library" / "vectors").iterdir()] == ["2"]
    assert run(capsys, "search", "zebras", "--library", tmp_path / "library").code == 0


def aged(library: Library, schema: int, statements: str = "") -> None:
    """Make the library on disk as one of an older schema was: large tables sorted by their ids."""
    library.close()
    with sqlite3.connect(library.directory / "askpapers.sqlite") as old:
        for table, columns in (
            ("papers", "id text primary key, fields text, content_hash text, text_hash text"),
            (
                "passages",
                "id text primary key, paper text, start integer, stop integer, vector blob,"
                " seq integer, live integer",
            ),
        ):
            old.executescript(
                f"create table sorted ({columns}) without rowid;"
                f"insert into sorted select * from {table}; drop table {table};"
                f"alter table sorted rename to {table};"
            )
        old.executescript(
            "create index passages_by_seq on passages (seq);"
            "create index passages_by_paper on passages (paper);"
            "update papers set content_hash = 'old'; update records set hash = 'old';"
            f"update meta set value = replace(value, '\"schema\": 3', '\"schema\": {schema}');"
            f"{statements}"
        )
    old.close()


def test_a_library_of_the_first_schema_is_brought_up_to_date(library: Library) -> None:
    library.put([paper(1), paper(2, extra={"doi": "10.1234/x"})])
    missing = ("records", "keys", "origins", "new_vectors")
    aged(library, 1, ";".join(f"drop table {table}" for table in missing))
    embedder = CountingEmbedder()
    with Library.open(library.directory, embedder=embedder) as opened:
        assert opened.identity["schema"] == 3
        assert [p.id for p in opened.papers(["doi:10.1234/X", "p1"])] == ["p1", "p2"]
        assert opened.put([paper(1)], origin="papers.jsonl").merged == 1
        assert embedder.embedded == []
        assert opened.origins() == {"": 1, "papers.jsonl": 1}


def test_a_library_of_the_second_schema_keeps_all_that_it_has(library: Library) -> None:
    papers = [paper(n) for n in range(5)]
    library.put(papers, origin="a")
    library.remove(["p3"])
    before = list(library.papers()), library.counts(), library.search_lexical("subject2", 1)
    aged(library, 2)
    embedder = CountingEmbedder()
    with Library.open(library.directory, embedder=embedder) as opened:
        after = list(opened.papers()), opened.counts(), opened.search_lexical("subject2", 1)
        assert after == before
        assert (opened.disagreements(), opened.identity["schema"]) == ([], 3)
        tally = opened.put(papers, origin="a")
        assert (tally.added, tally.unchanged) == (1, 4)
        assert len(embedder.embedded) == 1


def test_the_same_papers_from_many_sources_are_embedded_once(
    tmp_path: Path, library: Library
) -> None:
    embedder = CountingEmbedder()
    one = jsonl(tmp_path / "one.jsonl", ZEBRAS, TUNNELS)
    two = jsonl(tmp_path / "two.jsonl", TUNNELS, {**ZEBRAS, "id": "doi:10.1234/zebras"})
    with Library.open(library.directory, embedder=embedder) as opened:
        for _ in range(2):
            ingest(opened, [str(one), str(two)])
        assert len(opened) == 2
        assert len(embedder.embedded) == 2
