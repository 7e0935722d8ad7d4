"""Ask every question and judge every answer; and floors that any assistant should beat."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cache

from eval.judge import Row, Supports, judge
from eval.plain import plain
from eval.questions import Evidence, Question
from eval.reports.summary import Run
from ingest.embedders.static import StaticEmbedder
from ingest.errors import AskpapersError
from ingest.paper import Paper, Passage, title_key
from ingest.sentences import sentence_spans, sentences
from rag.answer import Answer, Citation, Hit
from rag.assistant import Assistant
from rag.verify.support import SupportCheck

Asker = Callable[[Question], Answer]


def run_questions(
    questions: Sequence[Question],
    assistant: Assistant,
    *,
    floors: bool = True,
    name: str = "questions",
    split: str | None = None,
) -> Run:
    """All ``questions`` asked of ``assistant``, and of the floors too if they are wanted.

    Raises AskpapersError when the library holds none of the questions' papers.
    """
    library = assistant.library
    papers = {title_key(paper.title): paper for paper in library.papers()}
    by_id = {id_: paper for paper in papers.values() for id_ in _called(paper)}
    questions = [by_title(question, by_id) for question in questions]
    questions, notices = held(questions, papers, str(library.directory))
    supports = support_judge()
    others = floor_askers(assistant) if floors else {}
    return Run(
        set=name,
        split=split,
        library=f"{len(papers):,} papers, embedder {library.embedder.name}",
        rows=tuple(ask_all(questions, assistant_asker(assistant), supports)),
        floors={who: tuple(ask_all(questions, ask, supports)) for who, ask in others.items()},
        notices=tuple(notices),
    )


def _called(paper: Paper) -> list[str]:
    """The ids that question files may give the paper: with and without its prefix."""
    return [name for id_ in paper.ids for name in (id_, id_.partition(":")[2]) if name]


def by_title(question: Question, papers: Mapping[str, Paper]) -> Question:
    """The question with titles in place of ids, and sentences in place of their numbers."""

    def title(name: str) -> str:
        return papers[name].title if name in papers else name

    def written(evidence: Evidence) -> Evidence:
        if evidence.number is None or evidence.paper not in papers:
            return evidence
        paper = papers[evidence.paper]
        text = " ".join(paper.abstract.split())
        found = "".join(sentences(text)[evidence.number : evidence.number + 1])
        return Evidence(paper.title, found, number=evidence.number)

    return replace(
        question,
        papers=tuple(map(title, question.papers)),
        also_ok=tuple(map(title, question.also_ok)),
        near=title(question.near) if question.near else None,
        evidence=tuple(map(written, question.evidence)),
    )


def held(
    questions: Sequence[Question], papers: Mapping[str, Paper], place: str
) -> tuple[list[Question], list[str]]:
    """The questions with only that evidence which stands in ``papers`` (by title key), and notices.

    A library may hold a paper in other words: what isn't there can't be found, quoted or missed.
    """
    gold = {title for question in questions for title in question.papers}
    absent = [title for title in gold if title_key(title) not in papers]
    if absent and len(absent) == len(gold):
        raise AskpapersError(
            f"none of the {len(gold):,} gold papers is in {place};"
            " name the library that the questions are about with --library"
        )
    notices = [f"{len(absent):,} of {len(gold):,} gold papers are not in the library"]
    texts = {key: plain(paper.abstract) for key, paper in papers.items()}
    kept = [
        replace(
            question,
            evidence=tuple(
                evidence
                for evidence in question.evidence
                if plain(evidence.sentence) in texts.get(title_key(evidence.paper), "")
            ),
        )
        for question in questions
    ]
    asked = sum(len(question.evidence) for question in questions)
    lost = asked - sum(len(question.evidence) for question in kept)
    lost_notice = f"{lost:,} of {asked:,} gold sentences are not in their papers' text here"
    return kept, (notices if absent else []) + ([lost_notice] if lost else [])


def support_judge() -> Supports:
    """The support check as a judge of citations; it keeps its verdicts, as floors repeat many."""
    check = SupportCheck(StaticEmbedder())

    @cache
    def supports(claim: str, evidence: str, title: str) -> bool:
        return check(claim, evidence, title=title).supported

    return supports


def ask_all(questions: Sequence[Question], asker: Asker, supports: Supports) -> list[Row]:
    """One row for each question, in order."""
    rows = []
    for question in questions:
        started = time.perf_counter()
        answer = asker(question)
        seconds = time.perf_counter() - started
        rows.append(judge(question, answer, supports, seconds))
    return rows


def assistant_asker(assistant: Assistant) -> Asker:
    """Asks the assistant, in the light of the question's history."""
    return lambda question: assistant.ask(question.question, question.history)


def floor_askers(assistant: Assistant) -> dict[str, Asker]:
    """What should be beaten, by name: half the search, none of it, and never answering."""
    lexical = Assistant(assistant.library, lexical_share=1.0)
    return {
        "lexical only": assistant_asker(lexical),
        "random paper": random_asker(assistant),
        "always refuse": refusing_asker(),
    }


def random_asker(assistant: Assistant, *, seed: int = 0) -> Asker:
    """Floor: quotes the first two sentences of a paper drawn at random."""
    papers = list(assistant.library.papers())
    draw = random.Random(seed)  # noqa: S311 - a floor, not a secret

    def answer(question: Question) -> Answer:
        chosen = draw.sample(papers, min(5, len(papers)))
        whole = (Passage(paper, 0, len(paper.abstract)) for paper in chosen)
        hits = tuple(Hit(passage, 0.0, 0.0, 0.0) for passage in whole)
        spans = tuple(sentence_spans(chosen[0].abstract)[:2])
        text = " ".join(f"{chosen[0].abstract[a:b]} [1]" for a, b in spans)
        citation = Citation(1, chosen[0], spans, 1.0)
        return Answer(question.question, question.question, text, (citation,), hits)

    return answer


def refusing_asker() -> Asker:
    """Floor: the papers never say."""
    return lambda question: Answer(
        question.question, question.question, "", refused=True, reason="off_topic"
    )
