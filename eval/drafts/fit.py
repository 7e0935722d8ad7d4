"""Fits how the comparison and the reading of a claim are weighed: ``python -m eval.drafts.fit``.

    python -m eval.drafts.fit --written eval/drafts/strangers.jsonl --library DIR

Learns from the tuning paraphrases of the starter papers, with what can be planted in them and
beside other papers' texts, and from the written sentences that cite papers of ``DIR``. Prints the
three constants of ``rag/verify/verifier.py``. Both sources weigh the same, and so do what is borne
out and what isn't.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Sequence
from pathlib import Path
from random import Random

import numpy as np
from numpy.typing import NDArray

from eval.drafts.cases import Case, cases, from_file, from_paraphrases
from eval.drafts.measure import SEED, near, opened
from eval.train.reader import fit_logistic
from ingest.embedders.static import StaticEmbedder
from ingest.library import Library
from ingest.starter import starter_papers
from rag.check.judge import described
from rag.read.cross_encoder import CrossEncoder, bundled
from rag.verify.support import SupportCheck
from rag.verify.verifier import compared_odds

TUNING = Path(__file__).parents[2] / "tests" / "paraphrases_tune.jsonl"
# True in part, of no paper, or what neither weight can tell: a denial has all the words of what it
# denies. With these two the fit trusts nothing.
NEITHER = frozenset({"overstated", "uncited", "uncited figure", "negation", "direction"})
FEATURES = ("compared", "read")
Rows = NDArray[np.float64]


def main() -> None:
    """Fits and prints."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--written", type=Path, required=True)
    parser.add_argument("--library", type=Path, required=True)
    args = parser.parse_args()
    with Library.open(args.library) as library:
        written = list(from_file(args.written, library.papers()))
    compare, read = SupportCheck(StaticEmbedder()), bundled()
    sources = [_rows(some, compare, read) for some in (_paraphrased(), written)]
    rows, borne, shares = (np.concatenate(parts) for parts in zip(*sources, strict=True))
    found = fit_logistic(FEATURES, rows, borne, l2=0.01, shares=shares)
    weights = ", ".join(f"{value:.2f}" for value in (*found.weights, found.bias))
    print(f"_COMPARED, _READ, _CONSTANT = {weights}  # {len(rows)} sentences")


def _paraphrased() -> list[Case]:
    papers = starter_papers()
    with opened(papers) as assistant:
        told = from_paraphrases(TUNING, papers)
        return list(cases(told, (), near(assistant), Random(SEED)))  # noqa: S311


def _rows(
    some: Iterable[Case], compare: SupportCheck, read: CrossEncoder
) -> tuple[Rows, Sequence[bool], Rows]:
    """Log odds (n, 2), what is borne out, and shares of 1 in all: only what the weights decide."""
    rows, borne = [], []
    for case in some:
        if case.cited is None or case.kind in NEITHER:
            continue
        paper = case.cited
        found = compare(case.said, paper.abstract, title=described(paper))
        if found.spans and not any(fault.hard for fault in found.faults):
            [judged] = read.of(case.said, [(paper.title, paper.abstract)])
            rows.append((compared_odds(found), judged.answers))
            borne.append(case.kind == "true")
    mean = np.mean(borne)
    shares = np.where(borne, 0.5 / mean, 0.5 / (1 - mean)) / len(borne)
    return np.array(rows), borne, shares


if __name__ == "__main__":
    main()
