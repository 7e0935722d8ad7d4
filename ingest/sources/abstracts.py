"""What stands in an abstract's field beside the abstract: markers, headings, notices."""

from __future__ import annotations

import re

# What is written where there is no abstract, without signs at its ends; a row a language.
_NOTHING = re.compile(
    r"""[\W_]*(?:
    (?:sorry\W+)?(?:there\ (?:is|was)\ |(?:this|the)\ \w+\ (?:has|contains)\ )?no\ (?:abstract|summary)
        (?:\ (?:is|was))?(?:\ (?:available|provided|found|given|supplied))?
        (?:\ (?:for|in|with)\ (?:this|the)\ [\w-]+|\ online)?
    | (?:the\ )?(?:abstract|summary)?(?:\ for\ this\ \w+)?\W*(?:is\ |was\ )?(?:currently\ )?
        (?:not\ (?:yet\ )?(?:available|provided|applicable|found|given|supplied)|unavailable|missing)
        (?:\ for\ (?:this|the)\ \w+)?
    | abstract | summary | n\W?a | none | null | nan | undefined | unknown | tb[acd] | todo
    | to\ be\ \w+ | nil | empty | abstract\ from\ (?:the\ )?authors? | see\ (?:the\ )?(?:pdf|full\ text)
    | (?:kein|keine)\ (?:abstract|zusammenfassung|kurzfassung)(?:\ (?:verf\u00fcgbar|vorhanden))?
    | (?:zusammenfassung|abstract)\ nicht\ (?:verf\u00fcgbar|vorhanden)
    | (?:pas\ de|aucun|sans)\ r[e\u00e9]sum[e\u00e9](?:\ (?:n'est\ )?disponible)?
    | r[e\u00e9]sum[e\u00e9]\ (?:non|in)\W?disponible
    | (?:no\ hay|sin|ning[u\u00fa]n)\ resumen(?:\ disponible)? | resumen\ no\ disponible
    | (?:sem|nenhum)\ resumo(?:\ dispon\u00edvel)? | resumo\ (?:n\u00e3o\ |in)dispon\u00edvel
    | (?:nessun\ (?:abstract|riassunto)|(?:abstract|riassunto)\ non)(?:\ disponibile)?
    | geen\ (?:abstract|samenvatting)(?:\ beschikbaar)?
    | (?:\u043d\u0435\u0442|\u0431\u0435\u0437)\ \u0430\u043d\u043d\u043e\u0442\u0430\u0446\u0438\u0438
    | \u0430\u043d\u043d\u043e\u0442\u0430\u0446\u0438\u044f\ (?:\u043e\u0442\u0441\u0443\u0442\u0441\u0442\u0432\u0443\u0435\u0442|\u043d\u0435\u0434\u043e\u0441\u0442\u0443\u043f\u043d\u0430)
    | \u6458\u8981(?:\u6682\u7f3a|\u6682\u65e0|\u7f3a\u5931|\u4e0d\u53ef\u7528|\u7121) | (?:\u6682|\u66ab)?[\u65e0\u7121](?:\u6458\u8981)? | \u6ca1\u6709\u6458\u8981
    | (?:\u6284\u9332|\u8981\u65e8|\u6982\u8981)(?:\u306a\u3057|\u306f\u3042\u308a\u307e\u305b\u3093) | \ucd08\ub85d\s?\uc5c6\uc74c
    )?[\W_]*""",
    re.I | re.X,
)
_HEADING = re.compile(
    r"(?:ABSTRACT|(?:Abstract|SUMMARY|Summary)(?=\s*[:.\u2013\u2014-]\s)|Abstract(?=\s[A-Z]))\s*[:.\u2013\u2014-]?\s+"
)
# Sentences behind an abstract that publishers and databases add; each up to the text's end.
_TRAILER = re.compile(
    r"""(?:^|(?<=[.!?)\]])\s*|\s+(?=\u00a9|\(c\)))(?P<notice>
    (?:(?:copyright\s*)?(?:\u00a9|\(c\))|copyright\s(?:of|\d{4}|by))[^.]{0,120}(?:\.|$).{0,300}
    | \[?abstract\ from\ (?:the\ )?(?:author|publisher)\(?s?\)?\]?.{0,400}
    | all\ rights\ reserved\.?
    | published\ by\ [^.]{1,60}(?:\.\w+)?\.?
    | (?:key\ ?words?|index\ terms?)(?:\ and\ phrases)?\s?[:\u2013\u2014-].{0,500}
    | (?:submitted|accepted)\ (?:to|by|at|for|in)\ [^.]{1,80}\.?
    | \d+\ pages?(?:,\ \d+\ (?:figure|table)s?)*(?:\ and\ \d+\ \w+)?\.?
    )\s*$""",
    re.I | re.X,
)
_WITHDRAWN = re.compile(
    r"(?:this|the|our)\s(?:\w+\s){0,2}?(?:paper|article|submission|manuscript|work|preprint)\s"
    r"(?:has\sbeen|is|was|have\sbeen)\s(?:\w+\s){0,2}?(?:withdrawn|retracted)\b"
    r"|(?:withdrawn|retracted)(?:\s*[.:!\]]|\s*$|\s(?:by|due|because|for|from|on|at)\b)"
    r"|(?:the\s)?authors?\s(?:has|have)\s(?:withdrawn|retracted)\b",
    re.I,
)
_NOTICE = re.compile(
    r"(?:^|[.!?\])*]\s*)[\[(*]*(?:this|the)\s(?:paper|article|submission|manuscript|preprint)\s"
    r"(?:has\sbeen|is|was)\s(?:\w+\s){0,2}?(?:withdrawn|retracted)\b"
    r"(?!\sfrom\s(?!arxiv|publication))[^.!?]*[.!?\])*]*\s*$",
    re.I,
)
_RETRACTED = r"(?:retracted|withdrawn)(?:\s(?:article|paper|chapter))?"
_RETRACTED_TITLE = re.compile(
    rf"\W*{_RETRACTED}\s*[:\])]|.*[(\[]\s*{_RETRACTED}(?:\s[^)\]]*)?[)\]]\W*$", re.I
)


def parted(said: str) -> tuple[str, str]:
    """The abstract without its heading and without notices, and the notices that were cut off."""
    text = said
    notices: list[str] = []
    if heading := _HEADING.match(text):
        text = text[heading.end() :]
    while match := _TRAILER.search(text, max(0, len(text) - 700)):
        notices.insert(0, match["notice"])
        text = text[: match.start()].rstrip()
    return (text, " ".join(notices)) if text else (said, "")


def is_nothing(abstract: str) -> bool:
    """Whether it only says that there is no abstract, in one of a dozen languages."""
    return len(abstract) < 200 and bool(_NOTHING.fullmatch(abstract))


def why_not(title: str, abstract: str, comment: str = "") -> str | None:
    """Why a record with this title and abstract is not taken in; None when it is."""
    if is_nothing(abstract):
        return "no abstract"
    # A long text that begins so is about withdrawals.
    if len(abstract) < 1000 and _WITHDRAWN.match(abstract):
        return "withdrawn"
    if _NOTICE.search(abstract[-400:]):
        return "withdrawn, says its end"
    if comment and _WITHDRAWN.match(comment):
        return "withdrawn, says its comment"
    return "withdrawn, says its title" if _RETRACTED_TITLE.match(title) else None
