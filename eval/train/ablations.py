"""What each part of the road from question to answer is worth: the figures with it turned off.

    python -m eval.train.ablations [--json OUT]

Both halves of the bundled questions over the starter library, one Markdown table a half: figures in
percent, and the difference that the part makes to all questions with its 95% bootstrap interval.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np

from eval.answers import ask_all, assistant_asker, held, support_judge
from eval.judge import Row, Supports
from eval.metrics import interval, mean
from eval.questions import Question, load_questions, split
from eval.reports.summary import kinds, refusal
from ingest.library import Library
from ingest.paper import title_key
from rag.abstain import shipped_weights
from rag.answer import Answer
from rag.assistant import Assistant
from rag.read.rank import MEMBER_FEATURES
from rag.read.weights import Linear, Weights

FIXED_K = 3  # papers in every list, where none is learned to belong: the median of dev's lists
_KIND_OF_ANSWER = "figure unit name cause manner parts figure_unasked".split()
_FIGURES = {"list": "list F1"}  # of the other kinds: right and cited


@dataclass(frozen=True, slots=True)
class Part:
    """One part turned off: other weights, another share of BM25, or functions stood in for."""

    name: str
    weights: Callable[[Weights], Weights] = lambda weights: weights
    lexical_share: float | None = None
    off: Callable[[], AbstractContextManager[Any]] = nullcontext
    without_history: bool = False


def _only(model: Linear, **weights: float) -> Linear:
    """The model with these coefficients and no others."""
    kept = np.array([weights.get(feature, 0.0) for feature in model.features])
    return replace(model, weights=kept, bias=weights.get("bias", 0.0))


def _without_kind_of_answer(weights: Weights) -> Weights:
    model = weights.sentence
    kept = {
        feature: float(weight)
        for feature, weight in zip(model.features, model.weights, strict=True)
        if feature not in _KIND_OF_ANSWER
    }
    return replace(weights, sentence=_only(model, **kept))


def _first_ranks(weights: Weights) -> Weights:
    """Certainty for the first ``FIXED_K`` papers, none for the rest."""
    assert MEMBER_FEATURES[-1] == "rank"  # in thirtieths
    steep = 600.0
    fixed = _only(weights.member, rank=-steep, bias=steep * (FIXED_K - 0.5) / 30)
    return replace(weights, member=fixed)


def _never_refusing(weights: Weights) -> Weights:
    return replace(weights, answerable=replace(weights.answerable, bias=1000.0))


@contextmanager
def _standing_in(**functions: object) -> Iterator[None]:
    """While it lasts, functions of the reader or the assistant ("module_name") are others."""
    with ExitStack() as stack:
        for name, other in functions.items():
            module, _, function = name.partition("_")
            stack.enter_context(mock.patch(f"rag.{module}.{function}", other))
        yield


PARTS = (
    Part("nothing off"),
    Part("dense search", lexical_share=1.0),
    Part("lexical search", lexical_share=0.0),
    Part("re-ranking of papers", lambda w: replace(w, paper=_only(w.paper, dense=1.0))),
    Part(
        "learned sentence ranker (overlap and cosine instead)",
        lambda w: replace(w, sentence=_only(w.sentence, exact=1.0, cosine=1.0)),
    ),
    Part("kind-of-answer features", _without_kind_of_answer),
    Part(
        "names",
        off=lambda: _standing_in(
            reader_named_hits=lambda *_: [], reader_surely_named=lambda *_: False
        ),
    ),
    Part(f"list membership (the first {FIXED_K} instead)", _first_ranks),
    Part("open questions as lists", off=lambda: _standing_in(reader_leaves_open=lambda _: False)),
    Part("follow-ups", without_history=True),
    Part("refusing", _never_refusing),
    Part(
        "contradicted premises",
        off=lambda: _standing_in(extractive_contradicted_figure=lambda *_: None),
    ),
)


def rows_without(
    part: Part, library: Library, questions: Sequence[Question], supports: Supports
) -> list[Row]:
    """The judged answers to ``questions`` with one part off."""
    weights = part.weights(shipped_weights(in_context=True))  # as suits the default embedder
    assistant = Assistant(library, lexical_share=part.lexical_share, weights=weights)
    ask: Callable[[Question], Answer] = assistant_asker(assistant)
    if part.without_history:
        ask = lambda question: assistant.ask(question.question)  # noqa: E731
    with part.off():
        return ask_all(questions, ask, supports)


def figures(rows: Sequence[Row], whole: Sequence[Row]) -> dict[str, float | tuple[float, float]]:
    """Means by kind in [0, 1], refusals, and over all questions the difference to ``whole``."""
    found: dict[str, float | tuple[float, float]] = {}
    for kind, group in kinds(rows).items():
        name = _FIGURES.get(kind, "right and cited")
        found[kind] = mean([row.figures[name] for row in group if name in row.figures])
    refused = refusal(rows)
    found["refused rightly"], found["refused wrongly"] = refused.rightly, refused.wrongly
    differences = [
        row.figures["right and cited"] - before.figures["right and cited"]
        for row, before in zip(rows, whole, strict=True)
    ]
    found["difference"] = mean(differences)
    found["difference_interval"] = interval(differences)
    return found


def table(by_part: dict[str, dict[str, Any]]) -> str:
    """One half's figures as Markdown, in percent."""
    columns = [name for name in by_part["nothing off"] if not name.startswith("difference")]
    lines = [
        f"| off | {' | '.join(columns)} | difference |",
        "|---" * (len(columns) + 2) + "|",
    ]
    for part, found in by_part.items():
        low, high = found["difference_interval"]
        cells = [f"{100 * found[name]:.1f}" for name in columns]
        change = f"{100 * found['difference']:+.1f} ({100 * low:+.1f} to {100 * high:+.1f})"
        lines.append(
            f"| {part} | {' | '.join(cells)} | {change if part != 'nothing off' else ''} |"
        )
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--json", type=Path, metavar="OUT", help="write the figures here")
    out = parser.parse_args().json
    halves: dict[str, dict[str, Any]] = {}
    with (
        tempfile.TemporaryDirectory() as place,
        Assistant.open(place, llm="quoted", starter=True) as opened,
    ):
        papers = {title_key(paper.title): paper for paper in opened.library.papers()}
        questions, _ = held(load_questions(), papers, place)
        supports = support_judge()
        runs = {p.name: rows_without(p, opened.library, questions, supports) for p in PARTS}
    for half in ("dev", "test"):
        chosen = {
            name: [row for row in rows if split(row.id) == half] for name, rows in runs.items()
        }
        whole = chosen["nothing off"]
        halves[half] = {name: figures(rows, whole) for name, rows in chosen.items()}
        print(f"\n{half}, {len(whole)} questions\n\n{table(halves[half])}")
    if out is not None:
        out.write_text(json.dumps(halves, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
