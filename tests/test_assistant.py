"""The way of a question from end to end, on the starter library and real stores."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from asked import ANSWERED
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from stock import starter_library

from ingest.errors import QuestionError
from ingest.filters import Filters
from ingest.paper import Paper
from ingest.sentences import sentence_spans, sentences
from ingest.starter import starter_papers
from rag import Answer, Assistant
from rag.extractive import KEPT_HITS
from rag.understand.typed import MAX_QUESTION

OFF_TOPIC = [
    "What is the capital of France?",
    "How tall is Mount Everest?",
    "Who won the 1998 football world cup?",
    "Which wine goes with grilled salmon?",
]
NO_DETAIL = [  # the paper that is named, what it doesn't say
    ("LIFL", "On how many Kubernetes nodes in Berlin does LIFL run?"),
    ("POLCA", "On how many GPUs was POLCA's football team evaluated?"),
    ("NanoFlow", "What BLEU score did NanoFlow get on WMT14?"),
    ("FlightLLM", "Which hospital patients did FlightLLM diagnose?"),
]
UNCLEAR = ["???", "…", "!?!", "what is it?", "12 + 30"]
MARKER = re.compile(r"\[(\d+)\]")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("assistant") / "library"


@pytest.fixture(scope="module")
def assistant(place: Path) -> Iterator[Assistant]:
    with Assistant.open(starter_library(place)) as opened:
        yield opened


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    with Assistant.open(tmp_path_factory.mktemp("empty") / "library", starter=False) as opened:
        yield opened


def untimed(answer: Answer) -> dict[str, object]:
    return {name: value for name, value in answer.to_dict().items() if name != "timings"}


def bare(text: str) -> str:
    """An answer's text without markers, titles and bullets."""
    return re.sub(r"\*\*.*?\*\*:?|^- ", "", MARKER.sub("", text), flags=re.MULTILINE)


# Citations


@pytest.mark.parametrize("question", ANSWERED)
def test_every_quote_is_verbatim_text_of_the_stored_paper(
    assistant: Assistant, question: str
) -> None:
    answer = assistant.ask(question)
    assert answer.citations
    for citation in answer.citations:
        (stored,) = assistant.library.papers([citation.paper.id])
        assert citation.paper == stored
        assert citation.quotes == tuple(stored.abstract[s:e] for s, e in citation.spans)
        assert all(quote and quote == quote.strip() for quote in citation.quotes)
        ends = [offset for span in citation.spans for offset in span]
        assert ends == sorted(ends)
        assert set(citation.spans) <= set(sentence_spans(stored.abstract))
        assert 0 <= citation.support <= 1


@pytest.mark.parametrize("question", ANSWERED)
def test_what_the_answer_says_is_what_it_quotes(assistant: Assistant, question: str) -> None:
    answer = assistant.ask(question)
    said = re.split(r"\[(\d+)\]", answer.text)
    quotes = {citation.number: citation.quotes for citation in answer.citations}
    if answer.mode == "recorded":  # what it says beside them is the record's
        assert len(answer.sentences) == sum(map(len, quotes.values()))
        return
    for text, number in zip(said[::2], said[1::2], strict=False):
        words = bare(text).split("Also close:")[-1].strip()
        assert not words or words in quotes[int(number)]


@pytest.mark.parametrize("question", ANSWERED)
def test_markers_run_from_1_in_order_of_first_use_each_with_its_citation(
    assistant: Assistant, question: str
) -> None:
    answer = assistant.ask(question)
    first_used = list(dict.fromkeys(int(number) for number in MARKER.findall(answer.text)))
    assert first_used == list(range(1, len(first_used) + 1))
    assert [citation.number for citation in answer.citations] == first_used
    ids = [citation.paper.id for citation in answer.citations]
    assert len(set(ids)) == len(ids)


@pytest.mark.parametrize("question", ANSWERED)
def test_every_sentence_carries_a_marker(assistant: Assistant, question: str) -> None:
    for line in assistant.ask(question).text.splitlines():
        if not line or line.endswith(":") or re.fullmatch(r"\*\*.*\*\*", line):
            continue
        assert line.endswith("]")
        told = re.sub(r"^- |\*\*.*?\*\*:?", "", line)
        for piece in MARKER.split(told)[::2]:  # what stands between two markers
            assert len(sentences(piece)) <= 1


@pytest.mark.parametrize("question", ANSWERED)
def test_an_answer_is_a_handful_of_sentences(assistant: Assistant, question: str) -> None:
    answer = assistant.ask(question)
    markers = len(MARKER.findall(answer.text))
    if answer.text.startswith("- "):  # a list: one sentence a paper
        assert markers == len(answer.citations) == len(answer.text.splitlines())
    else:
        assert 1 <= markers <= 8


@pytest.mark.parametrize("question", ANSWERED)
def test_a_quote_is_a_text_or_a_tuple_where_sentences_are_several(
    assistant: Assistant, question: str
) -> None:
    for citation in assistant.ask(question).citations:
        expected = citation.quotes[0] if len(citation.spans) == 1 else citation.quotes
        assert citation.quote == expected


def test_sentences_that_do_not_adjoin_are_a_tuple_of_quotes(assistant: Assistant) -> None:
    (citation,) = assistant.ask("By how much does NanoFlow raise throughput?").citations
    assert isinstance(citation.quote, tuple)
    assert len(citation.quote) > 1
    assert all(quote in citation.paper.abstract for quote in citation.quote)
    assert " ".join(citation.quote) not in citation.paper.abstract


@pytest.mark.parametrize(
    ("question", "opening", "words"),
    [
        ("On how many GPUs did MegaScale train a 175B model?", "MegaScale", "12,288 GPUs"),
        ("How long does EfficientQAT take on one GPU?", "EfficientQAT", "41 hours"),
        ("How many more requests can DistServe serve?", "DistServe", "4.48x more requests"),
        ("Wie viel schneller ist FastSwitch als vLLM?", "FastSwitch", "1.4x to 11.2x"),
        ("MegaScale 使用多少GPU？", "MegaScale", "12,288 GPUs"),
    ],
)
def test_an_answer_has_the_words_that_answer(
    assistant: Assistant, question: str, opening: str, words: str
) -> None:
    answer = assistant.ask(question)
    assert not answer.refused
    assert answer.citations[0].paper.title.startswith(opening)
    assert words in answer.text


def test_papers_that_come_close_follow_the_one_that_is_found(assistant: Assistant) -> None:
    answer = assistant.ask("I am looking for work on evaluating code")
    found, _, close = answer.text.partition("\n\nAlso close:\n")
    first, *others = answer.citations
    assert first.paper == answer.hits[0].paper
    assert f"**{first.paper.title}**" in found
    assert close.splitlines() == [f"- **{c.paper.title}** [{c.number}]" for c in others]
    assert others


# The form of an answer


@pytest.mark.parametrize(
    "question", ["What does FlexLLM do?", "list papers that prune models", "???", "roses"]
)
def test_an_answer_is_json_under_stable_names(assistant: Assistant, question: str) -> None:
    answer = assistant.ask(question)
    fields = json.loads(json.dumps(answer.to_dict(), allow_nan=False))
    assert fields.keys() == {
        *("question", "understood", "text", "citations", "hits", "refused", "reason"),
        *("confidence", "mode", "model", "timings", "warnings", "sentences"),
        *("tokens_in", "tokens_out", "cost", "read_as"),
    }
    for citation, fields_of in zip(answer.citations, fields["citations"], strict=True):
        assert fields_of.keys() == {"number", "paper", "quote", "spans", "support"}
        assert {"id", "title", "abstract", "url", "year", "kind"} <= fields_of["paper"].keys()
        assert Paper.from_dict(fields_of["paper"]) == citation.paper
    for hit, fields_of in zip(answer.hits, fields["hits"], strict=True):
        assert {"paper", "title", "text", "score", "lexical", "dense"} <= fields_of.keys()
        assert fields_of["paper"] == hit.paper.id
    assert fields["question"] == question
    assert fields["model"] is None
    assert fields["mode"] == "recorded" or {"retrieve", "read"} <= fields["timings"].keys()
    assert all(seconds >= 0 for seconds in fields["timings"].values())
    assert 0 <= fields["confidence"] <= 1


@pytest.mark.parametrize("question", [*ANSWERED[:3], *OFF_TOPIC[:1]])
def test_hits_are_few_one_a_paper(assistant: Assistant, question: str) -> None:
    ids = [hit.paper.id for hit in assistant.ask(question).hits]
    assert len(set(ids)) == len(ids) == KEPT_HITS


@pytest.mark.parametrize("question", [*ANSWERED, *OFF_TOPIC, *UNCLEAR])
def test_the_same_question_has_the_same_answer(assistant: Assistant, question: str) -> None:
    assert untimed(assistant.ask(question)) == untimed(assistant.ask(question))


@pytest.mark.parametrize("question", ANSWERED[:4])
def test_white_space_around_words_does_not_matter(assistant: Assistant, question: str) -> None:
    spaced = "\n\t " + question.replace(" ", " \n ") + "  "
    answer = assistant.ask(spaced)
    assert answer.question == spaced
    assert (answer.text, answer.understood) == (assistant.ask(question).text, question)


@pytest.mark.parametrize(
    "question", [ANSWERED[0], "list papers that prune models", OFF_TOPIC[0], "???"]
)
def test_streamed_pieces_join_to_the_text_and_the_answer_comes_last(
    assistant: Assistant, question: str
) -> None:
    *pieces, last = assistant.stream(question)
    assert isinstance(last, Answer)
    assert "".join(str(piece) for piece in pieces) == last.text
    assert untimed(last) == untimed(assistant.ask(question))


def test_a_stream_reads_history_and_filters(assistant: Assistant) -> None:
    history = [("user", "What does FlexLLM do?"), ("assistant", "FlexLLM serves. [1]")]
    chosen = Filters(since=2024)
    *_, last = assistant.stream("How much memory does it save?", history, filters=chosen)
    assert isinstance(last, Answer)
    again = assistant.ask("How much memory does it save?", history, filters=chosen)
    assert untimed(last) == untimed(again)


def test_several_threads_ask_at_once(assistant: Assistant) -> None:
    questions = [*ANSWERED, *OFF_TOPIC] * 2
    alone = [untimed(assistant.ask(question)) for question in questions]
    with ThreadPoolExecutor(max_workers=6) as threads:
        together = list(threads.map(lambda question: untimed(assistant.ask(question)), questions))
    assert together == alone


# Refusing


@pytest.mark.parametrize("question", OFF_TOPIC)
def test_a_question_off_topic_is_refused_with_the_closest_papers(
    assistant: Assistant, question: str
) -> None:
    answer = assistant.ask(question)
    assert (answer.refused, answer.reason) == (True, "off_topic")
    assert answer.citations == ()
    assert not MARKER.search(answer.text)
    assert answer.hits[0].paper.title in answer.text


@pytest.mark.parametrize(("name", "question"), NO_DETAIL)
def test_what_a_named_paper_does_not_say_is_refused_and_the_paper_named(
    assistant: Assistant, name: str, question: str
) -> None:
    answer = assistant.ask(question)
    assert (answer.refused, answer.reason) == (True, "no_detail")
    assert answer.citations == ()
    assert answer.hits[0].paper.title.startswith(name)
    assert f"**{answer.hits[0].paper.title}**" in answer.text


@pytest.mark.parametrize("question", UNCLEAR)
def test_what_asks_nothing_is_refused_as_unclear(assistant: Assistant, question: str) -> None:
    answer = assistant.ask(question)
    assert (answer.refused, answer.reason) == (True, "unclear")
    assert answer.confidence == 0
    assert answer.citations == ()


@pytest.mark.parametrize("question", ["What does FlexLLM do?", "list all papers", "???"])
def test_an_empty_library_refuses_and_says_what_to_do(empty: Assistant, question: str) -> None:
    answer = empty.ask(question)
    assert (answer.refused, answer.reason) == (True, "empty_library")
    assert (answer.citations, answer.hits, answer.warnings) == ((), (), ())
    assert "Add papers" in answer.text


@pytest.mark.parametrize("question", ["", " ", "\n\t \u3000", "x" * (MAX_QUESTION + 1)])
def test_a_question_that_cannot_be_asked_is_an_error(assistant: Assistant, question: str) -> None:
    for asked in (assistant.ask, assistant.search, lambda q: list(assistant.stream(q))):
        with pytest.raises(QuestionError):
            asked(question)


def test_the_error_for_a_long_question_tells_both_numbers(assistant: Assistant) -> None:
    with pytest.raises(QuestionError, match=r"20,001 characters; at most 20,000"):
        assistant.ask("a" * 20_001)


@pytest.mark.parametrize(
    "question",
    [
        pytest.param("memory " * 2714, id="one word again and again"),
        pytest.param("x" * 19_000, id="one endless word"),
        pytest.param(" ".join(p.abstract for p in starter_papers())[:19_000], id="papers' text"),
    ],
)
def test_a_question_of_19000_characters_is_answered_or_refused(
    assistant: Assistant, question: str
) -> None:
    answer = assistant.ask(question)
    assert answer.refused is (answer.reason is not None)
    assert bool(answer.citations) is not answer.refused


# Whatever is typed

WORDS = st.sampled_from(
    "what how many which list papers FlexLLM NanoFlow compare and [1] ** 30% GPUs why it ? the of"
    " memory \n 多少 Wie viel ist [99] ](x) <b> \\ 🙂 ’ NAS 2".split(" ")
)


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(question=st.one_of(st.text(max_size=120), st.lists(WORDS, max_size=14).map(" ".join)))
def test_any_text_is_an_error_or_has_an_answer_whose_markers_are_cited(
    assistant: Assistant, question: str
) -> None:
    try:
        answer = assistant.ask(question)
    except QuestionError:
        assert not question.split()
        return
    cited = {citation.number for citation in answer.citations}
    assert {int(number) for number in MARKER.findall(answer.text)} == cited
    assert answer.refused is (answer.reason is not None)
    assert bool(cited) is not answer.refused
    assert answer.text
    json.dumps(answer.to_dict(), allow_nan=False)


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    history=st.lists(
        st.tuples(st.sampled_from(["user", "assistant"]), st.text(max_size=60)), max_size=4
    ),
    question=st.sampled_from(["And NanoFlow?", "why?", "What does FlexLLM do?", "the second one"]),
)
def test_any_history_leaves_a_question_that_can_be_answered_or_refused(
    assistant: Assistant, history: list[tuple[str, str]], question: str
) -> None:
    answer = assistant.ask(question, history)
    assert answer.understood
    assert bool(answer.citations) is not answer.refused
