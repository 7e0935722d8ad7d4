"""Papers that search ranks high and that don't answer: what the cross-encoder has to tell apart.

``python -m eval.train.hard_negatives --library DIR --data FILE... --out FILE`` asks a library that
holds the questions' papers, and writes a line a question: {"question", "papers"}, ten at most.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from rag.assistant import Assistant

SEEN = 12  # hits that are looked at


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
    with Assistant.open(args.library) as assistant, args.out.open("w", encoding="utf-8") as out:
        for fields in asked:
            own = answering(fields)
            hits = assistant.search(fields["question"], k=SEEN)
            ids = [hit.paper.id.partition(":")[2] or hit.paper.id for hit in hits]
            line = {"question": fields["question"], "papers": [i for i in ids if i not in own]}
            out.write(json.dumps(line, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
