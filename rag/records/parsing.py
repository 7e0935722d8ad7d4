"""What a question asks of the records, from its items; None where it asks about the papers' texts.

Every kind of request takes the items that it knows; what is left then says whether it was
understood: nothing, or a topic of the library. Here are whole messages, terms, what no record
tells, and groups; papers and lists of them have modules of their own.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from ingest.paper import Paper
from rag.records.catalog import Catalog
from rag.records.items import Asked, trimmed, word_set, words_of
from rag.records.parsing_lists import number_of, of_lists, years_of
from rag.records.parsing_papers import by_its_authors, of_papers
from rag.records.query import LONGEST, RecordQuery
from rag.records.words import FILLER, GROUP_FILLER
from rag.text.bounds import bounds
from rag.text.names import fold, names
from rag.text.words import stem
from rag.understand.phrases import doubts
from rag.understand.summary import term_asked
from rag.understand.typed import bare

_TELLS_NOTHING = frozenset("ask follow this paper bound place number view here".split())
_OF_VIEWS = _TELLS_NOTHING | {"by", "library", "these", "all", "say"}


def may_ask(question: str) -> bool:
    """Whether ``parsed`` could find anything: cheap, so that most questions load no catalog."""
    if len(question) > LONGEST:
        return False
    asked = Asked(bare(question), Catalog(()))
    tags = {tag for item in asked.items for tag in item.means}
    telling = tags - _TELLS_NOTHING or asked.by_age()
    return bool(len(asked.words) <= 6 or telling or not asked.asks())


def asks_for_record(part: str) -> bool:
    """Whether one question of several is of the records: "who wrote it", "how many papers are".

    Next to nothing else may stand in it: "the gene behind it" asks for no authors.
    """
    asked = Asked(bare(part[:LONGEST]), Catalog(()))
    if asked.has("count"):
        return asked.has("paper", "group", "library") is not None
    others = [item for item in asked.left(*_OF_A_RECORD) if not item.is_filler]
    return asked.has("field", "similar", "entries", "coded") is not None and len(others) <= _NAME


_OF_A_RECORD = ("field", "similar", "entries", "coded", "years", "order", "ask", "follow", "here",
                "paper", "this", "these")  # fmt: skip
_NAME = 2  # words by which a paper is called


def parsed(
    question: str,
    catalog: Catalog,
    shown: Sequence[Paper] = (),
    before: RecordQuery | None = None,
) -> RecordQuery | None:
    """What ``question`` asks of the records; None where it asks about the papers' texts.

    ``shown`` are the papers of the last reply, and ``before`` the query that it answered.
    """
    if len(question) > LONGEST:
        return None
    turn = _of_conversation(Asked(question, catalog, shown)) or _doubted(question, catalog)
    if turn is not None:
        goes_on = turn.intent == "more" and before is not None and shown
        return replace(before, skip=before.skip + len(shown)) if before and goes_on else turn
    asked = Asked(bare(question), catalog, shown)
    if asked.has("text") or not asked.items or _bounds_texts(asked.text):
        return None
    for kind in (
        _defined,
        _unrankable,
        _untold,
        _of_the_library,
        _grouped,
        by_its_authors,
        of_papers,
        _supposed,
    ):
        if (query := kind(asked)) is not None:
            return query
    return of_lists(asked, before)


def _bounds_texts(text: str) -> bool:
    """Whether a figure of the papers' texts is bounded: not years, nor how many papers."""
    return any(not _COUNTED.intersection(bound.figure.nouns) for bound in bounds(text))


_COUNTED = frozenset(map(stem, "paper article work study author".split()))


# whole messages


def _of_conversation(asked: Asked) -> RecordQuery | None:
    """Thanks, greetings and the like, with next to nothing else."""
    said = asked.values("say")
    others = [i for i in asked.items if "say" not in i.means and not i.is_mark]
    if not said or len(others) > 3 or not all(item.is_filler for item in others):
        return None
    intent = min(said, key=_TURNS.index)
    foreign = {"field", "order", "library", "view", *(("paper",) if intent != "more" else ())}
    if any(item.means.keys() & foreign for item in others):
        return None
    pointing = any("this" in item.means for item in others)
    return None if pointing and intent in ("more", "help") else RecordQuery(intent)


def _doubted(question: str, catalog: Catalog) -> RecordQuery | None:
    """A doubt with its reason behind it: "Are you sure? I thought that it was older"."""
    first, *reason = re.split(r"[?.!] ", question, maxsplit=1)
    doubt = (
        _of_conversation(Asked(bare(first), catalog)) if reason and "?" not in reason[0] else None
    )
    return doubt if doubt is not None and doubt.intent == "doubt" else None


def _supposed(asked: Asked) -> RecordQuery | None:
    """What the asker remembers otherwise: "wasn't it 24x?", "I thought it was half"."""
    doubt = asked.shown and not asked.named and doubts(asked.text)
    return RecordQuery("doubt") if doubt else None


_TURNS = ("help", "shorter", "more", "doubt", "thanks", "greeting")  # which one counts first


def _defined(asked: Asked) -> RecordQuery | None:
    """What a term of the texts means or stands for, which isn't the name of a paper."""
    term, spelt_out = term_asked(bare(asked.text))
    if not term or word_set(term) <= FILLER:
        return None
    called = () if spelt_out else asked.catalog.called(term, described=False)
    if any(fold(term) in names(paper.title, paper.abstract).own for paper in called):
        return None
    there = asked.catalog.mentioning(term)
    return RecordQuery("define", term=term, spelt_out=spelt_out) if there else None


def _unrankable(asked: Asked) -> RecordQuery | None:
    """The paper that is first by what texts report: "which paper has the largest speedup?"."""
    most = asked.has("ranked", "extreme", "unranked")
    if most is None or asked.named or asked.shown or not _OVER_ALL.search(bare(asked.text)):
        return None
    behind = [i for i in asked.behind(most) if not i.is_mark]
    if any(i.means.keys() & {"paper", "group", "order", "unrecorded", "cited"} for i in behind[:2]):
        return None
    of = [i.text for i in trimmed(behind) if not (i.is_filler or _SOME_WORK.fullmatch(i.text))]
    measure = " ".join([*of, most.means.get("ranked", "")]).strip()
    return RecordQuery("unrankable", measure) if measure else None


_SOME_WORK = re.compile(
    r"(?:paper|system|method|approach|technique|framework|work|one|tool|optimi[sz]er|algorithm"
    r"|solution|study|way|engine|scheduler)(?:e?s)?",
    re.I,
)
_OVER_ALL = re.compile(
    rf"^(?:who\b|(?:which|what) (?:\w+ ){{0,2}}{_SOME_WORK.pattern}\b(?! (?:of|in) )"
    r"|what is the \w+(?: \w+){1,4}$|.*\b(?:any(?:one|body| paper)|here|in the library)$)",
    re.I,
)


def _untold(asked: Asked) -> RecordQuery | None:
    """What no record tells: citations, names by their letters, figures over all texts."""
    if asked.has("unrecorded") or _of_citations(asked):
        return RecordQuery("unrecorded")
    last = asked.items[-1].text
    if asked.has("letters") and len(last) == 1 and last.isalpha():
        return RecordQuery("letters")
    what = asked.opens.startswith(("what", "which", "on average", "average", "mean"))
    if asked.named or not what or not asked.left("ask", "view", "extreme", "mean", "all"):
        return None
    most, over = asked.has("extreme"), asked.has("all")
    usual = most is not None and (
        most.said.endswith(("ed", "often", "common", "popular", "frequent", "frequently"))
        or (asked.words & _PREVAILING and not trimmed(asked.behind(most)))
    )
    if usual and (noun := asked.has("group")):  # "what GPU do people use most?" counts no people
        usual = next(i for i in asked.items if not i.is_filler or "group" in i.means) is not noun
    told = usual or (over and (asked.has("mean") or " do " in over.said))
    return RecordQuery("uncountable") if told else None


_PREVAILING = frozenset("used mentioned studied people papers they authors".split())


def _of_citations(asked: Asked) -> bool:
    """ "Which papers does X cite?", "how many citations does it have?"."""
    if "citations" in asked.words:
        return asked.has("count", "extreme") is not None
    often = "cited" in asked.words and asked.words & {"often", "times"}
    does = asked.words & {"does", "did", "do"} and not asked.words & {"i", "we", "you"}
    return bool(often or (does and asked.items[-1].said == "cite"))


def _of_the_library(asked: Asked) -> RecordQuery | None:
    """The library as a whole."""
    view = asked.has("view")
    tags = {tag for item in asked.items for tag in item.means}
    if view is None or tags - _OF_VIEWS or asked.left("view", "library", "ask", "say"):
        return None
    whole = asked.has("library") or view.said.startswith("what do you")
    whole = whole or "everything" in asked.words or (view.said in _VIEWS and not asked.shown)
    papers = asked.has("paper") and (asked.has("this", "these") or "kind" in view.said)
    return RecordQuery("overview") if whole or papers else None


_VIEWS = ("overview", "summary", "outline")


# authors, years or topics, and how many papers each has


def _grouped(asked: Asked) -> RecordQuery | None:
    """Authors, years or topics: all, the most frequent, or those with so many papers at least."""
    noun, several, most = asked.has("group"), asked.has("several"), asked.has("extreme")
    if noun is None and (several or most) and asked.opens.startswith("who"):
        noun = asked.items[0]
    if noun is None or noun.denied or asked.named or asked.has("sort"):
        return None
    group = noun.means.get("group", "authors")
    here = asked.has("library", "extreme", "count") or "here" in asked.words
    if group == "authors" and asked.shown and (not here or "it" in asked.words):
        return None  # of the paper shown, then
    many = "group" in noun.means and noun.said.endswith(("s", "span", "range", "period", "people"))
    every = many and (asked.words & _LISTING or len(asked.items) == 1)
    if not (several or most or every or asked.has("per")) or len(asked.values("field")) > 1:
        return None
    left = [i for i in asked.left(*_OF_GROUPS) if i is not noun and i.said not in GROUP_FILLER]
    subject = words_of(trimmed(left))
    if subject and not asked.catalog.on_topic(subject):
        return None
    count = number_of(asked)
    got = years_of(asked) | {"group": group, "subject": subject}
    if several:
        got["least"] = (count or 1) + 1 if several.said.endswith(("than", "over")) else count or 2
    elif most and (count or not many):
        got |= {"extreme": most.means["extreme"], "number": count or 1}
    return RecordQuery("group", **got)


_LISTING = frozenset("what which list show all your many who".split())
_OF_GROUPS = ("field", "years", "extreme", "several", "number", "count", "per", "ask", "library",
              "view", "by", "paper", "these", "this", "all")  # fmt: skip
