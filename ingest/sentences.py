"""Where sentences begin and end, as offsets: quotes are slices, so offsets are all that is kept."""

from __future__ import annotations

import re

Span = tuple[int, int]

# A full stop after these ends no sentence ("e.g. LoRA", "Fig. 3", "Smith et al. 2020").
_ABBREVIATIONS = frozenset(
    "al approx ca cf ch dept dr eds ed eq eqs etc e.g ex fig figs i.e inc jr ltd mr mrs ms no "
    "nos p pp prof ref refs resp sec secs sect sr st tab thm vol vols vs viz w.r.t s.t a.k.a u.s "
    "ph.d".split()
)
# ... unless what follows can only open a sentence ("... tables, etc. We then ...").
_MAY_END = frozenset({"etc", "al", "inc", "ltd", "jr", "sr", "u.s", "ph.d"})
_OPENERS = re.compile(
    r"(?:We|Our|In|The|This|These|That|It|However|To|By|For|Finally|Moreover|Furthermore|Here|A|An"
    r"|As|On|With|While|When|Such|Its|They|Experiments?|Results?|Extensive)\b"
)
_TERMINATOR = re.compile(r"""(?<![.!?])[.!?]+["'”’)\]}]*(?=\s|$)|[。！？]+["”’』」）]*|\n\s*\n""")
_LAST_WORD = re.compile(r"[^\s(\[{\"'“‘]+$")


def sentence_spans(text: str) -> list[Span]:
    """The (start, end) of every sentence of ``text``, in order, stripped of outer white space.

    Slices cover all of ``text`` but white space between sentences. Full stops inside numbers,
    URLs, abbreviations, initials and list marks ("2. faster") end nothing.
    """
    spans: list[Span] = []
    start = 0
    for match in _TERMINATOR.finditer(text):
        if match.end() < len(text) and not _ends_sentence(text, match):
            continue
        _add(spans, text, start, match.end())
        start = match.end()
    _add(spans, text, start, len(text))
    return spans


def sentences(text: str) -> list[str]:
    """The sentences of ``text``, in order."""
    return [text[start:end] for start, end in sentence_spans(text)]


def _add(spans: list[Span], text: str, start: int, end: int) -> None:
    piece = text[start:end]
    if stripped := piece.strip():
        start += len(piece) - len(piece.lstrip())
        spans.append((start, start + len(stripped)))


def _ends_sentence(text: str, match: re.Match[str]) -> bool:
    mark = match.group()
    if mark[0] in "。！？\n":
        return True
    following = text[match.end() :].lstrip()
    if not following:
        return True
    head = following[0] if following[0] not in "\"'“‘([{$\\" else following[1:2]
    if mark[0] in "!?":
        return not head.islower()
    if head.islower() and not _camel_name(following):
        return False
    # No abbreviation is longer than this; a search from the start would read it all again.
    word_match = _LAST_WORD.search(text[max(0, match.start() - 40) : match.start()])
    word = word_match.group() if word_match else ""
    lowered = word.lower()
    if lowered in _ABBREVIATIONS:
        return lowered in _MAY_END and bool(_OPENERS.match(following))
    if re.fullmatch(r"[A-Z](?:\.[A-Z])*", word) and not _OPENERS.match(following):
        return False  # an initial: "J. Smith"
    if re.fullmatch(r"\(?(?:\d{1,2}|[ivx]{1,4}|[a-z])\)?", word):
        # "1. pruning 2. merging": a list mark follows a colon, a comma or another item.
        before = text[: match.start() - len(word)].rstrip()
        return not (before == "" or before[-1] in ":,;.")
    return True


def _camel_name(following: str) -> bool:
    """Sentences may open with a system's name in lower case: "vAttention keeps ..."."""
    word = re.match(r"[a-z]+[A-Z]\w*", following)
    return word is not None
