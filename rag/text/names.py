"""What a paper's own system is called, and whether a question calls it by that name."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from ingest.paper import Paper
from rag.text.words import default_idf, stem

_WORD = r"[A-Za-z0-9À-ÿ][\w'’^+.\-]*"
_INTRODUCES = re.compile(
    rf"\b(?:propose|present|introduce|develop|call(?:ed)?|named?|dubbed|termed|design|release"
    rf"|offers?|build|describe[sd]?|study of)s?\s+(?:the\s+|a\s+)?({_WORD})"
)
# "ENAMEL (a long form) is a benchmark ...": what an abstract opens with and goes on about.
_OPENS_WITH = re.compile(rf"({_WORD})(?: \([^()]{{1,80}}\))? (?:is|are) an? ")
_GOES_ON = 3  # times that it is named at least
_IN_PARENTHESES = re.compile(r"\(\s*([A-Za-z][\w^+.\-]{1,15})\s*[,;)]")
# Names that many papers share say nothing about which paper is meant.
COMMON = frozenset(
    "llm llms ai ml nlp gpu gpus cpu cpus dnn dnns cnn cnns rnn moe peft lora sft rlhf ppo rl kv"
    " slo slos api sql nas iot soc t2i t2v rag icl cot llama gpt gpt4 bert transformer transformers"
    " pytorch imagenet ttft tbt flops mfu poi nlg nlu vlm vlms mllm mllms lm lms plm plms dl slm"
    " slms sla slas qos asic fpga fpgas dsp cv os ssd ram vram hdd"
    " usb dram hbm db dbs dba dbas phd cli ui ux it tv uk usa eu pc pcs mac url pdf ceo cto"
    " cfo".split()
)


_NO_LETTER = {code: None for code in range(128) if not chr(code).isalnum()}


def fold(name: str) -> str:
    """A name without case, accents and punctuation: "Mélange" and "melange", "MoE^2" and "moe2"."""
    if name.isascii():  # most texts, at a twentieth of the time
        return name.casefold().translate(_NO_LETTER)
    plain = unicodedata.normalize("NFKD", name).casefold().replace("^", "")
    return "".join(c for c in plain if c.isalnum() and not unicodedata.combining(c))


@dataclass(frozen=True, slots=True)
class Names:
    """What a paper may be called, folded: ``own`` names of it or its system, the likeliest first;
    ``shared`` ones that stand in its title or are abbreviated in its text, as in others' too."""

    own: tuple[str, ...]
    shared: tuple[str, ...]


@lru_cache(maxsize=4096)
def names(title: str, abstract: str) -> Names:
    """The names of a paper.

    Its own are what stands before a colon in the title, and what the abstract introduces; its whole
    title is one, too.
    """
    own: dict[str, None] = {}
    shared: dict[str, None] = {}
    head, colon, _ = title.partition(":")
    if colon and len(head.split()) <= 5:
        own[fold(head)] = None
        for inner in re.findall(r"\(([^()]+)\)", head):
            own[fold(inner)] = None
    for word in _INTRODUCES.findall(_readable(abstract)):
        if _is_name(word) or _is_coined(word):
            own[fold(word)] = None
    opening = _OPENS_WITH.match(abstract)
    if opening and _is_name(opening[1]) and abstract.count(opening[1]) >= _GOES_ON:
        own[fold(opening[1])] = None
    own[fold(title)] = None
    for word in (*re.findall(_WORD, title), *_IN_PARENTHESES.findall(_readable(abstract))):
        if _is_name(word):
            shared[fold(word)] = None
    return Names(
        tuple(name for name in own if _tells(name)),
        tuple(name for name in shared if _tells(name) and name not in own),
    )


def _tells(name: str) -> bool:
    """Not an everyday abbreviation, nor a figure with a unit ("3D", "7B")."""
    return len(name) >= 2 and name not in COMMON and not re.fullmatch(r"\d+[a-z]{1,2}", name)


def aliases(title: str, abstract: str) -> tuple[str, ...]:
    """All names under which a paper may be asked for, folded; the likeliest first."""
    found = names(title, abstract)
    return (*found.own, *found.shared)


def names_in(question: str, paper: Paper) -> tuple[str, ...]:
    """The aliases of ``paper`` that occur in ``question`` as whole words, the likeliest first."""
    present = folded_ngrams(question)
    return tuple(name for name in aliases(paper.title, paper.abstract) if name in present)


@lru_cache(maxsize=256)
def folded_ngrams(question: str) -> frozenset[str]:
    """Every run of one to eight words of ``question``, and what is quoted in it, folded."""
    words = re.findall(r"[\w^+]+(?:[.\-'’][\w^+]+)*", question)
    pieces: list[str] = []
    for word in words:
        pieces += (
            [p for p in re.split(r"[\-'’]", word) if p] if re.search(r"['’]", word) else [word]
        )
    folded = [fold(piece) for piece in pieces]
    runs = ("".join(folded[i : i + n]) for n in range(1, 9) for i in range(len(folded) - n + 1))
    return frozenset((*runs, *map(fold, re.findall("“([^“”]{1,300})”", question))))


def _is_name(word: str) -> bool:
    """In mixed case, in capitals, or with a digit beside letters: "vAttention", "AIOS", "C4"."""
    bare = word.strip(".'’-")
    letters = [c for c in bare if c.isalpha()]
    if len(bare) < 2 or not letters or fold(bare) in COMMON:
        return False
    if all(re.fullmatch(r"[A-Za-z]?[a-z]+", part) for part in bare.split("-")) and "-" in bare:
        return False  # "Low-Rank", "Cost-effective": ordinary words
    inner_capital = any(c.isupper() for c in bare[1:])
    return inner_capital or (any(c.isdigit() for c in bare) and bare[0].isupper())


def _is_coined(word: str) -> bool:
    """A capitalised word that no paper on arXiv had used by 2019: "Dynasor"."""
    return bool(re.fullmatch(r"[A-Z][a-z]{3,}", word)) and stem(word) not in default_idf()


def _readable(text: str) -> str:
    return re.sub(r"\\(['`^\"~])\{?([A-Za-z])\}?", r"\2", text)
