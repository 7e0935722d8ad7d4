"""Attacks that other commands make: payloads in a real browser, and kills."""

from __future__ import annotations

import runpy
import subprocess
import sys
from pathlib import Path

from eval.bench.attack.outside import Tried

_ROOT = Path(__file__).parents[3]


def payloads() -> Tried:
    """Texts that would come alive on a page that doesn't take care, each in many places."""
    browser = ("pytest", "-n0", "-m", "browser", "tests/test_browser_safety.py")
    code, said = _ran(*browser)
    for payload in runpy.run_path(str(_ROOT / "tests/payloads.py"))["PAYLOADS"]:
        yield payload, code == 0 and "skipped" not in said


def kills() -> Tried:
    """Two hundred processes killed, in libraries of both kinds; counted are the rounds."""
    code, said = _ran("eval.bench.kills", "--kills", "200", "--server")
    lines = [*said.splitlines(), ""]
    if code not in (0, 1):
        yield lines[-2], False
    for line, following in zip(lines, lines[1:], strict=False):
        if line.startswith(("directory, ", "server, ")) and " after " in line:
            yield line, not following.startswith("  fault: ")


def _ran(*module: str) -> tuple[int, str]:
    ran = subprocess.run(  # noqa: S603 - our own
        [sys.executable, "-m", *module], cwd=_ROOT, capture_output=True, text=True, check=False
    )
    return ran.returncode, ran.stdout
