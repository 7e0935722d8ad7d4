"""Replies about one paper's record or a few, and those that only keep a conversation going."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from ingest.index.nearest import nearest_papers
from ingest.paper import Paper
from ingest.sentences import sentences
from rag.answer import Answer, opened
from rag.records.catalog import either, newest, selected
from rag.records.query import SHOWN
from rag.records.replies import Request, entries, lines, people
from rag.text.figures import figures
from rag.text.people import matching
from rag.text.same_figures import same
from rag.text.words import content_stems
from rag.understand.summary import defines

HELP = (
    "I answer from the abstracts of the papers in this library, and every sentence opens the words"
    " that bear it out. You can ask\n"
    "- about a paper: “What is X?”, “How much faster is X?”, “Who wrote X?”, “BibTeX of X”\n"
    "- for papers: “Which papers are about …?”, “papers from 2024 on …”, “papers like X”\n"
    "- about the library: “How many papers mention …?”, “What topics are here?”, “the newest"
    " papers”\n"
    "When the papers don't say, I say so."
)
_REPEATED = "I only repeat what the papers' texts say. It was: "
_FETCHED = 100  # neighbours by meaning, of which those that share topics come first
_SHARED = 0.1  # what having all topics in common adds to a cosine
_LIKE_IT = 6  # papers shown that are like one


# conversation


def thanked(asked: Request) -> Answer:
    leaving = re.search(r"\b(?:bye|see you)\b", asked.question, re.I)
    return asked.say("Goodbye." if leaving else "You're welcome.")


def doubted(asked: Request) -> Answer | None:
    """The words that were quoted once more, and whether they have the figures of the doubt."""
    if not asked.shown:
        return None
    paper, last = asked.shown[0], re.sub(r" ?\[\d+\]", "", asked.last)  # markers count anew
    claimed = [figure for figure in figures(asked.question) if not figure.in_name]
    said = sentences(paper.abstract)
    told = sorted((s for s in said if s in last), key=last.index)[:1]
    having = [s for s in said if any(same(c, given) for c in claimed for given in figures(s))]
    if not claimed or not (told or having):
        return asked.say(
            f"{_REPEATED}{last.removeprefix(_REPEATED)}\n\n"
            f"The text of **{paper.title}** opens at its citation [1]; judge by its own words.",
            [paper],
        )
    if not having:
        head = f"No, its text doesn't say {claimed[0].text}. It says:"
    elif told and told[0] not in having:
        head = f"Its text has both: what was quoted first, and {claimed[0].text} elsewhere."
    else:
        head = "Yes, its text says so:"
    shown = " ".join(f"{sentence} [1]" for sentence in dict.fromkeys((*told, *having[:2])))
    return asked.say(f"{head}\n\n**{paper.title}**\n{shown}", [paper])


def shortened(asked: Request) -> Answer | None:
    """The first sentence of the last reply, with the paper that it cites."""
    said = [line for line in asked.last.split("\n") if line and not line.startswith(("**", "_"))]
    found = re.match(r"(?:- )?(.+?)\[(\d+)\]", " ".join(said))
    if found is None or int(found[2]) > len(asked.shown):
        return None
    paper = asked.shown[int(found[2]) - 1]
    return asked.say(f"**{paper.title}**\n{found[1].strip()} [1]", [paper])


def continued(asked: Request) -> Answer | None:
    if not asked.shown:
        return None
    if len(asked.shown) == 1:
        paper = asked.shown[0]
        return asked.say(f"**{paper.title}** [1]\n\n{paper.abstract}", [paper])
    near = [p for p in _nearest(asked, asked.shown[0]) if p not in asked.shown][:SHOWN]
    return asked.say(f"More in the same direction:\n{lines(near)}", near)


# terms


def defined(asked: Request) -> Answer:
    """The sentence that says what a term is or spells it out; else the best use of it."""
    term, spelt_out = asked.query.term, asked.query.spelt_out
    forms = [term, *asked.catalog.abbreviations.long_forms(term)]
    patterns = [either(form.casefold()) for form in forms]
    spelling = re.compile(rf"({patterns[-1]}) \({patterns[0]}\)", re.I)
    found: list[tuple[int, Paper, str]] = []
    for paper in asked.catalog.mentioning(term):
        for said in sentences(paper.abstract):
            spells = spelling.search(said)
            how = max(defines(said, pattern) for pattern in patterns)
            found.append((3 if spells and (spelt_out or how < 2) else how, paper, said))
    best, paper, said = max(found, key=lambda one: one[0], default=(0, Paper("", "", ""), ""))
    if best < (3 if spelt_out else 1):
        note = f"No text here {'spells out' if spelt_out else 'defines'} “{term}”; nearest to it:"
        nearest = asked.topical(asked.question, asked.query.filters)
        return nearest if nearest.refused else opened(nearest, note)
    spelt = spelling.search(said)
    head = f"“{term}” stands for “{spelt[1]}” [1].\n\n" if spelt and best == 3 else ""
    head += f"No text here defines “{term}” outright, but says of it:\n\n" if best == 1 else ""
    text = f"{head}**{paper.title}**\n{said} [1]"
    return asked.say(text, [paper], f"the meaning of “{term}”")


def unrankable(asked: Request) -> Answer:
    """That figures of different papers can't be ranked, and the sentences that state some."""
    wanted = content_stems(asked.query.subject)
    read = asked.topical(f"Which papers report {asked.query.subject}?", asked.query.filters)
    quotes = {
        hit.paper.id: said
        for hit in read.hits
        for said in sentences(hit.paper.abstract)
        if len(wanted & content_stems(said)) >= min(2, len(wanted))
        if any(not figure.in_name and figure.text[0].isdigit() for figure in figures(said))
    }
    papers = [hit.paper for hit in read.hits if hit.paper.id in quotes]
    no = (
        "I can't rank papers by what their texts report: figures of different set-ups don't compare"
    )
    if not papers:
        return asked.no(f"{no}, and no text here states figures for it.", "a rank")
    return asked.say(f"{no}. Texts that state some:\n{lines(papers, quotes)}", papers, "a rank")


# records


def recorded(asked: Request) -> Answer | None:
    """What the records of the papers say of each attribute that is asked for."""
    query = asked.query
    papers = (list(query.papers) or list(asked.shown[:1]))[:SHOWN]
    if query.subject:
        return asked.no(f"No paper here is called “{query.subject}”.", "the record of one paper")
    if not papers:
        return None
    told = []
    if query.papers and not asked.knows_by_name(papers):
        told.append("No paper here has that for a name; closest by its title:")
    for number, paper in enumerate(papers, 1):
        said = "; ".join(
            _SAID[name](paper, query.claimed) for name in query.attributes if name != "bibtex"
        )
        told.append(f"**{paper.title}**{': ' if said else ''}{said} [{number}]")
    if "bibtex" in query.attributes:
        told.append(entries(papers))
    return asked.say("\n".join(told), papers, "the record of one paper")


def _authors(paper: Paper, claimed: Sequence[str]) -> str:
    """Who wrote it; "No, " where the question supposes an author whom the record doesn't name."""
    if not paper.authors:
        return "no author is recorded"
    borne_out = any(matching(name, paper.authors) for name in claimed)
    only, number = paper.authors[0], len(paper.authors)
    note = ""
    if number == 1 and " " not in only and "," not in only:
        note = " (the only surname on record; there may be others)"
    elif number > 3 and "others" not in paper.authors:
        note = f" ({number} authors on record)"
    return f"{('Yes, ' if borne_out else 'No, ') if claimed else ''}by {people(paper)}{note}"


def _year(paper: Paper, claimed: Sequence[str]) -> str:
    if paper.year is None:
        return "no year is recorded"
    return f"{'No, it is of ' if claimed and str(paper.year) not in claimed else ''}{paper.year}"


def _address(paper: Paper, _: Sequence[str]) -> str:
    ids = [i for i in paper.ids if i.startswith(("arxiv:", "doi:"))]
    return "; ".join(dict.fromkeys(filter(None, (paper.url, *ids)))) or paper.id


def _doi(paper: Paper, _: Sequence[str]) -> str:
    """The recorded DOI, or the one that arXiv registers for each of its papers."""
    kept = {i.partition(":")[0]: i.partition(":")[2] for i in reversed(paper.ids)}
    found = paper.extra.get("doi") or kept.get("doi")
    registered = f"10.48550/arXiv.{kept['arxiv']}" if "arxiv" in kept else "no DOI is recorded"
    return str(found or registered)


def _abstract(paper: Paper, _: Sequence[str]) -> str:
    what = "A digest, not the authors' abstract" if paper.kind == "digest" else "Abstract"
    return f"{what}:\n\n{paper.abstract}"


def _all(paper: Paper, claimed: Sequence[str]) -> str:
    names = ("authors", "year", "address", "code", "topics")
    return "; ".join(_SAID[name](paper, claimed) for name in names)


# What a record says of each attribute.
_SAID: dict[str, Callable[[Paper, Sequence[str]], str]] = {
    "authors": _authors,
    "year": _year,
    "code": lambda paper, _: paper.code_url or "no address of its code is recorded",
    "doi": _doi,
    "address": _address,
    "topics": lambda paper, _: ", ".join(paper.topics) or "no topic is recorded",
    "title": lambda paper, _: paper.title,
    "venue": lambda paper, _: str(
        paper.extra.get("venue") or "no journal or conference is recorded"
    ),
    "affiliation": lambda *_: "the records don't tell where its authors work",
    "abstract": _abstract,
    "all": _all,
}


def similar(asked: Request) -> Answer | None:
    """Papers like one: near in meaning, with topics in common."""
    query = asked.query
    papers = list(query.papers) or list(asked.shown[:1])
    if not papers or not asked.knows_by_name(papers):
        return None
    near = selected(_nearest(asked, papers[0]), query.filters)
    if query.order in ("newest", "oldest"):  # than it
        by_age = newest((*near, papers[0]))
        at = by_age.index(papers[0])
        kept = by_age[:at] if query.order == "newest" else by_age[at + 1 :]
        near = [paper for paper in near if paper in kept]
    if query.subject:
        on = asked.catalog.on_topic(query.subject)
        near = [paper for paper in near if paper in on]
    read_as = f"papers like {papers[0].title}"
    if not near:
        return asked.no(f"No paper{query.said} is like it.", read_as)
    near = near[:_LIKE_IT]
    return asked.say(f"Nearest to {papers[0].title}:\n{lines(near)}", near, read_as)


def _nearest(asked: Request, paper: Paper) -> list[Paper]:
    """Other papers by nearness in meaning and by shared topics."""
    own = set(paper.topics)

    def nearness(found: tuple[Paper, float]) -> float:
        other = set(found[0].topics)
        return found[1] + _SHARED * len(own & other) / max(1, len(own | other))

    near = nearest_papers(asked.library, paper, _FETCHED)
    return [found for found, _ in sorted(near, key=nearness, reverse=True)]


# honest noes


def uncountable(asked: Request) -> Answer:
    return asked.no(
        "I can't count or average what is told in prose; I can count and list the papers that"
        " mention a term: “How many papers mention …?”",
        "a figure over all papers",
    )


def unrecorded(asked: Request) -> Answer:
    return asked.no(
        "That isn't in the library: it holds titles, authors, years, addresses, topics and"
        " abstracts, and these don't tell citations (who cites a paper, how often), ranks,"
        " lengths, where its authors work or how it was reviewed.",
        "what no record tells",
    )


def by_letters(asked: Request) -> Answer:
    return asked.no(
        "I can't look names or titles up by their letters; a whole name or word I can.",
        "names by their letters",
    )


KINDS: dict[str, Callable[[Request], Answer | None]] = {
    "define": defined,
    "unrankable": unrankable,
    "greeting": lambda asked: asked.say("Hello. What would you like to know from the papers?"),
    "thanks": thanked,
    "help": lambda asked: asked.say(HELP),
    "doubt": doubted,
    "shorter": shortened,
    "more": continued,
    "record": recorded,
    "similar": similar,
    "uncountable": uncountable,
    "unrecorded": unrecorded,
    "letters": by_letters,
}
