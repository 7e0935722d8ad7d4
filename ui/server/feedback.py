"""What visitors think of answers, a line of JSON each, on this machine only.

Only answers that this server gave are judged: a conversation comes back from the visitor's browser,
and may say anything. So every answer gets a seal that nobody else can make.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
import threading
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rag.answer import Answer
from ui.chat.conversation import Exchange

MOST_COMMENT = 1000  # characters

_writing = threading.Lock()
_KEY = secrets.token_bytes(32)


def seal(answer: Answer) -> str:
    """What says that this server has given the answer, as long as it runs."""
    said = json.dumps(_said(answer), sort_keys=True).encode()
    return hmac.new(_KEY, said, hashlib.sha256).hexdigest()


def given(exchange: Exchange) -> bool:
    """Whether the exchange's answer is one that this server gave."""
    if exchange.answer is None:
        return False
    return hmac.compare_digest(
        seal(exchange.answer).encode(), exchange.seal.encode("utf-8", "replace")
    )


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
        **_said(answer),
    }
    line = json.dumps(said, ensure_ascii=False).encode("utf-8", "replace") + b"\n"
    with _writing:
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("ab") as lines:
            lines.write(line)  # one write, so that several processes don't mix theirs


def _said(answer: Answer) -> dict[str, Any]:
    return {
        "question": answer.question,
        "understood": answer.understood,
        "text": answer.text,
        "refused": answer.refused,
        "reason": answer.reason,
        "mode": answer.mode,
        "model": answer.model,
        "citations": list(dict.fromkeys(c.paper.id for c in answer.citations)),
    }
