"""What a question asks of the records, facet by facet: whose, which years, how many, not what."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from ingest.filters import EVERYTHING, Filters
from ingest.paper import Paper, folded
from rag.records.catalog import Catalog
from rag.records.sentences import bare, known
from rag.records.years import years_in


@dataclass(frozen=True, slots=True)
class RecordQuery:
    """One question of the records.

    ``intent`` is a row's of ``sentences.ROWS``, or "record" (attributes of one paper), "similar",
    "list". ``subject`` is a topic or a term, "" where nothing is left; ``papers`` are those named,
    none where "it" is; ``attributes`` what is asked of their record; ``authors`` whose papers;
    ``coded`` whether an address of code is asked for; ``without`` what is left out; ``filters`` the
    years and ``years`` how they were said; ``order`` "newest" or "oldest", ``number`` how many of
    these; ``counted`` whether a number is asked for.
    """

    intent: str
    subject: str = ""
    papers: tuple[Paper, ...] = ()
    attributes: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()
    coded: bool | None = None
    without: str = ""
    filters: Filters = EVERYTHING
    not_years: bool = False
    years: str = ""
    order: str = ""
    number: int = 5
    counted: bool = False


# What is asked of one paper's record: the words that ask for it.
_ATTRIBUTES = {
    name: re.compile(rf"\b(?:{words})\b", re.I)
    for name, words in {
        "authors": r"who (?:wrote|made|did|published|is behind|are behind)|whose|(?:co-?)?authors?"
        r"|authored|wrote|written by|by whom",
        "year": r"(?:what|which) (?:year|yr)|years?|yr|(?:publication )?date|how (?:old|recent)"
        r"|when (?:was|were|did|is)(?=.*\b(?:publish\w*|released?|out|written|appear\w*|from)\b)",
        "bibtex": r"bib(?:tex|latex)?(?: entry)?|cite|citing|citation(?: entry)?|reference",
        "code": r"(?:source )?code|git(?:hub|lab)?|repo(?:sitory)?|implementation",
        "address": r"links?|urls?|doi|arxiv|identifier|web ?(?:site|page)|address|pdf|id"
        r"|where (?:can|could|do) (?:i|we|one) (?:find|read|get|download|see)",
    }.items()
}
# Words of chat, and words that say that papers are asked for but not which: what is left is what
# they are about.
FILLER = frozenset(
    "a about again all also am an and any anything anyone are area as ask at available be been but"
    " by called can catalog certain check chronologically collection come comes coming could count"
    " cover covered covering currently d deal dealing deals dealt did do does each else entry every"
    " everything find first for frm from full get gimme give go good got guess had has have having"
    " hello help here hey hi hold holding how however i id if in incl included including interested"
    " into is it its just kind kindly know last latest lead let library like list lists ll look"
    " looking lot m made main make many maybe me mean mention mentioned more most much my"
    " name names"
    " need new next nr number of ok on one ones only or other our out overall person place please"
    " pls possible posted pull put quick re read reading really recommend regarding s say"
    " search see"
    " send share should show shown so some somebody someone something sort sth still stuff such t"
    " tell than thank thanks that the their them then there these they thing things think"
    " this those"
    " to topic topics total u up us use using ve want wanted was we well were what whats when where"
    " which who whom whose will with would write writes written wrote year years yes you your"
    " appear appeared appears came concerning cut date dated entries exactly item items"
    " papers paper"
    " article articles preprint preprints publication publications publish published release"
    " released report study studies supervisor talk thesis title titled work works"
    " written r n person's".split()
)
_PAPERS = re.compile(
    r"\b(?:papers?|ones?|articles?|publications?|preprints?|works?|studies|surveys?|everything"
    r"|anything|something|stuff|things?|items?|whats|what(?:'s|'ve| have| do)? (?:you|we|from)"
    r"|what (?:came|came out|is|was|'s) (?:out |from |in ))",
    re.I,
)
_ASKS = re.compile(
    r"(?:(?:by|on|in|at|to|from|for|with|and|so|but) )?"
    r"(?:how (?!many (?:[\w-]+ ){0,4}(?:papers?|articles?|publications?|works|ones|studies|surveys)"
    r"\b|many (?:by|from|in|are|were|of|there)\b|much papers)|why|when|where|who(?! (?:has|made) )"
    r"|whom|do(?:es)? (?!you|we)|did|can (?!you|i)|could (?!you|i)|should"
    r"|is (?!there)|are (?!there)"
    r"|explain|describe|compare|summari[sz]e"
    r"|what (?:is|are|was|were|does|did|do|makes?|happens)(?! (?:you|we|from|there|out|the"
    r" (?:\w+ )?(?:newest|latest|oldest|earliest|most recent|last|first|number|total))))\b",
    re.I,
)
_SIMILAR = re.compile(
    r"\b(?:similar|like|close to|resembl\w+|comparable|akin|related|nearest|neighbou?rs?"
    r"|along the lines|in the (?:spirit|vein)|same (?:problem|topic|direction)|read next)\b",
    re.I,
)
_COUNT = re.compile(
    r"\b(?:how many|how much (?=papers)|(?:number|nr|no\.?) of|count|total)\b", re.I
)
_ORDER = re.compile(
    r"\b(?:(?P<new>newest|latest|most recent|most new|recent(?:ly)?"
    r"|last(?= (?:\d+|two|three|four|five|few|one|papers?)\b))"
    r"|(?P<old>oldest|earliest|most old|first(?= (?:\d+|two|three|four|five|few|papers?)\b)))\b",
    re.I,
)
_SEVERAL = {"two": 2, "three": 3, "four": 4, "five": 5, "few": 5}
_CODED = re.compile(
    r"\b(?:(?P<no>without|no|lacking)|with|have|has|having|come with|comes with|release[sd]?"
    r"|provide[sd]?|share[sd]?) (?:an? |any |their |its |public |open |available )*"
    r"(?:source )?(?:code|github|repo(?:sitory|sitories|s)?)(?! \w+(?:ion|ing"
    r"|ors?)\b)(?: available| online)?",
    re.I,
)
_NOT = re.compile(
    r"(?:^|[,;]?\s+)(?:(?:that|which) )?(?:(?:are|is|do|does|did)(?: ?n['’]?t| not)|but not|not|no"
    r"|except(?: for)?|without|excluding|other than|minus|leave out|leaving out|but none"
    r"|i don['’]?t want)"
    r"\b(?: (?:those|ones|the ones))?(?: (?:about|on|use|using|from|for|in|of|mention|mentioning"
    r"|involv\w+|need\w*|with|any))*(?: (?:the|an?"
    r"|any))? (?P<x>[^,;]+?)(?: ones)?(?:, just (?P<s>.+))?$",
    re.I,
)
_AUTHORED = re.compile(
    r"\b(?:by|authors?|authored|author:|wrote|write|written|writes|publish(?:ed)?|et al|person"
    r"|everything|works? of|papers? of)\b|['’]s (?:\w+ )?(?:papers?|works?)\b|\bpapers\b",
    re.I,
)


def may_ask(question: str) -> bool:
    """Whether ``parsed`` could find anything: cheap, so that most questions load no catalog."""
    if len(question) > 300:
        return False
    asked = bare(question)
    patterns = (*_ATTRIBUTES.values(), _SIMILAR, _COUNT, _ORDER, _NOT, _AUTHORED, _CODED)
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
    if _OF_AUTHORS.match(asked):
        return None
    return _of_one(asked, catalog) or _similar(asked, catalog) or _list(asked, catalog)


def _of_one(asked: str, catalog: Catalog) -> RecordQuery | None:
    """Attributes of a paper that is named, and nothing else asked."""
    wanted = tuple(name for name, words in _ATTRIBUTES.items() if words.search(asked))
    if not wanted or _COUNT.search(asked) or _ORDER.search(asked):
        return None
    around = catalog.named(asked)[1]
    wanted = tuple(name for name in wanted if _ATTRIBUTES[name].search(around))
    if not wanted:
        return None
    rest = asked
    for name in wanted:
        rest = _ATTRIBUTES[name].sub(" ", rest)
    papers = _whom(asked, rest, catalog)
    if papers is None and _OF_ONE_PAPER.match(asked) and not catalog.named(rest)[0]:
        subject = _AROUND_A_NAME.sub("", rest.strip(" ?.!"))
        known = bool(left_over(rest))
        return RecordQuery("record", attributes=wanted, subject=subject) if known else None
    return None if papers is None else RecordQuery("record", papers=papers, attributes=wanted)


def _similar(asked: str, catalog: Catalog) -> RecordQuery | None:
    # A cue inside a paper's own title is none: "Approximate Nearest Neighbor Search".
    if not _SIMILAR.search(asked) or not _SIMILAR.search(catalog.named(asked)[1]):
        return None
    papers = _whom(asked, _SIMILAR.sub(" ", asked), catalog)
    return None if papers is None else RecordQuery("similar", papers=papers)


# What a text says, told as its authors' doing: "What did the authors of X find?"
_OF_AUTHORS = re.compile(
    r"(?:what|how|why|where|when) (?:do|does|did|have|has|are|were|was) (?:the )?"
    r"(?:authors?|researchers?|team)\b",
    re.I,
)
# The record of one paper, whether it is here or not.
_OF_ONE_PAPER = re.compile(
    r"(?:who (?:wrote|authored|are the authors of|is the author of)|authors? of|(?:give me |get )?"
    r"(?:the )?(?:bibtex|citation|doi|arxiv id)(?: entry)? (?:of|for|to)"
    r"|when (?:was|were|did) .+ (?:published|written|come out|appear))\b",
    re.I,
)
_AROUND_A_NAME = re.compile(
    r"^(?:of |for |to )?(?:the |an? )?(?=\S)"
    r"|(?:\s+(?:paper|article|published|written|appear\w*|come out))+$",
    re.I,
)


def _whom(asked: str, rest: str, catalog: Catalog) -> tuple[Paper, ...] | None:
    """The papers that a question names when it says nothing else; () where it names none."""
    named, around = catalog.named(rest)
    if not named and re.search(r"\b(?:papers?|article|report|survey|one)\b", asked, re.I):
        named, around = catalog.called(left_over(rest)), ""
    if named:
        own = {word for paper in named for word in _words(paper.title)}
        return tuple(named) if not _words(around) - FILLER - own else None
    return None if _words(rest) - FILLER else ()  # "who wrote it?", a bare "bibtex"


def _list(asked: str, catalog: Catalog) -> RecordQuery | None:
    """Papers by author, years, order, number and what is left out; None for a topic alone."""
    if _asks(asked):
        return None
    query, rest = RecordQuery("list"), asked
    if (coded := _CODED.search(rest)) is not None:
        query = replace(query, coded=coded["no"] is None)
        rest = f"{rest[: coded.start()]} {rest[coded.end() :]}"
    query, rest = _left_out(query, rest)
    if not query.years and (years := years_in(rest)) is not None:
        query, rest = replace(query, filters=years.filters, years=years.said), years.rest
    if _COUNT.search(rest):
        query, rest = replace(query, counted=True), _COUNT.sub(" ", rest)
    query, rest = _ordered(query, rest)
    query, rest = _by(query, rest, catalog)
    query = replace(query, subject=left_over(rest))
    return query if _sure(query, asked, catalog) else None


def _left_out(query: RecordQuery, rest: str) -> tuple[RecordQuery, str]:
    rest = re.sub(r"\bnon-(?P<x>[\w-]+)(?P<after>.*)", r"\g<after> not \g<x>", rest)
    found = _NOT.search(rest)
    if found is None or not (
        found["s"] or left_over(rest[: found.start()]) or _PAPERS.search(rest)
    ):
        return query, rest
    kept = found["s"] or rest[: found.start()]
    if re.fullmatch(r"\d{4}", found["x"].strip()) and (years := years_in(f"in {found['x']}")):
        said = f"not {found['x'].strip()}"
        return replace(query, filters=years.filters, years=said, not_years=True), kept
    return replace(query, without=left_over(found["x"]) or found["x"]), kept


def _ordered(query: RecordQuery, rest: str) -> tuple[RecordQuery, str]:
    found = _ORDER.search(rest)
    if found is None:
        return query, rest
    said = re.search(r"\b(\d{1,2}|two|three|four|five|few)\b", rest)
    one = re.search(r"\b(?:paper|one|article|work|survey|study|thing)\b", rest, re.I)
    number = (int(_SEVERAL.get(said[1], 0) or said[1]) if said else 1 if one else 5) or 5
    if said:
        rest = rest.replace(said[0], " ", 1)
    order = "newest" if found["new"] else "oldest"
    return replace(query, order=order, number=number), _ORDER.sub(" ", rest)


def _by(query: RecordQuery, rest: str, catalog: Catalog) -> tuple[RecordQuery, str]:
    """Whose papers: names that the library's authors have, beside a word of authorship."""
    cue = _AUTHORED.search(rest)
    bare_name = not _words(rest) - FILLER - catalog.surnames
    if cue is None and not bare_name:
        return query, rest
    tokens = re.findall(r"[^\W\d_][\w.-]*(?:[’'](?!s\b)\w+)*", rest)
    found = [t for t in tokens if folded(t.rstrip(".")) in catalog.surnames - FILLER]
    found = [t for t in found if t[0].isupper() or bare_name or not catalog.on_topic(t)]
    if found:
        names = tuple(_with_given(token, rest, catalog) for token in found)
        for name in names:
            rest = rest.replace(name, " ")
        return replace(query, authors=names), _WORDS_OF_AUTHORSHIP.sub(" ", rest)
    name = left_over(_WORDS_OF_AUTHORSHIP.sub(" ", rest))
    if not _SURELY_AUTHORED.search(rest) or not name or catalog.on_topic(name):
        return query, rest
    # A spelling that comes close, or a name that nobody here has.
    if len(name.split()) <= 3 and (catalog.by_author(name)[1] or name[0].isupper()):
        return replace(query, authors=(name,)), ""
    return query, rest


_WORDS_OF_AUTHORSHIP = re.compile(
    r"['’]s\b|\bet al\b\.?|\bauthors?\b:?|\bauthored\b|\b1st\b|\bgroup\b", re.I
)
_SURELY_AUTHORED = re.compile(
    r"\b(?:by|authors?|authored|wrote|write|written|published|et al)\b"
    r"|['’]s (?:\w+ )?(?:papers?|works?)\b",
    re.I,
)


def _with_given(surname: str, rest: str, catalog: Catalog) -> str:
    """The surname with a first name before it, where an author is called so, or anyone could be."""
    found = re.search(rf"([^\W\d_][\w.’-]*) {re.escape(surname)}", rest)
    if found is None or folded(found[1]) in FILLER:
        return surname
    return found[0] if found[1][0].isupper() or catalog.by_author(found[0])[1] else surname


def _sure(query: RecordQuery, asked: str, catalog: Catalog) -> bool:
    """Whether enough was understood: what is left is a topic of the library, or nothing is."""
    papers = _PAPERS.search(asked) is not None
    if query == RecordQuery("list"):
        return papers and re.search(r"\b(?:list|show|all|every)\b", asked, re.I) is not None
    facets = (query.authors, query.years, query.order, query.counted, query.without)
    if not any(facets) and query.coded is None:
        return False
    if query.subject and not (query.years and not query.not_years):
        return bool(catalog.on_topic(query.subject))
    if query.order or query.counted or query.without or query.coded is not None:
        return bool(papers or query.subject or query.years or query.authors)
    return True


def _asks(asked: str) -> bool:
    """Whether some sentence asks for more than papers."""
    return any(
        _ASKS.match(said) and not re.match(r"(?:who|what) (?:has|did|does|have)\b", said, re.I)
        for said in re.split(r"(?<=[.?!;:]) +", asked)
    )


def _words(text: str) -> frozenset[str]:
    return frozenset(re.findall(r"[^\W_]+", folded(text)))


def left_over(text: str) -> str:
    """``text`` without the fillers at its ends; "" where nothing else is."""
    parts = re.findall(r"[^\s,;:?!\"“”]+", text)
    while parts and _words(parts[0]) <= FILLER:
        parts.pop(0)
    while parts and _words(parts[-1]) <= FILLER:
        parts.pop()
    return " ".join(parts)
