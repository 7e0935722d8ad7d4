"""Damaged files of every format are read or refused: no traceback, nobody waits.

``ASKPAPERS_FUZZ=20000`` tries as many files; a run without it tries a few hundred.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
FILES = os.environ.get("ASKPAPERS_FUZZ", "400")


def test_damaged_files_are_read_or_refused_at_once(tmp_path: Path) -> None:
    ran = subprocess.run(
        [sys.executable, ROOT / "tests" / "fuzzing.py", FILES, tmp_path],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    assert int(ran.stdout) < 500_000  # KB
