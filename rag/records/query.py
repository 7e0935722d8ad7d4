"""What a question asks of the records, facet by facet: whose, which years, how many, not what."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from ingest.filters import EVERYTHING, Filters
from rag.records.catalog import Catalog, folded_words, stems
from rag.records.sentences import bare, known
from rag.records.years import years_in


@dataclass(frozen=True, slots=True)
class RecordQuery:
    """One question of the records.

    ``intent`` is a row's of ``sentences.ROWS``, or "record" (attributes of one paper), "similar",
    "list". ``subject`` is a paper, a topic or a term, "" where nothing is left; ``attributes`` what
    is asked of the paper's record; ``author`` whose papers, as the library writes the name;
    ``without`` what is left out; ``filters`` the years and ``years`` how they were said; ``order``
    "newest" or "oldest"; ``counted`` whether a number is asked for.
    """

    intent: str
    subject: str = ""
    attributes: tuple[str, ...] = ()
    author: str = ""
    without: str = ""
    filters: Filters = EVERYTHING
    not_years: bool = False
    years: str = ""
    order: str = ""
    counted: bool = False


# What is asked of one paper's record: the words that ask for it.
ATTRIBUTES = {
    "authors": (
        r"who wrote|whose (?:paper|work)|(?:first |lead |main )?authors?|author(?:ed|s)?|wrote"
        r"|written by|by whom|who is behind|who are behind|who (?:made|did|published)"
    ),
    "year": r"when|(?:what|which) year|year|date|how (?:old|recent)|publication date",
    "bibtex": r"bib(?:tex|latex)?(?: entry)?|cite|citing|citation(?: entry)?|reference",
    "code": r"code|source code|git(?:hub|lab)?|repo(?:sitory)?|implementation",
    "address": (
        r"links?|urls?|doi|arxiv|identifier|web ?site|web ?page|address|pdf|where (?:can|could"
        r"|do) (?:i|we|one) (?:find|read|get|download)|id|paper id"
    ),
}
_ATTRIBUTES = {name: re.compile(rf"\b(?:{words})\b", re.I) for name, words in ATTRIBUTES.items()}
# Words that say that papers are asked for, but not which: what is left is the topic.
FILLER = frozenset(
    "a about all also am an and any anything are article articles at ave available be been by can"
    " collection come comes coming could count cover covered covering date dated dealing did do"
    " does each else entry every everything find for from full get give got had has have help here"
    " how i id in is it its know latest let library list lists look looking make many me more most"
    " much my name names need new number of on one ones or other our out paper papers please posted"
    " preprints publication publications published read related released said see share show some"
    " something stuff tell that the their them there these they thing things this those title"
    " titled to topic total up us use using want was we well were what when where which with work"
    " works would write written wrote year years you your ve s dealt appeared appear came cut"
    " thesis slides report regarding concerning deal deals talk send open my pls now first"
    " lead main"
    " who whom whose".split()
)
_PAPERS = re.compile(
    r"\b(?:papers?|ones?|articles?|publications?|preprints?|works?|studies|surveys?|everything"
    r"|anything|something|stuff|thing|what(?:'ve| have| do)? (?:you|we)|what came out)\b",
    re.I,
)
_ASKS = re.compile(
    r"(?:how (?!many)|why|when|where|who|whom|do(?:es)? (?!you have|we have)|did|can|could"
    r"|should|is"
    r" (?!there)|are (?!there)|explain|describe|summari[sz]e|compare"
    r"|what (?:is|are|was|were|does|did|do|makes?|happens)(?! (?:you|we|the (?:\w+ )?(?:newest"
    r"|latest|oldest|earliest|most recent|last|first|number|total))))\b",
    re.I,
)
_SIMILAR = re.compile(
    r"(?P<before>.*?)\b(?:similar to|like|close to|resembl(?:es?|ing)|comparable (?:to|with)"
    r"|akin to|related (?:work )?to|nearest to|in the (?:spirit|vein) of)\s+(?P<s>.+)",
    re.I,
)
_COUNT = re.compile(r"\b(?:how many|number of|count|total)\b", re.I)
_ORDER = re.compile(
    r"\b(?:(?P<new>newest|latest|most recent|recent|last(?= (?:\d+|two|three|four|five|few"
    r"|one|paper)))"
    r"|(?P<old>oldest|earliest|first(?= (?:\d+|two|three|four|five|few|paper))))\b",
    re.I,
)
_NOT = re.compile(
    r"[,;]?\s+(?:(?:that|which) )?(?:(?:are|is|do|does|did)(?: ?n['’]t| not)|but not|not|no|except"
    r"(?: for)?|without|excluding|other than|minus|but none)\b(?: (?:those|ones|the ones))?"
    r"(?: (?:about|on|use|using|from|for|in|of|mention|mentioning|involv\w+|need\w*|with|any))*"
    r"(?: (?:the|an?|any))? (?P<x>.+)",
    re.I,
)
_BY = re.compile(
    r"\b(?:by|did|from|has|have|authors?|everything(?! by)|papers of|work of)\s+(?:(?:dr"
    r"|prof)\.? )?(?P<a>[^\W\d][\w.'’-]*(?:\s[^\W\d][\w.'’-]*){0,2}?)"
    r"(?=\s*(?:et al\b\.?|wrote|write|written|authored?|publish(?:ed)?|on|about|since|from"
    r"|after|before|in\b|$))"
    r"|(?P<a2>[^\W\d][\w’-]+(?: [^\W\d][\w’-]+)?)(?:['’]s (?=(?:\w+ )?(?:papers?|works?"
    r"|articles?)\b)| et al\b\.?)",
    re.I,
)


def may_ask(question: str) -> bool:
    """Whether ``parsed`` could find anything: cheap, so that most questions load no catalog."""
    if len(question) > 300:
        return False
    asked = bare(question)
    patterns = (*_ATTRIBUTES.values(), _SIMILAR, _COUNT, _ORDER, _NOT, _BY)
    return (
        known(question) is not None
        or years_in(asked) is not None
        or any(pattern.search(asked) for pattern in patterns)
        or (_PAPERS.search(asked) is not None and not _asks(asked))
    )


def parsed(question: str, catalog: Catalog) -> RecordQuery | None:
    """What ``question`` asks of the records; None where it asks about the papers' texts."""
    if len(question) > 300:
        return None
    if (row := known(question)) is not None:
        return RecordQuery(row[0], row[1])
    asked = bare(question)
    return _of_one(asked, catalog) or _similar(asked, catalog) or _list(asked, catalog)


def _of_one(asked: str, catalog: Catalog) -> RecordQuery | None:
    """Attributes of a paper that is named, and nothing else asked."""
    wanted = tuple(name for name, words in _ATTRIBUTES.items() if words.search(asked))
    if not wanted or re.search(r"\b(?:how many|papers by|articles by)\b", asked, re.I):
        return None
    rest = asked
    for name in wanted:
        rest = _ATTRIBUTES[name].sub(" ", rest)
    subject = left_over(rest)
    described = re.search(r"\b(?:paper|article|report|survey|study|one)\b", asked, re.I) is not None
    if subject and catalog.called(subject, described=described):
        return RecordQuery("record", subject, attributes=wanted)
    if not subject and re.search(r"\b(?:it|this|that)\b", asked, re.I):
        return RecordQuery("record", "it", attributes=wanted)
    return None


def _similar(asked: str, catalog: Catalog) -> RecordQuery | None:
    match = _SIMILAR.fullmatch(asked)
    if match is None or left_over(match["before"]):
        return None
    subject = left_over(match["s"])
    return RecordQuery("similar", subject) if catalog.called(subject) else None


def _list(asked: str, catalog: Catalog) -> RecordQuery | None:
    """Papers by author, years, order, number and what is left out; None for a topic alone."""
    if _asks(asked):
        return None
    query, rest = RecordQuery("list"), asked
    if (left_out := _NOT.search(rest)) is not None and (
        left_over(rest[: left_out.start()]) or _PAPERS.search(rest)
    ):
        rest = rest[: left_out.start()]
        years = years_in(f"in {left_out['x']}") if re.fullmatch(r"\d{4}", left_out["x"]) else None
        if years is not None:
            query = replace(
                query, filters=years.filters, years=f"not {left_out['x']}", not_years=True
            )
        else:
            query = replace(query, without=left_over(left_out["x"]))
    if not query.years and (years := years_in(rest)) is not None:
        query, rest = replace(query, filters=years.filters, years=years.said), years.rest
    if (by := _BY.search(rest)) is not None:
        name = (by["a"] or by["a2"]).strip()
        if catalog.by_author(name)[1] and not (stems(name) and catalog.on_topic(name)):
            query = replace(query, author=name)
            rest = f"{rest[: by.start()]} {rest[by.end() :]}"
            rest = re.sub(
                r"\b(?:et al\.?|wrote|write|written|authored?|publish(?:ed)?)\b", " ", rest
            )
        elif (
            re.search(
                r"\b(?:papers?|articles?|something|anything|stuff|works?) (?:\w+ )?by$",
                rest[: by.start("a") if by["a"] else 0].strip(),
                re.I,
            )
            and name[:1].isupper()
        ):
            return RecordQuery("list", author=name)
    if (order := _ORDER.search(rest)) is not None:
        query = replace(query, order="newest" if order["new"] else "oldest")
        rest = re.sub(r"\b(?:\d+|two|three|four|five|few)\b", " ", _ORDER.sub(" ", rest))
    if _COUNT.search(rest):
        query, rest = replace(query, counted=True), _COUNT.sub(" ", rest)
    query = replace(query, subject=left_over(rest))
    return query if _sure(query, asked, catalog) else None


def _asks(asked: str) -> bool:
    """Whether some sentence asks for more than papers."""
    return any(
        _ASKS.match(said) and not re.match(r"(?:who|what) (?:has|did|does|have)\b", said, re.I)
        for said in re.split(r"(?<=[.?!;:]) +", asked)
    )


def _sure(query: RecordQuery, asked: str, catalog: Catalog) -> bool:
    """Whether enough was understood: what is left is a topic of the library, or nothing is."""
    bare_list = query == RecordQuery("list")
    if bare_list:
        return bool(
            re.search(r"\b(?:list|show|all|every)\b", asked, re.I) and _PAPERS.search(asked)
        )
    facets = query.author or query.years or query.order or query.counted or query.without
    if not facets or (query.counted and not (_PAPERS.search(asked) or query.years)):
        return False
    if query.order and not query.subject and not _PAPERS.search(asked):
        return False
    if query.without and not query.subject:
        return bool(re.search(r"\b(?:papers?|ones|articles)\b", asked, re.I))
    if not query.subject:
        return True
    if query.years and not query.not_years:
        return True
    return bool(catalog.on_topic(query.subject))


def left_over(text: str) -> str:
    """``text`` without the fillers at its ends; "" where nothing else is."""
    parts = re.findall(r"[^\s,;:?!\"“”]+", text)
    while parts and folded_words(parts[0]) <= FILLER:
        parts.pop(0)
    while parts and folded_words(parts[-1]) <= FILLER:
        parts.pop()
    return " ".join(parts)
