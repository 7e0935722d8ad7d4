"""What visitors of the chat page thought of its answers: how many pleased, and which didn't."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ingest.errors import ParseError

MOST_SHOWN = 20  # answers that didn't please


@dataclass(frozen=True, slots=True)
class Judged:
    """One answer as a visitor judged it; ``mode`` is quoted, written or refused."""

    id: str
    up: bool
    comment: str
    question: str
    mode: str
    model: str | None


def load_feedback(path: Path) -> list[Judged]:
    """The judgements of a file in order, of each ``id`` the last; ParseError names a bad line."""
    judged: dict[str, Judged] = {}
    with path.open("rb") as lines:
        for number, line in enumerate(lines, start=1):
            if not line.strip():
                continue
            try:
                found = _judged(json.loads(line))
            except (ValueError, KeyError, TypeError) as error:
                raise ParseError(
                    f"{path}:{number}", f"no judgement of an answer: {error}"
                ) from error
            judged.pop(found.id, None)
            judged[found.id] = found
    return list(judged.values())


def summary(judged: Sequence[Judged]) -> dict[str, Any]:
    """Counts in all and by mode: ``{"all": {"up": 3, "down": 1}, "quoted": ..., ...}``."""
    counts: dict[str, Any] = {}
    for name in ("all", *sorted({answer.mode for answer in judged})):
        those = [answer for answer in judged if name in ("all", answer.mode)]
        up = sum(answer.up for answer in those)
        counts[name] = {"up": up, "down": len(those) - up}
    return counts


def print_feedback(counts: Mapping[str, Mapping[str, int]], judged: Sequence[Judged]) -> None:
    """The counts, then the latest questions whose answers didn't please, with their comments."""
    for name, count in counts.items():
        print(f"{name:10} {count['up']:5} helpful {count['down']:5} not")
    for answer in [answer for answer in judged if not answer.up][-MOST_SHOWN:]:
        said = f"  ({_line(answer.comment)})" if answer.comment else ""
        print(f"- {_line(answer.question)}{said}")


def _judged(fields: Mapping[str, Any]) -> Judged:
    if fields["verdict"] not in ("up", "down"):
        raise ValueError(f"verdict is {fields['verdict']!r}, neither up nor down")
    return Judged(
        id=str(fields["id"]),
        up=fields["verdict"] == "up",
        comment=str(fields["comment"]),
        question=str(fields["question"]),
        mode="refused" if fields["refused"] else str(fields["mode"]),
        model=fields["model"],
    )


def _line(text: str, most: int = 160) -> str:
    """One line that a terminal can show, whatever stands in it."""
    flat = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return flat if len(flat) <= most else flat[: most - 1] + "…"
