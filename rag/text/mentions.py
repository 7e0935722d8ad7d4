"""Names mentioned in prose: systems, models, data, devices. Does the evidence know the claim's?"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from rag.text.words import STOP, default_idf, rarest_idf, stem

_TOKEN = re.compile(r"[^\W_](?:[\w.@^*'’+&-]*[\w+*])?")
_BREAKS = re.compile(r"[-–/.+&'’^]")
_PARTS = re.compile(r"[^\W\d_]+|\d+(?:\.\d+)?")
# "80GB", "4-bit", "2.5x", "1st": figures, however they are spelt.
_FIGURE_LIKE = re.compile(
    r"\d[\d.,]*(?:[-–]\d[\d.,]*)*[-–]?(?:[a-zA-Z%µ]{0,3}|bit|fold|th|st|nd|rd|GPUs?|param\w*)"
    r"(?:[-–][a-z]+)*"
)
# So common in these papers that a sentence may use them where its evidence spells them out.
_GENERIC = frozenset(
    "ai ml dl nlp llm llms lm lms plm nn dnn api apis ok us uk eu url pdf id it faq".split()
)
_LONGEST = 12  # letters of initials
_OPENING = re.compile(r"(?:^|[.!?:;]|[\"“(\[*•])\s*$")
# A capital word this common in 300,000 papers is a word first and a name only by luck.
_COMMON_IDF = 6.5
_PLAIN_IDF = 8.2


@dataclass(frozen=True, slots=True)
class Mention:
    """One name: ``text[start:end]`` as written; ``sure`` unless it may be a word with a capital."""

    text: str
    start: int
    end: int
    sure: bool


def mentions(text: str) -> tuple[Mention, ...]:
    """What ``text`` names, in order: mixed case, acronyms, letters with digits, capitals inside."""
    found: list[Mention] = []
    for match in _TOKEN.finditer(text):
        written = re.sub(r"['’]s$", "", match.group())
        start, end = match.start(), match.start() + len(written)
        if text.startswith(" et al", end):
            continue  # authors: the caller knows them, an abstract doesn't
        opening = start == 0 or bool(_OPENING.search(text[max(0, start - 3) : start]))
        sure = _is_name(written, opening=opening)
        if sure is not None:
            found.append(Mention(written, start, end, sure))
    return tuple(found)


def _is_name(token: str, *, opening: bool) -> bool | None:
    """True or False as in ``Mention.sure``, None where the token is no name."""
    if not any(char.isupper() for char in token) or key(token) in _GENERIC:
        return None
    if _FIGURE_LIKE.fullmatch(token) or len(token) < 2:
        return None
    parts = [part for part in re.split(r"[-–&+]", token) if part]
    inner = any(char.isupper() for part in parts for char in part[1:])
    lettered = len(parts) > 1 and len(parts[-1]) == 1  # "Model-X"
    if inner or lettered or any(char.isdigit() for char in token):
        return True
    weights = [_weight(part) for part in parts if part[0].isupper() and part.lower() not in STOP]
    if not weights or token.lower() in STOP:
        return None
    if opening:  # any word may open a sentence with a capital
        return False if max(weights) >= _PLAIN_IDF else None
    return max(weights) >= _COMMON_IDF


def _weight(word: str) -> float:
    return default_idf().get(stem(word), rarest_idf())


@lru_cache(maxsize=65536)
def key(name: str) -> str:
    """The name without case, accents, signs and plural s."""
    folded = unicodedata.normalize("NFKD", name).casefold()
    bare = "".join(char for char in folded if char.isalnum())
    return bare[:-1] if len(bare) > 3 and bare.endswith("s") and not bare.endswith("ss") else bare


@dataclass(frozen=True, slots=True)
class KnownNames:
    """What a text can name: keys of its tokens, their parts and runs, and initials of its words."""

    keys: frozenset[str]
    initials: str

    @classmethod
    def of(cls, texts: Iterable[str]) -> KnownNames:
        """The names of ``texts``, which are read apart: no name runs from one into the next."""
        keys: set[str] = set()
        initials: list[str] = []
        for text in texts:
            tokens = _TOKEN.findall(text)
            pieces = [part for token in tokens for part in _BREAKS.split(token) if part]
            folded = [key(piece) for piece in pieces]
            keys.update(key(token) for token in tokens)
            keys.update(folded)
            for size in (2, 3):
                keys.update("".join(folded[i : i + size]) for i in range(len(folded) - size + 1))
            for piece in pieces:  # NASNet knows NAS and Net, LLaMA2 knows LLaMA
                if not (piece.islower() or piece.isdigit()):
                    keys.update(map(key, _PARTS.findall(piece)))
                    keys.update(map(key, re.findall(r"[A-Z]+(?![a-z])|[A-Z][a-z]+", piece)))
            initials.append("".join(piece[0].lower() for piece in pieces))
            initials.append("".join(p[0].lower() for p in pieces if p.lower() not in STOP))
        keys.discard("")
        return cls(frozenset(keys), " ".join(initials))

    def __contains__(self, name: object) -> bool:
        """Whether ``name`` occurs: whole, by its parts, or as the initials of a run of words."""
        if not isinstance(name, str):
            return False
        if key(name) in self.keys:
            return True
        parts = [part for part in _BREAKS.split(name) if part]
        if len(parts) > 1:  # "LLaMA-based" stands with LLaMA
            return all(part in self for part in parts if part != part.lower() or part.isdigit())
        if re.fullmatch(r"[A-Z][A-Za-z]*[A-Z]s?", name):
            letters = name.removesuffix("s").lower()
            # One word may stand between: "natural language generation and understanding" has NLU.
            gap = ".?" if 2 < len(letters) <= _LONGEST else ""
            if re.search(gap.join(letters), self.initials):
                return True
        pieces = _PARTS.findall(name)
        return len(pieces) > 1 and all(key(piece) in self.keys for piece in pieces)
