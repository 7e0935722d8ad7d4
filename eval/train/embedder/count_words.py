"""Counts in how many texts each stem occurs: ``python -m eval.train.embedder.count_words CORPUS.jsonl.gz``.

The corpus has one paper a line with ``title`` and ``abstract``; the table that ships was counted
from 300,000 arXiv papers (metadata under CC0) on 2026-11-23.
"""

from __future__ import annotations

import argparse
import gzip
import json
from collections import Counter
from itertools import groupby
from pathlib import Path

from rag.text.words import words


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--out", type=Path, default=Path("rag/text/word_df.txt.gz"))
    parser.add_argument("--least", type=int, default=8, help="leave rarer stems out")
    options = parser.parse_args()
    counts: Counter[str] = Counter()
    total = 0
    with gzip.open(options.corpus, "rt", encoding="utf-8") as lines:
        for line in lines:
            paper = json.loads(line)
            text = f"{paper['title']} {paper['abstract']}"
            counts.update({word.stem for word in words(text)})
            total += 1
    kept = sorted(
        ((df, stem) for stem, df in counts.items() if df >= options.least and not stem.isdigit()),
        key=lambda pair: (-pair[0], pair[1]),
    )
    rows = [
        f"{df} {' '.join(stem for _, stem in group)}\n"
        for df, group in groupby(kept, key=lambda pair: pair[0])
    ]
    # mtime=0: the same counts give the same bytes.
    with options.out.open("wb") as file, gzip.GzipFile(fileobj=file, mode="wb", mtime=0) as packed:
        packed.write(f"{total}\n{''.join(rows)}".encode())
    print(f"{total} texts, {len(kept)} stems, {options.out.stat().st_size} bytes")


if __name__ == "__main__":
    main()
