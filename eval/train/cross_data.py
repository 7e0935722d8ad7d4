"""What the contextual reader learns from: questions and claims with their papers' sentences."""

from __future__ import annotations

import gzip
import json
import random
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from tokenizers import Tokenizer

from ingest.embedders.static import StaticEmbedder
from ingest.sentences import sentences

Unit = tuple["Example", ...]  # what is read of one question: who answers comes first
SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
WITHOUT = 0.25  # the share of details whose paper is shown without them, too
_DETAILS = ("fact", "yesno", "why", "two-part")
_NEAR = re.compile(r"near: (\S+)")
# An arXiv id that some table program kept as a number: 1712.0886699999999.
_AS_NUMBER = re.compile(r"\d{3,4}\.\d+")
_FIVE = 1501  # the month from which ids have five places


@dataclass(frozen=True, slots=True)
class Text:
    """A paper's title and abstract."""

    title: str
    abstract: str


@dataclass(frozen=True, slots=True)
class Example:
    """A question with one paper's sentences, and which of them answer it; none: not answered."""

    question: str
    title: str
    sentences: tuple[str, ...]
    evidence: tuple[int, ...]


def papers_of(files: Iterable[Path]) -> dict[str, Text]:
    """Papers by id from JSON Lines, packed or not."""
    found = {}
    for path in files:
        opened = gzip.open if path.suffix == ".gz" else open
        with opened(path, "rt", encoding="utf-8") as lines:
            for fields in map(json.loads, lines):
                abstract = fields.get("abstract") or fields.get("digest") or ""
                found[whole_id(fields["id"].removeprefix("arxiv:"))] = Text(
                    fields["title"], " ".join(abstract.split())
                )
    return found


def whole_id(arxiv: str) -> str:
    """The arXiv id as it was before a table program made it a number, which 706.2839 shows.

    Four places before the point, and after it five from 2015 on, else four.
    """
    if not _AS_NUMBER.fullmatch(arxiv):
        return arxiv
    month = int(float(arxiv))
    return f"{float(arxiv):0{10 if month >= _FIVE else 9}.{5 if month >= _FIVE else 4}f}"


def kept_pieces(
    tokenizer: Path, read: Iterable[str], asked: Iterable[str], size: int
) -> tuple[str, list[int]]:
    """MiniLM's tokenizer cut to ``size`` pieces, as JSON, and the old numbers of those kept.

    Five of eight are those commonest in the papers ``read``; then come the words of the questions
    ``asked``, and the commonest of all: "kids" and "tooth" are rare in papers, not in questions.
    """
    whole = json.loads(tokenizer.read_text("utf-8"))
    whole["truncation"] = whole["padding"] = whole["post_processor"] = None
    known: dict[str, int] = whole["model"]["vocab"]
    pieces = Tokenizer.from_str(json.dumps(whole))

    def ranked(texts: Iterable[str]) -> list[str]:
        counts: Counter[str] = Counter()
        for some in pieces.encode_batch(list(texts), add_special_tokens=False):
            counts.update(some.tokens)
        return [piece for piece, _ in counts.most_common() if piece[0] != "["]

    # Single letters stay: any word can still be spelt.
    letters = [p for p in known if len(p.removeprefix("##")) == 1 and p.isascii()]
    # BERT numbers its pieces by how common they are.
    common = sorted((p for p in known if p.isascii() and p[0] != "["), key=known.__getitem__)
    order = (*SPECIAL, *letters, *ranked(read)[: size * 5 // 8], *ranked(asked), *common)
    kept = list(dict.fromkeys(order))[:size]
    whole["model"]["vocab"] = {piece: number for number, piece in enumerate(kept)}
    for added in whole["added_tokens"]:
        added["id"] = kept.index(added["content"])
    return json.dumps(whole, ensure_ascii=False, separators=(",", ":")), [known[p] for p in kept]


def units(
    files: Sequence[Path],
    papers: Mapping[str, Text],
    *,
    seed: int,
    negatives: int = 0,
    found: Mapping[str, Sequence[str]] | None = None,
) -> list[Unit]:
    """Each question with a paper that answers it, and with papers that don't.

    Those are ``negatives`` of the papers that search ``found`` for it, and at times the answering
    paper without the sentence that answers: nearly the same text, and no answer. Near misses stand
    by themselves, and so do the papers of a list, of which any sentence will do.
    """
    chance = random.Random(seed)  # noqa: S311
    found = found or {}
    rows: list[Unit] = []
    for fields in (json.loads(line) for path in files for line in path.open(encoding="utf-8")):
        question, evidence = fields["question"], fields.get("evidence") or {}
        far = [papers[i] for i in found.get(question, ()) if i in papers]
        for paper, numbers in evidence.items():
            if paper not in papers or not numbers:
                continue
            unit = [_example(question, papers[paper], numbers)]
            if fields["kind"] in _DETAILS and chance.random() < WITHOUT:
                unit.append(_without(unit[0]))
            some = chance.sample(far, min(negatives, len(far)))
            rows.append((*unit, *(_example(question, other, ()) for other in some)))
        if fields["kind"] == "list" and not evidence:
            members = [papers[paper] for paper in fields["papers"] if paper in papers]
            rows += [
                (_example(question, paper, range(len(sentences(paper.abstract)))),)
                for paper in members
            ]
        if (near := _near(fields)) in papers:
            rows.append((_example(question, papers[str(near)], ()),))
    return rows


def claims(files: Sequence[Path], papers: Mapping[str, Text]) -> list[Unit]:
    """Claims as examples: supported ones by their evidence, all others not answered."""
    rows: list[Unit] = []
    for fields in (json.loads(line) for path in files for line in path.open(encoding="utf-8")):
        if fields["paper"] in papers:
            evidence = fields["evidence"] if fields["label"] == "supported" else ()
            rows.append((_example(fields["claim"], papers[fields["paper"]], evidence),))
    return rows


def worded_apart(files: Sequence[Path], *, seed: int) -> list[Unit]:
    """Everyday words against technical ones: which of five texts on alike matters says the same?

    The five stand as one abstract's sentences; in one of four examples none of them says it.
    """
    chance = random.Random(seed)  # noqa: S311
    pairs = [json.loads(line) for path in files for line in path.open(encoding="utf-8")]
    if not pairs:
        return []
    embedder = StaticEmbedder()
    vectors = embedder.embed([pair["technical"] for pair in pairs])
    rows: list[Unit] = []
    for number, pair in enumerate(pairs):
        close = np.argsort(-(vectors @ vectors[number]))[1:25].tolist()
        others = [pairs[i]["technical"] for i in chance.sample(close, 5)]
        if chance.random() < 0.25:
            rows.append((Example(pair["lay"], "", tuple(others), ()),))
        else:
            place = chance.randrange(5)
            others[place] = pair["technical"]
            rows.append((Example(pair["lay"], "", tuple(others), (place,)),))
    return rows


def _near(fields: Mapping[str, Any]) -> str | None:
    found = _NEAR.search(fields.get("note") or "")
    return fields.get("near") or (found[1] if found else None)


def _example(question: str, paper: Text, evidence: Sequence[int]) -> Example:
    return Example(question, paper.title, tuple(sentences(paper.abstract)), tuple(evidence))


def _without(example: Example) -> Example:
    rest = [s for n, s in enumerate(example.sentences) if n not in example.evidence]
    return replace(example, sentences=tuple(rest), evidence=())
