"""Hits: two searches fused, one passage a paper, scores in their stated ranges."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest
from conftest import paper
from fakes import CountingEmbedder
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.embedders import Vectors
from ingest.errors import ProviderError
from ingest.filters import Filters
from ingest.library import Library
from rag.answer import Hit
from rag.assistant import Assistant
from rag.retrieve import Retriever, SearchMode, fuse

SHARES = st.floats(0, 1, allow_subnormal=False)
SIDES = st.dictionaries(
    st.text(max_size=4),
    st.tuples(st.floats(0, 1000, allow_subnormal=False), st.floats(-1, 1, allow_subnormal=False)),
    min_size=1,
    max_size=8,
)


TOPICS = {1: ("pruning",), 2: ("serving",), 3: ("Pruning",), 4: (), 5: ("pruning", "other")}


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    """Papers p1 to p5 of 2021 to 2025, then the twins c, a and b, whose texts are the same."""
    years = [paper(n, year=2020 + n, topics=topics) for n, topics in TOPICS.items()]
    twins = [paper(9, "Quokkas graze.", id=id_, title="Twin") for id_ in "cab"]
    place = tmp_path_factory.mktemp("shelf") / "library"
    with Library.open(place, embedder=CountingEmbedder(), create=True) as opened:
        opened.put([*years, *twins])
        yield opened


def ids(hits: list[Hit]) -> list[str]:
    return [hit.paper.id for hit in hits]


@pytest.mark.parametrize(
    ("share", "expected"),
    [
        pytest.param(1.0, {"a": 1.0, "b": 0.25, "c": 0.0}, id="lexical alone"),
        pytest.param(0.0, {"a": 0.0, "b": 1.0, "c": 0.5}, id="dense alone"),
        pytest.param(0.5, {"a": 0.5, "b": 0.625, "c": 0.25}, id="half and half"),
        pytest.param(0.6, {"a": 0.6, "b": 0.55, "c": 0.2}, id="six parts to four"),
    ],
)
def test_each_side_is_scaled_and_has_its_share(share: float, expected: dict[str, float]) -> None:
    lexical = {"a": 8.0, "b": 2.0, "c": 0.0}
    dense = {"a": 0.2, "b": 0.8, "c": 0.5}
    assert fuse(lexical, dense, share) == pytest.approx(expected)


def test_nothing_found_fuses_to_nothing() -> None:
    assert fuse({}, {}, 0.6) == {}


def test_a_side_that_tells_nothing_apart_adds_nothing() -> None:
    assert fuse({"a": 0.0, "b": 0.0}, {"a": 0.3, "b": 0.9}, 0.6) == {"a": 0.0, "b": 0.4}
    assert fuse({"a": 5.0, "b": 1.0}, {"a": 0.7, "b": 0.7}, 0.5) == {"a": 0.5, "b": 0.1}


@settings(max_examples=50)
@given(sides=SIDES, share=SHARES)
def test_fused_scores_lie_in_0_to_1(sides: dict[str, tuple[float, float]], share: float) -> None:
    lexical = {id_: side[0] for id_, side in sides.items()}
    dense = {id_: side[1] for id_, side in sides.items()}
    fused = fuse(lexical, dense, share)
    assert fused.keys() == sides.keys()
    assert all(0 <= score <= 1 + 1e-12 for score in fused.values())


@settings(max_examples=50)
@given(sides=SIDES, share=SHARES, factor=st.sampled_from([0.5, 2.0, 16.0]))
def test_the_scale_of_bm25_does_not_matter(
    sides: dict[str, tuple[float, float]], share: float, factor: float
) -> None:
    dense = {id_: side[1] for id_, side in sides.items()}
    once = fuse({id_: side[0] for id_, side in sides.items()}, dense, share)
    scaled = fuse({id_: factor * side[0] for id_, side in sides.items()}, dense, share)
    assert scaled == pytest.approx(once)


@settings(max_examples=50)
@given(sides=SIDES, share=SHARES)
def test_better_on_both_sides_is_never_ranked_below(
    sides: dict[str, tuple[float, float]], share: float
) -> None:
    fused = fuse(
        {id_: side[0] for id_, side in sides.items()},
        {id_: side[1] for id_, side in sides.items()},
        share,
    )
    for one in sides:
        for other in sides:
            if sides[one][0] >= sides[other][0] and sides[one][1] >= sides[other][1]:
                assert fused[one] >= fused[other] - 1e-12


def test_the_paper_that_is_asked_about_comes_first(shelf: Library) -> None:
    hits = Retriever(shelf)("what of subject4?")
    assert ids(hits)[0] == "p4"
    assert len(hits) == 8


@pytest.mark.parametrize("mode", ["lexical", "dense", "fused"])
def test_scores_keep_their_stated_ranges_and_order(shelf: Library, mode: SearchMode) -> None:
    hits = Retriever(shelf)("we study subject4, 5 times faster", mode=mode)
    scores = [hit.score for hit in hits]
    assert scores == sorted(scores, reverse=True)
    assert all(0 <= score <= 1 + 1e-12 for score in scores)
    assert all(hit.lexical >= 0 and -1 <= hit.dense <= 1 + 1e-6 for hit in hits)


@pytest.mark.parametrize("mode", ["lexical", "dense", "fused"])
def test_ties_go_by_the_passages_ids(shelf: Library, mode: SearchMode) -> None:
    assert ids(Retriever(shelf)("when do quokkas graze?", mode=mode))[:3] == ["a", "b", "c"]


def test_a_paper_of_many_passages_gives_its_best_one_only(library: Library) -> None:
    filler = " ".join(f"Sentence {n} speaks of nothing much at all here." for n in range(100))
    long = f"{filler} Quokkas graze at dusk. {filler}"
    library.put([paper(1, long), paper(2), paper(3)])
    assert library.counts()["passages"] > 5
    hits = Retriever(library)("when do quokkas graze?")
    assert ids(hits)[0] == "p1"
    assert sorted(ids(hits)) == ["p1", "p2", "p3"]
    assert "Quokkas graze at dusk." in hits[0].passage.text


@pytest.mark.parametrize(
    ("k", "expected"), [(1, 1), (3, 3), (8, 8), pytest.param(500, 8, id="more than there are")]
)
def test_at_most_k_hits_the_same_ones_whatever_k(shelf: Library, k: int, expected: int) -> None:
    question = "we study subject4 in depth"
    hits = Retriever(shelf)(question, k=k)
    assert len(hits) == expected
    assert ids(hits) == ids(Retriever(shelf)(question))[:k]


def test_each_mode_ranks_by_its_own_side(library: Library) -> None:
    library.put(
        [
            # To BM25 the rare word weighs more; the cosine counts words alike, however common.
            paper(1, "Zebra one."),
            paper(2, "Model large."),
            *(paper(number, f"Model large word{number}.") for number in range(3, 20)),
        ]
    )
    retrieve = Retriever(library)
    question = "zebra model large"
    lexical, dense = retrieve(question, mode="lexical"), retrieve(question, mode="dense")
    assert [hit.lexical for hit in lexical] == sorted((h.lexical for h in lexical), reverse=True)
    assert [hit.dense for hit in dense] == sorted((h.dense for h in dense), reverse=True)
    assert (ids(lexical)[0], ids(dense)[0]) == ("p1", "p2")
    assert lexical[0].score == dense[0].score == 1.0
    assert ids(Retriever(library, 1.0)(question)) == ids(lexical)
    assert ids(Retriever(library, 0.0)(question)) == ids(dense)


def test_a_hit_that_only_the_vector_found_has_no_lexical_score(shelf: Library) -> None:
    hits = Retriever(shelf)("subject1")
    assert {hit.paper.id for hit in hits if hit.lexical > 0} == {"p1"}
    assert len(hits) == 8


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        pytest.param(Filters(since=2023), {"p3", "p4", "p5"}, id="since: no year, no hit"),
        pytest.param(Filters(until=2022), {"p1", "p2"}, id="until: no year, no hit"),
        pytest.param(Filters(since=2022, until=2023), {"p2", "p3"}, id="a span of years"),
        pytest.param(Filters(topics=("PRUNING",)), {"p1", "p3", "p5"}, id="topic, case ignored"),
        pytest.param(Filters(topics=("pruning", "serving")), {"p1", "p2", "p3", "p5"}, id="any"),
        pytest.param(Filters(papers=("p5", "b")), {"p5", "b"}, id="ids"),
        pytest.param(Filters(papers=("p5",), until=2022), set(), id="no paper has both"),
        pytest.param(Filters(topics=("geology",)), set(), id="a topic of no paper"),
    ],
)
@pytest.mark.parametrize("mode", ["lexical", "dense", "fused"])
def test_only_papers_that_the_filters_choose_are_hits(
    shelf: Library, mode: SearchMode, filters: Filters, expected: set[str]
) -> None:
    question = "we study subject4 in depth, and quokkas"
    hits = Retriever(shelf)(question, filters=filters, mode=mode)
    assert set(ids(hits)) == expected


def test_an_empty_library_has_no_hits(library: Library) -> None:
    assert Retriever(library)("anything") == []


def test_a_question_without_a_word_has_no_hits(shelf: Library) -> None:
    assert Retriever(shelf)("?!") == []


def test_a_hits_passage_is_a_slice_of_its_paper(shelf: Library) -> None:
    for hit in Retriever(shelf)("subject2 and subject3"):
        passage = hit.passage
        assert hit.paper.abstract[passage.start : passage.end] == passage.text
        assert hit.to_dict()["text"] == passage.text


def test_without_its_embedder_a_library_answers_by_words_and_says_so(
    library: Library,
) -> None:
    class Down(CountingEmbedder):
        def embed(self, texts: Sequence[str]) -> Vectors:
            raise ProviderError("counting: can't be reached")

    library.put([paper(1), paper(2), paper(3)])
    with Library.open(library.directory, embedder=Down()) as opened:
        with pytest.raises(ProviderError):
            Retriever(opened)("subject2")
        warned: list[str] = []
        hits = Retriever(opened)("subject2", warn=warned.append)
        assert [hit.paper.id for hit in hits] == ["p2"]
        assert (hits[0].dense, hits[0].score) == (0.0, 1.0)
        (answer,) = (Assistant(opened).ask("How much faster is subject2?"),)
        assert answer.hits[0].paper.id == "p2"
        assert "found by their words alone" in answer.warnings[0]
        assert "can't be reached" in answer.warnings[0]
