"""Does a passage bear a sentence out: by cases, by faults planted in true sentences, by rules."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eval.planted import plants
from ingest.embedders.static import StaticEmbedder
from ingest.sentences import sentence_spans, sentences
from rag.text.words import stem, words
from rag.verify.support import THRESHOLD, Support, SupportCheck

ROOT = Path(__file__).parent.parent
PAPERS = [
    json.loads(line)
    for line in (ROOT / "ingest/starter/papers.jsonl").read_text("utf-8").splitlines()
]
DIGESTS = {paper["title"]: paper["digest"] for paper in PAPERS}
CHECK = SupportCheck(StaticEmbedder())
LEXICAL = SupportCheck()

TITLE = "FastThing: Serving Large Language Models with Little Memory"
TEXT = (
    "FastThing is a serving system for large language models (LLMs). It cuts GPU memory by 30% and "
    "raises throughput by 2.5x over vLLM. FastThing does not need retraining. On a single A100 "
    "GPU, it serves a 7B model with 19.2 GB in 41 hours, and latency falls from 80 ms to 45 ms. "
    "FastThing outperforms SlowThing on three benchmarks."
)


def kinds(claim: str) -> set[str]:
    return {fault.kind for fault in CHECK(claim, TEXT, title=TITLE).faults if fault.hard}


@pytest.mark.parametrize(
    "claim",
    [
        pytest.param("FastThing reduces GPU memory by 30 percent.", id="percent in words"),
        pytest.param("Throughput is 2.5 times that of vLLM with FastThing.", id="x as times"),
        pytest.param("FastThing requires no retraining.", id="negation in other words"),
        pytest.param("FastThing lowers latency from 80 ms to 45 ms.", id="direction, other word"),
        pytest.param("FastThing beats SlowThing on three benchmarks.", id="comparison"),
        pytest.param("FastThing serves LLMs [1].", id="marker and acronym"),
        pytest.param("- **FastThing** does not need retraining [2].", id="list and emphasis"),
    ],
)
def test_a_true_paraphrase_is_supported(claim: str) -> None:
    support = CHECK(claim, TEXT, title=TITLE)
    assert support.supported, support


@pytest.mark.parametrize(
    ("claim", "kind"),
    [
        pytest.param("It cuts GPU memory by 40%.", "figure", id="figure changed"),
        pytest.param("It cuts GPU memory by 30x.", "unit", id="unit changed"),
        pytest.param("It serves a 7B model with 19.2 MB.", "unit", id="GB to MB"),
        pytest.param("Latency falls from 45 ms to 80 seconds.", "unit", id="ms to s"),
        pytest.param("Otherthing-X cuts GPU memory by 30%.", "name", id="name swapped"),
        pytest.param("It raises throughput by 2.5x over SGLang.", "name", id="comparison swapped"),
        pytest.param("FastThing needs retraining.", "negation", id="negation dropped"),
        pytest.param("It does not cut GPU memory by 30%.", "negation", id="negation added"),
        pytest.param("It raises GPU memory by 30%.", "direction", id="direction turned"),
        pytest.param("It lowers throughput by 2.5x over vLLM.", "direction", id="lowers"),
        pytest.param(
            "SlowThing outperforms FastThing on three benchmarks.", "direction", id="roles swapped"
        ),
        pytest.param("Latency falls from 45 ms to 80 ms.", "direction", id="change reversed"),
        pytest.param("FastThing serves a 7B model in 41 ms.", "unit", id="hours to ms"),
    ],
)  # fmt: skip
def test_a_wrong_sentence_names_its_fault(claim: str, kind: str) -> None:
    assert kind in kinds(claim)
    assert not CHECK(claim, TEXT, title=TITLE).supported


def test_every_fault_quotes_the_claim_and_gives_a_reason() -> None:
    claim = "Otherthing-X does not cut GPU memory by 40%."
    faults = CHECK(claim, TEXT, title=TITLE).faults
    assert {"figure", "name"} <= {fault.kind for fault in faults}
    for fault in faults:
        assert fault.reason
        if fault.kind != "uncovered":
            assert fault.words in claim


def test_a_name_that_only_the_title_has_is_no_fault() -> None:
    text = "The system cuts GPU memory by 30% and needs no retraining."
    claim = "FastThing cuts GPU memory by 30%."
    assert not CHECK(claim, text).supported
    assert CHECK(claim, text, title=TITLE).supported


def test_a_hard_fault_outweighs_a_high_score() -> None:
    faultless = CHECK("It cuts GPU memory by 30%.", TEXT, title=TITLE)
    support = CHECK("It cuts GPU memory by 31%.", TEXT, title=TITLE)
    assert support.score < faultless.score
    assert not support.supported


def test_spans_are_the_sentences_that_say_it() -> None:
    support = CHECK("FastThing beats SlowThing on three benchmarks.", TEXT, title=TITLE)
    assert [TEXT[start:end] for start, end in support.spans] == [sentences(TEXT)[-1]]


def test_a_claim_of_two_sentences_has_both_as_spans() -> None:
    claim = "FastThing needs no retraining and outperforms SlowThing on three benchmarks."
    found = CHECK(claim, TEXT, title=TITLE).spans
    assert {TEXT[start:end] for start, end in found} == {sentences(TEXT)[2], sentences(TEXT)[-1]}


@pytest.mark.parametrize(("claim", "evidence"), [("", TEXT), ("A claim.", ""), ("...", TEXT)])
def test_nothing_to_check_is_not_supported(claim: str, evidence: str) -> None:
    support = CHECK(claim, evidence)
    assert (support.score, support.spans, support.supported) == (0.0, (), False)


def test_an_unrelated_sentence_is_uncovered() -> None:
    support = CHECK("Penguins breed in large colonies on the ice.", TEXT, title=TITLE)
    assert not support.supported
    assert "Penguins" in support.faults[-1].words


def test_own_weights_may_replace_the_table_that_ships() -> None:
    check = SupportCheck(idf={"memor": 3.0})
    assert check("It cuts GPU memory by 30%.", TEXT, title=TITLE).supported


@pytest.mark.parametrize("embedder", [None, StaticEmbedder()], ids=["lexical", "vectors"])
def test_what_all_papers_of_a_collection_say_tells_little(embedder: StaticEmbedder | None) -> None:
    claim = "Pangolins carry coronaviruses."
    text = "We review how coronaviruses spread in hospitals."
    collection = [f"Coronaviruses, part {number}." for number in range(40)]
    among_others = SupportCheck(embedder)(claim, text)
    among_its_like = SupportCheck(embedder, collection=collection)(claim, text)
    assert among_its_like.score < among_others.score


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("quantization", "quantised"),
        ("efficiently", "efficiency"),
        ("reduction", "reduces"),
        ("optimiser", "optimization"),
        ("analyses", "analysis"),
        ("stable", "stability"),
        ("queries", "query"),
        ("better", "best"),
    ],
)
def test_forms_of_a_word_share_a_stem(one: str, other: str) -> None:
    assert stem(one) == stem(other)


@given(st.text(max_size=300))
def test_words_are_slices_in_order(text: str) -> None:
    found = words(text)
    assert [text[word.start : word.end] for word in found] == [word.text for word in found]
    assert all(a.end <= b.start for a, b in zip(found, found[1:], strict=False))


@settings(deadline=None)
@given(st.text(max_size=200), st.text(max_size=400), st.text(max_size=60))
def test_any_text_gives_a_score_between_0_and_1_and_spans_of_sentences(
    claim: str, evidence: str, title: str
) -> None:
    support = CHECK(claim, evidence, title=title)
    assert 0.0 <= support.score <= 1.0
    assert set(support.spans) <= set(sentence_spans(evidence))
    assert list(support.spans) == sorted(support.spans)


@pytest.mark.parametrize("check", [CHECK, LEXICAL], ids=["vectors", "lexical"])
def test_a_verbatim_sentence_is_always_fully_supported(check: SupportCheck) -> None:
    for title, digest in DIGESTS.items():
        for start, end in sentence_spans(digest):
            support = check(digest[start:end], digest, title=title)
            assert support == Support(1.0, (), ((start, end),))


# Faults planted in true sentences. Floors are what the brief of this check asks for on verbatim
# sentences, and what it reached on paraphrases on 2026-11-23 (eval/LOG.md) less some slack.


@dataclass(frozen=True, slots=True)
class Rates:
    """Shares flagged, in [0, 1]: of true sentences, and of each kind of fault."""

    alarms: float
    caught: dict[str, float]


def _verbatim() -> Iterator[tuple[str, str]]:
    for title, digest in DIGESTS.items():
        for sentence in sentences(digest):
            yield title, sentence


def _paraphrases(name: str) -> Iterator[tuple[str, str]]:
    for line in (ROOT / "tests" / name).read_text("utf-8").splitlines():
        entry = json.loads(line)
        yield entry["paper"], entry["claim"]


@cache
def rates(source: str) -> Rates:
    pairs = list(_verbatim() if source == "verbatim" else _paraphrases(source))
    random = Random(0)
    titles = list(DIGESTS)
    flagged: dict[str, list[bool]] = {"true": [], "foreign": []}

    def check(kind: str, sentence: str, title: str) -> None:
        support = CHECK(sentence, DIGESTS[title], title=title)
        flagged.setdefault(kind, []).append(not support.supported)

    for title, sentence in pairs:
        check("true", sentence, title)
        check("foreign", sentence, random.choice([other for other in titles if other != title]))
        for kind, plant in plants(titles).items():
            changed = plant(sentence, random)
            if changed is not None and changed != sentence:
                check(kind, changed, title)
    shares = {kind: sum(values) / len(values) for kind, values in flagged.items()}
    return Rates(shares.pop("true"), shares)


@pytest.mark.parametrize(
    ("source", "most"),
    [
        pytest.param("verbatim", 0.0, marks=pytest.mark.slow),
        pytest.param("paraphrases_tune.jsonl", 0.06, marks=pytest.mark.slow),
        ("paraphrases.jsonl", 0.08),
    ],
)
def test_few_true_sentences_are_flagged(source: str, most: float) -> None:
    assert rates(source).alarms <= most


@pytest.mark.parametrize(
    ("source", "kind", "least"),
    [
        ("verbatim", "figure", 0.99),
        ("verbatim", "name", 0.97),
        ("verbatim", "negation", 0.90),
        ("verbatim", "direction", 0.93),
        ("verbatim", "unit", 0.95),
        ("verbatim", "foreign", 0.97),
        pytest.param("paraphrases_tune.jsonl", "figure", 0.95, marks=pytest.mark.slow),
        pytest.param("paraphrases_tune.jsonl", "name", 0.97, marks=pytest.mark.slow),
        pytest.param("paraphrases_tune.jsonl", "negation", 0.45, marks=pytest.mark.slow),
        pytest.param("paraphrases_tune.jsonl", "direction", 0.45, marks=pytest.mark.slow),
        pytest.param("paraphrases_tune.jsonl", "unit", 0.95, marks=pytest.mark.slow),
        pytest.param("paraphrases_tune.jsonl", "foreign", 0.97, marks=pytest.mark.slow),
        ("paraphrases.jsonl", "figure", 0.95),
        ("paraphrases.jsonl", "name", 0.97),
        ("paraphrases.jsonl", "negation", 0.55),
        ("paraphrases.jsonl", "direction", 0.52),
        ("paraphrases.jsonl", "unit", 0.95),
        ("paraphrases.jsonl", "foreign", 0.97),
    ],
)
def test_planted_faults_are_flagged(source: str, kind: str, least: float) -> None:
    assert rates(source).caught[kind] >= least


def test_the_threshold_is_a_probability() -> None:
    assert 0.0 < THRESHOLD < 1.0
