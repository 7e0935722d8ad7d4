import json
import os
import shutil
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from conftest import paper
from fakes import CountingEmbedder
from hypothesis import given
from hypothesis import strategies as st

from ingest.embedders import DEFAULT, load_embedder
from ingest.embedders.contextual import VERSION
from ingest.errors import LibraryBusy, LibraryError, LibraryMismatch
from ingest.filters import EVERYTHING, Filters
from ingest.library import Library
from ingest.paper import Paper
from ingest.passages import PassageSettings, embedded_text, passages
from ingest.sentences import sentence_spans


def lexical(library: Library, text: str, filters: Filters = EVERYTHING) -> list[str]:
    return [id_.partition("#")[0] for id_, _ in library.search_lexical(text, 5, filters)]


def dense(library: Library, text: str, filters: Filters = EVERYTHING) -> list[str]:
    vector = library.embedder.embed([text])[0]
    return [id_.partition("#")[0] for id_, _ in library.search_dense(vector, 5, filters)]


def finds_itself(library: Library, number: int) -> bool:
    """Whether the dense search for the paper's own text finds the paper."""
    (own,) = passages(paper(number), PassageSettings())
    vector = library.embedder.embed([embedded_text(own)])[0]
    found = dict(library.search_dense(vector, 20))
    return found.get(own.id, 0) > 0.999


def reopened(library: Library) -> Library:
    return Library.open(library.directory, embedder=CountingEmbedder())


@pytest.mark.parametrize("exact_below", (0, 50_000), ids=("Chroma", "exact"))
def test_a_paper_is_found_by_its_words_and_by_its_vector(
    library: Library, exact_below: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Library, "exact_below", exact_below)
    library.put([paper(1), paper(2), paper(3)])
    assert lexical(library, "subject2")[0] == "p2"
    assert dense(library, "subject2")[0] == "p2"


def test_putting_the_same_papers_again_embeds_nothing(library: Library) -> None:
    embedder = CountingEmbedder()
    with Library.open(library.directory, embedder=embedder) as again:
        again.put([paper(1), paper(2)])
        assert len(embedder.embedded) == 2
        tally = again.put([paper(2), paper(1)])
        assert (tally.unchanged, tally.added, tally.updated) == (2, 0, 0)
        assert len(embedder.embedded) == 2


@pytest.mark.parametrize("exact_below", (0, 50_000), ids=("Chroma", "exact"))
def test_a_changed_abstract_replaces_the_old_one_everywhere(
    library: Library, exact_below: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Library, "exact_below", exact_below)
    library.put([paper(1), paper(2)])
    tally = library.put([paper(1, "Now it treats zebras.")])
    assert (tally.updated, tally.embedded) == (1, 1)
    assert "p1" not in lexical(library, "subject1")
    assert lexical(library, "zebras") == ["p1"]
    assert dense(library, "zebras")[0] == "p1"
    (kept,) = library.papers(["p1"])
    assert kept.abstract == "Now it treats zebras."


def test_changed_facts_about_a_paper_cost_no_embedding(library: Library) -> None:
    embedder = CountingEmbedder()
    with Library.open(library.directory, embedder=embedder) as opened:
        opened.put([paper(1)])
        tally = opened.put([paper(1, year=2024, topics=("zoology",))])
        assert (tally.updated, tally.embedded, len(embedder.embedded)) == (1, 0, 1)
        assert lexical(opened, "subject1", Filters(since=2024)) == ["p1"]
        assert dense(opened, "subject1", Filters(topics=("Zoology",))) == ["p1"]


@pytest.mark.parametrize("exact_below", (0, 50_000), ids=("Chroma", "exact"))
def test_a_removed_paper_is_gone_everywhere(
    library: Library, exact_below: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Library, "exact_below", exact_below)
    library.put([paper(1), paper(2)])
    assert library.remove(["p1", "unknown"]) == 1
    assert "p1" not in lexical(library, "subject1")
    assert "p1" not in dense(library, "subject1")
    with reopened(library) as again:
        assert [p.id for p in again.papers()] == ["p2"]


def test_a_digest_never_replaces_an_abstract(library: Library) -> None:
    library.put([paper(1, "The authors' own words.")])
    tally = library.put([paper(1, "Our words.", kind="digest")])
    assert tally.kept_abstracts == 1
    (kept,) = library.papers(["p1"])
    assert kept.abstract == "The authors' own words."


FILTERS = {
    "since": (Filters(since=2023), {"p3", "p4"}),
    "until": (Filters(until=2022), {"p2"}),
    "both": (Filters(since=2022, until=2023), {"p2", "p3"}),
    "topic": (Filters(topics=("Even",)), {"p2", "p4"}),
    "two topics": (Filters(topics=("even", "odd")), {"p2", "p3", "p4"}),
    "papers": (Filters(papers=("p1", "p3")), {"p1", "p3"}),
    "all of it": (Filters(since=2023, topics=("even",), papers=("p4", "p2")), {"p4"}),
    "nothing": (Filters(since=1999, until=2000), set()),
}


@pytest.mark.parametrize(("filters", "expected"), FILTERS.values(), ids=FILTERS.keys())
def test_filters_choose_the_same_papers_on_every_road(
    library: Library, filters: Filters, expected: set[str]
) -> None:
    same = "We study zebras."
    library.put(
        [
            paper(1, same),
            paper(2, same, year=2022, topics=("Even",)),
            paper(3, same, year=2023, topics=("odd",)),
            paper(4, same, year=2024, topics=("even", "four")),
        ]
    )
    assert set(lexical(library, "zebras", filters)) == expected
    assert set(dense(library, "zebras", filters)) == expected
    vector = library.embedder.embed(["zebras"])[0]
    exact = library.vectors().search(vector, 5, filters)
    assert {id_.partition("#")[0] for id_, _ in exact} == expected


def test_the_vector_index_agrees_with_exact_search(library: Library, approximate: None) -> None:
    library.put([paper(n) for n in range(50)])
    vector = library.embedder.embed(["subject7 in depth, word7x3 word9x1"])[0]
    approximate, exact = (
        library.search_dense(vector, 5),
        library.vectors().search(vector, 5, Filters()),
    )
    assert [id_ for id_, _ in approximate][:2] == [id_ for id_, _ in exact][:2]
    assert np.allclose([s for _, s in approximate], [s for _, s in exact], atol=1e-3)


def test_near_duplicates_are_all_found_where_there_are_few_passages(library: Library) -> None:
    same = " ".join(f"shared{place}" for place in range(60))
    papers = [paper(n, f"We study {same} subject{n}.") for n in range(300)]
    library.put(papers)
    own = [embedded_text(p) for one in papers for p in passages(one, PassageSettings())]
    best = [library.search_dense(vector, 1)[0][1] for vector in library.embedder.embed(own)]
    assert min(best) > 0.9999  # its own, or one that has the same words to this embedder


def test_another_embedder_is_refused_with_both_identities_and_both_ways_out(
    library: Library,
) -> None:
    with pytest.raises(LibraryMismatch) as refusal:
        Library.open(library.directory, embedder=CountingEmbedder(dim=32, name="other"))
    for said in (
        "counting (version 1, 512",
        "other (version 1, 32",
        "--embedder counting",
        "reembed",
    ):
        assert said in str(refusal.value)


def test_a_new_library_has_the_default_embedder_and_an_old_one_keeps_its_own(
    tmp_path: Path,
) -> None:
    with Library.open(tmp_path / "new", create=True) as new:
        assert new.identity["embedder"] == {"name": DEFAULT, "version": VERSION, "dim": 384}
    Library.open(tmp_path / "old", embedder=load_embedder("static"), create=True).close()
    with Library.open(tmp_path / "old", create=True) as old:
        assert old.embedder.name == "static"


def test_vectors_of_an_older_version_say_how_to_get_new_ones(library: Library) -> None:
    library.put([paper(1)])
    newer = CountingEmbedder()
    newer.version = "2"
    with pytest.raises(LibraryMismatch) as caught:
        Library.open(library.directory, embedder=newer)
    (line,) = str(caught.value).splitlines()
    assert "made by version 1 of the embedder counting (512 dimensions), here is version 2" in line
    assert line.endswith("askpapers reembed --embedder counting")
    assert library.reembed(newer) == 1
    with Library.open(library.directory, embedder=newer) as again:
        assert again.identity["embedder"]["version"] == "2"


def test_other_passage_settings_are_refused(library: Library) -> None:
    with pytest.raises(LibraryMismatch, match="max_words"):
        Library.open(
            library.directory, embedder=CountingEmbedder(), settings=PassageSettings(max_words=50)
        )


@pytest.mark.parametrize("exact_below", (0, 50_000), ids=("Chroma", "exact"))
def test_reembedding_switches_the_whole_library_to_another_embedder(
    library: Library, exact_below: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Library, "exact_below", exact_below)
    library.put([paper(1), paper(2)])
    other = CountingEmbedder(dim=32, name="other")
    assert library.reembed(other) == 2
    assert dense(library, "subject2")[0] == "p2"
    library.close()
    with Library.open(library.directory, embedder=other) as again:
        assert dense(again, "subject1")[0] == "p1"


def test_a_directory_without_a_library_is_not_made_into_one_by_looking(tmp_path: Path) -> None:
    with pytest.raises(LibraryError, match="no library"):
        Library.open(tmp_path / "none")
    assert not (tmp_path / "none").exists()


def test_a_file_that_is_no_library_is_named(tmp_path: Path) -> None:
    (tmp_path / "askpapers.sqlite").write_bytes(b"not a database at all" * 100)
    with pytest.raises(LibraryError, match=r"askpapers\.sqlite"):
        Library.open(tmp_path, create=True)


DAMAGES = {
    "vectors gone": lambda place: shutil.rmtree(place / "vectors"),
    "lexical index gone": lambda place: shutil.rmtree(place / "lexical"),
    "vector data cut short": lambda place: [
        os.truncate(file, file.stat().st_size // 2) for file in place.glob("vectors/*/*/data_*.bin")
    ],
    "vector database overwritten": lambda place: [
        file.write_bytes(b"junk" * 1000) for file in place.glob("vectors/*/chroma.sqlite3")
    ],
    "lexical files emptied": lambda place: [
        file.write_bytes(b"") for file in place.glob("lexical/*/*") if file.is_file()
    ],
    "lexical files half there": lambda place: [
        os.truncate(file, file.stat().st_size // 2) for file in place.glob("lexical/*/*.*")
    ],
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES.keys())
def test_damaged_indexes_are_built_anew_from_the_truth(
    library: Library, damage: Callable[[Path], object], approximate: None
) -> None:
    # Enough papers that Chroma writes its graph to disk.
    library.put([paper(n) for n in range(1200)])
    library.close()
    damage(library.directory)
    with reopened(library) as again:
        assert lexical(again, "subject1042")[0] == "p1042"
        assert finds_itself(again, 1042)
        assert set(again.health().values()) == {"up"}


@pytest.mark.parametrize("exact_below", (0, 50_000), ids=("Chroma", "exact"))
def test_a_second_process_that_writes_is_told_that_the_library_is_busy(
    library: Library, exact_below: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Library, "exact_below", exact_below)
    library.put([paper(1)])
    with reopened(library) as second, library.writing():
        with pytest.raises(LibraryBusy, match="another process"):
            second.put([paper(2)])
        # ... and reads on, over what there is.
        assert lexical(second, "subject1") == ["p1"]
        assert dense(second, "subject1") == ["p1"]


@pytest.mark.parametrize("exact_below", (0, 50_000), ids=("Chroma", "exact"))
def test_a_reader_sees_what_another_library_object_has_written(
    library: Library, exact_below: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Library, "exact_below", exact_below)
    library.put([paper(1)])
    with reopened(library) as reader:
        assert dense(reader, "subject1") == ["p1"]
        library.put([paper(2)])
        assert lexical(reader, "subject2")[0] == "p2"
        assert dense(reader, "subject2")[0] == "p2"


@pytest.mark.parametrize("exact_below", (0, 50_000), ids=("Chroma", "exact"))
def test_threads_may_ask_while_one_writes(
    library: Library, exact_below: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Library, "exact_below", exact_below)
    library.put([paper(n) for n in range(20)])
    wrong: list[str] = []

    def ask() -> None:
        for n in range(20):
            if lexical(library, f"subject{n}")[0] != f"p{n}":
                wrong.append(f"lexical {n}")
            if not finds_itself(library, n):
                wrong.append(f"dense {n}")

    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    for n in range(100, 110):
        library.put([paper(n)])
    for thread in threads:
        thread.join()
    assert wrong == []


def test_the_truth_is_one_ordinary_sqlite_file(library: Library) -> None:
    library.put([paper(1, year=2024)])
    library.close()
    with sqlite3.connect(library.directory / "askpapers.sqlite") as connection:
        (fields,) = connection.execute("select fields from papers").fetchone()
    connection.close()
    assert json.loads(fields)["year"] == 2024


@given(
    st.lists(st.integers(1, 60), min_size=1, max_size=30),
    st.integers(1, 200),
    st.integers(0, 3),
)
def test_passages_are_slices_that_cover_every_sentence(
    lengths: list[int], max_words: int, overlap: int
) -> None:
    text = " ".join(f"S{'x ' * (n - 1)}end{i}." for i, n in enumerate(lengths))
    whole = Paper(id="p", title="T", abstract=text)
    cut = passages(whole, PassageSettings(max_words=max_words, overlap=overlap))
    assert all(whole.abstract[p.start : p.end] == p.text for p in cut)
    spans = sentence_spans(text)
    assert all(any(p.start <= a and b <= p.end for p in cut) for a, b in spans)
    assert all(a.start < b.start and a.end < b.end for a, b in zip(cut, cut[1:], strict=False))
    assert all(len(p.text.split()) <= max_words or len(sentence_spans(p.text)) == 1 for p in cut)


def test_threads_that_have_ended_leave_no_connection_open(library: Library) -> None:
    library.put([paper(1)])
    for _ in range(30):
        asking = threading.Thread(target=lambda: list(library.papers()))
        asking.start()
        asking.join()
    assert len(library._truth.database._connections) <= 3
