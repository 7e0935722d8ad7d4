"""The words of a question that say what is asked, but for names: some are seldom in an abstract.

Who asks for a learning rate, a licence or a price asks for what abstracts rarely give.
"""

from __future__ import annotations

from collections.abc import Sequence

from ingest.paper import Paper
from rag.read.coverage import missing_terms
from rag.read.features import PaperView, QuestionView, name_words

START, NAME = "^", "NAME"


def question_terms(
    question: QuestionView, papers: Sequence[Paper], views: Sequence[PaperView]
) -> frozenset[str]:
    """The stems of a question's words and pairs of neighbours, the papers' names as one word.

    ``miss:`` before a stem: an asked word that stands in none of the papers.
    """
    naming = frozenset[str]().union(*(name_words(question, paper) for paper in papers))
    stems = [START]
    for word in question.words:
        stem = NAME if word.stem in naming else word.stem
        if stem != NAME or stems[-1] != NAME:
            stems.append(stem)
    pairs = (f"{first}_{second}" for first, second in zip(stems, stems[1:], strict=False))
    missing = (f"miss:{stem}" for stem in missing_terms(question, papers, views))
    return frozenset((*stems, *pairs, *missing))
