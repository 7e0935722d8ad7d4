"""Words as the support check sees them: tokens with offsets, their stems, and how rare each is.

The weights come from ``word_df.txt.gz``: in how many of 300,000 arXiv titles and abstracts (to
2019) each stem occurs, counted by ``eval/train/embedder/count_words.py``. No model and no text is
in it.
"""

from __future__ import annotations

import gzip
import math
import re
from collections.abc import Mapping
from functools import cache, lru_cache
from pathlib import Path
from typing import NamedTuple

# A word keeps its apostrophe ("doesn't", "Student's"); scripts without spaces give single signs.
_WORD = re.compile(
    r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]"
    r"|[^\W_\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]+(?:['’][^\W_]+)?"
)

# Words that carry grammar, not content: they count in no coverage. Negations are in
# rag/verify/negation.py, which looks at them by itself.
STOP = frozenset(
    "a about above according across after again all also although am among an and any are as at be "
    "because been before being below between both but by can could did do does doing done down "
    "during each either else etc even ever every for from further had has have having he her here "
    "hers him his how however i if in instead into is it its itself just like many may me might "
    "more most much must my namely near of off on once one only onto or other others our out over "
    "own per quite rather s same say see seem several shall she should since so some still such "
    "than that the their theirs them themselves then there thereby therefore these they this those "
    "though through thus to together too toward towards under until up upon us use using used via "
    "very was we well were what when where whether which while who whom whose why will with within "
    "would yet you your not no nor never cannot without "
    # figures are compared as figures, by rag/text/figures.py
    "zero two three four five six seven eight nine ten eleven twelve thirteen "
    "fourteen fifteen sixteen seventeen eighteen nineteen twenty thirty forty fifty "
    "sixty seventy eighty ninety hundred thousand million billion trillion percent times fold "
    "twice half double doubles doubled".split()
)

_IRREGULAR = {
    "ran": "run", "gave": "giv", "given": "giv", "took": "tak", "taken": "tak", "found": "find",
    "made": "mak", "kept": "keep", "led": "lead", "shown": "show", "grew": "grow", "grown": "grow",
    "wrote": "writ", "written": "writ", "chose": "choos", "chosen": "choos", "built": "build",
    "fell": "fal", "fallen": "fal", "rose": "ris", "risen": "ris", "held": "hold",
    "lost": "los", "loss": "los", "sped": "speed", "spent": "spend", "meant": "mean", "met": "meet",
    "drew": "draw", "drawn": "draw", "became": "becom", "began": "begin", "begun": "begin",
    "mice": "mous", "children": "child", "men": "man", "women": "woman", "people": "person",
    "indices": "index", "matrices": "matrix", "vertices": "vertex", "went": "go", "worse": "bad",
    "worst": "bad", "best": "good", "better": "good", "sang": "sing", "sung": "sing",
    "general": "general", "generally": "general", "less": "less", "lesser": "less",
    "business": "business", "during": "during", "string": "string", "training": "train",
}  # fmt: skip


def _endings(table: str) -> tuple[tuple[str, str, int], ...]:
    rows = (entry.split(":") for entry in table.split())
    return tuple((suffix, new, int(keep)) for suffix, new, keep in rows)


# suffix:what replaces it:fewest letters that must stay; the first that fits is taken.
_INFLECTIONS = _endings(
    "sses:ss:2 ies:y:3 xes:x:2 ches:ch:3 shes:sh:2 ss:ss:0 us:us:3 is:is:0 s::3 "
    "ied:y:3 eed:eed:0 ed::3 ing::3 "
)
_DERIVATIONS = _endings(
    "izational:iz:3 ization:iz:3 isation:iz:3 iveness::4 ability::4 ibility::4 bility:bl:2 "
    "ysis:ys:3 ically:ic:3 ational::4 ation::4 ative::4 ately::4 ator::4 ively::4 ition:it:3 "
    "ment::4 ance::4 ancy::4 ence::4 ency::4 ally::5 ness::4 able::4 ible::4 ably::4 ibly::4 "
    "ently::4 antly::4 ity::4 ion::4 ive::4 acy::4 ate::4 ant::5 ent::5 izer:iz:3 er::4 or::5 "
    "al::5 ly::4 e::3 y::3 "
)


class Word(NamedTuple):  # made by the hundred for each passage: three times as fast as a dataclass
    """One word of a text: ``text[start:end]`` as written, and its stem."""

    text: str
    stem: str
    start: int
    end: int

    @property
    def is_content(self) -> bool:
        """Whether it bears on meaning: no grammar word, no lone letter, no plain number."""
        if self.stem[0].isdigit():
            return False  # figures are compared as figures
        lowered = self.text.lower()
        return lowered not in STOP and (len(lowered) > 1 or not lowered.isascii())


def words(text: str) -> tuple[Word, ...]:
    """The words of ``text`` in order; hyphens, underscores and punctuation part them."""
    return tuple(
        Word(word := match.group(), stem(word), *match.span()) for match in _WORD.finditer(text)
    )


def content_stems(text: str) -> frozenset[str]:
    """The stems of the words of ``text`` that bear on meaning."""
    return frozenset(map(_content_stem, _WORD.findall(text))) - {""}


@lru_cache(maxsize=65536)
def _content_stem(word: str) -> str:
    found = Word(word, stem(word), 0, len(word))
    return found.stem if found.is_content else ""


@lru_cache(maxsize=65536)
def stem(word: str) -> str:
    """The word without case and endings, so that "quantizes", "quantisation" meet."""
    word = word.casefold().removesuffix("'s").removesuffix("’s")
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    if len(word) <= 3 or not word.isascii() or any(letter.isdigit() for letter in word):
        return word.removesuffix("s") if len(word) > 3 else word
    word = _strip(word, _INFLECTIONS)
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    word = _strip(word, _DERIVATIONS)
    word = word.removesuffix("e")
    if word.endswith("uct"):  # reduction, reduce
        word = word[:-1]
    if len(word) > 4 and word[-2:] in ("is", "ys"):  # optimise, analyse
        word = word[:-1] + "z"
    if len(word) > 3 and word[-1] == word[-2]:  # planning, plan
        word = word[:-1]
    return word


def _strip(word: str, endings: tuple[tuple[str, str, int], ...]) -> str:
    for suffix, new, keep in endings:
        if word.endswith(suffix) and len(word) - len(suffix) >= keep:
            return word[: len(word) - len(suffix)] + new
    return word


@cache
def document_frequencies() -> tuple[int, Mapping[str, int]]:
    """How many texts were counted, and in how many of them each stem occurs.

    Stems in fewer texts than the rarest kept are missing: take them as that rare.
    """
    path = Path(__file__).with_name("word_df.txt.gz")
    counts: dict[str, int] = {}
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        total = int(next(lines))
        for line in lines:  # "df stem stem stem": each frequency once, most frequent first
            df, *stems = line.split()
            counts.update(dict.fromkeys(stems, int(df)))
    return total, counts


@cache
def default_idf() -> Mapping[str, float]:
    """Each known stem's weight, ``ln(N / df)``; about 0.3 for "result", 5 for "quantiz"."""
    total, counts = document_frequencies()
    weight = {df: math.log(total / df) for df in set(counts.values())}
    return {stem: weight[df] for stem, df in counts.items()}


@cache
def rarest_idf() -> float:
    """The weight of a stem that the table lacks: that of the rarest kept."""
    return max(default_idf().values())
