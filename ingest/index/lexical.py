"""The lexical index: BM25 (k1 = 1.2, b = 0.75) over title and text, kept on disk by tantivy.

The only file that knows tantivy. English stemming; accents and case are folded.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import ClassVar

import tantivy

from ingest.filters import Filters
from ingest.index.derived import IndexDamaged
from ingest.passages import embedded_text
from ingest.store.journal import Change, Journal, Side

_HEAP = 64_000_000  # bytes for the writer; tantivy's minimum is 15 MB a thread
_ANALYZER = (
    tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple())  # runs of letters and digits
    .filter(tantivy.Filter.remove_long(60))
    .filter(tantivy.Filter.lowercase())
    .filter(tantivy.Filter.ascii_fold())
    .filter(tantivy.Filter.stemmer("english"))
    .build()
)
# Too frequent in questions to tell papers apart; kept in the index, left out of queries.
STOPWORDS = frozenset(
    "a an and are as at be been but by can could did do does for from had has have how i if in into"
    " is it its me my of on or our s should so t than that the their them then there these they"
    " this those to us was we were what when where which who whose why will with would you"
    " your".split()
)


def terms(text: str) -> list[str]:
    """The stemmed words of ``text`` as the index knows them, in order, stopwords included."""
    return list(_ANALYZER.analyze(text))


class LexicalIndex:
    """One generation of the lexical index, in its own directory."""

    takes_texts: ClassVar[bool] = True

    def __init__(self, directory: Path) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        builder = tantivy.SchemaBuilder()
        builder.add_text_field("id", stored=True, tokenizer_name="raw", index_option="basic")
        builder.add_text_field("paper", tokenizer_name="raw", index_option="basic")
        builder.add_text_field("topic", tokenizer_name="raw", index_option="basic")
        builder.add_integer_field("year", indexed=True, fast=True)
        builder.add_text_field("text", tokenizer_name="words", index_option="freq")
        self._schema = builder.build()
        try:
            self._index = tantivy.Index(self._schema, path=str(directory), reuse=True)
        except (ValueError, OSError) as error:
            raise IndexDamaged(f"{directory}: {error}") from error
        self._index.register_tokenizer("words", _ANALYZER)

    def intact(self, journal: Journal, side: Side = "passages") -> bool:
        """Whether it holds as many passages as the truth."""
        return int(self._index.searcher().num_docs) == journal.count_passages()

    def close(self) -> None:
        """Nothing to do: tantivy lets go of its files by itself."""

    def apply(self, changes: Iterable[Change]) -> None:
        """Take in and drop passages, durably and all at once; doing it twice changes nothing."""
        try:
            self._apply(changes)
        except (ValueError, OSError) as error:
            raise IndexDamaged(f"lexical index: {error}") from error

    def _apply(self, changes: Iterable[Change]) -> None:
        writer = self._index.writer(_HEAP, 1)
        for change in changes:
            writer.delete_documents_by_term("id", change.id)
            if change.passage is None:
                continue
            paper = change.passage.paper
            document = tantivy.Document(
                id=change.id, paper=paper.id, text=embedded_text(change.passage)
            )
            for topic in paper.topics:
                document.add_text("topic", topic.casefold())
            if paper.year is not None:
                document.add_integer("year", paper.year)
            writer.add_document(document)
        writer.commit()
        writer.wait_merging_threads()
        self._index.reload()

    def search(self, text: str, k: int, filters: Filters) -> list[tuple[str, float]]:
        """The best ``k`` passages: (passage id, BM25 score > 0), best first, ties by id."""
        counts = Counter(terms(text))
        words = [word for word in counts if word not in STOPWORDS] or list(counts)
        if not words:
            return []
        query = tantivy.Query.boolean_query(
            [
                (
                    tantivy.Occur.Should,
                    tantivy.Query.boost_query(
                        tantivy.Query.term_query(self._schema, "text", word, "freq"),
                        float(counts[word]),
                    ),
                )
                for word in words
            ]
        )
        if filters:
            # A filter selects and adds nothing to the score.
            chosen = tantivy.Query.const_score_query(self._filter(filters), 0.0)
            query = tantivy.Query.boolean_query(
                [(tantivy.Occur.Must, query), (tantivy.Occur.Must, chosen)]
            )
        searcher = self._index.searcher()
        found = searcher.search(query, k, count=False).hits
        scored = [(str(searcher.doc(address)["id"][0]), float(score)) for score, address in found]
        return sorted(scored, key=lambda hit: (-hit[1], hit[0]))

    def _filter(self, filters: Filters) -> tantivy.Query:
        parts = []
        if filters.since is not None or filters.until is not None:
            parts.append(
                tantivy.Query.range_query(
                    self._schema,
                    "year",
                    tantivy.FieldType.Integer,
                    filters.since,
                    filters.until,
                )
            )
        for field, values in (("topic", filters.topics), ("paper", filters.papers)):
            if values:
                folded = [value.casefold() if field == "topic" else value for value in values]
                parts.append(tantivy.Query.term_set_query(self._schema, field, folded))
        return tantivy.Query.boolean_query([(tantivy.Occur.Must, part) for part in parts])
