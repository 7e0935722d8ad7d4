"""Papers that search ranks high and that don't answer: what the transformers have to tell apart.

``python -m eval.train.hard_negatives --library DIR --data FILE... --out FILE`` asks a library that
holds the questions' papers, and writes a line a question: {"question", "papers"}, best first. Search
alone finds them, before any reader ranks: those are what the reader meets.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from ingest.library import Library
from rag.retrieve import Retriever

SEEN = 24  # hits that are looked at
KEPT = 14  # of those that don't answer
SHARE = 0.45  # of the words in the fused score


def answering(fields: dict[str, Any]) -> set[str]:
    """The papers of a question that are no negatives: its own, and others that would do."""
    return {*fields.get("papers", ()), *fields.get("also_ok", ()), *fields.get("evidence", ())}


def main() -> None:
    """Searches for each question, writes those found that aren't its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--library", type=Path, required=True)
    parser.add_argument("--data", type=Path, nargs="+", required=True)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    asked = [json.loads(line) for path in args.data for line in path.open(encoding="utf-8")]
    with Library.open(args.library) as library, args.out.open("w", encoding="utf-8") as out:
        retrieve = Retriever(library, SHARE)
        for fields in asked:
            own = answering(fields)
            hits = retrieve(fields["question"], k=SEEN)
            ids = [hit.paper.id.partition(":")[2] or hit.paper.id for hit in hits]
            others = [id_ for id_ in ids if id_ not in own]
            line = {"question": fields["question"], "papers": others[:KEPT]}
            out.write(json.dumps(line, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
