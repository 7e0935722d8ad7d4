"""``crossref`` and ``xdata``: a BibTeX entry takes what it lacks from another, maybe a later one."""

from __future__ import annotations

from collections.abc import Iterator

_Fields = dict[str, str]

_MOST = 10_000  # entries held in wait, and entries that others may take from
_GIVEN = ("year", "date", "booktitle", "journal", "journaltitle")


class Families:
    """Holds an entry back until the one that it refers to has come, or the file has ended."""

    def __init__(self) -> None:
        self._given: dict[str, _Fields] = {}
        self._waiting: dict[str, list[tuple[_Fields, int]]] = {}
        self._held = 0

    def ready(
        self, kind: str, key: str, fields: _Fields, line: int
    ) -> Iterator[tuple[_Fields, int]]:
        """The entries that are whole with this one: itself, and those that waited for it."""
        wanted = _wanted(fields)
        if wanted and wanted not in self._given and self._held < _MOST:
            self._waiting.setdefault(wanted, []).append((fields, line))
            self._held += 1
        else:
            fields = {**self._given.get(wanted, {}), **fields}
            if kind != "xdata":
                yield fields, line
        if ("abstract" not in fields or kind == "xdata") and len(self._given) < _MOST:
            self._given.setdefault(key.lower(), _given(kind, fields))
        for child, child_line in self._waiting.pop(key.lower(), ()):
            self._held -= 1
            yield {**self._given.get(key.lower(), {}), **child}, child_line

    def rest(self) -> Iterator[tuple[_Fields, int]]:
        """The entries that refer to what isn't in the file, as they are."""
        for children in self._waiting.values():
            yield from children
        self._waiting.clear()


def _wanted(fields: _Fields) -> str:
    return (fields.get("crossref") or fields.get("xdata") or "").strip().lower()


def _given(kind: str, fields: _Fields) -> _Fields:
    if kind == "xdata":
        return dict(fields)
    given = {name: fields[name] for name in _GIVEN if name in fields}
    # Proceedings and books are what their papers stand in.
    return {"booktitle": fields["title"], **given} if "title" in fields else given
