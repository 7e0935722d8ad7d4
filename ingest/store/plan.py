"""What a batch of records changes: worked out first, embedded next, written at once.

Records come and go; the papers that they touch are taken apart into their records, grouped anew
(``ingest/store/merge.py``) and compared with what is kept. Only texts that are new get vectors.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from ingest.embedders import Embedder, Vectors
from ingest.paper import Paper
from ingest.passages import PassageSettings, embedded_text, passages
from ingest.store.merge import grouped, keys_of, merged
from ingest.store.truth import Cut, Record, Truth


@dataclass(frozen=True, slots=True)
class Tally:
    """What a put did, in papers read.

    ``kept_abstracts`` are digests that came for an abstract, ``merged`` are papers known from
    another source or by another id to which the record adds nothing; ``removed`` are papers that
    are gone.
    """

    added: int = 0
    updated: int = 0
    unchanged: int = 0
    kept_abstracts: int = 0
    merged: int = 0
    removed: int = 0
    embedded: int = 0

    def __add__(self, other: Tally) -> Tally:
        return Tally(*(getattr(self, f) + getattr(other, f) for f in self.__slots__))

    @property
    def read(self) -> int:
        return self.added + self.updated + self.unchanged + self.kept_abstracts + self.merged


@dataclass(frozen=True, slots=True)
class Plan:
    """``papers`` with the records that make each, in place of the papers ``before``.

    ``titles`` are those of papers that nothing was known of. ``fresh`` papers need vectors; the
    others have those of the paper with the id in ``texts``.
    """

    before: tuple[str, ...]
    papers: tuple[tuple[Paper, tuple[Record, ...]], ...]
    same: frozenset[str]
    texts: dict[str, str]
    tally: Tally
    titles: tuple[str, ...] = ()

    @property
    def fresh(self) -> list[Paper]:
        return [p for p, _ in self.papers if p.id not in self.same and p.id not in self.texts]

    @property
    def gone(self) -> list[str]:
        staying = {paper.id for paper, _ in self.papers}
        return [id_ for id_ in self.before if id_ not in staying]


def planned(
    truth: Truth, arriving: Sequence[Record] = (), leaving: Collection[tuple[str, str]] = ()
) -> Plan:
    """What ``arriving`` and the ``leaving`` records (origin, id) change; nothing is written."""
    latest = {record.key: record for record in arriving}
    known = _hashes(truth, latest.values())
    changed = {key: r for key, r in latest.items() if known.get(key) != r.said.content_hash}
    touched = _touched(truth, changed, leaving)
    before = {paper.id: paper for paper in truth.papers(touched)}
    old = {record.key: record for record in truth.records(touched)}
    digests = {key for key, r in changed.items() if key in old and _less(r, old[key])}
    came = {key: r for key, r in changed.items() if key not in digests}
    records = list({**_staying(old, came, leaving), **came}.values())
    papers: list[tuple[Paper, tuple[Record, ...]]] = []
    titles: list[str] = []
    tally = Tally(unchanged=len(latest) - len(changed), kept_abstracts=len(digests))
    for places in grouped([record.said for record in records]):
        group = tuple(sorted((records[place] for place in places), key=lambda r: r.key))
        paper = merged([record.said for record in group])
        papers.append((paper, group))
        told = _told(paper, [r for r in group if r.key in came], group, before, old)
        titles += [paper.title] * told.added
        tally += told
    hashes = {id_: paper.content_hash for id_, paper in before.items()}
    of_text = {paper.text_hash: id_ for id_, paper in before.items()}
    texts = {
        paper.id: paper.id
        if paper.id in before and before[paper.id].text_hash == paper.text_hash
        else of_text[paper.text_hash]
        for paper, _ in papers
        if paper.text_hash in of_text
    }
    same = frozenset(p.id for p, _ in papers if hashes.get(p.id) == p.content_hash)
    # A paper may go on under another id: what counts is whether anything is still said of it.
    left = before.keys() - {old[r.key].paper for r in records if r.key in old and r.key not in came}
    tally = replace(tally, removed=len(left) if leaving else 0)
    return Plan(tuple(sorted(before)), tuple(papers), same, texts, tally, tuple(titles))


def carry_out(
    truth: Truth, plan: Plan, embedder: Embedder | None, settings: PassageSettings
) -> Tally:
    """Embed what is new and write the plan; the caller holds the library, not a transaction.

    ``embedder`` may be None where nothing is ``fresh``.
    """
    cut = {paper.id: passages(paper, settings) for paper in plan.fresh}
    texts = [embedded_text(passage) for some in cut.values() for passage in some]
    vectors = iter(embedder.embed(texts)) if texts and embedder is not None else iter(())
    new = {id_: [next(vectors) for _ in some] for id_, some in cut.items()}
    with truth.transaction():
        moved: dict[str, list[Vectors | None]] = {
            to: [vector for _, vector in truth.passages_of(at)]
            for to, at in plan.texts.items()
            if to != at and to not in plan.same
        }
        truth.forget_records(plan.before)
        truth.remove(plan.gone)
        truth.put(
            [
                Cut(paper, cut[paper.id], new[paper.id])
                if paper.id in new
                else Cut(paper, passages(paper, settings), moved[paper.id])
                if paper.id in moved
                else Cut(paper)
                for paper, _ in plan.papers
                if paper.id not in plan.same
            ]
        )
        truth.put_records(plan.papers)
    return replace(plan.tally, embedded=len(texts))


def _hashes(truth: Truth, records: Collection[Record]) -> dict[tuple[str, str], str]:
    """The content hashes of those of the records that are known, by their keys."""
    found: dict[tuple[str, str], str] = {}
    for origin in {record.origin for record in records}:
        ids = [record.said.id for record in records if record.origin == origin]
        hashes = truth.record_hashes(origin, ids)
        found |= {(origin, id_): hash_ for id_, hash_ in hashes.items()}
    return found


def _touched(
    truth: Truth, changed: dict[tuple[str, str], Record], leaving: Collection[tuple[str, str]]
) -> list[str]:
    """The papers that may look otherwise when these records have come and gone.

    Old versions of the changed records are found by their ids, which every paper is known by.
    """
    keys = {key for record in changed.values() for key in keys_of(record.said)}
    keys |= {id_ for _, id_ in leaving}
    return sorted({id_ for ids in truth.named(sorted(keys)).values() for id_ in ids})


def _staying(
    old: dict[tuple[str, str], Record],
    came: dict[tuple[str, str], Record],
    leaving: Collection[tuple[str, str]],
) -> dict[tuple[str, str], Record]:
    """The old records that hold beside those that came.

    One whose source nobody knew gives way to the same one from a source that has a name.
    """
    named = {id_: record for (_, id_), record in came.items()}
    return {
        (origin, id_): record
        for (origin, id_), record in old.items()
        if (origin, id_) not in leaving
        and not (origin == "" and id_ in named and not _less(named[id_], record))
    }


def _less(new: Record, old: Record) -> bool:
    """Whether a record is a digest that came for an abstract: it never replaces one."""
    return new.said.kind == "digest" and old.said.kind == "abstract"


def _told(
    paper: Paper,
    came: Sequence[Record],
    group: Sequence[Record],
    before: dict[str, Paper],
    old: dict[tuple[str, str], Record],
) -> Tally:
    """What the records that ``came`` did to their paper."""
    if not came:
        return Tally()
    known = [before[old[r.key].paper] for r in group if r.key in old]
    known += [before[id_] for id_ in (r.said.id for r in came) if id_ in before]
    rest = len(came) - 1
    if not known:
        return Tally(added=1, merged=rest)
    if any(paper.content_hash == p.content_hash for p in known):
        digests = sum(r.said.kind == "digest" for r in came) if paper.kind == "abstract" else 0
        return Tally(kept_abstracts=digests, merged=len(came) - digests)
    return Tally(updated=1, merged=rest)
