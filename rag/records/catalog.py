"""The records of a library in memory: looked through by author, year, topic and term."""

from __future__ import annotations

import re
import threading
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property
from weakref import WeakKeyDictionary

from ingest.filters import Filters
from ingest.ids import canonical_id
from ingest.library import Library
from ingest.paper import Paper, title_key
from rag.text.abbreviations import Abbreviations
from rag.text.names import fold, names
from rag.text.people import matching, name_of
from rag.text.words import content_stems, stem


@dataclass(frozen=True)
class Catalog:
    """All papers of one version of a library."""

    papers: tuple[Paper, ...]

    @cached_property
    def authors(self) -> frozenset[str]:
        """Every author as written, but for "and others"."""
        return frozenset(a for p in self.papers for a in p.authors if a.casefold() != "others")

    @cached_property
    def topics(self) -> Counter[str]:
        """How many papers each topic has."""
        return Counter(topic for paper in self.papers for topic in set(paper.topics))

    @property
    def years(self) -> tuple[int, int] | None:
        """The first and the last year."""
        found = [paper.year for paper in self.papers if paper.year is not None]
        return (min(found), max(found)) if found else None

    @cached_property
    def surnames(self) -> frozenset[str]:
        """Every author's last name, folded."""
        return frozenset(name_of(author).surname for author in self.authors)

    def by_author(self, name: str) -> tuple[set[str], list[Paper]]:
        """The authors that ``name`` may mean, and their papers, newest first."""
        meant = matching(name, self.authors)
        return meant, newest(p for p in self.papers if meant.intersection(p.authors))

    def on_topic(self, subject: str) -> list[Paper]:
        """Papers that say all of ``subject``'s words in title and topics together.

        Abbreviations count as what they stand for: "MoE", "fed learning", "data mgmt".
        """
        either = subject.split(" or ")
        forms = [content_stems(f) - _GENERIC for one in either for f in (one, *self._expanded(one))]
        wanted = [form for form in forms if form]
        found = {p.id: p for p in self.papers if any(form <= self._about[p.id] for form in wanted)}
        for form in wanted:
            found |= {paper.id: paper for paper in self._qualified(form)}
        return newest(found.values() or self._on_shortened(subject))

    def is_topic(self, subject: str) -> bool:
        """Whether papers are filed under ``subject``: a topic, words of one, or several of them."""
        topics = [content_stems(topic) for topic in self.topics]

        def filed(said: str) -> bool:
            forms = [content_stems(form) for form in (said, *self._expanded(said))]
            return any(form <= topic for form in forms for topic in topics)

        return filed(subject) or all(map(filed, _JOINED.split(subject)))

    def _qualified(self, form: frozenset[str]) -> list[Paper]:
        """Papers on a topic within ``form`` whose text says the rest: "neural architecture search".

        Not where the rest is another topic, which a paper has to have, too.
        """
        by_topic = {topic: content_stems(topic) for topic in self.topics}
        within = {t: form - own for t, own in by_topic.items() if " " in t and own < form}
        if any(own <= rest for own in by_topic.values() for rest in within.values()):
            return []
        return [
            paper
            for paper in self.papers
            if not within.keys().isdisjoint(paper.topics)
            and form <= content_stems(paper.abstract) | self._about[paper.id]
        ]

    def _on_shortened(self, subject: str) -> list[Paper]:
        """Papers on the topics that ``subject`` spells word by word, each cut short."""
        said = re.findall(r"[^\W_]+", subject.casefold())
        meant = {topic for topic in self.topics if _shortens(said, topic)} if len(said) > 1 else ()
        return (
            [paper for paper in self.papers if not meant.isdisjoint(paper.topics)] if meant else []
        )

    def has_word(self, word: str, *, whole: bool = False) -> bool:
        """Whether some title or text has the word, or one that it begins."""
        begun = re.compile(rf"\b{re.escape(word.casefold())}" + r"(?!\w)" * whole)
        return any(word.casefold() in text and begun.search(text) for text in self._texts)

    @cached_property
    def _about(self) -> dict[str, frozenset[str]]:
        """The stems of each paper's title and topics, by its id."""
        return {p.id: content_stems(" ".join((p.title, *p.topics))) for p in self.papers}

    def _expanded(self, subject: str) -> list[str]:
        """The subject with each abbreviation in it written out, where some text does so."""
        return [
            subject.replace(word, form)
            for word in re.findall(r"[\w-]{2,}", subject)
            for form in self.abbreviations.long_forms(word)
        ]

    def mentioning(self, term: str) -> list[Paper]:
        """Papers whose title or text has ``term``, or the long form that goes with it somewhere."""
        found: dict[str, Paper] = {}
        for form in filter(str.strip, (term, *self.abbreviations.long_forms(term))):
            pattern = re.compile(rf"(?<!\w){either(form.casefold())}(?!\w)")
            start = re.split(r"[\s-]", form.strip().casefold())[0].rstrip("s")
            for paper, text in zip(self.papers, self._texts, strict=True):
                if start in text and pattern.search(text):
                    found[paper.id] = paper
        return newest(found.values())

    @cached_property
    def _texts(self) -> list[str]:
        return [f"{paper.title}\n{paper.abstract}".casefold() for paper in self.papers]

    @cached_property
    def abbreviations(self) -> Abbreviations:
        return Abbreviations(paper.abstract for paper in self.papers)

    def called(self, subject: str, *, described: bool = True) -> list[Paper]:
        """The papers that ``subject`` names: an id or address, a title, a name before its colon.

        With ``described`` also the one that alone has all its words, two at least, in its title;
        none where it names no paper.
        """
        if found := self._by_id(subject):
            return found
        folded = fold(subject)
        if found := self.titled(subject):
            return found
        if found := self._by_name.get(folded, []) or self._introduced(subject, folded):
            return found
        wanted = content_stems(subject) - _GENERIC
        if not described or len(wanted) < 2:
            return []
        found = [
            p
            for p in self.papers
            if wanted <= self._about[p.id] and wanted <= content_stems(p.title)
        ]
        return found if len(found) == 1 else []

    def described(self, subject: str) -> list[Paper]:
        """The paper that has all of the subject's words, most of them in its title; else none."""
        wanted = content_stems(subject) - _GENERIC
        begun = [re.compile(rf"\b{re.escape(word)}") for word in wanted]
        found: list[tuple[int, Paper]] = []
        for paper, text in zip(self.papers, self._texts, strict=True):
            if begun and all(word.search(text) for word in begun):
                found.append((len(wanted & content_stems(paper.title)), paper))
        most = max((number for number, _ in found), default=0)
        best = [paper for number, paper in found if number == most]
        return best if len(best) == 1 else []

    def named(self, text: str) -> list[Paper]:
        """The papers that ``text`` names, as far as it is read."""
        named = self.named_at(re.findall(r"[^\s,;:?!\"“”]+|[,;:?!\"“”]", text[:_READ]))
        return list({paper.id: paper for _, papers in named.values() for paper in papers}.values())

    def shown_in(self, reply: str) -> list[Paper]:
        """The papers that a reply names, in its order."""
        named = re.findall(r"\*\*(.+?)\*\*|\[([^\[\]\d][^\[\]]*)\]", reply)
        found = [p for pair in named for t in pair if t for p in self.called(t)[:1]]
        found += [p for p in self.papers if p.title in reply and p not in found]
        return list({paper.id: paper for paper in found}.values()) or self.named(reply)

    def named_at(self, tokens: Sequence[str]) -> dict[int, tuple[int, list[Paper]]]:
        """The longest runs of tokens that name papers: place -> how many tokens, and the papers."""
        found: dict[int, tuple[int, list[Paper]]] = {}
        free = [True] * len(tokens)
        for length in range(min(len(tokens), 24), 0, -1):
            for start in range(len(tokens) - length + 1):
                after = "".join(tokens[start + length : start + length + 1])
                if all(free[start : start + length]) and not _VERSION.fullmatch(after):
                    if papers := self._by_words(tokens[start : start + length]):
                        found[start] = (length, papers)
                        free[start : start + length] = [False] * length
        return found

    def _by_words(self, tokens: Sequence[str]) -> list[Paper]:
        said = " ".join(tokens)
        titled = self.titled(said) if len(tokens) > 3 else []
        name = fold(re.sub(r"['’]s$", "", said))
        return titled or self._by_name.get(name, []) or self._by_id(said)

    def topic_at(self, plain: Sequence[str], at: int) -> int:
        """How many words from a place on are a topic of several words."""
        lengths = range(self._longest_topic, 1, -1)
        return next((n for n in lengths if tuple(plain[at : at + n]) in self._topic_names), 0)

    @cached_property
    def _topic_names(self) -> frozenset[tuple[str, ...]]:
        return frozenset(tuple(topic.casefold().split()) for topic in self.topics)

    @cached_property
    def _longest_topic(self) -> int:
        return max(map(len, self._topic_names), default=0)

    @cached_property
    def topic_words(self) -> frozenset[str]:
        return frozenset(word for topic in self._topic_names for word in topic)

    def _by_id(self, said: str) -> list[Paper]:
        id_ = canonical_id(said.strip("<>()[]. "))
        return (
            [p for p in self.papers if id_ in p.ids] if id_.startswith(("arxiv:", "doi:")) else []
        )

    def titled(self, title: str) -> list[Paper]:
        """The papers of this title, case and punctuation ignored."""
        return self._by_title.get(title_key(title), [])

    @cached_property
    def _by_title(self) -> dict[str, list[Paper]]:
        titles: dict[str, list[Paper]] = defaultdict(list)
        for paper in self.papers:
            titles[title_key(paper.title)].append(paper)
        return titles

    def by_name(self, name: str) -> list[Paper]:
        """The papers that are called so in their titles."""
        return self._by_name.get(fold(name), [])

    @cached_property
    def names(self) -> frozenset[str]:
        """What papers are called in their titles, folded."""
        return frozenset(self._by_name)

    @cached_property
    def _by_name(self) -> dict[str, list[Paper]]:
        """Papers by what stands before their titles' colons, whatever its shape, folded.

        Also by a word shaped like a name that only one title has: "GaLore", "Huawei".
        """
        heads: dict[str, list[Paper]] = defaultdict(list)
        words: dict[str, list[Paper]] = defaultdict(list)
        for paper in self.papers:
            head, colon, _ = paper.title.partition(":")
            if colon and (name := fold(head)):
                heads[name].append(paper)
            for name in names(paper.title, "").shared:
                # "PaLM 2" is another name than "PaLM".
                version = re.search(rf"\b{re.escape(name)} (\d[\d.]*)\b", paper.title.casefold())
                words[fold(version[0]) if version else name].append(paper)
        return {name: ps for name, ps in words.items() if len(ps) == 1} | heads

    def spelt(self, word: str) -> str:
        """The paper's name that ``word`` misspells; "" where a text has it, or no name is near."""
        near = [name for name in self._spellings if abs(len(name) - len(word)) < 3]
        close = get_close_matches(fold(word), near, n=1, cutoff=_CLOSE)
        known = not close or self.has_word(word, whole=True)
        return "" if known else self._spellings[close[0]]

    def written(self, word: str) -> str:
        """The name that ``word`` is in other letters, as papers write it: LATM; "" for none."""
        if name := self._spellings.get(fold(word)):
            return name
        form = re.compile(rf"(?<!\w){re.escape(word)}(?!\w)", re.I)
        having = [p for p, text in zip(self.papers, self._texts, strict=True) if word in text]
        found = (form.search(f"{paper.title}\n{paper.abstract}") for paper in having)
        forms = {match[0] for match in found if match and match[0][1:] != word[1:]}
        return forms.pop() if len(forms) == 1 else ""

    @cached_property
    def _spellings(self) -> dict[str, str]:
        """Names of one word as titles write them, by how they are folded."""
        known = ((fold(word), word) for p in self.papers for word in _NAME.findall(p.title))
        return {name: word for name, word in known if name in self._by_name}

    def _introduced(self, subject: str, folded: str) -> list[Paper]:
        """Papers whose text introduces something by that name, or alone tells what it does."""
        said = subject.casefold()
        texts = [p for p, text in zip(self.papers, self._texts, strict=True) if said in text]
        own = [p for p in texts if folded and folded in names(p.title, p.abstract).own]
        if own or len(texts) != 1 or said == subject:
            return own
        # "Fuyou" begins a sentence, and another one has it, too.
        name = rf"(?<!\w){re.escape(subject)}(?!\w)"
        begins = re.search(rf"(?:^|[.!?] ){name}", texts[0].abstract)
        return texts if begins and len(re.findall(name, texts[0].abstract)) > 1 else []


def newest(papers: Iterable[Paper]) -> list[Paper]:
    """Newest first: by year, by arXiv's number within one, which grows by month; then by title."""
    return sorted(papers, key=_age, reverse=True)


def catalog_of(library: Library) -> Catalog:
    """The catalog of the library as it is now; read once a version."""
    with _LOCK:
        kept = _KEPT.get(library)
        if kept is None or kept[0] != library.version:
            kept = (library.version, Catalog(tuple(library.papers())))
            _KEPT[library] = kept
        return kept[1]


def selected(papers: Sequence[Paper], filters: Filters) -> list[Paper]:
    """Those that the filters let through."""
    return [paper for paper in papers if filters.select(paper)]


_LOCK = threading.Lock()
_KEPT: WeakKeyDictionary[Library, tuple[int, Catalog]] = WeakKeyDictionary()
_JOINED = re.compile(r",? (?:and|or) |, ")  # topics side by side
_READ = 2_000  # characters in which papers are looked for: each run of words is tried
_CLOSE = 0.8  # of difflib's ratio: "MegaScal" and "MegaScale" .94, "FlexGen" and "FlexLLM" .57
_NAME = re.compile(r"[A-Za-z][A-Za-z-]*(?<!-)")
_VERSION = re.compile(r"\d{1,2}(?:\.\d+)?")  # after a name: of another thing by that name
_GENERIC = frozenset(
    stem(w) for w in "paper papers work study article system report one ones".split()
)


def _age(paper: Paper) -> tuple[int, str, str]:
    number = next((i.partition(":")[2] for i in paper.ids if re.match(r"arxiv:\d{4}\.", i)), "")
    return paper.year or 0, number, paper.title


def _shortens(said: Sequence[str], topic: str) -> bool:
    """Whether ``said`` is a topic with words cut short: to a beginning, or to consonants."""
    full = topic.casefold().split()
    return len(said) == len(full) and all(
        long.startswith(short[:-1] if short.endswith("s") else short)
        or (_left_of(long, short) and not re.search("[aeiou]", short))
        for short, long in zip(said, full, strict=True)
    )


def _left_of(long: str, short: str) -> bool:
    """Whether ``short`` is ``long`` without some of its letters, but with its first one."""
    rest = iter(long)
    return long[:1] == short[:1] and all(letter in rest for letter in short)


def either(form: str) -> str:
    """The form with a plural s or without, blanks and hyphens alike."""
    escaped = re.sub(r"(?:\\?[ -])+", r"[\\s-]+", re.escape(form.strip()))
    return escaped[:-1] + "s?" if escaped.endswith("s") and len(form) > 3 else escaped + "s?"
