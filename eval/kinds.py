"""Everyday questions by kind (who, when, how many, papers like ...): ``python -m eval.kinds FILE``.

Each line of FILE has ``question``, ``history``, ``kind`` and what a right reply shows: of each
group in ``must`` one string (in the text or a cited title, case ignored), nothing of ``must_not``,
all ``papers`` (titles), and with ``only`` no others; with ``refused`` it is refused. A line with
``turns`` is a conversation: each turn (``say`` and what is expected) is asked after the real
replies to those before it.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from eval.metrics import interval
from ingest.paper import title_key
from rag.answer import Answer
from rag.assistant import Assistant


def faults(answer: Answer, expected: Mapping[str, Any]) -> list[str]:
    """What is wrong with a reply, in words; nothing where all is right."""
    if expected.get("refused"):
        return [] if answer.refused else ["is answered"]
    cited = {citation.paper.title for citation in answer.citations}
    shown = "\n".join((answer.text, *cited, *(c.paper.url or "" for c in answer.citations)))
    said, found = shown.casefold(), []
    for group in expected.get("must", []):
        some = group if isinstance(group, list) else [group]
        if not any(text.casefold() in said for text in some):
            found.append(f"lacks {' / '.join(some)}")
    found += [f"has {text}" for text in expected.get("must_not", []) if text.casefold() in said]
    wanted = {title_key(title) for title in expected.get("papers", [])}
    keys = {title_key(title) for title in cited}
    found += [f"lacks {title}" for title in sorted(wanted - keys)]
    if expected.get("only"):
        found += [f"shows {title}" for title in sorted(keys - wanted)]
    return found


def turns(history: Iterable[Any]) -> list[tuple[str, str]]:
    """A row's history as role and text: of pairs, of turns, or of questions with answers."""
    said: list[tuple[str, str]] = []
    for turn in history:
        if not isinstance(turn, Mapping):
            said.append((turn[0], turn[1]))
        elif "role" in turn:
            said.append((turn["role"], turn.get("text") or turn.get("content") or ""))
        else:
            said += [("user", turn["question"]), ("assistant", turn["answer"])]
    return said


Asked = tuple[Mapping[str, Any], str, Answer]  # what is expected, the question, its reply


def asked(assistant: Assistant, rows: Iterable[Mapping[str, Any]]) -> Iterator[Asked]:
    """Every message of ``rows`` with its reply."""
    for row in rows:
        history = turns(row.get("history", []))
        for turn in row.get("turns", [row]):
            said = turn.get("say") or turn["question"]
            answer = assistant.ask(said, history)
            yield {"id": row["id"], **turn}, said, answer
            history = [*history, ("user", said), ("assistant", answer.text)]


def main() -> None:
    """Print the share of right replies a kind, with 95% intervals."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--half", choices=("odd", "even"), help="only these lines")
    parser.add_argument("--show", action="store_true", help="what is wrong with each reply")
    args = parser.parse_args()
    rows = [json.loads(line) for line in args.file.read_text("utf-8").splitlines()]
    if args.half:
        rows = rows[0 if args.half == "odd" else 1 :: 2]
    with (
        tempfile.TemporaryDirectory() as place,
        Assistant.open(place, llm="quoted", starter=True) as assistant,
    ):
        by_kind: dict[str, list[bool]] = defaultdict(list)
        for row, said, answer in asked(assistant, rows):
            wrong = faults(answer, row)
            by_kind[row["kind"]].append(not wrong)
            if wrong and args.show:
                print(row["id"], row["kind"], "|", said, "|", *wrong[:4])
                print("   ", answer.read_as, "|", answer.text[:200].replace("\n", " / "))
    by_kind["all"] = [right for some in by_kind.values() for right in some]
    for kind, right in by_kind.items():
        low, high = interval([float(one) for one in right])
        share = sum(right) / len(right)
        print(f"{kind:12} {sum(right):3}/{len(right):<3} {share:.2f} ({low:.2f} to {high:.2f})")


if __name__ == "__main__":
    main()
