"""The words by which questions ask for records, and those that say nothing of what is sought."""

from __future__ import annotations

import re

PAPER = (
    r"(?:papers?|articles?|publications?|preprints?|works?|studies|study|surveys?|thes[ei]s"
    r"|ones?|items?|entry|entries)"
)


def _cue(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{pattern})\b", re.I)


# What is asked of one paper's record: the words that ask for it.
ATTRIBUTES = {
    name: _cue(words)
    for name, words in {
        "authors": r"(?:how many|number of) (?:co-?)?authors|who (?:wrote"
        r"|made|did|published|built|created|developed|invented|proposed"
        r"|(?:is|are|was|were) behind)|whose|(?:co-?)?authors?(?: list)?|creators?|authored"
        r"|wrote|write|written by|by whom|behind|who(?= *(?:,|and\b|$))",
        "year": r"(?:what|which) (?:year|yr)|years?|yr|(?<!to[- ])(?:publication )?date"
        r"|how (?:old|recent)|(?:when|wen) (?:was|were|did|is)"
        r"(?=.*\b(?:publish\w*|released?|out|written|appear\w*|from)\b)"
        r"|publication year|when(?= *(?:,|and\b|$))",
        "bibtex": r"bib(?:tex|latex)?(?: entry)?|cite|citing|citation(?: entry)?|reference",
        "code": r"(?:source |public )?code|git(?:hub|lab)?|repo(?:sitory)?|implementation"
        r"|open[- ]?sourced?",
        "doi": r"dois?",
        "address": r"links?|urls?|arxiv(?: (?:number|nr|id))?|identifier|web ?(?:site|page)"
        r"|address|pdf|ids?|where(?= *(?:,|and\b|$))"
        r"|where (?:can|could|do) (?:i|we|one) (?:find|read|get|download|see)",
        "topics": r"topics?|keywords?|tags?|categor(?:y|ies)|subjects?|fields?|areas?",
        "title": r"titles?",
        "venue": r"journals?|venues?|conferences?|proceedings|where (?:was|were)(?=.* published)",
        "affiliation": r"affiliations?|institutions?|universit(?:y|ies)|compan(?:y|ies)"
        r"|countr(?:y|ies)",
        "all": r"metadata|bibliographic \w+|record|(?:all |the )?details",
        "abstract": r"(?:(?:whole|full|entire) )?(?:abstract|digest|full text)",
    }.items()
}
AS_BIBTEX = re.compile(
    r"\b(?:as|in) (?:a )?bib(?:tex|latex)?\b(?: (?:file|format|entries))?"
    r"|\bbib(?:tex|latex)?(?: entries)? (?:of|for) (?=(?:all|the|your|every|papers)\b)",
    re.I,
)
SIMILAR = _cue(
    r"similar(?: to)?|(?<!looks )(?<!would )(?<!'d )like|close(?:st)? to|resembl\w+|comparable|akin"
    r"|related|nearest|neighbou?rs?|other(?= (?:\w+ )?(?:papers|ones))|along the lines"
    r"|in the (?:spirit|vein)|same (?:problem|topic|direction|area|field|thing|line)"
    r"|alternatives?(?: to)?|based on|read(?:ing)? next|next after"
    r"|read after|what next"
)
COUNT = _cue(
    r"how many|how much (?=papers)|(?<=are there )more(?= papers)"
    r"|(?:number|nr|no\.?) of|count|total|(?<=there )more than one"
)
_SEVERAL = r"\d{1,2}|two|three|four|five|six|ten|few|couple"
ORDER = _cue(
    r"(?P<new>newest|latest|most recent(?:ly)?|most new|most current|newer|more recent"
    r"|(?:the )?most up[- ]to[- ]date|(?P<some>recent(?:ly)?|lately|(?<=what is )new)"
    rf"|(?<=came out )last|(?<=came in )last|last(?= (?:{_SEVERAL}|one|papers?)\b)"
    r"|(?<=anything )new|(?<=something )new)"
    r"|(?P<any>random(?:ly)?|(?:suggest|recommend|pick)(?: me| us)?(?= (?:an?|one|some\w*)\b))"
    r"|(?P<old>oldest|earliest|older|earlier|chronologically|most old"
    rf"|first(?= (?:{_SEVERAL}|papers?|surveys?|thesis|articles?)\b)|(?<=came )first"
    r"|(?<=published )first|(?<=released )first|(?<=written )first|(?<=appeared )first)"
)
SORTED = _cue(
    r"(?:sort(?:ed)?|order(?:ed)?|rank(?:ed)?|arranged?)(?: (?:them|these|those|it|all|papers))*"
    r" (?:by|from|chronologically)(?: (?:the )?(?:years?|dates?|age|publication))*"
)
NUMBER = re.compile(rf"(?<![\w.-])(?:top |any |the |some )?({_SEVERAL})\b(?![-.]?\d)", re.I)
SEVERAL = {
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "ten": 10, "few": 5, "couple": 2
}  # fmt: skip
CODED = _cue(
    r"(?:(?P<no>without|no|lack(?:s|ing)?|miss(?:es|ing)?)|with|have|has|having|come with"
    r"|comes with|release[sd]?"
    r"|provide[sd]?|share[sd]?|link(?:s|ing)? to|offers?)"
    r" (?:an? |any |their |its |public |open |available |linked |official |some |the )*"
    r"(?:source )?(?:code|github|repo(?:sitory|sitories|s)?|implementations?)"
    r"(?! \w+(?:ion|ing|ors?)\b)(?: (?:available|online|links?|address\w*|released"
    r"|(?:on|at) (?:git(?:hub|lab)|hugging ?face)))*"
)
# Papers whose text has a term; what is only "used" must be said in a word or two.
MENTIONS = re.compile(
    r"\b(?:that |which )?(?:(?:mention|contain)(?:s|ing|ed)?|speak(?:s|ing)? of"
    r"|with the (?:word|term|name|phrase)|include the (?:word|term)|uses?|using)"
    r" (?:the )?(?:(?:word|term|name|phrase) )?(?P<x>[^\s,;]+(?: [^\s,;]+)?)\s*$",
    re.I,
)
NOT = (
    r"(?:(?:(?:that|which|who) )?(?:(?:are|is|were|was|do|does|did|have|has)(?: ?n['’]?t| not)"
    r"|aint|cannot|can['’]?t)|but not|and not|not|nothing|no|except(?: for)?|without|excluding"
    r"|other than|rather than|instead of|apart from|besides|minus|leave out|leaving out|but none"
    r"|i don['’]?t want)"
)
NOT_BEFORE = re.compile(
    rf"(?:^|[,;(]?\s*)\b{NOT}(?: (?:those|ones|the ones|papers|any|published|written))*"
    r"(?: (?:by|from|in|of|dated))?\s*$",
    re.I,
)
LEFT_OUT = re.compile(
    rf"(?:^|[,;(]?\s+){NOT}\b(?: (?:those|ones|the ones|papers))?"
    r"(?: (?:about|on|use|using|used|from|for|in|of|mention|mentioning|involv\w+|need\w*|with|any"
    r"|deal\w* with))*(?: (?:the|an?|any))?"
    r" (?P<x>(?:(?! (?:and )?(?:without|not|no|except)\b)[^,;)])+?)(?: ones)?\)?"
    r"(?:, just (?P<s>.+))?$",
    re.I,
)
AUTHORED = _cue(
    r"by|authors?|authored|author:|wrote|write|written|writes|publish(?:ed)?|et al|person"
    r"|everything|works? of|papers? of|listed as|called|papers"
)
SURELY_AUTHORED = re.compile(
    r"\b(?:by|authors?|authored|wrote|write|written|et al|(?:did|has|have) \w+ publish(?:ed)?"
    r"|(?:papers?|anything|something|stuff|works?|ones?) (?:published |written )?from)\b"
    r"|['’]s (?:\w+ )?(?:papers?|works?)\b",
    re.I,
)
OF_AUTHORSHIP = re.compile(
    r"['’]s\b|\bet al\b\.?|\bauthors?\b:?|\bauthored\b|\b1st\b|\bgroup\b", re.I
)
# What the records can be counted by: authors, years, topics.
GROUPS = {
    "authors": _cue(
        r"(?:first )?authors?|author names?|researchers?|writers?|contributors?|people"
        r"|whose name|who(?= (?:has|have|wrote|published|writes|is|are|appears?|turns up)\b"
        r"(?=.*\b(?:most|fewest|prolific|often|more than|at least|several)\b))"
    ),
    "years": _cue(r"years?(?: range| span)?|time ?(?:span|frame|range)|period"),
    "topics": _cue(
        r"topics?|subjects?|themes?|(?:research )?areas?|(?:research )?fields?|categor(?:y|ies)"
        r"|keywords?|tags?"
    ),
}
MOST = _cue(
    r"(?P<least>least(?: (?:often|common|frequent))?|fewest|smallest|rarest)"
    r"|(?:the )?most(?: (?:often|frequently|frequent|common|popular|prolific|active|productive))?"
    r"|biggest|largest|top|main|dominant|prolific|busiest|commonest"
)
PER = _cue(r"per|by|each|every|distribution|breakdown|histogram")
MORE_THAN = re.compile(
    rf"\b(?:(?:(?P<over>more than|over)|at least) (?P<n>{_SEVERAL}|one)|several|multiple)\b", re.I
)
GROUP_FILLER = frozenset(
    "appear appears available contain contains counts cover covered covers different distinct"
    " here include included includes kinds list listed name named names occur occurs often"
    " overview paper's range ranges research span spans summary time turn turns unique up".split()
)
# Ranks that no record gives.
UNRANKED = _cue(
    r"best|greatest|coolest|worst|longest|shortest|hardest|easiest"
    r"|most (?:important|influential|interesting|popular|cited|relevant|famous|read|useful"
    r"|significant|impressive|downloaded|famous)"
)
# A message that goes on from the last one.
GOES_ON = re.compile(
    r"^(?:(?:and|but|or|so|then|also|ok|okay|now|just|only)\b[\s,]*)*"
    r"(?:(?:what|how)(?:['’]?s)? about|and|but|or|just|only)\b\s*",
    re.I,
)
THESE = _cue(
    r"(?:all |any |which |one |some |both )?of (?:them|these|those|the (?:above|list|lot|two|three"
    r"|four|five))|them|these|those|they|the ones?(?= (?:from|by|on|with|without|that|of|in)\b)"
    r"|both|each|ones(?= (?:from|by|with|without|in)\b)|listed above|the above"
)
THIS = _cue(
    r"(?:it|its|this|that|the)(?: (?:one|paper|work|thing|article|study|survey|system))"
    r"|it|its|that|this"
)
_ORDINALS = {
    "first": 0, "1st": 0, "second": 1, "2nd": 1, "third": 2, "3rd": 2, "fourth": 3, "4th": 3,
    "fifth": 4, "5th": 4, "last": -1,
}  # fmt: skip
ORDINAL = re.compile(
    rf"\b(?:the |that |your )?(?P<word>{'|'.join(_ORDINALS)})(?: (?:one|paper|of (?:them|these"
    r"|those|the list)))?(?= *$|[?.,!;]| (?:please|pls|and|from the list|of (?:them|these))\b)"
    r"|(?:\bpaper |\bnumber |\bno\.? ?|#|\[)(?P<digit>\d)\b\]?",
    re.I,
)


def numeral(word: str) -> int:
    """The number that a word or figure is."""
    return SEVERAL.get(word.lower(), 0) or int(word)


def place(found: re.Match[str]) -> int:
    """Where in a list an ORDINAL points; -1 is its last."""
    return int(found["digit"]) - 1 if found["digit"] else _ORDINALS[found["word"].lower()]


# A question of the texts, not of the records.
ASKS = re.compile(
    r"(?:(?:by|on|in|at|to|from|for|with|and|so|but) )?"
    rf"(?:how (?!many (?:[\w-]+ ){{0,4}}{PAPER}"
    r"\b|many (?:by|from|in|is|are|were|of|there|have|mention\w*)\b|much papers)|why|when|where"
    r"|who(?! (?:has|made) )"
    r"|whom|do(?:es)? (?!you|we|any)|did|can (?!you|i)|could (?!you|i)|should"
    r"|is (?!there)|are (?!there)"
    r"|explain|describe|compare|summari[sz]e"
    r"|what (?:is|are|was|were|does|did|do|has|have|makes?|happens)"
    r"(?! (?:you|we|i|from|there|out|in|new|published|released|newest|latest|oldest"
    r"|the (?:\w+ )?(?:newest|latest|oldest|earliest|most recent|last|first|number|total|best"
    r"|most|longest)|your )))\b",
    re.I,
)
# What a text says, told as its authors' doing: "What did the authors of X find?"
OF_AUTHORS = re.compile(
    r"(?:what|how|why|where|when) (?:do|does|did|have|has|are|were|was) (?:the )?"
    r"(?:authors?|researchers?|team)\b",
    re.I,
)
# The record of one paper, whether it is here or not.
OF_ONE_PAPER = re.compile(
    r"(?:who (?:wrote|authored|are the authors of|is the author of)|authors? of|(?:give me |get )?"
    r"(?:the )?(?:bibtex|citation|doi|arxiv id)(?: entry)? (?:of|for|to)"
    r"|when (?:was|were|did) .+ (?:published|written|come out|appear))\b",
    re.I,
)
YES_OR_NO = re.compile(r"(?:and |so |but )?(?:is|was|were|are|did|does|do|has|have)\b", re.I)
PAPERS = re.compile(
    rf"\b{PAPER}\b|\b(?:everything|anything|something|stuff|things?|any|which of (?:them|these)"
    r"|what(?:'ve| have| do)? (?:you|we|from)|what (?:came|came out|is|was) (?:out|from|in|new))\b",
    re.I,
)
# Words of chat, and words that say that papers are asked for but not which: what is left is what
# they are about.
FILLER = frozenset(
    "a about above add added after again all also am an and any anybody anyone anything anywhere"
    " appear appeared appears are area article articles as ask at available be because been both"
    " but by call called came can catalog certain check chronologically co collection come comes"
    " coming concerning conference could count cover covered covering current currently cut d date"
    " dated deal dealing deals dealt did do documents does download each either else enjoyed"
    " entire entries entry ever every everything exactly exist exists find first folks for found"
    " frm from full get gimme give given go good got guess had has have having hello help her here"
    " hers hey hi his hold holding how however i id if im in incl included including interested"
    " into is it item items its just keep kind kindly know last lately latest lead let library"
    " like liked likes list listed lists ll long look looking lot loved m made main make many"
    " maybe me mean mention mentioned more most much my n name names need new next nr number of ok"
    " on one ones online only or other others our out overall paper papers people person person's"
    " place please pls possible posted preprint preprints present public publication publications"
    " publish published pull put quick quickly r re read reading really recommend regarding"
    " release released report research s same say search see send set share should show shown so"
    " some somebody someone something sort sth still studies study stuff such suggest suggested"
    " supervisor t talk team tell than thank thanks that the their theirs them then there these"
    " thesis they thing things think this those thus title titled titles to topic topics total u"
    " under up us use using ve version want wanted was we well wen were what whats when where"
    " which who whole whom whose will wise with wo work works would write writes writing written"
    " wrote year years yes you your yours".split()
)
