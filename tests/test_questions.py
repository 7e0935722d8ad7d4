"""What a machine can check of the evaluation questions and paraphrases."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import pytest

from eval.questions import Question, load_questions, split
from eval.train.cases import TRAINING
from ingest.errors import ParseError

ROOT = Path(__file__).parents[1]
MINIMA = {
    "fact": 110,
    "find": 45,
    "list": 20,
    "compare": 18,
    "followup": 22,
    "unanswerable": 45,
    "adversarial": 14,
}
LONGEST_SHARED_RUN = 4

QUESTIONS = load_questions()


def _digests() -> dict[str, str]:
    lines = (ROOT / "ingest" / "starter" / "papers.jsonl").read_text("utf-8").splitlines()
    papers = [json.loads(line) for line in lines]
    return {paper["title"]: paper["digest"] for paper in papers}


DIGESTS = _digests()


def _paraphrases() -> list[dict[str, str]]:
    lines = (ROOT / "tests" / "paraphrases.jsonl").read_text("utf-8").splitlines()
    return [json.loads(line) for line in lines]


def _runs(text: str, length: int) -> set[tuple[str, ...]]:
    words = re.findall(r"[a-z0-9]+", text.lower())
    return {tuple(words[i : i + length]) for i in range(len(words) - length + 1)}


def _twice(values: Iterable[str]) -> list[str]:
    return [value for value, count in Counter(values).items() if count > 1]


def _library() -> str:
    return "\n".join(f"{title}\n{digest}" for title, digest in DIGESTS.items()).lower()


def test_there_are_enough_questions_of_every_kind() -> None:
    counts = Counter(str(question.kind) for question in QUESTIONS)
    assert {kind: counts[kind] for kind in MINIMA if counts[kind] < MINIMA[kind]} == {}


def test_ids_and_questions_are_unique() -> None:
    assert _twice(question.id for question in QUESTIONS) == []
    # The same words after another conversation are another question.
    assert _twice(f"{question.history}{question.question}" for question in QUESTIONS) == []


def test_every_title_is_a_paper_of_the_starter_library() -> None:
    for question in QUESTIONS:
        named = {*question.papers, *question.also_ok, *(e.paper for e in question.evidence)}
        if question.near is not None:
            named.add(question.near)
        assert named - DIGESTS.keys() == set(), question.id


def test_every_paper_has_a_fact_question() -> None:
    asked = {
        title for question in QUESTIONS if question.kind == "fact" for title in question.papers
    }
    assert DIGESTS.keys() - asked == set()


def test_every_evidence_sentence_is_verbatim_in_its_digest() -> None:
    for question in QUESTIONS:
        for evidence in question.evidence:
            assert evidence.sentence in DIGESTS[evidence.paper], question.id


def test_every_expected_paper_has_evidence_and_no_other_has() -> None:
    for question in QUESTIONS:
        assert {e.paper for e in question.evidence} == set(question.papers), question.id
        assert not set(question.papers) & set(question.also_ok), question.id


def test_the_evidence_and_the_titles_hold_every_required_string() -> None:
    for question in QUESTIONS:
        sources = " ".join([*(e.sentence for e in question.evidence), *question.papers]).lower()
        for any_of in question.answer_must:
            assert any(string.lower() in sources for string in any_of), (question.id, any_of)


def test_every_answerable_question_requires_some_string_and_no_other_does() -> None:
    for question in QUESTIONS:
        assert bool(question.answer_must) == question.answerable, question.id


def test_no_question_shares_a_run_of_five_words_with_its_evidence() -> None:
    for question in QUESTIONS:
        asked = _runs(question.question, LONGEST_SHARED_RUN + 1)
        for evidence in question.evidence:
            shared = asked & _runs(evidence.sentence, LONGEST_SHARED_RUN + 1)
            assert shared == set(), question.id


def test_unanswerable_questions_name_no_paper_as_expected() -> None:
    for question in QUESTIONS:
        if question.kind == "unanswerable":
            assert not question.answerable, question.id


def test_no_paper_mentions_what_a_question_calls_absent() -> None:
    library = _library()
    for question in QUESTIONS:
        assert [term for term in question.absent if term.lower() in library] == [], question.id


def test_on_topic_absences_name_their_terms_and_near_misses_their_paper() -> None:
    for question in QUESTIONS:
        if question.kind == "unanswerable":
            assert bool(question.absent) == question.note.startswith("on-topic"), question.id
            assert bool(question.near) == question.note.startswith("near miss"), question.id


def test_every_follow_up_has_a_history_that_ends_with_an_answer() -> None:
    for question in QUESTIONS:
        if question.kind == "followup":
            assert question.history, question.id
            assert question.history[-1][0] == "assistant", question.id


def test_lists_expect_two_to_eight_papers_with_one_requirement_each() -> None:
    for question in QUESTIONS:
        if question.kind == "list":
            assert 2 <= len(question.papers) <= 8, question.id
            assert len(question.answer_must) == len(question.papers), question.id


def test_comparisons_expect_at_least_two_papers() -> None:
    for question in QUESTIONS:
        if question.kind == "compare":
            assert len(question.papers) >= 2, question.id


def test_about_half_of_the_questions_are_for_tuning() -> None:
    share = Counter(split(question.id) for question in QUESTIONS)["dev"] / len(QUESTIONS)
    assert 0.4 < share < 0.6


def test_the_half_of_a_question_never_changes() -> None:
    # Figures of different months are comparable only as long as this holds.
    halves = [split(f"q{n:03d}") for n in range(1, 9)]
    assert halves == ["dev", "test", "dev", "dev", "test", "test", "test", "dev"]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("not json", "Expecting value"),
        ("[]", "not a JSON object"),
        ('{"id": "q2", "kind": "riddle", "question": "?"}', "kind is 'riddle'"),
        ('{"id": "q2", "kind": "fact", "question": " "}', "question is missing"),
        ('{"id": "q1", "kind": "fact", "question": "Why?"}', "twice"),
        ('{"id": "q2", "kind": "fact", "question": "Why?", "papers": "x"}', "papers"),
        ('{"id": "q2", "kind": "fact", "question": "Why?", "history": [["me", "x"]]}', "history"),
        ('{"id": "q2", "kind": "fact", "question": "Why?", "evidence": ["x"]}', "evidence"),
        ('{"id": "q2", "kind": "fact", "question": "Why?", "near": 3}', "near"),
    ],
)
def test_a_bad_line_is_reported_with_its_file_and_number(
    tmp_path: Path, line: str, reason: str
) -> None:
    path = tmp_path / "questions.jsonl"
    good = '{"id": "q1", "kind": "fact", "question": "What?"}'
    path.write_text(f"{good}\n\n{line}\n", "utf-8")
    with pytest.raises(ParseError, match=reason) as caught:
        load_questions(path)
    assert (caught.value.file, caught.value.record) == (str(path), 3)


def test_a_line_that_is_not_utf8_is_reported(tmp_path: Path) -> None:
    path = tmp_path / "questions.jsonl"
    path.write_bytes(b'{"id": "q1", "kind": "fact", "question": "caf\xe9"}\n')
    with pytest.raises(ParseError, match="utf-8"):
        load_questions(path)


def test_a_question_without_optional_fields_loads_with_empty_ones(tmp_path: Path) -> None:
    path = tmp_path / "questions.jsonl"
    path.write_text('{"id": "q1", "kind": "find", "question": "Which?"}\n', "utf-8")
    assert load_questions(path) == (Question(id="q1", kind="find", question="Which?"),)


def test_there_are_enough_paraphrases_and_none_twice() -> None:
    claims = [entry["claim"] for entry in _paraphrases()]
    assert len(claims) >= 120
    assert _twice(claims) == []


def test_every_paraphrase_rests_on_a_digest_in_other_words() -> None:
    for entry in _paraphrases():
        assert entry.keys() in ({"paper", "evidence", "claim"}, {"paper", "kind", "claim"})
        digest = DIGESTS[entry["paper"]]
        assert entry.get("evidence", digest) in digest, entry["claim"]
        shared = _runs(entry["claim"], 9) & _runs(entry.get("evidence", digest), 9)
        assert shared == set(), entry["claim"]


def test_the_training_lists_name_papers_of_their_own_library_only() -> None:
    known = set((TRAINING / "lists" / "papers.txt").read_text("utf-8").split())
    for line in (TRAINING / "lists" / "questions.jsonl").read_text("utf-8").splitlines():
        record = json.loads(line)
        named = [*record["papers"], *record["also_ok"]]
        assert len(set(named)) == len(named), record["question"]
        assert {*named, *record["evidence"]} <= known, record["question"]
        assert bool(record["papers"]) == (record["kind"] != "unanswerable"), record["question"]
