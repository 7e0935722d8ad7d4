"""Every error that a caller may meet.

AskpapersError          one line for a person; the command line prints it and exits with 2
├── ParseError          a source, or one record of it, can't be read: file, record, reason
│   └── NotAPaper       a record was read, but has no abstract, or is withdrawn
├── LibraryError        the library on disk can't be used as it is
│   ├── LibraryMismatch made by another embedder or schema: both identities, both ways out
│   └── LibraryBusy     another process is writing
├── ProviderError       an embedder or a model failed: which, why, what still works
└── QuestionError       the question can't be asked: empty, far too long
"""

from __future__ import annotations


class AskpapersError(Exception):
    """Base of all errors that are the world's fault, not a bug: one line, with the way out."""


class ParseError(AskpapersError):
    """A source or one record of it can't be read."""

    def __init__(self, file: str, reason: str, *, record: int | str | None = None) -> None:
        self.file, self.reason, self.record = file, reason, record
        where = (
            file
            if record is None
            else f"{file}, {f'line {record}' if isinstance(record, int) else record}"
        )
        super().__init__(f"{where}: {reason}")


class NotAPaper(ParseError):
    """A record was read and understood, and there is nothing in it to be asked about."""


class LibraryError(AskpapersError):
    """The library on disk can't be used as it is."""


class LibraryMismatch(LibraryError):
    """The library was made with another embedder, other passages or another schema."""


class LibraryBusy(LibraryError):
    """Another process is writing to the library."""


class ProviderError(AskpapersError):
    """An embedder or a language model failed or can't be used."""


class QuestionError(AskpapersError):
    """The question can't be asked as it is."""
