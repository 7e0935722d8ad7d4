"""What is bundled reports to nobody."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

_READ = """
from rag.read.cross_encoder import bundled
bundled().of("What do zebras eat?", [("Zebras", "Zebras eat grass all day.")])
"""


def test_the_runtime_of_the_transformers_keeps_no_identifier_and_no_reports(tmp_path: Path) -> None:
    # It reports nothing where tests run by themselves: here it mustn't know that they do.
    known = ("CI", "GITHUB_ACTIONS", "ORT_RUNNING_UNIT_TESTS", "ORT_DISABLE_TELEMETRY")
    environment = {name: value for name, value in os.environ.items() if name not in known}
    environment |= {"HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    subprocess.run([sys.executable, "-c", _READ], env=environment, check=True, timeout=300)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
