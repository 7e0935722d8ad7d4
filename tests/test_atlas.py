"""The map of a library: places that keep neighbours, groups with names, kept on disk."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from conftest import paper
from stock import starter_library

from ingest.embedders import Vectors, load_embedder
from ingest.index.nearest import nearest_papers, paper_vectors
from ingest.library import Library
from ingest.starter import starter_papers
from ui.map.atlas import Atlas, density, make, sample
from ui.map.layout import layout, nearest, principal_axes
from ui.map.themes import themes


def clouds(many: int, each: int, dim: int = 24) -> tuple[Vectors, np.ndarray]:
    """Unit vectors around ``many`` directions, and which one each belongs to."""
    draw = np.random.default_rng(1)
    centres = draw.normal(size=(many, dim))
    own = np.repeat(np.arange(many), each)
    vectors = centres[own] + draw.normal(scale=0.3, size=(len(own), dim))
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32), own


def kept(vectors: Vectors, places: np.ndarray, k: int = 10) -> float:
    """The share of each row's ``k`` nearest that are among its ``k`` nearest on the map."""
    near = nearest(vectors, vectors, k, itself=True)
    apart = np.square(places[:, None] - places[None]).sum(axis=2)
    np.fill_diagonal(apart, np.inf)
    shown = np.argsort(apart, axis=1)[:, :k]
    return float(np.mean([len(set(a) & set(b)) / k for a, b in zip(near, shown, strict=True)]))


@pytest.fixture(scope="module")
def starter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    with Library.open(starter_library(tmp_path_factory.mktemp("starter"))) as library:
        yield library


def test_neighbours_stay_neighbours_better_than_by_principal_axes() -> None:
    vectors, _ = clouds(12, 40)
    places, _ = layout(vectors)
    assert kept(vectors, places) > 1.5 * kept(vectors, principal_axes(vectors))


def test_papers_beyond_the_landmarks_lie_with_their_own_kind(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("ui.map.layout.LANDMARKS", 60)
    vectors, own = clouds(6, 50)
    places, landmarks = layout(vectors)
    others = np.setdiff1d(np.arange(len(own)), landmarks)
    assert len(landmarks) == 60
    apart = np.square(places[others, None] - places[None, landmarks]).sum(axis=2)
    assert np.mean(own[landmarks][apart.argmin(axis=1)] == own[others]) > 0.9


@pytest.mark.parametrize("n", [0, 1, 2, 3, 5])
def test_a_handful_of_papers_has_places_too(n: int) -> None:
    places, landmarks = layout(clouds(5, 1)[0][:n])
    assert places.shape == (n, 2)
    assert np.isfinite(places).all()
    assert landmarks.tolist() == list(range(n))


def test_twins_and_the_same_vector_many_times_have_places() -> None:
    places, _ = layout(np.tile(np.eye(4, dtype=np.float32)[:1], (30, 1)))
    assert np.isfinite(places).all()
    assert ((places >= 0) & (places <= 1)).all()


def test_the_same_vectors_have_the_same_places() -> None:
    vectors, _ = clouds(4, 20)
    assert (layout(vectors)[0] == layout(vectors)[0]).all()


def test_groups_are_the_topics_that_cover_most_papers() -> None:
    topics = [("Chess", "games")] * 3 + [("chess",), ("go", "games"), ("go",), ()]
    found = themes(["t"] * 7, topics, np.eye(7, dtype=np.float32), most=2)
    assert found.names == ("chess", "go", "other")
    assert found.of.tolist() == [0, 0, 0, 0, 1, 1, 2]
    assert not found.clustered


def test_papers_without_topics_are_clustered_and_named_by_their_titles() -> None:
    vectors, own = clouds(2, 30)
    titles = [f"A New {('Zebra', 'Tunnel')[one]} Study of Case {n}" for n, one in enumerate(own)]
    found = themes(titles, [()] * 60, vectors, most=2)
    assert found.clustered
    assert sorted(found.names) == ["tunnel", "zebra"]
    said = [found.names[one] for one in found.of]
    assert said == [("zebra", "tunnel")[one] for one in own]


def test_a_library_without_papers_has_an_empty_map(library: Library) -> None:
    atlas = make(library)
    assert (atlas.ids, atlas.names) == ((), ())


def test_a_map_has_every_paper_that_has_a_vector(starter: Library) -> None:
    atlas = Atlas.of(starter)
    assert list(atlas.ids) == [paper.id for paper in starter.papers()]
    assert atlas.left_out == 0
    assert len(set(map(tuple, atlas.places.tolist()))) == 96


def test_a_map_is_made_once_a_version(starter: Library) -> None:
    file = starter.directory / "map.npz"
    first = Atlas.of(starter)
    before = file.stat().st_mtime_ns
    again = Atlas.of(starter)
    assert file.stat().st_mtime_ns == before
    assert (again.places == first.places).all()
    assert (again.ids, again.names, again.themes.tolist()) == (
        first.ids,
        first.names,
        first.themes.tolist(),
    )


def test_a_changed_library_has_a_new_map_and_a_damaged_file_does_not_matter(
    library: Library,
) -> None:
    library.put([paper(1), paper(2)])
    assert len(Atlas.of(library).ids) == 2
    library.put([paper(3)])
    assert len(Atlas.of(library).ids) == 3
    (library.directory / "map.npz").write_bytes(b"PK\x03\x04 broken")
    assert len(Atlas.of(library).ids) == 3


def test_papers_keep_their_places_when_some_are_added_and_when_many_are(tmp_path: Path) -> None:
    papers = starter_papers()
    with Library.open(tmp_path, embedder=load_embedder("static"), create=True) as library:
        library.put(papers[:60])
        first = Atlas.of(library)
        library.put(papers[60:69])
        grown = Atlas.of(library)
        assert all(
            (grown.places[grown.row[id_]] == first.places[first.row[id_]]).all()
            for id_ in first.ids
        )
        assert ((grown.places > 0) & (grown.places < 1)).all()
        library.put(papers[69:])
        whole = Atlas.of(library)
    old = [whole.places[whole.row[id_]] for id_ in first.ids]
    for axis in (0, 1):  # laid out anew, but neither mirrored nor turned
        assert np.corrcoef(np.asarray(old)[:, axis], first.places[:, axis])[0, 1] > 0


def test_a_map_of_few_papers_has_no_empty_half(starter: Library) -> None:
    places = Atlas.of(starter).places
    for axis in (0, 1):
        assert 0.25 < np.mean(places[:, axis] > 0.5) < 0.75


def test_density_counts_every_paper_once() -> None:
    places = np.asarray([[0, 0], [0.1, 0.1], [1, 1], [0.9, 0.1]], np.float32)
    counts, most = density(places, np.asarray([1, 1, 0, 2], np.int16), cells=2)
    assert counts.tolist() == [[2, 1], [0, 1]]
    assert most.tolist() == [[1, 2], [-1, 0]]


def test_a_sample_keeps_the_papers_that_are_asked_for(starter: Library) -> None:
    atlas = Atlas.of(starter)
    rows = sample(atlas, 10, always=[atlas.ids[37], "unknown"])
    assert len(rows) in (10, 11)
    assert 37 in rows


def test_the_nearest_papers_are_of_the_same_kind(starter: Library) -> None:
    flex = next(paper for paper in starter.papers() if paper.title.startswith("FlexLLM"))
    found = nearest_papers(starter, flex, 5)
    assert len(found) == 5
    assert flex.id not in [other.id for other, _ in found]
    cosines = [cosine for _, cosine in found]
    assert cosines == sorted(cosines, reverse=True)
    serving = sum(bool({"llm serving", "fine-tuning"} & set(other.topics)) for other, _ in found)
    assert serving >= 3


def test_a_long_paper_is_not_its_own_neighbour(library: Library) -> None:
    long = " ".join(f"Sentence {n} on subject1 is here in full length." for n in range(200))
    library.put([paper(1, long), paper(2), paper(3)])
    ids, vectors = paper_vectors(library)
    assert ids == ["p1", "p2", "p3"]
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-3)
    (first,) = library.papers(["p1"])
    assert {other.id for other, _ in nearest_papers(library, first)} == {"p2", "p3"}


def test_a_map_in_a_directory_that_cannot_be_written_is_made_all_the_same(
    library: Library, tmp_path: Path
) -> None:
    library.put([paper(1)])
    (library.directory / "map.npz").mkdir()
    assert Atlas.of(library).ids == ("p1",)
    assert list(library.directory.glob("map.*.npz")) == []
