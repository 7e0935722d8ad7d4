"""What visitors think of answers, a line of JSON each, on this machine only."""

from __future__ import annotations

import json
import threading
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from ui.chat.conversation import Exchange

MOST_COMMENT = 1000  # characters

_writing = threading.Lock()


def record(file: Path, exchange: Exchange, *, library: str) -> None:
    """Add the judgement of one exchange, with its question and what it cites; OSError if it can't.

    A later line with the same ``id`` takes an earlier one's place when the file is read.
    """
    answer, judged = exchange.answer, exchange.judged
    if answer is None or judged is None:
        raise ValueError("there is nothing to write down")
    said = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        **asdict(judged),
        "library": library,
        "question": answer.question,
        "understood": answer.understood,
        "text": answer.text,
        "refused": answer.refused,
        "reason": answer.reason,
        "mode": answer.mode,
        "model": answer.model,
        "citations": list(dict.fromkeys(c.paper.id for c in answer.citations)),
    }
    line = json.dumps(said, ensure_ascii=False).encode("utf-8", "replace") + b"\n"
    with _writing:
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("ab") as lines:
            lines.write(line)  # one write, so that several processes don't mix theirs
