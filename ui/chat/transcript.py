"""A conversation as HTML: its first page, and one block a question with all that came of it.

Buttons carry what they do in ``data-do``; ui/script/chat.js hears them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ingest.library import Library
from rag.answer import Answer
from rag.quote import CLOSEST_SAID
from ui.chat.conversation import Exchange, Exchanges, Judgement
from ui.chat.evidence import evidence_html
from ui.chat.prose import Prose
from ui.page.render import clipped, counted, literal, literal_lines, notice_html
from ui.page.taking import WORD, menu_html

Turns = list[str]

_UP = (
    '<svg viewBox="0 0 24 24" aria-hidden="true"><path d="M7 11v9H4v-9zm3 9h7.2a2 2 0 0 0 2-1.6'
    'l1.2-6a2 2 0 0 0-2-2.4H14V6a2 2 0 0 0-2-2l-3 7v7a2 2 0 0 0 1 2z"/></svg>'
)
EXPORTS = (("markdown", "Markdown"), *WORD, ("bibtex", "BibTeX"), ("json", "JSON"))


def welcome(questions: Sequence[str]) -> Turns:
    """The first page, with questions to begin with; there are none only where no paper is."""
    examples = "".join(f"<li>{_asks(question)}</li>" for question in questions)
    begin = (
        f'<ul class="ap-examples" aria-label="Examples">{examples}</ul>'
        if questions
        else '<p class="ap-welcome-empty">The library has no papers yet:'
        " the Library tab says how to add some.</p>"
    )
    return [
        '<div class="ap-welcome"><p class="ap-welcome-line">Ask your papers.</p>'
        "<p>Every sentence is cited, and every citation opens the exact words.</p>"
        f"<p>When the papers don&#8217;t say, the answer says so.</p>{begin}</div>"
    ]


def turns(exchanges: Exchanges, told: Iterable[str] = (), *, busy: bool = False) -> Turns:
    """A block an exchange, the last with what can be done next unless ``busy``.

    Warnings in ``told`` are on the page already.
    """
    last = len(exchanges)
    return [
        _turn(turn, exchange, tuple(told), last=turn == last and not busy)
        for turn, exchange in enumerate(exchanges, 1)
    ]


def evidence(exchanges: Exchanges, library: Library | None = None) -> str:
    """The papers behind all answers of the conversation, the latest first.

    Those that ``library`` doesn't hold any more say so.
    """
    found = [(turn, e.answer or e.came) for turn, e in enumerate(exchanges, 1)]
    answers = [(turn, answer) for turn, answer in found if answer is not None]
    last = exchanges[-1] if exchanges else None
    coming = last is not None and not (last.answer or last.stopped or last.problem)
    without = last is not None and not (last.answer or last.came or coming)
    gone = frozenset() if library is None else _gone(answers, library)
    return evidence_html(answers, coming=coming, without=without, gone=gone)


def _gone(answers: Sequence[tuple[int, Answer]], library: Library) -> frozenset[str]:
    """The papers shown that the library doesn't hold."""
    shown = {c.paper.id for _, answer in answers for c in answer.citations}
    shown |= {hit.paper.id for _, answer in answers if answer.refused for hit in answer.hits}
    return frozenset(shown) - {paper.id for paper in library.papers(sorted(shown))}


def _turn(turn: int, exchange: Exchange, told: tuple[str, ...], *, last: bool) -> str:
    parts = [
        f'<h2 class="ap-question">{clipped(exchange.question)}</h2>',
        _said(turn, exchange, told),
    ]
    if exchange.within and exchange.answer is not None and exchange.answer.refused:
        parts.append(
            '<p class="ap-wider"><button type="button" class="ap-button ap-main" data-do="all">'
            "Ask all papers</button> It was asked only within a choice of papers.</p>"
        )
    whole = exchange.answer is not None
    if whole or last:
        parts.append(_actions(turn, exchange, last=last))
    if last and exchange.suggested:
        asks = "".join(f"<li>{_asks(question)}</li>" for question in exchange.suggested)
        said = "Ask next" if exchange.answer and not exchange.answer.refused else "Instead, ask"
        parts.append(
            f'<div class="ap-next"><h3>{said}</h3><ul class="ap-examples">{asks}</ul></div>'
        )
    typed = literal_lines(exchange.question).replace("<br>", "&#10;")
    return (
        f'<section class="ap-turn" id="turn-{turn}" data-turn="{turn}" data-question="{typed}"'
        f' aria-label="Question {turn}">{"".join(parts)}</section>'
    )


def _said(turn: int, exchange: Exchange, told: tuple[str, ...]) -> str:
    if exchange.answer is not None:
        return answer_html(exchange.answer, turn, told=told)
    came = _came(exchange.text, turn, exchange.came)
    before = f'<div class="ap-answer">{came}</div>' if came else ""
    if exchange.problem is not None:
        return before + notice_html("problem", exchange.problem)
    if exchange.stopped:
        return before + notice_html("stopped", "Stopped.")
    return partial_html(exchange.text, turn, exchange.came)


def partial_html(text: str, turn: int = 0, came: Answer | None = None) -> str:
    """What has come of an answer so far; markers are links where ``came`` says what they cite."""
    if not text.strip():
        if quoted := _came(text, turn, came):
            said = "A model is writing. Meanwhile, quoted from the papers:"
            return f'<div class="ap-answer"><p class="ap-note ap-waiting">{said}</p>{quoted}</div>'
        return (
            '<div class="ap-answer"><p class="ap-note ap-waiting">Reading the papers…</p>'
            '<div class="ap-skeleton" aria-hidden="true"><i></i><i></i><i></i></div></div>'
        )
    return f'<div class="ap-answer ap-coming">{_came(text, turn, came)}</div>'


def _came(text: str, turn: int, came: Answer | None) -> str:
    if came is not None and came.mode == "quoted" and not text.strip():
        text = came.text  # what is quoted is there to read while a model thinks
    return (Prose(text) if came is None else Prose.of(came, turn, text)).html()


def answer_html(answer: Answer, turn: int, *, told: Iterable[str] = ()) -> str:
    """The whole answer; ``turn`` keeps its links apart from those of the other answers.

    Warnings that are in ``told`` are shown elsewhere on the page already.
    """
    parts: list[str] = []
    if " ".join(answer.understood.split()) != " ".join(answer.question.split()):
        parts.append(
            '<p class="ap-note ap-understood">Understood as: '
            f"<strong>{literal(answer.understood)}</strong></p>"
        )
    if answer.read_as:
        parts.append(
            '<p class="ap-note ap-understood">Read as: '
            f"<strong>{literal(answer.read_as)}</strong></p>"
        )
    # The closest papers stand in the evidence, with their abstracts; once is enough.
    text = answer.text.partition(CLOSEST_SAID)[0] if answer.refused else answer.text
    said = Prose.of(answer, turn, text).html()
    # A refusal is in the page's own words: ui/words.json has them, but for the papers' titles.
    parts.append(f'<div class="ap-refusal">{said}</div>' if answer.refused else said)
    parts += [notice_html("warning", text) for text in answer.warnings if text not in set(told)]
    if answer.refused and answer.hits:
        parts.append(
            f'<p class="ap-note ap-origin"><a href="#closest-{turn}" class="ap-to-closest">'
            "The closest papers</a> are in the evidence, uncited.</p>"
        )
    elif not answer.refused and (answer.citations or answer.mode != "recorded"):
        parts.append(notice_html("origin", _origin(answer)))
    kind = "ap-answer ap-refused" if answer.refused else "ap-answer"
    return f'<div class="{kind}">{"".join(parts)}</div>'


def plain_text(answer: Answer) -> str:
    """The answer with its numbered sources, for pasting elsewhere."""
    sources = [
        f"[{c.number}] {c.paper.title}" + (f" ({c.paper.url})" if c.paper.url else "")
        for c in answer.citations
    ]
    return "\n\n".join([answer.text.replace("**", ""), "\n".join(sources)]).strip()


def _asks(question: str) -> str:
    return f'<button type="button" class="ap-ask" data-do="ask">{literal(question)}</button>'


def _actions(turn: int, exchange: Exchange, *, last: bool) -> str:
    """What can be done with an answer: copy, export, judge; with the last one also ask again."""
    left: list[str] = []
    if exchange.answer is not None:
        text = literal_lines(plain_text(exchange.answer)).replace("<br>", "&#10;")
        left.append(
            f'<button type="button" data-do="copy" data-text="{text}">Copy</button>'
            + menu_html("this answer", EXPORTS, lists=bool(exchange.answer.citations), turn=turn)
        )
    if last:
        left.append('<button type="button" data-do="again">Ask again</button>')
        left.append('<button type="button" data-do="edit">Edit question</button>')
    if exchange.answer is None:
        return f'<div class="ap-actions">{"".join(left)}</div>'
    thumbs = _thumbs(exchange.judged)
    return f'<div class="ap-actions">{"".join(left)}{thumbs}</div>{_comment(exchange.judged)}'


def _thumbs(judged: Judgement | None) -> str:
    buttons = "".join(
        f'<button type="button" class="ap-thumb ap-{verdict}" data-do="judge"'
        f' data-verdict="{verdict}" aria-label="{label}" title="{label}"'
        f' aria-pressed="{str(judged is not None and judged.verdict == verdict).lower()}">{_UP}'
        "</button>"
        for verdict, label in (("up", "Helpful answer"), ("down", "Unhelpful answer"))
    )
    return f'<span class="ap-thumbs">{buttons}</span>'


def _comment(judged: Judgement | None) -> str:
    if judged is None:
        return ""
    if judged.comment:
        said = f'<span translate="no">{literal(judged.comment)}</span>'
        return f'<p class="ap-note ap-commented">Your comment: {said}</p>'
    return (
        '<form class="ap-comment" data-do="comment"><input type="text" maxlength="1000"'
        ' aria-label="Comment on this answer" placeholder="What was good or wrong? (optional)">'
        '<button type="submit">Send</button></form>'
    )


def _origin(answer: Answer) -> str:
    papers = len({citation.paper.id for citation in answer.citations})
    from_papers = counted(papers, "paper")
    seconds = sum(answer.timings.values())
    took = f" in {seconds:.1f} s" if seconds >= 0.05 else ""
    if answer.mode == "recorded":
        return "Told from the library's records; no model was used."
    if answer.mode == "quoted":
        return f"Quoted word for word from {from_papers}{took}; no model was used."
    return f"Written by {answer.model or 'a model'} from {from_papers}{took}; check the sources."
