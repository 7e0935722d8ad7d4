"""Replies about many papers: lists by all facets at once, counts, and the library as a whole."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from ingest.filters import EVERYTHING
from ingest.paper import Paper
from rag.answer import Answer
from rag.records.catalog import newest, selected
from rag.records.query import SHOWN, RecordQuery
from rag.records.replies import Request, card, entries, lines

_MOST_TOPICS = 60
_NEARLY_ALL = 0.95  # of the papers: a list of these tells nothing
# What a record may lack, by the word for it.
_LACKING = {"year": "year", "date": "year", "author": "authors", "topic": "topics"}
_NOUNS = {"authors": "author", "years": "year", "topics": "topic"}


# which papers


def listed(asked: Request) -> Answer | None:
    query = asked.query
    if query.authors and not any(asked.catalog.by_author(name)[1] for name in query.authors):
        said = " or ".join(query.authors)
        return asked.no(
            f"No paper here has an author called {said}, as far as the records name them"
            " (0 papers).",
            f"papers by {said}",
        )
    read = _read(asked)
    papers = _chosen(asked, read)
    if query == RecordQuery("list", without=query.without) and query.without:
        if len(papers) > _NEARLY_ALL * len(asked.catalog.papers):
            return None  # "without accuracy loss": what texts say of it has to be read
    one = query.order == "random" or (query.authors and not query.counted and len(papers) == 1)
    if one and papers:  # told of, not only listed
        paper = random.choice(papers)  # noqa: S311 - a suggestion, no secret
        read_as = f"{'a random paper' if query.order == 'random' else 'papers'}{query.said}"
        return asked.say(card(paper), [paper], read_as)
    if query.order:
        papers = newest(p for p in papers if p.year is not None)
        papers = papers if query.order == "newest" else papers[::-1]
    told = read is not None and not query.order
    quotes = {c.paper.id: c.quotes[0] for c in read.citations if c.quotes} if read and told else {}
    return _told(asked, papers[: query.number] if query.number else papers, quotes)


def _chosen(asked: Request, read: Answer | None) -> list[Paper]:
    """The papers that every facet lets through."""
    query, catalog = asked.query, asked.catalog
    papers = [paper for paper in _on_subject(asked, read) if _of_the_years(query, paper)]
    if query.papers:
        papers = _among(papers, query.papers)
    if query.authors:
        papers = _among(papers, [p for name in query.authors for p in catalog.by_author(name)[1]])
    if query.term:
        word = query.term.split()[0]  # "Qwen models": or Qwen alone
        papers = _among(papers, catalog.mentioning(query.term) or catalog.mentioning(word))
    if query.coded is not None:
        papers = [paper for paper in papers if bool(paper.code_url) == query.coded]
    out = {p.id for name in query.strangers for p in catalog.by_author(name)[1]}
    for said in query.without:
        out |= _left_out(asked, papers, said)
    return [paper for paper in papers if paper.id not in out]


def _among(papers: Sequence[Paper], others: Sequence[Paper]) -> list[Paper]:
    ids = {paper.id for paper in others}
    return [paper for paper in papers if paper.id in ids]


def _left_out(asked: Request, papers: Sequence[Paper], said: str) -> set[str]:
    """The ids of the papers that have what is to be left out: in record, topics, or text."""
    if field := _LACKING.get(said.casefold().removesuffix("s")):
        return {paper.id for paper in papers if getattr(paper, field)}
    catalog = asked.catalog
    forms = (said, *catalog.abbreviations.short_forms(said))
    on = {paper.id for form in forms for paper in catalog.on_topic(form)}
    if not on or not asked.query.subject:
        on |= {paper.id for form in forms for paper in catalog.mentioning(form)}
    return on


def _read(asked: Request) -> Answer | None:
    """What the texts of the papers say on the subject; None where there is none."""
    query = asked.query
    if not query.subject or (query.counted and not asked.catalog.on_topic(query.subject)):
        return None
    filters = EVERYTHING if query.not_years else query.filters
    return asked.topical(f"Which papers are about {query.subject}?", filters)


def _on_subject(asked: Request, read: Answer | None) -> list[Paper]:
    """Papers about the subject, however it was asked for; those first that say most of it.

    A topic of the library has the papers filed under it; anything else those that have it in the
    title, and those whose texts speak of it.
    """
    catalog, subject = asked.catalog, asked.query.subject
    if not subject:
        return newest(catalog.papers)
    titled = catalog.on_topic(subject)
    found = [citation.paper for citation in read.citations] if read else []
    if titled and catalog.is_topic(subject):
        found = _among(found, titled)
    return list({paper.id: paper for paper in (*found, *titled)}.values())


def _of_the_years(query: RecordQuery, paper: Paper) -> bool:
    if query.each and paper.year not in query.each:
        return query.not_years
    return bool(query.filters.select(paper)) != query.not_years


def _told(asked: Request, papers: Sequence[Paper], quotes: Mapping[str, str]) -> Answer:
    query, count = asked.query, _count(len(papers))
    read_as = f"{'how many ' * query.counted}{query.order} papers{query.said}".strip()
    if not papers:
        by = ", by title and topics" if query.subject else ""
        return asked.no(f"No paper{query.said} is here{by} (0 papers).", read_as)
    if query.skip >= len(papers):
        return asked.no(f"That was all: {count}{query.said}.", read_as)
    if query.counted and query.each:
        per = Counter(paper.year for paper in papers)
        text = "; ".join(f"{year}: {_count(per[year])}" for year in query.each)
        return asked.say(f"{text}.", read_as=read_as)
    if query == RecordQuery("list", counted=True) and (span := asked.catalog.years):
        text = f"The library holds {count}, from {span[0]} to {span[1]}."
        return asked.say(text, read_as=read_as)
    head = f"{count}{query.said}"
    if query.order and query.number:
        head = f"The {query.order} paper{'s' * (len(papers) > 1)}{query.said}"
    elif query.order:
        head = f"{count}{query.said}, {query.order} first"
    elif any(w.removesuffix("s") not in _LACKING for w in query.without) and not query.subject:
        head = f"I can't search for what papers don't do; these texts don't mention it: {head}"
    return _papers(asked, papers, read_as, head, quotes)


def _papers(
    asked: Request,
    papers: Sequence[Paper],
    read_as: str,
    head: str,
    quotes: Mapping[str, str] = MappingProxyType({}),
) -> Answer:
    skip = asked.query.skip
    shown = papers[skip : skip + SHOWN]
    text = f"{head}:\n{lines(shown, quotes)}"
    if len(shown) < len(papers):
        last = skip + len(shown)
        more = "; “more” shows the next ones" if last < len(papers) else ""
        text += f"\n\n{skip + 1} to {last} of {len(papers):,}{more}."
    if "bibtex" in asked.query.attributes:
        text += f"\n\n{entries(shown)}"
    return asked.say(text, shown, read_as)


# counted by author, year or topic


def grouped(asked: Request) -> Answer | None:
    query = asked.query
    noun, papers = _NOUNS[query.group], _chosen(asked, _read(asked))
    counts = Counter(name for paper in papers for name in _of_group(paper, query.group))
    if not counts:
        return None
    read_as = f"{query.extreme} papers by {noun}{query.said}".strip()
    if query.least:
        counts = Counter({name: n for name, n in counts.items() if n >= query.least})
    if query.extreme:
        return _extreme(asked, counts, papers, read_as)
    if query.group == "years":
        years = sorted(counts, reverse=True)
        head = f"The papers{query.said} are from {years[-1]} to {years[0]}; how many of each"
        return asked.say(f"{head}: {_listing(counts, years)}.", read_as=read_as)
    common = [name for name, _ in counts.most_common(_MOST_TOPICS)]
    more = len(counts) - len(common)
    rest = f", and {more:,} more" if more > 0 else ""
    plural = noun + "s" * (len(counts) != 1)
    note = ", as far as the records name them" if query.group == "authors" else ""
    several = f" with {query.least} papers or more" if query.least else ""
    head = f"{len(counts):,} {plural}{several}{query.said}{note}, with how many papers each"
    return asked.say(f"{head}: {_listing(counts, common)}{rest}.", read_as=read_as)


def _extreme(asked: Request, counts: Counter[str], papers: Sequence[Paper], read_as: str) -> Answer:
    """Those with most papers or fewest: as many as asked for, and all that equal the last."""
    query = asked.query
    ordered = sorted(counts, key=lambda name: (counts[name], name))
    ordered = ordered if query.extreme == "least" else ordered[::-1]
    bound = counts[ordered[: query.number][-1]]
    first = [n for i, n in enumerate(ordered) if i < query.number or counts[n] == bound]
    noun = _NOUNS[query.group] + "s" * (len(first) != 1)
    head = f"The {noun} with the {'fewest' if query.extreme == 'least' else 'most'} papers"
    told = _listing(counts, first[:SHOWN]) + " …" * (len(first) > SHOWN)
    theirs = [p for p in papers if first[0] in _of_group(p, query.group)]
    more = f"\n\nPapers of {first[0]}"
    return _papers(asked, theirs, read_as, f"{head}{query.said}: {told}.{more}")


def _of_group(paper: Paper, group: str) -> list[str]:
    """The authors, the year or the topics of a paper."""
    if group == "years":
        return [str(paper.year)] if paper.year is not None else []
    if group == "topics":
        return list(dict.fromkeys(paper.topics))
    return [name for name in dict.fromkeys(paper.authors) if name.casefold() != "others"]


# the library


def overview(asked: Request) -> Answer | None:
    papers = selected(asked.catalog.papers, asked.query.filters)
    if not papers:
        return None
    topics = Counter(topic for paper in papers for topic in set(paper.topics))
    years = sorted(paper.year for paper in papers if paper.year is not None)
    span = f" from {years[0]} to {years[-1]}" if years else ""
    coded = sum(bool(paper.code_url) for paper in papers)
    text = f"This library holds {_count(len(papers))}{span}, {coded:,} with code on record."
    if topics:
        common = [topic for topic, _ in topics.most_common(20)]
        text += f"\n\nWhat they are about, of {len(topics):,} topics: "
        text += f"{_listing(topics, common)}."
    return asked.say(text, read_as="the library as a whole")


def _count(number: int) -> str:
    return f"{number:,} paper{'s' * (number != 1)}"


def _listing(counts: Counter[str], names: Sequence[str]) -> str:
    return ", ".join(f"{name} ({counts[name]})" for name in names)


KINDS: dict[str, Callable[[Request], Answer | None]] = {
    "list": listed,
    "group": grouped,
    "overview": overview,
}
