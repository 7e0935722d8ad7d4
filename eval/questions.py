"""Questions with known answers, and which of them may be used for tuning."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast, get_args

from ingest.errors import ParseError

Kind = Literal["fact", "find", "list", "compare", "followup", "unanswerable", "adversarial"]
Split = Literal["dev", "test"]
Turn = tuple[Literal["user", "assistant"], str]
Style = Literal["lay", "expert"]

# What other authors call their kinds.
_KINDS: Mapping[str, Kind] = {
    **dict.fromkeys(("yesno", "why", "two-part", "define", "premise"), "fact"),
    **dict.fromkeys(("near", "off"), "unanswerable"),
}

QUESTIONS_FILE = Path(__file__).with_name("questions.jsonl")


@dataclass(frozen=True, slots=True)
class Evidence:
    """One verbatim sentence of a paper that an answer can rest on.

    ``number``: its place in the abstract instead, from 0, where the text may not be handed on.
    """

    paper: str
    sentence: str = ""
    number: int | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """One question with the papers, sentences and strings that a right answer goes back to."""

    id: str
    kind: Kind
    question: str
    history: tuple[Turn, ...] = ()
    papers: tuple[str, ...] = ()  # none where the assistant should refuse
    evidence: tuple[Evidence, ...] = ()
    # Of every tuple, one string has to occur in a right answer, whatever its case.
    answer_must: tuple[tuple[str, ...], ...] = ()
    note: str = ""
    also_ok: tuple[str, ...] = ()  # a list may name these papers or leave them out
    absent: tuple[str, ...] = ()  # terms that no paper mentions
    near: str | None = None  # the paper that comes close but doesn't say
    style: Style | None = None  # in the words of a layman, or of the paper's own field

    @property
    def answerable(self) -> bool:
        """Whether the papers hold an answer: otherwise the assistant should refuse."""
        return bool(self.papers)

    @classmethod
    def from_dict(cls, fields: Mapping[str, Any]) -> Question:
        """The question of one line's fields, unknown ones ignored; ValueError where it is none."""
        kind: Any = _KINDS.get(str(fields.get("kind")), fields.get("kind"))
        if kind not in get_args(Kind):
            known = (*get_args(Kind), *_KINDS)
            raise ValueError(f"kind is {fields.get('kind')!r}, not one of {known}")
        style = fields.get("style")
        if style not in (None, *get_args(Style)):
            raise ValueError(f"style is {style!r}, not one of {get_args(Style)}")
        near = fields.get("near")
        if near is not None and not isinstance(near, str):
            raise ValueError("near isn't text")
        return cls(
            id=_text(fields, "id"),
            kind=cast(Kind, kind),
            question=_text(fields, "question"),
            history=tuple(_turn(turn) for turn in _list(fields, "history")),
            papers=_texts(fields, "papers"),
            evidence=_all_evidence(fields.get("evidence", [])),
            answer_must=tuple(
                _strings(any_of, "answer_must") for any_of in _list(fields, "answer_must")
            ),
            note=_text(fields, "note", default=""),
            also_ok=_texts(fields, "also_ok"),
            absent=_texts(fields, "absent"),
            near=near,
            style=style,
        )


def load_questions(path: Path | str = QUESTIONS_FILE) -> tuple[Question, ...]:
    """All questions of a JSON Lines file, in its order; ParseError names the first bad line."""
    questions: dict[str, Question] = {}
    with Path(path).open("rb") as lines:
        for number, line in enumerate(lines, start=1):
            if not line.strip():
                continue
            try:
                # UnicodeDecodeError and JSONDecodeError are ValueErrors too.
                fields = json.loads(line.decode("utf-8"))
                if not isinstance(fields, dict):
                    raise ValueError("not a JSON object")
                question = Question.from_dict(fields)
                if question.id in questions:
                    raise ValueError(f"id {question.id!r} is there twice")
            except ValueError as error:
                raise ParseError(str(path), str(error), record=number) from error
            questions[question.id] = question
    return tuple(questions.values())


def split(question_id: str) -> Split:
    """The half that a question belongs to: tune on dev, report on test."""
    # A hash stays put when questions are added or reordered, and nobody can pick the halves.
    return "dev" if hashlib.sha256(question_id.encode()).digest()[0] % 2 == 0 else "test"


def _text(fields: Mapping[str, Any], name: str, default: str | None = None) -> str:
    value = fields.get(name, default)
    # An empty note is fine; an empty id or question is not.
    if not isinstance(value, str) or (default is None and not value.strip()):
        raise ValueError(f"{name} is missing or isn't text")
    return value


def _list(fields: Mapping[str, Any], name: str) -> list[Any]:
    value = fields.get(name, [])
    if not isinstance(value, list):
        raise ValueError(f"{name} isn't a list")
    return value


def _strings(value: object, name: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise ValueError(f"{name} isn't a list of strings")
    return tuple(value)


def _texts(fields: Mapping[str, Any], name: str) -> tuple[str, ...]:
    return _strings(fields.get(name, []), name)


def _turn(value: object) -> Turn:
    match value:
        case ["user", str(said)]:
            return "user", said
        case ["assistant", str(said)]:
            return "assistant", said
    raise ValueError("history isn't a list of [speaker, text]")


def _all_evidence(value: object) -> tuple[Evidence, ...]:
    """Of a list of sentences, or of ``{paper: [sentence numbers]}``."""
    match value:
        case dict():
            return tuple(
                Evidence(str(paper), number=int(row))
                for paper, rows in value.items()
                for row in rows
            )
        case list():
            return tuple(_evidence(entry) for entry in value)
    raise ValueError("evidence is neither a list nor sentence numbers by paper")


def _evidence(value: object) -> Evidence:
    match value:
        case {"paper": str(paper), "sentence": str(sentence)}:
            return Evidence(paper, sentence)
    raise ValueError("evidence isn't a list of {paper, sentence}")
