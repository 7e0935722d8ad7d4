"""Reading hits: which papers, which of their sentences, laid out by the kind of question."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from stock import starter_library

from ingest.embedders.static import StaticEmbedder
from ingest.paper import Paper, Passage
from ingest.sentences import sentence_spans
from rag.abstain import shipped_weights
from rag.answer import Hit
from rag.assistant import Assistant
from rag.read.features import Viewer
from rag.read.rank import (
    MEMBER_FEATURES,
    PAPER_FEATURES,
    SENTENCE_FEATURES,
    best_cut,
    member_features,
    nearest,
    nearest_by_sentence,
    paper_features,
    sentence_features,
)
from rag.reader import (
    LOOKED_AT,
    MAX_COMPARED,
    MAX_FOUND,
    MAX_SENTENCES,
    MAX_WORDS,
    SHOWN_SENTENCES,
    SHOWN_WORDS,
    Quoted,
    Reader,
    Reading,
)
from rag.understand.intent import Intent

VIEWER = Viewer.of(StaticEmbedder())
READ = Reader(VIEWER, shipped_weights())

QUESTIONS: list[tuple[str, Intent]] = [
    ("What does FlexLLM do?", "fact"),
    ("By how much does NanoFlow raise throughput?", "fact"),
    ("How many GPUs does MegaScale train on?", "fact"),
    ("What makes cold starts slow?", "fact"),
    ("vAttention", "fact"),
    ("I need a paper on cold starts in serverless clouds", "find"),
    ("Who built a system for context switching?", "find"),
    ("I want a benchmark of generated code", "find"),
    ("Which papers are about mixture of experts?", "list"),
    ("list all surveys", "list"),
    ("papers on vector search", "list"),
    ("Compare FlexLLM and NanoFlow", "compare"),
    ("How do DistServe, Splitwise and Llumnix differ?", "compare"),
    ("What differs between ReMax, COSMOS, ZeRO, Redco and MegaScale?", "compare"),
    ("How tall is Mount Everest?", "fact"),
]
IDS = [question for question, _ in QUESTIONS]


@pytest.fixture(scope="module")
def assistant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    with Assistant.open(starter_library(tmp_path_factory.mktemp("reader") / "library")) as opened:
        yield opened


def hits_for(assistant: Assistant, question: str) -> list[Hit]:
    return assistant.search(question, k=LOOKED_AT + 6)


def read(assistant: Assistant, question: str) -> Reading:
    return READ(question, hits_for(assistant, question))


def quoted_words(line: Quoted) -> int:
    return sum(len(line.hit.paper.abstract[start:end].split()) for start, end in line.spans)


@pytest.mark.parametrize(("question", "kind"), QUESTIONS, ids=IDS)
def test_the_kind_of_the_question_decides_how_much_is_quoted(
    assistant: Assistant, question: str, kind: Intent
) -> None:
    reading = read(assistant, question)
    assert reading.intent == kind
    counts = [len(line.spans) for line in reading.lines]
    if kind == "list":
        assert set(counts) == {1}
    else:
        most = SHOWN_SENTENCES if reading.summary else MAX_SENTENCES
        assert all(1 <= count <= most for count in counts)
    if kind == "compare":
        assert 2 <= len(counts) <= MAX_COMPARED
    elif kind != "list":
        assert len(counts) == 1
    budget = SHOWN_WORDS if reading.summary else MAX_WORDS
    for line in reading.lines:
        assert len(line.spans) == 1 or quoted_words(line) <= budget


@pytest.mark.parametrize("question", IDS)
def test_whole_sentences_are_quoted_in_their_order(assistant: Assistant, question: str) -> None:
    reading = read(assistant, question)
    for line in (*reading.lines, *reading.also):
        sentences = sentence_spans(line.hit.paper.abstract)
        places = [sentences.index(span) for span in line.spans]
        assert places == sorted(set(places))


@pytest.mark.parametrize("question", IDS)
def test_the_hits_are_the_same_ones_in_a_new_order(assistant: Assistant, question: str) -> None:
    hits = hits_for(assistant, question)
    reading = READ(question, hits)
    assert {hit.passage.id for hit in reading.hits} == {hit.passage.id for hit in hits}
    assert len(reading.hits) == len(hits)
    scores = [hit.score for hit in reading.hits]
    assert scores == sorted(scores, reverse=True)
    beyond = [hit.passage.id for hit in reading.hits[LOOKED_AT:]]
    assert beyond == [hit.passage.id for hit in hits[LOOKED_AT:]]


@pytest.mark.parametrize("question", IDS)
def test_lines_are_of_papers_that_were_hit_each_once(assistant: Assistant, question: str) -> None:
    reading = read(assistant, question)
    ids = [line.hit.paper.id for line in (*reading.lines, *reading.also)]
    assert len(set(ids)) == len(ids)
    assert set(ids) <= {hit.paper.id for hit in reading.hits[:LOOKED_AT]}
    assert len(reading.also) < MAX_FOUND
    if reading.named:
        assert not reading.also


@pytest.mark.parametrize("question", IDS)
def test_the_same_hits_read_the_same_again(assistant: Assistant, question: str) -> None:
    hits = hits_for(assistant, question)
    once, again = READ(question, hits), READ(question, hits)
    assert (once.lines, once.hits, once.also) == (again.lines, again.hits, again.also)


@pytest.mark.parametrize(
    ("question", "opening", "words"),
    [
        ("On how many GPUs did MegaScale train a 175B model?", "MegaScale", "12,288 GPUs"),
        ("How long does EfficientQAT take on one GPU?", "EfficientQAT", "41 hours"),
        ("How many more requests can DistServe serve?", "DistServe", "4.48x more requests"),
        ("By how much does NanoFlow raise throughput?", "NanoFlow", "1.91x"),
        ("How does TriAdaptLoRA score importance?", "TriAdaptLoRA", "Frobenius norms"),
        ("How much faster than vLLM is vAttention?", "vAttention", "1.97x faster"),
        ("How much GPU memory does FlexLLM save?", "FlexLLM", "36%"),
        ("What speedups does FastSwitch reach?", "FastSwitch", "1.4x to 11.2x"),
    ],
)
def test_the_sentence_that_answers_is_among_the_quoted(
    assistant: Assistant, question: str, opening: str, words: str
) -> None:
    (line,) = read(assistant, question).lines
    assert line.hit.paper.title.startswith(opening)
    assert words in " ".join(line.hit.paper.abstract[start:end] for start, end in line.spans)


@pytest.mark.parametrize(
    ("question", "openings"),
    [
        ("Compare FlexLLM and NanoFlow", {"FlexLLM", "NanoFlow"}),
        ("How do DistServe and Splitwise differ?", {"DistServe", "Splitwise"}),
        ("Is ReMax or COSMOS the better choice?", {"ReMax", "COSMOS"}),
    ],
)
def test_a_comparison_quotes_the_papers_compared(
    assistant: Assistant, question: str, openings: set[str]
) -> None:
    lines = read(assistant, question).lines
    assert {line.hit.paper.title.split(":")[0] for line in lines} == openings


@pytest.mark.parametrize(
    ("question", "opening"),
    [
        ("I need a paper on cold starts in serverless clouds", "Serverless Cold Starts"),
        ("Who built a system for fast context switching in serving?", "FastSwitch"),
        ("something about billion-scale nearest neighbour search on disk", "SPANN"),
        ("a system that moves attention into storage drives", "InstInfer"),
    ],
)
def test_a_paper_sought_in_other_words_is_found(
    assistant: Assistant, question: str, opening: str
) -> None:
    assert read(assistant, question).lines[0].hit.paper.title.startswith(opening)


def test_a_list_holds_the_papers_that_belong(assistant: Assistant) -> None:
    lines = read(assistant, "Which papers are about mixture of experts?").lines
    titles = " ".join(line.hit.paper.title for line in lines)
    assert "ExpertFlow" in titles
    assert "Survey on Inference Optimization Techniques for Mixture of Experts" in titles
    assert len(lines) < 15


def test_nothing_found_gives_nothing_to_quote() -> None:
    reading = READ("What does FlexLLM do?", ())
    assert (reading.lines, reading.hits, reading.named, reading.also) == ((), (), (), ())


def whole(paper: Paper) -> Hit:
    return Hit(Passage(paper, 0, len(paper.abstract)), 1.0, 1.0, 0.5)


def test_a_paper_without_text_gives_a_line_without_a_quote() -> None:
    reading = READ("What does Zorg do?", [whole(Paper("z", "Zorg: Pruning Models", ""))])
    assert [line.spans for line in reading.lines] == [()]


def test_a_sentence_longer_than_the_budget_is_quoted_alone() -> None:
    long = " ".join(f"prunes layer{n}" for n in range(MAX_WORDS))
    text = f"Zorg {long}. Later Zorg also {long}."
    (line,) = READ("What does Zorg prune?", [whole(Paper("z", "Zorg: Pruning", text))]).lines
    assert quoted_words(line) > MAX_WORDS
    assert len(line.spans) == 1


def test_features_are_one_row_each_one_column_a_name(assistant: Assistant) -> None:
    question = VIEWER.question("How many GPUs does MegaScale train on, and why?")
    hits = hits_for(assistant, question.text)
    views = [VIEWER.paper(hit.paper) for hit in hits]
    papers = paper_features(question, hits, views, hits[:1])
    assert papers.shape == (len(hits), len(PAPER_FEATURES))
    assert papers[:, PAPER_FEATURES.index("named")].tolist() == [1.0] + [0.0] * (len(hits) - 1)
    assert (papers > -1).all() and (papers < 1 + 1e-6).all()
    members = member_features(papers, papers[:, 0])
    assert members.shape == (len(hits), len(MEMBER_FEATURES))
    below = members[:, MEMBER_FEATURES.index("score_below_best")]
    assert below.max() == 0
    for hit, view in zip(hits, views, strict=True):
        rows = sentence_features(question, hit.paper, view)
        assert rows.shape == (len(view.spans), len(SENTENCE_FEATURES))
        assert np.isfinite(rows).all()
        assert rows[:, SENTENCE_FEATURES.index("opening")].sum() == 1


def test_the_words_that_name_a_paper_are_not_asked_of_its_sentences() -> None:
    text = "Zorgalon is here. Training needs 30% less memory."
    paper = Paper("z", "Zorgalon: Small Models", text)
    rows = sentence_features(
        VIEWER.question("how much memory does Zorgalon need?"), paper, VIEWER.paper(paper)
    )
    exact = rows[:, SENTENCE_FEATURES.index("exact")]
    assert exact[0] == 0
    assert exact[1] == pytest.approx(1)


@pytest.mark.parametrize(
    ("feature", "question", "text", "values"),
    [
        ("figure", "How many GPUs?", "It is fast. It uses 8 GPUs.", [0, 1]),
        ("unit", "How many GPUs?", "It has 3 layers. It uses 8 GPUs.", [0, 1]),
        ("figure_unasked", "What is it?", "It is fast. It uses 8 GPUs.", [0, 1]),
        ("cause", "Why is it fast?", "It prunes. It is due to caches.", [0, 1]),
        ("manner", "How does it work?", "It prunes. It is fast by caching.", [0, 1]),
        ("name", "Which dataset is used?", "It is good. It runs on KITTI.", [0, 1]),
        ("parts", "What are the parts?", "It is good. Read, cut, sort, write.", [0, 1]),
        ("background", "What is it?", "Existing tools fail. It is new.", [1, 0]),
        ("result", "What is it?", "It is new. It outperforms them.", [0, 1]),
        ("opening", "What is it?", "It is new. It is old. It is fine.", [1, 0, 0]),
    ],
)
def test_a_feature_of_sentences(
    feature: str, question: str, text: str, values: list[float]
) -> None:
    paper = Paper("x", "Some Thing", text)
    rows = sentence_features(VIEWER.question(question), paper, VIEWER.paper(paper))
    assert rows[:, SENTENCE_FEATURES.index(feature)].tolist() == values


def test_a_word_is_nearest_to_itself() -> None:
    paper = Paper("x", "Memory", "Memory is scarce. Speed counts.")
    view, question = VIEWER.paper(paper), VIEWER.question("memory")
    near = nearest_by_sentence(question, view)
    assert near.shape == (len(question.tokens.vectors), 2)
    assert near[:, 0] == pytest.approx(1, abs=1e-5)
    assert (near[:, 1] < 0.9).all()
    assert nearest(question, view.title_vectors) == pytest.approx(1, abs=1e-5)
    assert not nearest(question, view.vectors[:0]).any()


@pytest.mark.parametrize(
    ("belongs", "listed"),
    [
        ([0.9, 0.1, 0.8], [0, 2]),
        ([0.3, 0.2, 0.1], [0, 1]),
        ([1.0, 0.0, 0.0], [0]),
        ([0.5, 0.5, 0.5, 0.5], [0, 1, 2, 3]),
        ([0.0], [0]),
    ],
)
def test_a_list_is_cut_where_its_expected_f1_is_greatest(
    belongs: list[float], listed: list[int]
) -> None:
    assert best_cut(np.array(belongs)) == listed
