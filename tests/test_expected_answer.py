"""What a question's words ask for: a figure of which measure, a name, a reason, a manner, parts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.read.expected_answer import ExpectedAnswer, expected_answer
from rag.text.figures import figures


@pytest.mark.parametrize(
    ("question", "measure"),
    [
        ("How long does training take?", "seconds"),
        ("In how many hours is it done?", "seconds"),
        ("how much time is saved", "seconds"),
        ("What is the latency in ms?", "seconds"),
        ("How many days did it run?", "seconds"),
        ("What does it cost in dollars?", "money"),
        ("How many euros?", "money"),
        ("what $ figure is given", "money"),
        ("How much memory does FlexLLM save?", "bytes"),
        ("How much GPU memory is needed?", "bytes"),
        ("how many GB are left", "bytes"),
        ("How big is the memory footprint?", "bytes"),
        ("How many watts does it draw?", "watts"),
        ("How much power is drawn?", "watts"),
        ("how much energy in kWh", "joules"),
        ("What percentage of requests is lost?", "percent"),
        ("What share of the nodes?", "percent"),
        ("By how many percent?", "percent"),
        ("By how much is it faster?", "times"),
        ("How much faster is vAttention?", "times"),
        ("How many times cheaper is it?", "times"),
        ("What speedup is reached?", "times"),
        ("how much does it reduce traffic", "percent"),
        ("What accuracy does it reach?", "percent"),
        ("Which BLEU score?", "points"),
        ("How many GPUs are used?", "count"),
        ("number of languages", "count"),
        ("How few samples suffice?", "count"),
        ("How much does it matter?", "any"),
        ("How long a context can it handle?", "any"),
        ("What is the peak throughput?", "any"),
        ("what is the maximum batch size", "any"),
    ],
)
def test_a_figure_is_asked_for(question: str, measure: str) -> None:
    found = expected_answer(question)
    assert found.figure
    assert measure in found.measures


@pytest.mark.parametrize(
    "question",
    [
        "What is FlexLLM?",
        "How does vAttention work?",
        "Why is NAS evaluation hard?",
        "Which papers treat pruning?",
        "Who built Redco?",
        "How is importance scored?",
        "Which norm is used to judge how much a weight matters?",
        "",
        "???",
    ],
)
def test_no_figure_is_asked_for(question: str) -> None:
    found = expected_answer(question)
    assert not found.figure
    assert found.measures == frozenset()


@pytest.mark.parametrize(
    ("question", "counted"),
    [
        ("How many GPUs are there?", {"gpu"}),
        ("How many trillion tokens were seen?", {"token"}),
        ("number of languages", {"languag"}),
        ("How many attention layers?", {"attent", "layer"}),
        ("how few samples?", {"sampl"}),
        ("How much memory?", set()),
        ("What is it?", set()),
    ],
)
def test_the_nouns_that_are_counted_are_kept_as_stems(question: str, counted: set[str]) -> None:
    assert counted <= expected_answer(question).counted
    assert bool(counted) is bool(expected_answer(question).counted)


@pytest.mark.parametrize(
    ("kind", "question"),
    [
        ("name", "Who wrote Redco?"),
        ("name", "Which benchmark is used?"),
        ("name", "On which data sets is it tested?"),
        ("name", "What GPUs does it run on?"),
        ("name", "what large language models were tuned?"),
        ("name", "Which baselines are beaten?"),
        ("name", "What is it compared with?"),
        ("name", "What is the scheduler called?"),
        ("name", "the name of the dataset"),
        ("reason", "Why is NAS evaluation hard?"),
        ("reason", "What is the reason for the delay?"),
        ("reason", "What causes cold starts?"),
        ("reason", "what's the problem with paging"),
        ("manner", "How does vAttention work?"),
        ("manner", "How is importance scored?"),
        ("manner", "how do they split layers"),
        ("manner", "By what mechanism are requests moved?"),
        ("manner", "What is the trick?"),
        ("manner", "What is the main idea?"),
        ("parts", "What are the three components of TriAdaptLoRA?"),
        ("parts", "Which two phases are split?"),
        ("parts", "What are the challenges?"),
        ("parts", "name four main kinds of routing"),
        ("parts", "What do both have in common?"),
    ],
)
def test_a_question_wants(kind: str, question: str) -> None:
    assert getattr(expected_answer(question), kind) is True


@pytest.mark.parametrize(
    ("kind", "question"),
    [
        ("name", "How fast is it?"),
        ("name", "Why is it slow?"),
        ("reason", "How fast is it?"),
        ("reason", "Who wrote Redco?"),
        ("manner", "Why is it slow?"),
        ("manner", "How many GPUs are used?"),
        ("parts", "What is FlexLLM?"),
        ("parts", "How many GPUs?"),
    ],
)
def test_a_question_does_not_want(kind: str, question: str) -> None:
    assert getattr(expected_answer(question), kind) is False


@pytest.mark.parametrize(
    ("question", "text", "fits"),
    [
        pytest.param("How long does it take?", "It takes 41 hours.", True, id="hours"),
        pytest.param("How long does it take?", "It takes 12 GPUs.", False, id="GPUs are no time"),
        pytest.param("How much memory?", "It needs 19.2GB.", True, id="gigabytes"),
        pytest.param("How much memory?", "It saves 36% of it.", True, id="a share of memory"),
        pytest.param("How much memory?", "It takes 41 hours.", False, id="hours are no memory"),
        pytest.param("What does it cost in dollars?", "It costs $5,000.", True, id="dollars"),
        pytest.param("How much faster is it?", "It is 4.48x faster.", True, id="times"),
        pytest.param("How much faster is it?", "It has 12 layers.", False, id="layers"),
        pytest.param("What percentage?", "It is 3% off.", True, id="percent"),
        pytest.param("What percentage?", "It is 3x as fast.", False, id="times are no percent"),
        pytest.param("How many GPUs?", "It uses 12,288 GPUs.", True, id="the thing counted"),
        pytest.param("How many GPUs?", "It speaks 100 languages.", False, id="another thing"),
        pytest.param("How many GPUs?", "It takes 41 hours.", False, id="a measure is no count"),
        pytest.param("How many GPUs?", "It runs on GPT-4.", False, id="inside a name"),
        pytest.param("How much does it matter?", "It takes 41 hours.", True, id="any measure"),
        pytest.param("How much does it matter?", "It runs on GPT-4.", False, id="any but a name"),
        pytest.param("What is it?", "It takes 41 hours.", False, id="no figure is asked for"),
    ],
)
def test_a_figure_fits_what_is_asked(question: str, text: str, fits: bool) -> None:
    (figure,) = figures(text)
    assert expected_answer(question).fits(figure) is fits


def test_a_count_without_a_noun_asked_for_fits_any_count() -> None:
    (figure,) = figures("It uses 12,288 GPUs.")
    counts = ExpectedAnswer(frozenset({"count"}), frozenset(), False, False, False, False)
    assert counts.fits(figure)


@given(st.text(max_size=80))
def test_any_text_can_be_read_for_what_it_wants(text: str) -> None:
    found = expected_answer(text)
    assert found.figure is bool(found.measures)
    assert all(stem == stem.casefold() for stem in found.counted)
