"""The attacks of `python -m eval.bench.attack` that take seconds; the command does all of them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow


def test_attacks_hold_and_leave_nothing_behind() -> None:
    """No session is stolen, nothing private is called, no answer is made up; and 2,000 questions
    leave no thread, descriptor or traceback."""
    attacks = ["stolen", "private", "made_up", "addresses", "leftovers"]
    ran = subprocess.run(
        [sys.executable, "-m", "eval.bench.attack", *attacks],
        cwd=Path(__file__).parents[1], capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (ran.returncode, ran.stderr) == (0, ""), ran.stdout
    for attack in attacks:
        assert f"{attack}: " in ran.stdout
