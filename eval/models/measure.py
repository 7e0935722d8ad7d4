"""A model's written answers beside the quoted ones: right and cited, and how long they take.

    python -m eval.models.measure --llm openai/smollm2-135m [--profile small] [--number 40]

Asks the starter papers the answerable questions of a file, each kind in its share, without a model
and with it. "Right" is by the words that the answer must have, and the papers it must cite. With
``--out`` every sentence is written down with its mark, to be judged by a person: whether a mark is
right, only that tells.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from eval.answers import by_title, support_judge
from eval.judge import Row, judge
from eval.questions import Question, load_questions
from eval.reports.table import grid
from rag.answer import Answer
from rag.assistant import Assistant

QUESTIONS = Path(__file__).parents[1] / "strangers" / "p-page.jsonl"


@dataclass(frozen=True, slots=True)
class Asked:
    """One answer, judged; ``first`` are the seconds to its first words, 0 where none came."""

    answer: Answer
    row: Row
    first: float


def chosen(questions: Sequence[Question], number: int) -> list[Question]:
    """``number`` answerable questions without a conversation before, each kind in its share."""
    by_kind: dict[str, list[Question]] = defaultdict(list)
    fit = [q for q in questions if q.answerable and not q.history]
    for question in fit:
        by_kind[question.kind].append(question)
    found: list[Question] = []
    for own in by_kind.values():
        most = max(1, round(number * len(own) / len(fit)))
        found += own[:: max(1, len(own) // most)][:most]
    return found[:number]


def asked(assistant: Assistant, questions: Sequence[Question]) -> Iterator[Asked]:
    """Every question asked of ``assistant``, and judged."""
    supports = support_judge()
    for question in questions:
        began = time.perf_counter()
        first = 0.0
        for piece in assistant.stream(question.question):
            if isinstance(piece, Answer):
                answer = piece
            elif piece and not first:
                first = time.perf_counter() - began
        seconds = time.perf_counter() - began
        yield Asked(answer, judge(question, answer, supports, seconds), first)


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--llm", required=True, help="the model, as `askpapers ask` takes it")
    parser.add_argument("--profile", help="small, large or auto")
    parser.add_argument("--questions", type=Path, default=QUESTIONS, metavar="FILE")
    parser.add_argument("--number", type=int, default=40, help="questions (%(default)s)")
    parser.add_argument("--out", type=Path, help="write every sentence down here, a JSON line each")
    args = parser.parse_args(argv)
    table = grid("answers", "right", "written", "sentences", "marked", "first", "total")
    with (
        tempfile.TemporaryDirectory() as place,
        Assistant.open(place, llm=args.llm, profile=args.profile, starter=True) as writing,
    ):
        papers = {paper.id: paper for paper in writing.library.papers()}
        questions = [
            by_title(q, papers) for q in chosen(load_questions(args.questions), args.number)
        ]
        for name, assistant in (("quoted", writing.with_llm("quoted")), (args.llm, writing)):
            found = list(asked(assistant, questions))
            table.add_row(name, *_cells(found))
            if args.out and assistant is writing:
                _write(args.out, found)
    Console().print(table)
    return 0


def _cells(found: Sequence[Asked]) -> Iterator[str]:
    verdicts = Counter(one.row.verdict for one in found)
    written = [one for one in found if one.answer.mode == "written"]
    sentences = [s for one in written for s in one.answer.sentences]
    yield f"{verdicts['right']}/{len(found)}"
    yield f"{sum(one.row.verdict == 'right' for one in written)}/{len(written)}"
    yield str(len(sentences))
    yield str(sum(sentence.marked for sentence in sentences))
    yield f"{statistics.median(one.first for one in found):.1f} s"
    yield f"{statistics.median(one.row.seconds for one in found):.1f} s"


def _write(out: Path, found: Sequence[Asked]) -> None:
    with out.open("w", encoding="utf-8") as lines:
        for one in found:
            answer = one.answer
            facts = {
                "question": one.row.question,
                "verdict": one.row.verdict,
                "mode": answer.mode,
                "text": answer.text,
                "must": one.row.must,
                "warnings": answer.warnings,
                "first": round(one.first, 2),
                "seconds": round(one.row.seconds, 2),
                "sentences": [
                    {"said": answer.text[s.start : s.end], "verdict": s.verdict, "why": s.reason}
                    for s in answer.sentences
                ],
                "quotes": [citation.quote for citation in answer.citations],
            }
            lines.write(json.dumps(facts, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    sys.exit(main())
