"""A conversation as JSON for the visitor's own browser, and back.

What comes back is a stranger's text as far as the server knows: its shape and its size are checked,
and it is shown as any other text is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Literal, get_args

from ingest.filters import EVERYTHING, Filters
from ingest.paper import Paper, Passage
from rag.answer import Answer, CheckedSentence, Citation, Hit, Mode, Reason, SentenceVerdict
from ui.chat.conversation import Exchange, Exchanges, Judgement

VERSION = 1
MOST_EXCHANGES = 200
MOST_CHARACTERS = 200_000  # of one text
HITS_KEPT = 5  # the closest papers of a refusal


def packed(exchanges: Exchanges, library: str = "") -> dict[str, Any]:
    """The conversation as JSON-serialisable values: what its answers cite, not all hits.

    ``library`` is the name of the one that was asked.
    """
    asked = [_packed(exchange) for exchange in exchanges]
    return {"version": VERSION, "library": library, "exchanges": asked}


def library_of(data: object) -> str:
    """The library that a kept conversation asked; empty where it doesn't say."""
    name = data.get("library") if isinstance(data, dict) else None
    return name if isinstance(name, str) else ""


def unpacked(data: object) -> Exchanges:
    """The conversation that ``packed`` gave; ValueError for anything else."""
    try:
        fields = _fields(data)
        if fields.get("version") != VERSION:
            raise ValueError("of another version")
        entries = _entries(fields["exchanges"], MOST_EXCHANGES)
        return tuple(_exchange(_fields(entry)) for entry in entries)
    except (KeyError, TypeError, AttributeError, OverflowError) as error:
        raise ValueError(f"no conversation of ours: {error}") from error


def _packed(exchange: Exchange) -> dict[str, Any]:
    return {
        "question": exchange.question,
        "text": exchange.text,
        "problem": exchange.problem,
        "stopped": exchange.stopped,
        "next": list(exchange.suggested),
        "judged": exchange.judged and asdict(exchange.judged),
        "within": asdict(exchange.within) if exchange.within else None,
        "seal": exchange.seal,
        "answer": None if exchange.answer is None else _packed_answer(exchange.answer),
        "came": None if exchange.came is None else _packed_answer(exchange.came),
    }


def _packed_answer(answer: Answer) -> dict[str, Any]:
    kept = answer.hits[:HITS_KEPT] if answer.refused else ()
    return {
        **answer.to_dict(),
        "hits": [
            {"paper": hit.paper.to_dict(), "span": [hit.passage.start, hit.passage.end]}
            for hit in kept
        ],
    }


def _exchange(fields: Mapping[str, Any]) -> Exchange:
    problem, answer, judged = fields.get("problem"), fields.get("answer"), fields.get("judged")
    came, within = fields.get("came"), fields.get("within")
    return Exchange(
        question=_text(fields["question"]),
        text=_text(fields["text"]),
        problem=None if problem is None else _text(problem),
        stopped=bool(fields.get("stopped")),
        suggested=tuple(_text(text) for text in _entries(fields.get("next", []), 10)),
        judged=None if judged is None else _judgement(_fields(judged)),
        answer=None if answer is None else _answer(_fields(answer)),
        came=None if came is None else _answer(_fields(came)),
        within=EVERYTHING if within is None else _filters(_fields(within)),
        seal=_text(fields.get("seal", "")),
    )


def _filters(fields: Mapping[str, Any]) -> Filters:
    since, until = fields.get("since"), fields.get("until")
    return Filters(
        since=None if since is None else int(since),
        until=None if until is None else int(until),
        topics=tuple(_text(topic) for topic in _entries(fields.get("topics", []), 1000)),
        papers=tuple(_text(paper) for paper in _entries(fields.get("papers", []), 1000)),
    )


def _judgement(fields: Mapping[str, Any]) -> Judgement:
    verdict: Literal["up", "down"] = "up" if fields["verdict"] == "up" else "down"
    return Judgement(_text(fields["id"]), verdict, _text(fields["comment"]))


def _answer(fields: Mapping[str, Any]) -> Answer:
    timings = _fields(fields.get("timings", {}))
    model = fields.get("model")
    return Answer(
        question=_text(fields["question"]),
        understood=_text(fields["understood"]),
        text=_text(fields["text"]),
        citations=tuple(_citation(_fields(c)) for c in _entries(fields["citations"], 1000)),
        hits=tuple(_hit(_fields(hit)) for hit in _entries(fields.get("hits", []), HITS_KEPT)),
        refused=bool(fields["refused"]),
        reason=_reason(fields.get("reason")),
        confidence=_share(fields.get("confidence", 0.0)),
        mode=_mode(fields.get("mode")),
        model=None if model is None else _text(model),
        timings={_text(stage): float(seconds) for stage, seconds in timings.items()},
        warnings=tuple(_text(text) for text in _entries(fields.get("warnings", []), 50)),
        sentences=tuple(_sentence(_fields(s)) for s in _entries(fields.get("sentences", []), 5000)),
        read_as=_text(fields["read_as"]) if fields.get("read_as") else None,
    )


def _sentence(fields: Mapping[str, Any]) -> CheckedSentence:
    verdict = fields["verdict"]
    if verdict not in get_args(SentenceVerdict):
        raise ValueError("a verdict that isn't known")
    return CheckedSentence(
        start=int(fields["start"]),
        end=int(fields["end"]),
        citations=tuple(int(number) for number in _entries(fields["citations"], 1000)),
        support=_share(fields["support"]),
        verdict=verdict,
        reason=_text(fields["reason"]),
    )


def _citation(fields: Mapping[str, Any]) -> Citation:
    paper = _paper(fields["paper"])
    spans = tuple(_span(span, paper) for span in _entries(fields["spans"], 200))
    return Citation(int(fields["number"]), paper, spans, _share(fields["support"]))


def _hit(fields: Mapping[str, Any]) -> Hit:
    paper = _paper(fields["paper"])
    return Hit(Passage(paper, *_span(fields["span"], paper)), 0.0, 0.0, 0.0)


def _paper(data: object) -> Paper:
    fields = _fields(data)
    year, url, code = fields.get("year"), fields.get("url"), fields.get("code_url")
    return Paper(
        id=_text(fields["id"]),
        title=_text(fields["title"]),
        abstract=_text(fields["abstract"]),
        authors=tuple(_text(author) for author in _entries(fields["authors"], 10_000)),
        year=None if year is None else int(year),
        url=None if url is None else _text(url),
        code_url=None if code is None else _text(code),
        topics=tuple(_text(topic) for topic in _entries(fields["topics"], 1000)),
        source=_text(fields.get("source", "")),
        kind="digest" if fields.get("kind") == "digest" else "abstract",
    )


def _span(data: object, paper: Paper) -> tuple[int, int]:
    start, end = (int(edge) for edge in _entries(data, 2))
    if not 0 <= start <= end <= len(paper.abstract):
        raise ValueError("a span outside its text")
    return start, end


def _mode(data: object) -> Mode:
    return next((mode for mode in get_args(Mode) if mode == data), "quoted")


def _reason(data: object) -> Reason | None:
    return next((reason for reason in get_args(Reason) if reason == data), None)


def _share(data: object) -> float:
    share = float(data)  # type: ignore[arg-type]
    if not 0.0 <= share <= 1.0:
        raise ValueError("a share outside [0, 1]")
    return share


def _text(data: object) -> str:
    if not isinstance(data, str) or len(data) > MOST_CHARACTERS:
        raise ValueError("no text, or too much of it")
    return data


def _entries(data: object, most: int) -> list[Any]:
    if not isinstance(data, list) or len(data) > most:
        raise ValueError("no list, or too long a one")
    return data


def _fields(data: object) -> Mapping[str, Any]:
    if not isinstance(data, dict):
        raise ValueError("no object")
    return data
