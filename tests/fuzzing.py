"""``python tests/fuzzing.py N FOLDER``: reads N damaged files; prints this process's peak in KB.

A process of its own, so that the peak is that of reading and of nothing else.
"""

from __future__ import annotations

import random
import re
import sys
import time
from pathlib import Path

from ingest.errors import AskpapersError
from ingest.sources import read

CASES = sorted(path for path in (Path(__file__).parent / "cases").iterdir()
               if path.name != "expected.json")  # fmt: skip
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


def tried(files: int, folder: Path) -> None:
    """Read as many damaged files, the same ones every time; AssertionError names a bad one."""
    luck = random.Random(14)  # the same files every time
    for number in range(files):
        case = luck.choice(CASES)
        path = folder / f"damaged{case.suffix}"
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


def peak() -> int:
    """The most memory that this process has held, in KB; 0 where the system doesn't tell.

    Not getrusage's: a new process starts with its parent's there.
    """
    status = Path("/proc/self/status")
    found = re.search(r"VmHWM:\s+(\d+) kB", status.read_text()) if status.exists() else None
    return int(found[1]) if found else 0


if __name__ == "__main__":
    tried(int(sys.argv[1]), Path(sys.argv[2]))
    print(peak())  # noqa: T201
