"""Markers <-> sources, while the text is still coming.

``Sentences`` takes a model's text in pieces and gives it back sentence by sentence, and what of the
growing sentence can't change any more. Markers become numbers in order of first use; those that
name no source are taken out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from ingest.sentences import sentence_spans

LONGEST = 2000  # characters of a sentence; what is longer is cut there, it is none

_OPEN, _CLOSE = r"[\[\u3010\uff3b]", r"[\]\u3011\uff3d]"
_STOP = r"[.!?\u2026\u3002\uff01\uff1f]+"
_WORD = r"(?:passages?|sources?|papers?|refs?\.?|nos?\.?)"
_JOIN = r"\s*(?:[,;&\u2013\u2014-]|and|to)\s*"
# [1], [1, 2], [1-3], [source 1], [^1], 【1†source】; an address after it would make it a link.
_MARKER_TEXT = (
    rf"{_OPEN}\s*(?:{_WORD}\s*)?[#^]?(?:\d{{1,4}}(?:{_JOIN}#?\d{{1,4}})*)"
    rf"\s*(?:\u2020[^\]\u3011\n]{{0,40}})?{_CLOSE}(?:\([^()\s]{{0,300}}\))?"
)
_MARKER = re.compile(_MARKER_TEXT, re.I)
_SPACED = re.compile(rf"((?<!\s)\s*|)({_MARKER_TEXT})", re.I)
_RANGE = re.compile(r"(\d+)(?:\s*(?:[\u2013\u2014-]|to)\s*#?(\d+))?")
# What moves a terminal's cursor, turns text round or hides it.
_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff]"
)
# After a number nothing goes on, whatever the next word looks like: "... [1]. vLLM does not".
_CITED_END = re.compile(rf"{_MARKER_TEXT}{_STOP}\s+(?=[^\s\[\u3010\uff3b])", re.I)
_CODE = re.compile(r"(?<!`)(`+)(?!`).{1,200}?(?<!`)\1(?!`)")
_ENDING = re.compile(rf"(?<!{_STOP[:-1]}){_STOP}$")
_AFTER_END = re.compile(rf"(?<!{_STOP[:-1]})({_STOP})\s*((?:{_MARKER_TEXT}\s*)+)$", re.I)

# What the end of a growing sentence may still become something else with: a marker that has begun
# or may be followed by an address, white space before one, a full stop with the word after it.
_MARKERS = rf"(?:{_MARKER_TEXT}\s*){{0,20}}"
_BEGUN = rf"{_OPEN}\s*(?:[a-z.]{{1,8}}\s*)?[#^]?[\d\s,;&\u2013\u2014\u2020a-z-]{{0,60}}"
_MARKER_BEGUN = re.compile(_BEGUN, re.I)
_UNSETTLED = re.compile(
    rf"(?<!\s)\s*(?:{_MARKERS}{_STOP}[\"'\u201d\u2019)\]}}*_]*\s*{_MARKERS}\S{{0,40}}"
    rf"|{_MARKERS}(?:\([^()\s]{{0,300}})?)(?:{_BEGUN})?$",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence of a model: ``text`` with its markers resolved, ``bare`` without them.

    ``cited`` are the sources that it names, ``unknown`` the markers that name none; ``space`` is
    the white space after it.
    """

    text: str
    bare: str
    cited: tuple[int, ...]
    unknown: tuple[str, ...]
    space: str


@dataclass
class Numbering:
    """Numbers in order of first use for the sources 1 to ``sources`` of a prompt."""

    sources: int
    given: dict[int, int] = field(default_factory=dict)

    def number(self, source: int) -> int:
        return self.given.setdefault(source, len(self.given) + 1)

    def resolved(self, text: str) -> tuple[str, tuple[int, ...], tuple[str, ...]]:
        """``text`` with our numbers, the sources that it cites, and the markers taken out."""
        cited: dict[int, None] = {}
        unknown: list[str] = []

        def ours(match: re.Match[str]) -> str:
            named = _named(match[2], self.sources)
            known = [source for source in named if 1 <= source <= self.sources]
            if len(known) < len(named):
                unknown.append(match[2])
            cited.update(dict.fromkeys(known))
            numbers = "".join(f"[{self.number(source)}]" for source in known)
            before = match.string[match.start() - 1 : match.start()]
            stuck = not match[1] and re.fullmatch(r"[\w%*`]", before)
            return f"{' ' if stuck else match[1]}{numbers}" if numbers else ""

        parts: list[str] = []
        done = 0
        for code in _CODE.finditer(text):
            parts += [_SPACED.sub(ours, text[done : code.start()]), _as_code(code.group())]
            done = code.end()
        parts.append(_SPACED.sub(ours, text[done:]))
        return "".join(parts), tuple(cited), tuple(unknown)


class Sentences:
    """Cuts a text that comes in pieces into sentences; lines are never joined."""

    def __init__(self, numbering: Numbering) -> None:
        self.numbering = numbering
        self._raw = ""

    def feed(self, piece: str) -> Iterator[Sentence]:
        """The sentences that are whole now that ``piece`` has come."""
        self._raw += _UNSEEN.sub("", piece)
        while (end := _first_end(self._raw, final=False)) is not None:
            yield self._cut(end)

    def settled(self) -> str:
        """The beginning of the growing sentence that won't change any more, resolved."""
        raw = self._raw.partition("`")[0]  # what is code shows when the sentence is whole
        unsettled = _UNSETTLED.search(raw)
        return self.numbering.resolved(raw[: unsettled.start()] if unsettled else raw)[0]

    def rest(self) -> Iterator[Sentence]:
        """What is left when nothing more comes."""
        while self._raw:
            end = _first_end(self._raw, final=True)
            yield self._cut(len(self._raw) if end is None else end)

    def _cut(self, end: int) -> Sentence:
        raw, self._raw = self._raw[:end], self._raw[end:]
        said = raw.rstrip()
        text, cited, unknown = self.numbering.resolved(_markers_inside(said))
        return Sentence(text, _MARKER.sub("", said), cited, unknown, raw[len(said) :])


def before_end(text: str, addition: str) -> str:
    """``text`` with ``addition`` before the full stop that ends it, or at its end."""
    stop = _ENDING.search(text)
    at = stop.start() if stop else len(text)
    return text[:at] + addition + text[at:]


def _named(marker: str, sources: int) -> list[int]:
    """The numbers in a marker, each once; of a range, no more than there can be."""
    named: dict[int, None] = {}
    for match in _RANGE.finditer(marker.partition("\u2020")[0].partition("(")[0]):
        first, last = sorted((int(match[1]), int(match[2] or match[1])))
        named.update(dict.fromkeys(range(first, min(last, max(first, sources + 1)) + 1)))
    return list(named)


def _as_code(code: str) -> str:
    # A number in brackets in code is no marker: a word joiner, which has no width, says so.
    return re.sub(r"\[(?=\d+\])", "[\u2060", code)


def _markers_inside(said: str) -> str:
    """ "Words. [1]" as "Words [1].": what a sentence cites stands in it."""
    match = _AFTER_END.search(said)
    return f"{said[: match.start()]} {match[2].strip()}{match[1]}" if match else said


def _first_end(raw: str, *, final: bool) -> int | None:
    """Where the first sentence of ``raw`` ends, with the white space after it; None: not yet.

    A full stop ends a sentence or not by the word after it, so that has to be whole.
    """
    line, newline, _ = raw.partition("\n")
    blank = _CODE.sub(_blank, _MARKER.sub(_blank, line))  # neither is in a sentence's way
    cited = _CITED_END.search(_CODE.sub(_blank, line))
    if cited and "`" in line[: cited.end() + 1] and not (newline or final):
        cited = None  # what looks like a marker may turn out to be code
    if cited:
        blank = blank[: cited.end()]
    spans = sentence_spans(blank)
    if cited and len(spans) == 1:
        return cited.end()
    if len(spans) > 1:
        start = spans[1][0]
        begun = _MARKER_BEGUN.fullmatch(line, start)
        word = None if begun else re.match(r"\S+\s|\S{41}", blank[start:])
        if newline or final or (word and "`" not in line[: start + word.end()]):
            return start
    if newline:
        return len(line) + 1
    return LONGEST if len(raw) > LONGEST else None


def _blank(match: re.Match[str]) -> str:
    return " " * len(match.group())
