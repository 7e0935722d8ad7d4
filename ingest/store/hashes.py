"""Whether what the database holds is what was once put into it: a hash a paper and a record.

SQLite checks how its pages hang together, not what stands in them: one flipped bit would change a
paper unnoticed.
"""

from __future__ import annotations

from collections.abc import Iterator

from ingest.paper import Paper
from ingest.store.database import Database

# As bytes: damaged text is no UTF-8, and SQLite would stop there.
_PAPERS = """
select cast(id as blob), cast(fields as blob), cast(content_hash as blob), cast(text_hash as blob)
from papers order by rowid"""
_RECORDS = """
select cast(paper as blob), cast(fields as blob), cast(hash as blob) from records
where fields is not null"""
_OTHER_RECORDS = """
select cast(papers.id as blob) from records join papers on papers.id = paper
where records.fields is null and records.hash != papers.content_hash"""
_PASSAGES = """
select cast(paper as blob) from passages
where live and id != paper || '#' || start || '-' || stop"""


def changed(database: Database) -> list[str]:
    """The ids of the papers that are no longer as they were put, in their order, each once.

    Raises LibraryError where the file can't be read at all.
    """
    return list(dict.fromkeys(id_.decode("utf-8", "replace") for id_ in _changed(database)))


def _changed(database: Database) -> Iterator[bytes]:
    for id_, fields, content_hash, text_hash in database.rows(_PAPERS):
        paper = _read(fields)
        if paper is None or (paper.id, paper.content_hash, paper.text_hash) != tuple(
            said.decode("utf-8", "replace") for said in (id_, content_hash, text_hash)
        ):
            yield id_
    for id_, fields, hash_ in database.rows(_RECORDS):
        paper = _read(fields)
        if paper is None or paper.content_hash.encode() != hash_:
            yield id_
    for query in (_OTHER_RECORDS, _PASSAGES):
        for (id_,) in database.rows(query):
            yield id_


def _read(fields: bytes) -> Paper | None:
    try:
        return Paper.from_json(fields.decode("utf-8", "surrogatepass"))
    except (ValueError, TypeError, KeyError):
        return None
