"""The starter library: 96 papers on making language models cheaper to train, serve and use.

Their texts are digests in this project's own words, not the authors' abstracts.
"""

from __future__ import annotations

from importlib import resources

from ingest.errors import ParseError
from ingest.paper import Paper
from ingest.sources import jsonl


def starter_papers() -> list[Paper]:
    """The 96 starter papers, each of ``kind`` "digest"."""
    text = resources.files(__name__).joinpath("papers.jsonl").read_text("utf-8")
    papers = []
    for record in jsonl.read("starter", iter(text.splitlines())):
        if isinstance(record, ParseError):
            raise record
        papers.append(record)
    return papers
