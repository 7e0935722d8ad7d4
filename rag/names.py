"""What a paper's own system is called, and whether a question calls it by that name."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from ingest.paper import Paper

_WORD = r"[A-Za-z0-9À-ÿ][\w'’^+.\-]*"
_INTRODUCES = re.compile(
    rf"\b(?:propose|present|introduce|develop|call(?:ed)?|named?|dubbed|termed|design|release"
    rf"|offers?|build|describe[sd]?|study of)s?\s+(?:the\s+|a\s+)?({_WORD})"
)
_IN_PARENTHESES = re.compile(r"\(\s*([A-Za-z][\w^+.\-]{1,15})\s*[,;)]")
# Names that many papers share say nothing about which paper is meant.
COMMON = frozenset(
    "llm llms ai ml nlp gpu gpus cpu cpus dnn dnns cnn cnns rnn moe peft lora sft rlhf ppo rl kv slo"
    " slos api sql nas iot soc t2i t2v rag icl cot llama gpt gpt4 bert transformer transformers"
    " pytorch imagenet ttft tbt flops mfu poi nlg nlu vlm vlms mllm mllms lm lms plm plms dl slm"
    " slms sla slas qos asic fpga fpgas dsp cv os ssd ram vram hdd"
    " usb dram hbm db dbs dba dbas phd cli ui ux it tv uk usa eu pc pcs mac url pdf ceo cto cfo".split()
)


def fold(name: str) -> str:
    """A name without case, accents and punctuation: "Mélange" and "melange", "MoE^2" and "moe2"."""
    plain = unicodedata.normalize("NFKD", name).casefold().replace("^", "")
    return "".join(c for c in plain if c.isalnum() and not unicodedata.combining(c))


@lru_cache(maxsize=4096)
def aliases(title: str, abstract: str) -> tuple[str, ...]:
    """Names under which a paper is likely asked for, folded; the likeliest first.

    From the title (what stands before a colon, words in mixed case) and from the abstract (what it
    introduces, what it abbreviates if the title has it too).
    """
    found: dict[str, None] = {}
    head, colon, _ = title.partition(":")
    if colon and len(head.split()) <= 5:
        found[fold(head)] = None
        for inner in re.findall(r"\(([^)]+)\)", head):
            found[fold(inner)] = None
    for word in re.findall(_WORD, title):
        if _is_name(word):
            found[fold(word)] = None
    for pattern in (_INTRODUCES, _IN_PARENTHESES):
        for word in pattern.findall(_readable(abstract)):
            if _is_name(word):
                found[fold(word)] = None
    whole = fold(title)
    found[whole] = None
    return tuple(name for name in found if len(name) >= 2 and name not in COMMON)


def names_in(question: str, paper: Paper) -> tuple[str, ...]:
    """The aliases of ``paper`` that occur in ``question`` as whole words, in the paper's order."""
    present = _folded_ngrams(question)
    return tuple(n for n in aliases(paper.title, paper.abstract) if n in present)


@lru_cache(maxsize=256)
def _folded_ngrams(question: str) -> frozenset[str]:
    words = re.findall(r"[\w^+]+(?:[.\-'’][\w^+]+)*", question)
    pieces: list[str] = []
    for word in words:
        pieces += [p for p in re.split(r"[\-'’]", word) if p] if re.search(r"['’]", word) else [word]
    folded = [fold(piece) for piece in pieces]
    return frozenset(
        "".join(folded[i : i + n]) for n in range(1, 9) for i in range(len(folded) - n + 1)
    )


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


def _readable(text: str) -> str:
    return re.sub(r"\\(['`^\"~])\{?([A-Za-z])\}?", r"\2", text)
