"""The starter library: 96 papers on making language models cheaper to train, serve and use.

Their texts are digests in this project's own words, not the authors' abstracts.
"""

from __future__ import annotations

import json
from importlib import resources

from ingest.errors import ParseError
from ingest.paper import Paper
from ingest.sources.record import paper_from


def starter_papers() -> list[Paper]:
    """The 96 starter papers, each of ``kind`` "digest"."""
    text = resources.files(__name__).joinpath("papers.jsonl").read_text("utf-8")
    papers = []
    for number, line in enumerate(text.splitlines(), 1):
        paper = paper_from(json.loads(line), "starter", number)
        if isinstance(paper, ParseError):
            raise paper
        papers.append(paper)
    return papers
