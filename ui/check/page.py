"""A checked draft as HTML: the text with its marks, and one claim with its evidence."""

from __future__ import annotations

from rag.answer import Citation
from rag.check.report import CheckedClaim, Evidence, Quotation, Report, Verdict
from rag.export import report_papers
from ui.chat.evidence import Card, marked_abstract, site
from ui.page.render import counted, link, literal, literal_lines, web_address
from ui.page.taking import WORD, menu_html

EMPTY = (
    '<div class="ap-empty"><p>Paste a draft above. Every sentence that cites a paper is held'
    " against that paper; sentences that cite nothing are offered papers.</p></div>"
)
KINDS: dict[Verdict, str] = {  # how a verdict is coloured
    "supported": "good", "figure differs": "wrong", "quotation differs": "wrong",
    "contradicted": "wrong", "elsewhere": "doubt", "not found": "doubt",
    "not here": "open", "uncited": "open",
}  # fmt: skip
EXPORTS = (
    ("markdown", "Markdown"),
    *WORD,
    ("json", "JSON"),
    ("csv", "CSV"),
    ("bibtex", "BibTeX of offers"),
)


def summary_html(report: Report) -> str:
    """How many claims have each verdict, what was not read, and the ways to take it along."""
    counts = "".join(
        f'<li class="ap-v-{KINDS[verdict]}">{count} {literal(verdict)}</li>'
        for verdict, count in report.counts.items()
    )
    notes = "".join(f'<p translate="no">{literal(warning)}</p>' for warning in report.warnings)
    exports = menu_html("the report", EXPORTS, lists=bool(report_papers(report)))
    return (
        f'<p role="status"><strong>{counted(len(report.claims), "claim")} checked.</strong>'
        f" {literal(report.notice)}</p>"
        f'<ul class="ap-verdicts">{counts}</ul>{notes}'
        f'<div class="ap-takes">{exports}</div>'
    )


def draft_html(text: str, report: Report, chosen: int) -> str:
    """The draft, each claim marked and followed by a button that shows its evidence."""
    parts: list[str] = []
    at = 0
    for number, claim in enumerate(report.claims):
        if claim.start >= at:
            parts += [_between(text[at : claim.start]), _marked(claim, number, number == chosen)]
            at = claim.end
    return f'<div class="ap-draft">{"".join(parts)}{_between(text[at:])}</div>'


def _between(text: str) -> str:
    """What stands between two claims, with the ends of paragraphs."""
    paragraph = "<br>" * 2 if text[: len(text) - len(text.lstrip())].count("\n") > 1 else ""
    return f"{paragraph}{literal_lines(text)} "


def _marked(claim: CheckedClaim, number: int, chosen: bool) -> str:
    kind = KINDS[claim.verdict]
    current = ' aria-current="true"' if chosen else ""
    return (
        f'<span class="ap-said ap-v-{kind}">{literal(claim.text)}</span>'
        f'<button type="button" id="ap-claim-{number}" class="ap-badge ap-v-{kind}"'
        f' data-do="show" data-n="{number}"{current}>{literal(claim.verdict)}</button> '
    )


def claim_html(report: Report, chosen: int) -> str:
    """One claim with its verdict, the paper's sentence and the papers offered."""
    if not report.claims:
        return '<div class="ap-empty"><p>No sentence of it claims something.</p></div>'
    claim = report.claims[chosen]
    shown = [_card(claim.evidence, "What the cited paper says")] if claim.evidence else []
    shown += [_card(offered, "Says it, and could be cited") for offered in claim.offered]
    told = claim.yours and claim.theirs  # by the verdict
    reason = "" if told or not claim.reason else f'<p translate="no">{literal(claim.reason)}</p>'
    return (
        f'<h2 class="ap-unseen">Claim and evidence</h2>{_steps(report, chosen)}'
        f'<blockquote class="ap-said">{literal(claim.text)}</blockquote>'
        f'<p class="ap-verdict ap-v-{KINDS[claim.verdict]}">{literal(claim.said)}</p>'
        f"{reason}{''.join(map(_quotation, claim.quotations))}{''.join(shown)}"
    )


def _steps(report: Report, chosen: int) -> str:
    """Buttons to the claim before and after, and to the next that isn't supported."""
    last = len(report.claims) - 1
    doubtful = [n for n, claim in enumerate(report.claims) if claim.verdict != "supported"]
    following = next((n for n in doubtful if n > chosen), doubtful[0] if doubtful else None)
    steps = [
        ("Previous", chosen - 1 if chosen else None),
        ("Next", chosen + 1 if chosen < last else None),
    ]
    steps.append(("Next to look at", following))
    buttons = "".join(
        f'<button type="button" id="ap-step-{place}" data-do="show" data-n="{number}"'
        f"{'' if number is not None else ' disabled'}>{name}</button>"
        for place, (name, number) in enumerate(steps)
    )
    return f'<p class="ap-steps">{buttons}<span>Claim {chosen + 1} of {last + 1}</span></p>'


def _card(evidence: Evidence, heading: str) -> str:
    paper = evidence.paper
    url = web_address(paper.url)
    title = literal(paper.title)
    facts = ", ".join(filter(None, [", ".join(paper.authors[:3]), str(paper.year or "")]))
    where = f" {link(url, site(url))}" if url else ""
    cited = Citation(1, paper, evidence.spans, evidence.support)
    marked = marked_abstract(Card(paper, (cited,)))
    return (
        f'<article class="ap-card" aria-label="{title}">'
        f'<p class="ap-byline" translate="yes">{heading}</p>'
        f"<header><h3>{title}</h3></header>"
        f'<p class="ap-byline">{literal(facts)}{where}</p>'
        f'<p class="ap-abstract">{marked}</p></article>'
    )


def _quotation(quotation: Quotation) -> str:
    if quotation.verbatim:
        return f"<p>Quoted word for word: “{literal(quotation.said)}”</p>"
    if quotation.found is None:
        return f"<p>No such words in the abstract: “{literal(quotation.said)}”</p>"
    return (
        f"<p>Quoted “{literal(quotation.said)}”; the paper has"
        f" “<strong>{literal(quotation.found)}</strong>”</p>"
    )
