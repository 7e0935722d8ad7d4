"""Damaged files of every format are read or refused: no traceback, nobody waits.

``ASKPAPERS_FUZZ=20000`` tries as many files; a run without it tries a few hundred.
"""

from __future__ import annotations

import os
import random
import resource
import time
from pathlib import Path

from ingest.errors import AskpapersError
from ingest.sources import read

CASES = sorted(path for path in (Path(__file__).parent / "cases").iterdir()
               if path.name != "expected.json")  # fmt: skip
FILES = int(os.environ.get("ASKPAPERS_FUZZ", "400"))
PIECES = [
    b"{", b"}", b'"', b"<", b">", b"&amp;", b"&lt;/b", b"\\", b"$", b"@", b"\n", b"\r", b"\0",
    b"%", b"~", b"\xff", b"\xff\xfe", b"#", b",", b"[", b"]", b"TY  - ", b"10.1/", b"utf-9",
]  # fmt: skip


def damaged(content: bytes, luck: random.Random) -> bytes:
    """``content`` with pieces put in, cut out, said again or changed by a byte."""
    said = bytearray(content)
    for _ in range(luck.choice([1, 2, 5, 20])):
        at = luck.randrange(len(said) + 1)
        how = luck.randrange(4)
        if how == 0:
            said[at:at] = luck.choice(PIECES)
        elif how == 1:
            del said[at : at + luck.randrange(1, 60)]
        elif how == 2:
            said[at:at] = said[at : at + luck.randrange(1, 200)] * luck.choice([1, 3, 50])
        elif at < len(said):
            said[at] = luck.randrange(256)
    return bytes(said)


def test_damaged_files_are_read_or_refused_at_once(tmp_path: Path) -> None:
    luck = random.Random(14)  # noqa: S311 - the same files every time
    for number in range(FILES):
        case = luck.choice(CASES)
        path = tmp_path / f"damaged{case.suffix}"
        path.write_bytes(damaged(case.read_bytes(), luck))
        start = time.process_time()
        try:
            for _ in read(str(path)):
                pass
        except AskpapersError:
            pass
        except Exception as error:
            raise AssertionError(f"file {number}, from {case.name}: {error!r}") from error
        assert time.process_time() - start < 5, f"file {number}, from {case.name}"
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss < 500_000  # KB
