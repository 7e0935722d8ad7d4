"""Files of strangers read in a process of their own, which may take only so much.

A file can be made so that its reading takes minutes or all memory; here that costs its sender the
rest of the file, and nobody else anything.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from itertools import islice

from ingest.errors import NotAPaper, ParseError
from ingest.paper import Paper
from ingest.sources.options import Limits, Options

_START = (
    "import os, sys; sys.path[:] = sys.argv.pop(1).split(os.pathsep);"
    " from ingest.sources.apart import main; sys.exit(main())"
)


def read(source: str, options: Options, limits: Limits) -> Iterator[Paper | ParseError]:
    """The papers of the file ``source``, in its order, as far as ``limits`` go.

    Raises ParseError where it can't be read, or when a limit is met.
    """
    asked = {
        "source": source,
        "columns": dict(options.columns),
        "encoding": options.encoding,
        "records": limits.records,
        "seconds": limits.seconds,
        "megabytes": limits.megabytes,
    }
    path = os.pathsep.join(sys.path)
    with subprocess.Popen(  # noqa: S603 - ours
        [sys.executable, "-c", _START, path, json.dumps(asked)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
    ) as reader:
        assert reader.stdout is not None
        try:
            for line in reader.stdout:
                kind, said = json.loads(line)
                if kind == "done":
                    return
                if kind == "paper":
                    yield Paper.from_dict(said)
                elif kind in ("note", "detail"):
                    getattr(options, kind)(said)
                else:
                    error = _KINDS[kind](said["file"], said["reason"], record=said["record"])
                    if kind == "stopped":
                        raise error
                    yield error
            if (code := reader.wait()) > 0 and code != _TOO_MUCH:
                raise RuntimeError(f"reading {source} failed; the reader has said why")
        finally:
            reader.kill()
    raise ParseError(
        source,
        f"needs more than {limits.seconds} s or {limits.megabytes:,} MB to be read; the rest is"
        " left out; send fewer papers at a time, or use: askpapers ingest",
    )


_TOO_MUCH = 3  # how the reader ends without memory; a signal ends it when its time is over
_KINDS = {"skipped": ParseError, "none": NotAPaper, "stopped": ParseError}


def main() -> int:
    """Read what the first argument asks for; a JSON line for everything that is found."""
    asked = json.loads(sys.argv[1])
    _hold_to(asked["seconds"], asked["megabytes"])
    from ingest.sources import read

    options = Options(
        columns=asked["columns"],
        encoding=asked["encoding"],
        note=lambda said: _say("note", said),
        detail=lambda said: _say("detail", said),
    )
    records = read(asked["source"], replace(options, limits=None))
    try:
        for record in islice(records, asked["records"]):
            if isinstance(record, Paper):
                _say("paper", record.to_dict())
            else:
                _say("none" if isinstance(record, NotAPaper) else "skipped", _facts(record))
        if next(records, None) is not None:
            reason = (
                f"over {asked['records']:,} records; the rest is left out; send it in pieces, or"
                " use: askpapers ingest"
            )
            raise ParseError(asked["source"], reason)
    except ParseError as error:
        _say("stopped", _facts(error))
    except MemoryError:
        return _TOO_MUCH
    else:
        _say("done", None)
    sys.stdout.flush()
    return 0


def _hold_to(seconds: int, megabytes: int) -> None:
    """Never take more; where the system can't be told (Windows), nothing is held."""
    with suppress(ImportError, OSError, ValueError):
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
        resource.setrlimit(resource.RLIMIT_DATA, (megabytes * 1_000_000,) * 2)


def _facts(error: ParseError) -> dict[str, object]:
    return {"file": error.file, "reason": error.reason, "record": error.record}


def _say(kind: str, said: object) -> None:
    sys.stdout.write(json.dumps([kind, said]) + "\n")
