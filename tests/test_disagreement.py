"""Where papers disagree: sentences that point apart, side by side, or an honest no."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from command_line import run
from stock import starter_library

from ingest.filters import Filters
from ingest.library import Library
from ingest.paper import Paper
from rag.assistant import Assistant
from rag.read.disagreement import ASIDE, disagreement_asked
from rag.verify.apart import pairs_apart
from ui.chat.prose import Prose

ASKED = {
    "Where do papers disagree on chain-of-thought?": "chain-of-thought",
    "where do the papers disagree about warmup": "warmup",
    "Do the papers contradict each other about synthetic data?": "synthetic data",
    "Please show me conflicting results on model merging": "model merging",
    "Which papers report contradictory findings regarding LoRA?": "LoRA",
    "Is there any disagreement about the effect of dropout?": "dropout",
    "Is there a debate among researchers about whether weight decay helps?": "weight decay",
    "What are the controversies around scaling laws?": "scaling laws",
    "Is the evidence on early exit mixed?": "early exit",
    "Do studies agree on label smoothing?": "label smoothing",
    "Are there opposing opinions over prompt tuning in these papers?": "prompt tuning",
    "Is self-correction controversial?": "self-correction",
}
OTHERS = (
    "Where do papers disagree?",
    "Do they disagree on it?",
    "Which papers handle conflicting instructions?",
    "papers on annotators who disagree",
    "How does multi-agent debate improve factuality?",
    "How are contradictions in retrieved texts found?",
    "What results does LoRA have on GLUE?",
)


@pytest.mark.parametrize(("said", "topic"), ASKED.items(), ids=ASKED)
def test_disagreement_is_asked_for_in_words(said: str, topic: str) -> None:
    assert disagreement_asked(said) == topic


@pytest.mark.parametrize("said", OTHERS)
def test_what_is_about_disagreement_alone_asks_for_none(said: str) -> None:
    assert disagreement_asked(said) is None


APART = [
    ("curriculum learning", "We find that curriculum learning improves accuracy on arithmetic.",
     "Our experiments show that curriculum learning degrades performance."),
    ("label smoothing", "We show that label smoothing helps translation models.",
     "Label smoothing has no effect on translation quality."),
    ("dropout", "Across five corpora, dropout consistently boosts generalization.",
     "We find that dropout does not improve generalization."),
    ("early exit", "Early exit reduces latency by 40% on phones.",
     "On real devices, early exit increases latency because batches break up."),
    ("weight decay", "Results show that weight decay is essential.",
     "We observe that weight decay is unnecessary when batches are large."),
    ("prompt tuning", "Experiments demonstrate that prompt tuning outperforms full fine-tuning.",
     "Our study finds that prompt tuning underperforms full fine-tuning."),
    ("contrastive pretraining", "Retrieval models benefit from contrastive pretraining.",
     "Retrieval models do not benefit from contrastive pretraining."),
    ("back-translation", "Models trained with back-translation achieve higher accuracy.",
     "Models trained with back-translation perform worse than others."),
    ("chain-of-thought", "Chain-of-thought (CoT) prompting has been shown to improve accuracy.",
     "We find that CoT often yields limited gains."),
]  # fmt: skip
NOT_APART = [
    # the same direction
    ("dropout", "We find that dropout improves accuracy.", "Dropout boosts accuracy."),
    ("dropout", "Dropout doesn't hurt accuracy.", "Dropout improves accuracy."),
    # of something else
    ("dropout", "We find that dropout improves calibration.", "We find that dropout hurts speed."),
    # another kind of it, or a system of one's own
    ("prompts", "Short safety prompts improve accuracy.", "Few visual prompts hurt accuracy."),
    ("LoRA", "Our LoRA improves accuracy.", "We find that LoRA hurts accuracy."),
    ("LoRA", "We propose X, where LoRA improves accuracy.", "We find that LoRA hurts accuracy."),
    ("CoT", "NF-CoT improves accuracy.", "We find that CoT hurts accuracy."),
    # it is done to the topic, or it is only what it is for
    ("tool use", "Tool use is hampered by slow servers.", "Tool use improves accuracy."),
    ("dropout", "Dropout is tried to improve accuracy.", "We find that dropout hurts accuracy."),
    # nobody knows yet
    ("dropout", "It is unclear whether dropout helps.", "We find that dropout hurts accuracy."),
    # good and bad at once
    ("dropout", "Dropout helps speed, but dropout hurts accuracy.", "Dropout improves accuracy."),
]  # fmt: skip


def papers(one: str, other: str) -> list[Paper]:
    return [Paper("one", "A first study", one), Paper("other", "Another study", other)]


@pytest.mark.parametrize(("topic", "good", "bad"), APART)
def test_opposite_findings_of_two_papers_are_a_pair(topic: str, good: str, bad: str) -> None:
    for some in (papers(good, bad), papers(bad, good)):
        (pair,) = pairs_apart(topic, some)
        said = [paper.abstract[slice(*span)] for paper, span in (pair.first, pair.second)]
        assert said == [good, bad]


@pytest.mark.parametrize(("topic", "one", "other"), NOT_APART)
def test_what_only_seems_opposite_is_none(topic: str, one: str, other: str) -> None:
    assert pairs_apart(topic, papers(one, other)) == ()


def test_one_paper_doesnt_disagree_with_itself() -> None:
    both = "We find that dropout improves accuracy. Yet dropout hurts accuracy."
    assert pairs_apart("dropout", papers(both, "Nothing on it.")) == ()


@pytest.fixture(scope="module")
def assistant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    """A library with one dispute, among papers on other things."""
    place = starter_library(tmp_path_factory.mktemp("dispute"))
    topic, good, bad = APART[0]
    with Library.open(place) as library:
        library.put(
            [
                Paper("arxiv:2501.00001", f"On {topic}", f"Ordered data is old. {good}", year=2024),
                Paper("arxiv:2501.00002", f"{topic} again", f"Data has an order. {bad}", year=2025),
            ]
        )
    with Assistant.open(place, llm="quoted") as assistant:
        yield assistant


def test_the_answer_sets_the_sentences_side_by_side_each_cited(assistant: Assistant) -> None:
    answer = assistant.ask("Where do papers disagree on curriculum learning?")
    assert not answer.refused
    assert ASIDE in answer.text and "may" in answer.text
    assert [citation.quote for citation in answer.citations] == list(APART[0][1:])
    for number, sentence in enumerate(answer.sentences, 1):
        said = answer.text[sentence.start : sentence.end]
        assert said == f"{APART[0][number]} [{number}]"
    assert Prose.of(answer, 1).html().count("ap-cite") == 2


def test_filters_hold_for_it(assistant: Assistant) -> None:
    answer = assistant.ask(
        "Where do papers disagree on curriculum learning?", filters=Filters(since=2025)
    )
    assert answer.refused


def test_where_none_point_apart_it_says_so_and_names_the_closest(assistant: Assistant) -> None:
    answer = assistant.ask("Do the papers contradict each other about pruning?")
    assert (answer.refused, answer.reason) == (True, "no_detail")
    assert "no two papers here that say opposite things about “pruning”" in answer.text
    assert "only abstracts are read" in answer.text and "**" in answer.text
    assert answer.hits


def test_what_no_paper_is_about_is_refused_as_ever(assistant: Assistant) -> None:
    answer = assistant.ask("Where do papers disagree on the cup final of 1974?")
    assert (answer.refused, answer.reason) == (True, "off_topic")


def test_it_may_be_asked_in_a_conversation(assistant: Assistant) -> None:
    first = assistant.ask("Which papers are about curriculum learning?")
    history = [("user", first.question), ("assistant", first.text)]
    answer = assistant.ask("where do papers disagree on curriculum learning?", history)
    assert len(answer.citations) == 2


def test_the_command_answers_it_too(
    capsys: pytest.CaptureFixture[str], assistant: Assistant
) -> None:
    place = assistant.library.directory
    ran = run(capsys, "ask", "conflicting results on curriculum learning", "--json",
              "--library", place)  # fmt: skip
    assert ran.code == 0
    assert len(json.loads(ran.out)["citations"]) == 2
