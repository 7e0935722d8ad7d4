"""Small or large: how much a model is given to read, by what is said, its name, or its speed.

A small or slow model gets the compact prompts of ``rag.write.compact``. How fast a model reads is
measured with every answer; one found slow is remembered in a file, so that the next process asks it
in the compact way from the first question on.
"""

from __future__ import annotations

import json
import os
import re
import threading
from collections import defaultdict, deque
from contextlib import suppress
from pathlib import Path
from statistics import median_high
from typing import Literal, cast, get_args

from ingest.paths import slow_models_file
from rag.llms import LLM

Profile = Literal["small", "large"]
PROFILES = ("auto", *get_args(Profile))
AUTO = "auto"

SMALL = 3e9  # parameters; models with fewer keep no rules on citing, and refuse without need
SLOW = 100.0  # tokens read a second; a usual prompt takes 15 s then before its first word comes
_AGAIN_FAST = 2 * SLOW  # so that a model near the limit isn't asked in two ways by turns
_LEAST_READ = 50  # tokens; the time for fewer says little
FELT = 8.0  # seconds; a shorter wait makes no model slow, however few tokens it read
_REMEMBERED = 50  # slow models in the file
# "SmolLM2-135M", "qwen2.5:0.5b"; not the "8x7b" of experts, nor a context of "4k".
_SIZE = re.compile(r"(?<![\w.])(\d{1,4}(?:\.\d{1,3})?)([mb])(?![a-z0-9])", re.I)


class _Speeds:
    """How fast models read, by their names and addresses; one for the whole process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._measured: defaultdict[str, deque[float]] = defaultdict(lambda: deque(maxlen=3))

    def add(self, model: str, speed: float) -> None:
        with self._lock:
            self._measured[model].append(speed)
            now = self._of(model)
            slow = _slow_models()
            if model not in slow and now < SLOW:
                _remember({**slow, model: round(now, 1)})
            elif model in slow and now >= _AGAIN_FAST:
                _remember({name: speed for name, speed in slow.items() if name != model})

    def slow(self, model: str) -> float | None:
        """The model's tokens a second where it is known to be slow."""
        with self._lock:
            now = self._of(model) if self._measured.get(model) else 0.0
        if (kept := _slow_models().get(model)) is not None:
            return now or kept
        return now if 0.0 < now < SLOW else None

    def _of(self, model: str) -> float:
        # The middle one: a model may have been loading, or a prompt known from before.
        return median_high(self._measured[model])


_speeds = _Speeds()


def measured(llm: LLM, tokens: int, seconds: float) -> None:
    """Take down that ``llm`` began to reply to ``tokens`` after ``seconds``."""
    if tokens >= _LEAST_READ and (seconds >= FELT or tokens >= SLOW * seconds):
        _speeds.add(_key(llm), tokens / max(seconds, 1e-3))


def profile(said: str, llm: LLM) -> tuple[Profile, str]:
    """The profile of ``llm``, and what it is known by; ``said`` is one of ``PROFILES``."""
    if said != AUTO:
        return cast("Profile", said), "as chosen"
    if (speed := _speeds.slow(_key(llm))) is not None:
        return "small", f"it was measured to read {speed:.0f} tokens a second"
    if size := _SIZE.search(llm.name):
        parameters = float(size[1]) * {"m": 1e6, "b": 1e9}[size[2].lower()]
        return ("small" if parameters < SMALL else "large"), f"{size[0]} by its name"
    return "large", "until it is measured to be slow"


def told(said: str, llm: LLM) -> str:
    """The profile in words, for people."""
    chosen, why = profile(said, llm)
    what = "shown a few sentences" if chosen == "small" else "shown whole abstracts"
    return f"asked as a {chosen} model ({why}): {what}"


def _key(llm: LLM) -> str:
    return f"{llm.name} {getattr(llm, 'shown', '')}".strip()


def _slow_models() -> dict[str, float]:
    try:
        found = json.loads(slow_models_file().read_text("utf-8"))
        return {str(name): float(speed) for name, speed in found.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}  # none yet, or what can't be read: it will be measured again


def _remember(slow: dict[str, float]) -> None:
    file = slow_models_file()
    new = file.with_name(f"{file.name}.{os.getpid()}")
    with suppress(OSError):  # a cache that can't be written costs only the memory of it
        Path(file.parent).mkdir(parents=True, exist_ok=True)
        new.write_text(json.dumps(dict(list(slow.items())[-_REMEMBERED:]), indent=1), "utf-8")
        new.replace(file)
