"""Papers that a visitor gives: uploaded files, arXiv ids and addresses, the text of a page.

What is pasted never names a file of this machine: only arXiv ids go to ``ingest.sources`` as
names, everything else as the content of a file of our own. What was uploaded or pasted is deleted
when it has been read.
"""

from __future__ import annotations

import queue
import re
import shutil
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from ingest.errors import AskpapersError, ParseError
from ingest.library import Library
from ingest.pipeline import Report, ingest
from ingest.sources import Limits, Options, format_of
from ingest.sources.services.web import forget_finished

MAX_FILES = 20  # at once
MAX_BYTES = 50_000_000  # of one file
MAX_PASTED = 5_000_000  # characters
MAX_ADDRESSES = 200  # at once
# What a visitor's file may cost, and how long a service is waited for: somebody watches.
LIMITS = Limits(records=20_000, seconds=20, megabytes=600)
PATIENCE = 6.0  # seconds

_ARXIV = re.compile(
    r"(?:https?://)?(?:www\.|export\.)?"
    r"(?:arxiv\.org/(?:abs|pdf|html|ps)/|(?:huggingface\.co|hf\.co)/papers/|arxiv:\s*)?"
    r"(\d{4}\.\d{4,5}|[a-z-]+(?:\.[a-z]{2})?/\d{7})(?:v\d+)?(?:\.pdf)?/?(?:[?#]\S*)?",
    re.IGNORECASE,
)
_WORDS_OF_A_PAGE = 25  # fewer on every line, and no line is an abstract


@dataclass(frozen=True, slots=True)
class Given:
    """What a visitor has given, sorted: ``sources`` for ``ingest``, each with ``names`` to call it
    by, and what can't be taken, with the reason.
    """

    sources: tuple[str, ...]
    names: dict[str, str]
    refused: tuple[ParseError, ...] = ()


@dataclass(frozen=True, slots=True)
class Added:
    """How far it has come; ``report`` when all is read, ``problem`` when it could not go on."""

    read: int
    report: Report | None = None
    problem: str | None = None
    refused: tuple[ParseError, ...] = field(default=())


def arxiv_ids(text: str) -> tuple[list[str], list[str]]:
    """The arXiv ids named one by one in ``text``, without repeats, and the lines that name none."""
    ids: dict[str, None] = {}
    others: list[str] = []
    for line in text.splitlines():
        parts = [part for part in re.split(r"[\s,;]+", line) if part]
        matches = [_ARXIV.fullmatch(part) for part in parts]
        if parts and all(matches):
            ids.update((match[1].lower(), None) for match in matches if match)
        elif line.strip():
            others.append(line)
    return list(ids), others


@contextmanager
def given(uploads: Sequence[str], pasted: str) -> Iterator[Given]:
    """What to read, as long as the block runs; then the uploads and the pasted text are deleted."""
    folder = Path(tempfile.mkdtemp(prefix="askpapers-"))
    try:
        yield _sorted([Path(upload) for upload in uploads], pasted, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        for upload in uploads:
            Path(upload).unlink(missing_ok=True)


def _sorted(uploads: Sequence[Path], pasted: str, folder: Path) -> Given:
    sources: list[str] = []
    names: dict[str, str] = {}
    refused: list[ParseError] = []
    for place, upload in enumerate(uploads):
        reason = _unfit(upload, place)
        if reason:
            refused.append(ParseError(upload.name, reason))
            continue
        sources.append(str(upload))
        names[str(upload)] = upload.name
    if len(pasted) > MAX_PASTED:
        refused.append(
            ParseError("the pasted text", f"longer than {MAX_PASTED:,} characters; upload a file")
        )
        return Given(tuple(sources), names, tuple(refused))
    ids, others = arxiv_ids(pasted)
    page = folder / "pasted.txt"
    if others:
        page.write_text(pasted.encode("utf-8", "replace").decode(), "utf-8")
    if others and (
        max(len(line.split()) for line in others) >= _WORDS_OF_A_PAGE or _is_known(page)
    ):
        sources.append(str(page))
        names[str(page)] = "the pasted text"
        return Given(tuple(sources), names, tuple(refused))
    reason = (
        "neither an arXiv id or address, nor BibTeX, RIS or another list of papers, nor the text of"
        " a page with abstracts"
    )
    refused += [ParseError(_clipped(line), reason) for line in others]
    if ids:  # together: arXiv is asked once for all of them
        sources.append(f"arxiv:{','.join(ids[:MAX_ADDRESSES])}")
    if len(ids) > MAX_ADDRESSES:
        reason = f"at most {MAX_ADDRESSES} at once; paste the others afterwards"
        refused.append(ParseError(f"{len(ids) - MAX_ADDRESSES:,} arXiv ids", reason))
    return Given(tuple(sources), names, tuple(refused))


def _is_known(page: Path) -> bool:
    """Whether a text is in one of the formats in which lists of papers are written."""
    try:
        return format_of(str(page)) is not None
    except ParseError:
        return False


def _unfit(upload: Path, place: int) -> str | None:
    """Why an uploaded file isn't read; None when it is."""
    if place >= MAX_FILES:
        return f"at most {MAX_FILES} files at once; upload the others afterwards"
    if upload.stat().st_size > MAX_BYTES:
        return f"larger than {MAX_BYTES // 1_000_000} MB; use: askpapers ingest"
    return None


def add(
    library: Library,
    uploads: Sequence[str],
    pasted: str,
    *,
    options: Options | None = None,
    pace: float = 0.3,
) -> Iterator[Added]:
    """Read what was given into ``library``: how far it has come about every ``pace`` seconds, and
    last the report, in which every source has the name that the visitor knows. ``options`` say how
    live sources are asked.

    It goes on when nobody listens any more: what has begun to be read is read.
    """
    with given(uploads, pasted) as wanted:
        if not wanted.sources:
            yield Added(0, Report(), refused=wanted.refused)
            return
        said: queue.Queue[Added] = queue.Queue()
        worker = threading.Thread(
            target=_work, args=(library, wanted, options, said.put), daemon=True
        )
        worker.start()
        try:
            last = Added(0)
            while last.report is None and last.problem is None:
                try:
                    last = said.get(timeout=pace)
                except queue.Empty:
                    yield last
            yield last
        finally:
            worker.join()


def _work(
    library: Library, wanted: Given, options: Options | None, say: Callable[[Added], None]
) -> None:
    try:
        kept = replace(options or Options(), limits=LIMITS, patience=PATIENCE)
        report = ingest(
            library, wanted.sources, options=kept, progress=lambda read: say(Added(read))
        )
        if options is not None and options.downloads is not None:
            forget_finished(options.downloads)  # all that came in is in the library
    except AskpapersError as error:
        say(Added(0, problem=str(error), refused=wanted.refused))
        return
    except BaseException:
        say(Added(0, problem="something went wrong on our side; the details are in the log"))
        raise
    report.skipped = [_renamed(error, wanted.names) for error in report.skipped]
    say(Added(report.papers, report, refused=wanted.refused))


def _renamed(error: ParseError, names: dict[str, str]) -> ParseError:
    """The error with the visitor's name for the file, not the one that it has on this machine."""
    reason = error.reason
    for path, name in names.items():
        reason = reason.replace(path, name)
    return ParseError(names.get(error.file, Path(error.file).name), reason, record=error.record)


def _clipped(line: str, most: int = 80) -> str:
    return line if len(line) <= most else line[: most - 1].rstrip() + "…"
