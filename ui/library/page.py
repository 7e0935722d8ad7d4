"""The Library tab as HTML: what to look for, the list, one paper, the report of an adding.

All foreign text passes ``literal``. What can be clicked says so in ``data-do``; a script hands its
data to the page (see ui/script/relay.js).
"""

from __future__ import annotations

from collections.abc import Sequence

from ingest.errors import ParseError
from ingest.paper import Paper
from rag.references import authors
from ui.library.adding import Added
from ui.library.browsing import PAGE, Look, on_page, pages
from ui.library.catalogue import ORDERS, Catalogue, Order, Row, Wanted
from ui.library.spelling import Spelling
from ui.page.render import counted, link, literal, notice_html, web_address
from ui.page.taking import menu_html

MOST_TOPICS = 300  # offered to choose from, the largest
_AUTHORS = 4  # named in a row
_CITED = 6  # authors named in a citation
EXPORTS = (("bibtex", "BibTeX"), ("csv", "CSV"), ("jsonl", "JSONL"))
_SKIPPED = 20  # listed in a report
_ON_DEMAND = 2_000  # listed when somebody wants to see them
_ORDER_NAMES: dict[Order, str] = {
    "newest": "Newest first",
    "oldest": "Oldest first",
    "title": "Title, A to Z",
    "title-back": "Title, Z to A",
}
NO_PAPER = (
    '<div class="ap-empty"><p>Open a paper to read it here, with the papers nearest to it.</p>'
    "<p>Tick papers, or narrow the list, to ask only within them.</p></div>"
)


def controls_html(catalogue: Catalogue, wanted: Wanted) -> str:
    """The form above the list."""
    topics, title = catalogue.topics[:MOST_TOPICS], catalogue.spelling.title
    if wanted.topic and wanted.topic not in {topic for topic, _ in topics}:
        topics = ((wanted.topic, 0), *topics)
    options = "".join(
        f'<option value="{literal(topic)}"{" selected" if topic == wanted.topic else ""}>'
        f"{literal(title(topic))}{f' ({count:,})' if count else ''}</option>"
        for topic, count in topics
    )
    topic = (
        '<label class="ap-field">Topic<select name="topic"><option value="">Any topic</option>'
        f"{options}</select></label>"
        if topics
        else ""
    )
    first, last = catalogue.years or (1900, 2100)
    years = "".join(
        f'<label class="ap-field ap-year">{label}<input name="{name}" inputmode="numeric"'
        f' pattern="[0-9]*" maxlength="4" autocomplete="off" placeholder="{shown}"'
        f' value="{"" if value is None else value}"></label>'
        for label, name, shown, value in (
            ("From", "since", first, wanted.since),
            ("To", "until", last, wanted.until),
        )
    )
    return (
        '<form class="ap-find" role="search" aria-label="Papers" data-do="find">'
        '<label class="ap-field ap-words">Find<input type="search" name="words" autocomplete="off"'
        ' placeholder="Title, author, id" maxlength="200"'
        f' value="{literal(wanted.words)}"></label>{topic}{years}</form>'
    )


def list_html(catalogue: Catalogue, look: Look, *, writable: bool) -> str:
    """The list with what can be done with it."""
    found = catalogue.find(look.wanted)
    rows = [catalogue.rows[place] for place in on_page(look, catalogue)]
    if not catalogue.rows:
        how = "Add some above." if writable else "Whoever runs this page can add some."
        return f'<div class="ap-empty"><p>The library has no papers yet. {how}</p></div>'
    undo = _button("undo", "Undo") if look.removed else ""
    said = f'<p class="ap-note" role="status">{literal(look.said)} {undo}</p>' if look.said else ""
    return (
        f"{said}{_actions(catalogue, look, len(found), writable=writable)}"
        + (_table(rows, look, catalogue.spelling) if rows else _nothing())
        + _pager(look, len(found))
    )


def paper_html(
    paper: Paper | None,
    near: Sequence[tuple[Paper, float]],
    spelling: Spelling,
    *,
    writable: bool = False,
) -> str:
    """One paper, what can be done with it, and the papers nearest to it."""
    if paper is None:
        return NO_PAPER
    code, url = web_address(paper.code_url), web_address(paper.url)
    links = [link(url, "Paper")] if url else []
    links += [link(code, "Code")] if code else []
    facts = [str(paper.year)] if paper.year is not None else []
    facts += [literal(paper.id), *links]
    dot = '<span class="ap-dot" aria-hidden="true"> &#183; </span>'
    topics = "".join(f"<li>{_topic(topic, spelling.title(topic))}</li>" for topic in paper.topics)
    kind = "digest, not the authors&#39; own words" if paper.kind == "digest" else "abstract"
    authors = f'<p class="ap-byline">{_people(paper)}</p>' if paper.authors else ""
    return (
        f'<article class="ap-paper" tabindex="-1" data-focus aria-label="{literal(paper.title)}">'
        f'<button type="button" class="ap-close" data-do="close" data-back="{literal(paper.id)}">'
        "Close</button>"
        f"<h2>{literal(paper.title)}</h2>{authors}"
        f'<p class="ap-byline">{dot.join(facts)}</p>'
        + (f'<ul class="ap-topics" aria-label="Topics">{topics}</ul>' if topics else "")
        + f'<h3 class="ap-small">{kind[0].upper()}{kind[1:]}</h3>'
        f'<p class="ap-abstract">{_paragraphs(paper.abstract)}</p>'
        f'<div class="ap-deeds">{_deeds(paper, writable=writable)}</div>'
        f"{_near(near)}</article>"
    )


def citation_text(paper: Paper) -> str:
    """A line that one can cite a paper by: authors, year, title, where to find it."""
    named = authors(paper)
    more = len(named) > _CITED or named[-1:] == ["others"]
    who = ", ".join([name for name in named if name != "others"][:_CITED]) + " et al." * more
    when = f"({paper.year})" if paper.year is not None else ""
    where = web_address(paper.url) or paper.id
    return f"{' '.join(filter(None, (who, when)))}. {paper.title}. {where}".lstrip(". ")


def report_html(last: Added) -> str:
    """How far an adding has come, or what has become of all that was given."""
    if last.problem is not None:
        return f'<div class="ap-report">{notice_html("problem", last.problem)}</div>'
    if last.report is None:
        read = f"{counted(last.read, 'paper')} so far" if last.read else "this takes a moment"
        return f'<div class="ap-report"><p class="ap-note ap-waiting">Reading: {read}…</p></div>'
    tally, skipped = last.report.tally, [*last.refused, *last.report.skipped]
    parts = [
        f"<span>{count:,} {what}</span>"
        for count, what in (
            (tally.added, "added"),
            (tally.updated, "updated"),
            (tally.unchanged, "here already"),
            (tally.kept_abstracts, "here already with their abstracts"),
            (last.report.duplicates, "given twice"),
            (len(skipped), "skipped"),
        )
        if count
    ]
    listed = _items(skipped[:_SKIPPED])
    if rest := skipped[_SKIPPED:]:
        left = len(rest[_ON_DEMAND:])
        listed += (
            f"<li><details><summary>and {len(rest):,} more: show</summary><ul>"
            f"{_items(rest[:_ON_DEMAND])}"
            + (f"<li>and {left:,} more, not listed here</li>" if left else "")
            + "</ul></details></li>"
        )
    done = ", ".join(parts) or "<span>nothing was given</span>"
    return (
        f'<div class="ap-report"><p><strong>Papers: {done}.</strong></p>'
        + (f'<ul class="ap-skipped" aria-label="Skipped">{listed}</ul>' if listed else "")
        + "</div>"
    )


# the parts


def _actions(catalogue: Catalogue, look: Look, found: int, *, writable: bool) -> str:
    everything = len(catalogue.rows)
    count = counted(everything, "paper")
    if look.wanted:
        count = f"{found:,} of {count}"
    parts = [f'<span class="ap-count" role="status">{count}</span>']
    if look.wanted and found:
        these = "this paper" if found == 1 else f"these {found:,}"
        parts.append(_button("within-found", f"Ask only within {these}"))
    if look.chosen:
        many = len(look.chosen)
        parts.append(f'<span class="ap-count">{many:,} ticked</span>')
        parts.append(_button("within-chosen", "Ask only within the ticked"))
        parts.append(menu_html("the ticked papers", EXPORTS))
        if writable:
            parts.append(_button("remove", "Remove…"))
        parts.append(_button("choose-none", "Untick"))
    sure = ""
    if look.removing:
        many = len(look.removing)
        papers = counted(many, "paper")
        sure = (
            f'<div class="ap-sure" role="alertdialog" aria-label="Remove {papers}?">'
            f"<p>Remove {papers} from the library, for everybody who uses it?</p>"
            f"{_button('remove-yes', f'Remove {papers}', 'ap-danger')}"
            f"{_button('remove-no', 'Keep', 'ap-main', focus=True)}</div>"
        )
    return f'<div class="ap-deeds">{"".join(parts)}</div>{sure}'


def _people(paper: Paper) -> str:
    """The authors, each a way to what else they wrote."""
    return ", ".join(
        f'<button type="button" class="ap-author" data-do="author" data-author="{literal(name)}"'
        f' title="List the papers of {literal(name)}">{literal(name)}</button>'
        for name in paper.authors
    )


def _deeds(paper: Paper, *, writable: bool) -> str:
    """What can be done with an opened paper."""
    parts = [
        _button("within-one", "Ask about this paper only", "ap-main", id=paper.id),
        _button("copy", "Copy citation", text=citation_text(paper)),
        _button("export-one", "BibTeX", id=paper.id),
    ]
    if writable:
        parts.append(_button("remove-one", "Remove…", id=paper.id))
    return "".join(parts)


def _button(do: str, said: str, kind: str = "", *, focus: bool = False, **data: object) -> str:
    own = "".join(f' data-{name}="{literal(str(value))}"' for name, value in data.items())
    return (
        f'<button type="button" class="ap-button {kind}" data-do="{do}"{own}'
        f"{' data-focus' if focus else ''}>{literal(said)}</button>"
    )


def _table(rows: Sequence[Row], look: Look, spelling: Spelling) -> str:
    all_on = all(row.id in look.chosen for row in rows)
    order = look.wanted.order
    title = _header("Title", order, ("title", "title-back"))
    year = _header("Year", order, ("newest", "oldest"))
    return (
        '<div class="ap-scroll"><table class="ap-papers"><caption class="ap-unseen">Papers, '
        f"{_ORDER_NAMES[order].lower()}</caption><thead><tr>"
        f'<th scope="col"><input type="checkbox" data-do="choose-page" id="ap-all"'
        f' aria-label="Tick all on this page"{" checked" if all_on else ""}></th>'
        f'{title}{year}<th scope="col" class="ap-wide">Topics</th></tr></thead><tbody>'
        + "".join(_row(row, look, spelling) for row in rows)
        + "</tbody></table></div>"
    )


def _header(name: str, order: Order, orders: tuple[Order, Order]) -> str:
    sorted_ = {orders[0]: "descending", orders[1]: "ascending"}
    if name == "Title":
        sorted_ = {orders[0]: "ascending", orders[1]: "descending"}
    turned = orders[1] if order == orders[0] else orders[0]
    arrow = {"ascending": "&#9650;", "descending": "&#9660;"}.get(sorted_.get(order, ""), "")
    return (
        f'<th scope="col" aria-sort="{sorted_.get(order, "none")}"><button type="button"'
        f' class="ap-order" id="ap-order-{name.lower()}" data-do="order" data-order="{turned}"'
        f' title="{_ORDER_NAMES[turned]}">{name}'
        f'<span class="ap-arrow" aria-hidden="true">{arrow}</span></button></th>'
    )


def _row(row: Row, look: Look, spelling: Spelling) -> str:
    title = literal(row.title)
    own = literal(row.id)
    authors = ", ".join(row.authors[:_AUTHORS]) + (
        f" and {len(row.authors) - _AUTHORS} more" if len(row.authors) > _AUTHORS else ""
    )
    by = f'<span class="ap-by">{literal(authors)}</span>' if authors else ""
    ticked = " checked" if row.id in look.chosen else ""
    is_open = ' aria-current="true"' if row.id == look.paper else ""
    return (
        f'<tr{is_open}><td><input type="checkbox" data-do="choose" data-id="{own}"'
        f' id="ap-tick-{own}" aria-label="Tick {title}"{ticked}>'
        f'</td><td><button type="button" class="ap-read" id="ap-read-{own}" data-do="open"'
        f' data-id="{own}">{title}</button>{by}</td>'
        f"<td>{'' if row.year is None else row.year}</td>"
        f'<td class="ap-wide">{literal(", ".join(map(spelling.title, row.topics)))}</td></tr>'
    )


def _pager(look: Look, found: int) -> str:
    last = pages(found) - 1
    page = min(look.page, last)
    if last == 0:
        return ""
    first_shown, last_shown = page * PAGE + 1, min(found, (page + 1) * PAGE)
    buttons = [
        f'<button type="button" class="ap-button" id="ap-page-{name.lower()}" data-do="page"'
        f' data-page="{to}"{" disabled" if off else ""}>{name}</button>'
        for name, to, off in (
            ("First", 0, page == 0),
            ("Previous", page - 1, page == 0),
            ("Next", page + 1, page == last),
            ("Last", last, page == last),
        )
    ]
    return (
        '<nav class="ap-pager" aria-label="Pages of the list">'
        f"{''.join(buttons[:2])}<span>{first_shown:,}–{last_shown:,} of {found:,}</span>"
        f"{''.join(buttons[2:])}</nav>"
    )


def _nothing() -> str:
    return (
        '<div class="ap-empty"><p>No paper is like that. Fewer words, another topic or more years'
        " list more.</p></div>"
    )


def _near(near: Sequence[tuple[Paper, float]]) -> str:
    if not near:
        return ""
    items = "".join(
        f'<li><button type="button" class="ap-read" data-do="open" data-id="{literal(paper.id)}">'
        f"{literal(paper.title)}</button>"
        f'<span class="ap-by">{"" if paper.year is None else f"{paper.year}, "}'
        f"likeness {cosine:.2f}</span></li>"
        for paper, cosine in near
    )
    return (
        '<h3 class="ap-small" title="Cosine of the papers&#39; vectors: 1 is the same text">'
        f'Nearest papers</h3><ol class="ap-nearest">{items}</ol>'
    )


def _topic(topic: str, shown: str) -> str:
    key = literal(" ".join(topic.split()).casefold())
    return (
        f'<button type="button" class="ap-topic" data-do="topic" data-topic="{key}">'
        f"{literal(shown)}</button>"
    )


def _paragraphs(text: str) -> str:
    return "<br><br>".join(literal(part) for part in text.split("\n") if part.strip())


def _items(skipped: Sequence[ParseError]) -> str:
    return "".join(f"<li>{literal(str(error))}</li>" for error in skipped)


assert set(_ORDER_NAMES) == set(ORDERS)
