"""Short questions in German or French, put word by word into the English that is read here."""

from __future__ import annotations

import re

from rag.text.words import STOP, default_idf, stem

# English: how it is put. Word order may stay: what is asked of a paper is read from its words.
_TABLE = """
what is: was ist, was sind, was bedeutet, was heißt, qu'est-ce que, c'est quoi, que signifie
explain: wie funktioniert, erkläre, erklär mir, comment fonctionne, comment marche, explique
who wrote: wer hat, wer schrieb, von wem ist, von wem stammt, qui a écrit, qui a ecrit, de qui est
when was: wann wurde, wann ist, wann erschien, quand a été, quand est
published: veröffentlicht, erschienen, publiziert, publié, publiée, publiés, paru, parue, sorti
summarize: fasse, fass, résume, résumez
how many: wie viele, wieviele, combien de, combien d'
which: welche, welcher, welches, quels, quelles, quel, quelle
papers: artikel, arbeiten, veröffentlichungen, articles, publications, papiers
paper: arbeit, article
are there: gibt es, haben sie, hast du, y a-t-il, il y a, avez-vous, as-tu
about: über, zum thema, zu, handeln von, sur, à propos de, qui parlent de, parlent de
from: von, aus, de, des, du
newest: neueste, neuesten, neuester, neuestes, dernier, derniers, dernière, dernières
oldest: älteste, ältesten, ältester, plus ancien, plus anciens
show: zeige, zeig mir, zeige mir, montre, montre-moi, montrez-moi, liste
all: alle, tous, toutes, tous les, toutes les
similar to: ähnlich wie, wie, similaires à, similaire à, comme
with: mit, avec
without: ohne, sans
since: seit, depuis
before: vor, avant
after: nach, après
in: im, en, dans
and: und, et
or: oder, ou
here: hier, ici
the: der, die, das, den, dem, le, la, les, l'
a: ein, eine, einen, un, une
are: sind, sont
is: ist, est
abstract: zusammenfassung, résumé
link: lien
code: quellcode
authors: autoren, auteurs
year: jahr, année
please: bitte, svp, s'il te plaît, s'il vous plaît
"": geschrieben, verfasst, zusammen, herausgekommen, mir, moi, es
"""
_TOKEN = re.compile(r"\w+'(?=\w)|[^\s?!,;]+|[?!,;]")
_ENGLISH = {
    tuple(_TOKEN.findall(phrase)): english.strip('"')
    for english, _, said in (line.partition(": ") for line in _TABLE.strip().splitlines())
    for phrase in said.split(", ")
}
_LONGEST = max(map(len, _ENGLISH))
_MOST_WORDS = 15
_LONGEST_READ = 150  # characters
_SHARED = frozenset("articles article publications et die code".split())  # with English


def in_english(question: str) -> str:
    """A German or French question in English words; as it is, where a word isn't known."""
    tokens = _TOKEN.findall(question[:_LONGEST_READ].replace("’", "'"))
    if not 1 < len(tokens) <= _MOST_WORDS or len(question) > _LONGEST_READ:
        return question
    said, at, foreign = [], 0, False
    while at < len(tokens):
        length = _known(tokens, at)
        if not length and tokens[at].islower() and not _is_english(tokens[at]):
            return question
        said.append(_ENGLISH.get(_key(tokens, at, length), tokens[at]))
        foreign = foreign or (length > 0 and tokens[at].casefold() not in _SHARED)
        at += length or 1
    if not foreign:
        return question
    return re.sub(r" (?=[?!,;])", "", " ".join(filter(None, said)))


def begins_foreign(question: str) -> bool:
    """Whether the first words are German or French ones that no English question begins with."""
    tokens = _TOKEN.findall(question[:_LONGEST_READ].replace("’", "'"))
    length, first = _known(tokens, 0), tokens[0].casefold() if tokens else ""
    ours = first in STOP or first in _SHARED or len(first) < 3
    return length > 1 or (length == 1 and not ours)


_OURS = frozenset(word for english in _ENGLISH.values() for word in english.split())


def _is_english(word: str) -> bool:
    """Whether English papers use the word: "quantization" is the same in French."""
    return word in _OURS or (len(word) > 4 and stem(word) in default_idf())


def _known(tokens: list[str], at: int) -> int:
    """How many tokens from a place on the table knows; 0 for none."""
    lengths = range(_LONGEST, 0, -1)
    return next((n for n in lengths if _key(tokens, at, n) in _ENGLISH), 0)


def _key(tokens: list[str], at: int, length: int) -> tuple[str, ...]:
    said = tokens[at : at + length]  # "MIT" isn't "mit"
    return tuple(t if len(t) > 1 and t.isupper() else t.casefold() for t in said)
