"""What the commands share: ``--library``, progress, and errors in one line."""

from __future__ import annotations

import argparse
import errno
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import TextIOWrapper
from pathlib import Path

from ingest.errors import AskpapersError
from ingest.paths import library_directory


@contextmanager
def counted(unit: str) -> Iterator[Callable[[int], None]]:
    """A counter on standard error when it is a terminal; silence in a pipe."""
    if not sys.stderr.isatty():
        yield lambda done: None
        return
    from rich.console import Console
    from rich.progress import MofNCompleteColumn, Progress, SpinnerColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), MofNCompleteColumn(), f"{unit}", TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(unit, total=None)
        yield lambda done: bar.update(task, completed=done)


def add_library(parser: argparse.ArgumentParser) -> None:
    """``--library``, the same for every command."""
    parser.add_argument(
        "--library",
        type=directory,
        metavar="DIR",
        help="a directory, http://HOST:PORT/NAME on a Chroma server, or cloud:NAME (default:"
        " $ASKPAPERS_LIBRARY, else your user data directory)",
    )


def directory(said: str) -> Path:
    if not said:
        raise argparse.ArgumentTypeError("no directory is named")  # not the current one
    try:
        return library_directory(said)
    except AskpapersError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def carried_out(run: Callable[[argparse.Namespace], int], args: argparse.Namespace) -> int:
    """What ``run`` returns; for an error that is the world's fault one line and 2."""
    try:
        _prepare_streams()
        code = run(args)
        if not sys.stdout.closed:  # by whoever served on it
            sys.stdout.flush()  # a few lines wait here for the end: too late to catch anything
        return code
    except AskpapersError as error:
        print(f"askpapers: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    except ImportError as error:
        if isinstance(error.__cause__, KeyboardInterrupt):  # while an extension was being loaded
            return 130
        raise
    except OSError as error:
        if sys.stdout is not None:  # nothing more can be printed there, not at the end, either
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if isinstance(error, BrokenPipeError):
            return 0  # the reader of a pipe (head, less) has gone
        where = error.filename or "standard output"
        print(f"askpapers: {where}: can't be used ({error.strerror or error})", file=sys.stderr)
        return 2


def _prepare_streams() -> None:
    """Nothing that is opened later may take the place of a stream that the caller closed."""
    if sys.stdin is None:
        sys.stdin = open(os.devnull)
    if sys.stdout is None:
        raise OSError(errno.EBADF, os.strerror(errno.EBADF))
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w")
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            # A narrow terminal encoding costs a sign, not the answer.
            stream.reconfigure(errors="replace")
