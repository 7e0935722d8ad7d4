"""How topics read as titles: "llm serving" is "LLM serving" where the papers write LLM."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from itertools import islice
from weakref import WeakKeyDictionary

from ingest.library import Library

MOST_READ = 1_000  # papers: enough to know how a field writes its words

_WORD = re.compile(r"[^\W_]+")
_LETTERS = re.compile(r"[b-df-hj-np-tv-xz]{2,5}")  # no vowel: said letter by letter
_SHOUTED = 0.7  # the share of capitals from which a title tells nothing of its words


class Spelling:
    """The words that texts mostly write with capitals of their own: LLM, GPUs, PyTorch, vLLM."""

    def __init__(self, texts: Iterable[str]) -> None:
        written: dict[str, Counter[str]] = {}
        for text in texts:
            letters = [c for c in text if c.isalpha()]
            if sum(c.isupper() for c in letters) > _SHOUTED * len(letters):
                continue
            for word in _WORD.findall(text):
                written.setdefault(word.casefold(), Counter())[word] += 1
        self._own = {}
        for word, forms in written.items():
            most, times = forms.most_common(1)[0]
            if any(c.isupper() for c in most[1:]) and 2 * times > forms.total():
                self._own[word] = most

    def title(self, topic: str) -> str:
        """``topic`` with a capital first, and its words as the texts write them."""
        shown = self.words(topic)
        first = _WORD.match(shown)
        if first is None or any(c.isupper() for c in first[0]):
            return shown
        return shown[0].upper() + shown[1:]

    def words(self, topic: str) -> str:
        """``topic`` as it stands in a sentence."""
        return _WORD.sub(self._word, " ".join(topic.split()))

    def _word(self, found: re.Match[str]) -> str:
        word = found[0]
        if any(c.isupper() for c in word):
            return word  # somebody meant it
        known = self._own.get(word) or self._own.get(f"{word}s", "")[: len(word)]
        return known or (word.upper() if _LETTERS.fullmatch(word) else word)


def spelling_of(library: Library) -> Spelling:
    """That of the first papers of ``library``; looked up once for each of its versions."""
    version = library.version
    known = _known.get(library)
    if known is None or known[0] != version:
        papers = islice(library.papers(), MOST_READ)
        texts = (text for paper in papers for text in (paper.title, paper.abstract))
        _known[library] = known = (version, Spelling(texts))
    return known[1]


_known: WeakKeyDictionary[Library, tuple[int, Spelling]] = WeakKeyDictionary()
