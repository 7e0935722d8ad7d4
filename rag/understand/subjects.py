"""What a conversation is about: the papers and systems that its turns cite or name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from rag.text.names import aliases, fold

# "**Paper title**" on a line of its own, "- **Title**: sentence [1]", "2. **Title**".
_HEADING = re.compile(r"^[^\S\n]*(?:[-*•]\s+|\d+[.)]\s+|#+\s+)?\*\*(.{1,300}?)\*\*", re.M)
# "[ExpertFlow]", not the marker "[2]": at least one letter inside.
_BRACKETED = re.compile(r"\[(?=[^\[\]\n]*[^\W\d_])([^\[\]\n]{1,300})\]")
_TOKEN = re.compile(r"[^\W_][\w^+]*(?:[.\-][\w^+]+)*")
_BOLD = re.compile(r"\*\*([^*\n]{1,300})\*\*")
_BOLD_OR_MARKER = re.compile(r"\*\*([^*\n]{1,300})\*\*|\[(\d{1,3})\]")
# Data, devices and yardsticks: papers are measured on them or against them, seldom about them.
_YARDSTICK = re.compile(
    r"imagenet|cifar|m?nist|coco|kitti|argoverse|modelnet|gsm|aime|math|squad|glue|m?mlu|humaneval"
    r"|mbpp|wikitext|wiki|arena|tpc|movielens|bbh|arc|alpaca|sharegpt|livecodebench|codeforces|mbxp"
    r"|[abhvt]100|a10|l4|l40|rtx|tpu|dgx|u280|versal|jetson|android|ios|python|c\+\+|java"
    r"|llama|gpt|opt-|qwen|mistral|mixtral|bert|t5|deepseek|gemini|claude|chatgpt|palm"
    r"|adamw?|ppo|lora|vllm|pytorch|tensorflow|cuda|k8s|kubernetes|huggingface",
    re.I,
)
# A name after one of these is what the topic is set beside: "faster than vLLM", "on TinyAgent".
_BESIDE = re.compile(
    r"\b(?:on|with|than|vs\.?|versus|against|over|from|to|at|beats?|outperforms?|like|into|under"
    r"|using|exceeds?)\s+(?:(?:an?|the|plain|standard|normal|vanilla|ordinary)\s+)?$",
    re.I,
)
_LONGEST_NAME = 14  # words
_READ = 2000  # characters of an answer's section in which further names are looked for


@dataclass(frozen=True, slots=True)
class Topic:
    """A paper or system under discussion: as cited, as people call it, and its folded names."""

    title: str = field(compare=False)
    name: str
    keys: frozenset[str] = field(compare=False)

    @classmethod
    def of(cls, title: str, text: str = "") -> Topic:
        """The topic that ``title`` names; ``text`` may introduce another name for it."""
        title = " ".join(title.split()).strip(" .:*")
        head, colon, _ = title.partition(":")
        if colon and len(head.split()) <= 5:  # what else the title names is mostly others' work
            keys = [fold(head), fold(title), *map(fold, re.findall(r"\(([^()]+)\)", head))]
            return cls(title, head, frozenset(keys) - {""})
        # A whole title is marked as one, so that a reader sees where it ends.
        name = f"“{title}”" if len(title.split()) > 2 else title
        return cls(title, name, frozenset((fold(title), *aliases(title, text))) - {""})

    @property
    def possessive(self) -> str:
        return self.name + ("'" if self.name.endswith("s") else "'s")

    def find(self, text: str) -> tuple[int, int] | None:
        """Where ``text`` first names it, the longest name first; None where it doesn't."""
        runs = _runs(text)
        for key in sorted(self.keys & runs.keys(), key=len, reverse=True):
            start, end = runs[key]
            quoted = text[start - 1 : start] == "“" and text[end : end + 1] == "”"
            return (start - 1, end + 1) if quoted else (start, end)
        return None


@lru_cache(maxsize=256)
def _runs(text: str) -> dict[str, tuple[int, int]]:
    """The runs of words of ``text``, folded, each with the offsets of its first occurrence."""
    tokens = list(_TOKEN.finditer(text))
    folded = [fold(token.group()) for token in tokens]
    runs: dict[str, tuple[int, int]] = {}
    for i, token in enumerate(tokens):
        run = ""
        for j in range(i, min(i + _LONGEST_NAME, len(tokens))):
            run += folded[j]
            runs.setdefault(run, (token.start(), tokens[j].end()))
    return runs


@dataclass(frozen=True, slots=True)
class Name:
    """A proper name in a question: ``question[start:end]``; ``beside`` if it isn't the subject."""

    text: str
    start: int
    end: int
    beside: bool

    @property
    def yardstick(self) -> bool:
        """Whether it is known as data, a device or a usual baseline."""
        return bool(_YARDSTICK.match(self.text))


def cited(answer: str) -> tuple[Topic, ...]:
    """The topics that an assistant's turn cites, in its order: bold headings, else brackets."""
    headings = list(_HEADING.finditer(answer))
    if headings:
        ends = [*(match.start() for match in headings[1:]), len(answer)]
        pairs = zip(headings, ends, strict=True)
        return distinct(
            Topic.of(match[1], answer[match.end() : end][:_READ]) for match, end in pairs
        )
    titles = (part for match in _BRACKETED.findall(answer) for part in match.split(";"))
    return distinct(Topic.of(title) for title in titles if title.strip())


def mentioned(answer: str) -> tuple[Topic, ...]:
    """All papers in bold, cited or not: also those that a refusal calls close."""
    return distinct(Topic.of(title) for title in _BOLD.findall(answer))


def markers(answer: str) -> tuple[tuple[int, Topic], ...]:
    """What the markers ``[n]`` stand for: each belongs to the bold title before it."""
    found: dict[int, Topic] = {}
    topic: Topic | None = None
    for match in _BOLD_OR_MARKER.finditer(answer):
        if match[1]:
            topic = Topic.of(match[1])
        elif topic:
            found.setdefault(int(match[2]), topic)
    return tuple(found.items())


@lru_cache(maxsize=256)
def named(text: str) -> tuple[Name, ...]:
    """The proper names in a user's turn; words side by side make one: "Natural GaLore"."""
    found: list[Name] = []
    opening = True
    for token in _TOKEN.finditer(text):
        if _is_name(token.group(), opening, text[token.end() :][:3]):
            if found and text[found[-1].end : token.start()] == " ":
                last = found.pop()
                start, beside = last.start, last.beside
            else:
                start, beside = token.start(), bool(_BESIDE.search(text[: token.start()]))
            found.append(Name(text[start : token.end()], start, token.end(), beside))
        opening = text[token.end() : token.end() + 1] in (".", "?", "!")
    return tuple(found)


def _is_name(token: str, opening: bool, after: str) -> bool:
    """Capitals inside, letters with digits, or a capital that no sentence start explains."""
    if len(token) < 2 or not any(c.isalpha() for c in token):
        return False
    if not aliases(token, "") and not _YARDSTICK.match(token):
        return False  # "GPU", "LLMs": shared by too many papers to name one
    if not any(c.isupper() for c in token):  # "cifar100", "flightllm"
        return bool(
            re.fullmatch(r"[a-z]\w*(?:\d\d|-\d{2,})|\w+llm|(?:llm|gpt)\w*(?<!llms)(?<!llm)", token)
        )
    if any(c.isupper() for c in token[1:]) or any(c.isdigit() for c in token):
        return not re.fullmatch(r"[\d.]+[A-Za-z]{1,2}", token)  # "8B" is a size
    if token[0].isupper() and opening:
        return (after[:2] in ("'s", "’s") and not _FUNCTION.fullmatch(token)) or after[:1] == ":"
    return token[0].isupper()


_FUNCTION = re.compile(r"what|who|how|where|when|why|it|that|this|there|here|let|he|she", re.I)


def distinct(topics: Iterable[Topic]) -> tuple[Topic, ...]:
    """``topics`` without repetitions, in order."""
    return tuple(dict.fromkeys(topic for topic in topics if topic.keys))


def joined(topics: Sequence[Topic]) -> str:
    """ "A", "A and B", "A, B and C"."""
    names = [topic.name for topic in topics]
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
