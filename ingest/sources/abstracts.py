"""What stands in an abstract's field beside the abstract: markers, headings, notices."""

from __future__ import annotations

import re

# What is written where there is no abstract, without signs at its ends; a row a language.
_NOTHING = re.compile(
    r"""[\W_]*(?:
    (?:there\ (?:is|was)\ |(?:this|the)\ \w+\ (?:has|contains)\ )?(?:no|without)\ (?:an?\ )?
        (?:abstract|summary)
        (?:\ (?:is|was))?(?:\ (?:available|provided|found|given|supplied))?
        (?:\ (?:for|in|with)\ (?:this|the)\ [\w-]+|\ online)?
    | (?:the\ |an\ )?(?:abstract|summary)?(?:\ for\ this\ \w+)?\W*(?:is\ |was\ )?(?:currently\ )?
        (?:not\ (?:yet\ )?(?:available|provided|applicable|found|given|supplied)|unavailable
        |missing)
        (?:\ for\ (?:this|the)\ \w+)?
    | abstract | summary | n\W?a | none | null | nan | undefined | unknown | tb[acd] | todo
    | (?:abstract\ )?to\ (?:be\ \w+|follow) | nil | empty | abstract\ from\ (?:the\ )?authors?
    | see\ (?:the\ )?(?:pdf|full\ text)
    | (?:keine?|ohne)\ (?:abstract|zusammenfassung|kurzfassung)(?:\ (?:verfügbar|vorhanden))?
    | (?:zusammenfassung|abstract)\ nicht\ (?:verfügbar|vorhanden)
    | (?:pas\ de|aucun|sans)\ r[eé]sum[eé](?:\ (?:n'est\ )?disponible)?
    | r[eé]sum[eé]\ (?:non|in)\W?disponible
    | (?:no\ hay|sin|ning[uú]n)\ resumen(?:\ disponible)? | resumen\ no\ disponible
    | (?:sem|nenhum)\ resumo(?:\ disponível)? | resumo\ (?:não\ |in)disponível
    | (?:nessun\ (?:abstract|riassunto)|(?:abstract|riassunto)\ non)(?:\ disponibile)?
    | geen\ (?:abstract|samenvatting)(?:\ beschikbaar)?
    | ingen?\ (?:sammanfattning|abstrakt|abstract|resum[eé]|sammendrag)
        (?:\ (?:tillgänglig|tilgængelig\w*|tilgjengelig\w*|finns))?
    | ei\ (?:tiivistelmää|abstraktia) | brak\ (?:streszczenia|abstraktu)
    | bez\ abstraktu | abstrakt\ není\ k\ dispozici | nincs\ (?:absztrakt|összefoglaló)
    | özet(?:i)?\ (?:bulunmamaktadır|yok|yoktur|mevcut\ değil\w*) | không\ có\ tóm\ tắt
    | tidak\ ada\ abstrak | (?:χωρίς|δεν\ υπάρχει)\ περίληψη | (?:немає|без)\ анотації
    | (?:لا\ يوجد|بدون)\ (?:ملخص|مستخلص) | چکیده\ (?:ندارد|موجود\ نیست) | אין\ תקציר
    | (?:нет|без)\ аннотации
    | аннотация\ (?:отсутствует|недоступна)
    | 摘要(?:暂缺|暂无|缺失|不可用|無) | (?:暂|暫)?[无無](?:摘要)? | 没有摘要
    | (?:抄録|要旨|概要)(?:なし|はありません) | 초록\s?없음
    )?[\W_]*""",
    re.I | re.X,
)
_HEADING = re.compile(
    r"(?:ABSTRACT|(?:Abstract|SUMMARY|Summary)(?=\s*(?:[:.-]\s|[–—]))|Abstract(?=\s[A-Z]))"
    r"\s*(?:[–—]\s*|[:.-]?\s+)"
    r"|(?:Zusammenfassung|Résumé|RÉSUMÉ|Resumen|RESUMEN|Resumo|RESUMO|Riassunto|摘要|要旨|Аннотация)"
    r"\s*[:.：—–]\s*"
)
# "(c)" is also the third point of an enumeration: a year or somebody's rights have to follow.
_COPYRIGHT = r"(?:©|\(c\)(?=[^.]{0,60}\b(?:1[89]|20)\d\d\b|.{0,120}\brights\b))"
# Sentences behind an abstract that publishers and databases add; each up to the text's end.
_TRAILER = re.compile(
    rf"""(?:^|(?<=[.!?)\]])\s*|(?<!\s)\s+(?={_COPYRIGHT}))(?P<notice>
    \(?(?:\w+\ database\ record\ )?
        (?:(?:(?:crown\s)?copyright\s*)?{_COPYRIGHT}|(?:crown\s)?copyright\s(?:of|\d{{4}}|by))
        [^.]{{0,120}}(?:\.|$).{{0,300}}
    | this\ article\ is\ protected\ by\ copyright\.? | the\ author(?:\(s\)|s)?,?\ \d{{4}}\.?
    | \[?abstract\ from\ (?:the\ )?(?:author|publisher)\(?s?\)?\]?.{{0,400}}
    | all\ rights\ reserved\.?
    | published\ by\ [^.]{{1,60}}(?:\.\w+)?\.?(?:\ on\ behalf\ of\ [^.]{{1,80}}\.?)?
    | (?:key\ ?words?|index\ terms?|ccs\ concepts?)(?:\ and\ phrases)?\s?[:–—-].{{0,500}}
    | (?:submitted|accepted)\ (?:to|by|at|for|in)\ [^.]{{1,80}}\.?
    | \d+\ pages?(?:,\ \d+\ (?:figure|table)s?)*(?:\ and\ \d+\ \w+)?\.?
    )\s*$""",
    re.I | re.X,
)
_SIGNS_OF_TRAILERS = (
    "\u00a9 (c) copyright from reserved published keyword index submitted accepted page".split()
    + ["key word", "ccs concept", "the author"]
)
_LEADER = re.compile(
    r"(?:(?:copyright\s*)?(?:©|\(c\)(?=\s*(?:\d{4}|the\sauthor)))|copyright\s(?=\d{4}))[^.]{0,80}\b\d{4}\b[^.]{0,60}\.\s+(?=[A-Z])"
    r"(?:All\ rights\ reserved\.\s+(?=[A-Z]))?",
    re.I,
)
_WITHDRAWN = re.compile(
    r"(?:this|the|our)\s(?:\w+\s){0,2}?(?:paper|article|submission|manuscript|work|preprint)\s"
    r"(?:has\sbeen|is|was|have\sbeen)\s(?:\w+\s){0,2}?(?:withdrawn|retracted)\b"
    r"|(?:withdrawn|retracted)(?:\s*[.:!\]]|\s*$|\s(?:by|due|because|for|from|on|at)\b)"
    r"|(?:the\s)?authors?\s(?:has|have)\s(?:withdrawn|retracted)\b",
    re.I,
)
_NOTICE = re.compile(
    r"(?:^|[.!?\])*]\s*)[\[(*]{0,4}(?:this|the)\s(?:paper|article|submission|manuscript|preprint)\s"
    r"(?:has\sbeen|is|was)\s(?:\w+\s){0,2}?(?:withdrawn|retracted)\b"
    r"(?!\sfrom\s(?!arxiv|publication))[^.!?]*[.!?\])*]*\s*$",
    re.I,
)
_RETRACTED = r"(?:retracted|withdrawn)(?:\s(?:article|paper|chapter))?"
_RETRACTED_TITLE = re.compile(
    rf"\W*(?:{_RETRACTED}\s*[:\])]|retraction(?:\snot(?:e|ice))?(?:\s(?:to|of|for))?\s?:"
    r"|retraction\snot(?:e|ice)\b|(?:notice\sof\s(?:retraction|withdrawal)|withdrawal\snotice)\b)"
    r"|.*\(retraction\sof\s(?:vol|v)\b.*"
    rf"|.*[(\[]\s*{_RETRACTED}(?:\s[^()\[\]]*)?[)\]]\W*$",
    re.I,
)


def parted(said: str) -> tuple[str, str]:
    """The abstract without its heading and without notices, and the notices that were cut off."""
    text = said
    notices: list[str] = []
    if heading := _HEADING.match(text):
        text = text[heading.end() :]
    if text[:1] in "©(cC" and (leader := _LEADER.match(text)):
        notices.append(leader[0].strip())
        text = text[leader.end() :]
    tail = text[-700:].lower()
    may = any(map(tail.__contains__, _SIGNS_OF_TRAILERS))  # most have none: no need to look closer
    while may and (match := _TRAILER.search(text, max(0, len(text) - 700))):
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
    if ("withdrawn" in abstract or "etracted" in abstract) and _NOTICE.search(abstract[-400:]):
        return "withdrawn, says its end"
    if comment and _WITHDRAWN.match(comment):
        return "withdrawn, says its comment"
    return "withdrawn, says its title" if _RETRACTED_TITLE.match(title) else None
