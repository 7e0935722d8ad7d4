"""Hits -> an answer written by a model, streamed, every sentence checked before the next begins.

When no whole, borne-out answer can be had, the quoted one is given, with a line that says why.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from rag import prompts
from rag.answer import Answer
from rag.llms import LLM, Message, ModelError
from rag.llms.profile import AUTO, FELT, measured, profile
from rag.llms.reply import Reply
from rag.llms.settings import Settings
from rag.quote import refusal_text
from rag.reader import Reading
from rag.understand.language import is_english
from rag.verify.verifier import Verifier
from rag.write.check import Checker
from rag.write.compact import ANSWER, Unlooped, best_sentences
from rag.write.draft import Draft
from rag.write.repair import repaired
from rag.write.sources import Source, sources, tokens
from rag.write.stream import Call

MAX_TEXT = 8000  # characters of an answer; who writes more isn't answering
LEAST_CONTEXT = 400  # tokens of passages; a model that can't read them can't answer
MAX_CONDENSED = 400  # characters of a question, rewritten to stand alone
_CONDENSED_TOKENS = 300
_PIECE = 200  # characters of a reply that is looked at in one go

_BORNE_OUT = frozenset({"supported", "attributed"})
# What the check changed, for one and for several.
_UNSUPPORTED = (
    "1 sentence isn't borne out by what it cites; it is marked",
    "{} sentences aren't borne out by what they cite; they are marked",
)
_UNCITED = (
    "1 sentence cites nothing, and no paper found says it; it is marked",
    "{} sentences cite nothing, and no paper found says them; they are marked",
)
_ATTRIBUTED = (
    "1 sentence cited nothing; the paper that says it was added",
    "{} sentences cited nothing; the papers that say them were added",
)
_UNKNOWN = (
    "1 marker named no paper that was found; it was taken out",
    "{} markers named no paper that was found; they were taken out",
)


@dataclass(frozen=True, slots=True)
class Asked:
    """What a model is shown and asked, and the most tokens of its reply."""

    shown: Sequence[Source]
    messages: Sequence[Message]
    limit: int
    compact: bool = False

    @property
    def tokens(self) -> int:
        """Of the prompt, estimated."""
        return sum(tokens(message.content) for message in self.messages)


@dataclass(slots=True)
class _Heard:
    """When a model was asked (``time.perf_counter``), its seconds to a word, whether it can't."""

    began: float
    first: float = 0.0
    declined: bool = False


@dataclass(frozen=True, slots=True)
class Writer:
    """Writes answers with one model; ``verify`` checks them."""

    llm: LLM
    settings: Settings
    verify: Verifier

    def __call__(self, quoted: Answer, reading: Reading, call: Call) -> Iterator[str | Answer]:
        """Pieces of the written answer, and last the Answer.

        ``quoted`` is the answer to the same question without a model: the one given when the model
        fails. Where pieces had come by then, the Answer takes their place. Raises HungUp.
        """
        said = False
        for asked in self._asked(quoted, reading):
            try:
                for piece in self._written(quoted, asked, call):
                    said = said or bool(piece)
                    yield piece
                return
            except ModelError as error:
                failure = error
            if failure.failing != "context" or said:
                break
        if not said:
            yield from quoted.text.splitlines(keepends=True)
        yield self.paid(fallen_back(quoted, failure.reason), call)

    def _asked(self, quoted: Answer, reading: Reading) -> Iterator[Asked]:
        """What the model is asked; then, where that is too long for it, shorter and shorter."""
        question, kind = quoted.understood, reading.intent
        chosen, _ = profile(self.settings.profile, self.llm)
        budget = self.settings.context
        while chosen == "large" and (budget == self.settings.context or budget >= LEAST_CONTEXT):
            shown = sources(reading, budget, self.settings.passages)
            yield Asked(shown, prompts.write(question, shown, kind), self.settings.answer)
            budget //= 2
        shown = best_sentences(reading)
        yield Asked(shown, prompts.write_compact(question, shown), ANSWER[kind], compact=True)

    def _written(self, quoted: Answer, asked: Asked, call: Call) -> Iterator[str | Answer]:
        clock = time.perf_counter()
        shown = asked.shown
        check = Checker(self.verify, shown, quoted.understood)
        draft = Draft(shown, check, compact=asked.compact)

        def so_far() -> Answer:
            if not draft.text:
                return quoted  # something to read while the model thinks
            return replace(
                quoted,
                text=draft.text,
                citations=draft.citations(),
                sentences=tuple(draft.sentences),
                mode="written",
                model=self.llm.name,
            )

        call.progress.look = so_far
        heard = _Heard(clock)
        pieces = self._heard(asked, draft, heard, call)
        yield from _once_borne_out(pieces, draft) if asked.compact else pieces
        if self.settings.repair and not asked.compact:
            draft = self._repaired(draft, shown, quoted.understood, call)
        seconds = time.perf_counter() - clock
        timings = {**quoted.timings, "first": heard.first, "write": seconds, "check": draft.seconds}
        answer = self.paid(replace(quoted, timings=timings, model=self.llm.name), call)
        if not (heard.declined or _says_nothing_but_that(draft)):
            yield self._whole(answer, draft)
        elif asked.compact:
            raise ModelError(f"{self.llm.name}: it found no answer where the reader did")
        else:
            answer = _declined(answer)
            if not draft.text:
                yield answer.text
            yield answer

    def _heard(self, asked: Asked, draft: Draft, heard: _Heard, call: Call) -> Iterator[str]:
        """The draft's pieces while the model speaks; the draft is whole after the last."""
        opening = ""
        cut = False
        reply = self._reply(asked.messages, asked.limit, call)
        saying = Unlooped(short(spoken(reply)))
        try:
            yield ""  # what it reads is known now; its first word may take a while
            for piece in saying:
                if not heard.first:
                    heard.first = time.perf_counter() - heard.began
                    self._measured(asked, heard.first)
                opening += piece
                if prompts.NO_ANSWER.startswith(_bare(opening)):
                    continue  # it may be about to say that it can't answer
                yield from draft.feed(opening)
                opening = ""
                if len(draft.text) > MAX_TEXT:
                    cut = True
                    break
            call.ends.append(reply.end)
        except ModelError:
            waited = time.perf_counter() - heard.began
            if not heard.first and waited >= FELT:
                self._measured(asked, waited)
            raise
        finally:
            reply.close()
        heard.declined = bool(opening) and _bare(opening) == prompts.NO_ANSWER
        if opening and not heard.declined:
            yield from draft.feed(opening)
        draft.looped = saying.looped
        yield from draft.finish(cut=cut or saying.looped or reply.end.reason == "length")

    def _measured(self, asked: Asked, seconds: float) -> None:
        if self.settings.profile == AUTO:
            measured(self.llm, asked.tokens, seconds)

    def _repaired(self, draft: Draft, shown: Sequence[Source], question: str, call: Call) -> Draft:
        """The draft with its marked sentences mended."""

        def ask(messages: Sequence[Message]) -> str:
            return self._said(messages, self.settings.answer, call)

        try:
            return repaired(draft, shown, lambda: Checker(self.verify, shown, question), ask)
        except ModelError:
            return draft  # what was written stands, with its marks

    def _whole(self, answer: Answer, draft: Draft) -> Answer:
        """The written answer; ModelError where it isn't one."""
        if not draft.text.strip():
            raise ModelError(f"{self.llm.name}: the reply was empty")
        if not _bears(draft):
            raise ModelError(f"{self.llm.name}: the papers bear out no sentence of what it wrote")
        return replace(
            answer,
            text=draft.text,
            citations=draft.citations(),
            sentences=tuple(draft.sentences),
            mode="written",
            warnings=(*answer.warnings, *_changes(draft)),
        )

    def condensed(
        self, question: str, history: Sequence[tuple[str, str]], call: Call
    ) -> str | None:
        """The question so that it stands alone, by the model; None if its words can't be right.

        Raises ModelError when the model can't be had.
        """
        small = profile(self.settings.profile, self.llm)[0] == "small"
        if small and is_english(question):
            return None  # our own rules do it better, and at once
        messages = prompts.condense(question, history)
        said = self._said(messages, _CONDENSED_TOKENS, call)
        said = prompts.clean(said.strip().strip('"\u201c\u201d`'))
        known = _words(" ".join([question, *(text for _, text in history)]))
        own = _words(said)
        new = own - known
        if not own or len(said) > MAX_CONDENSED:
            return None
        # A translation has other words; what repeats the question has the same ones.
        if is_english(question) and len(new) > 2 + len(own) // 3:
            return None
        return said

    def _said(self, messages: Sequence[Message], limit: int, call: Call) -> str:
        """A whole reply that no reader sees come."""
        reply = self._reply(messages, limit, call)
        said = ""
        try:
            for piece in spoken(reply):
                said += piece
                if len(said) > MAX_TEXT:
                    break
            call.ends.append(reply.end)
        finally:
            reply.close()
        return said

    def _reply(self, messages: Sequence[Message], limit: int, call: Call) -> Reply:
        patience = self.settings.patience
        left = max(patience.total - (time.monotonic() - call.began), 0.1)
        return Reply(
            self.llm, messages, limit=limit, patience=replace(patience, total=left), line=call.line
        )

    def paid(self, answer: Answer, call: Call) -> Answer:
        """The answer with the tokens of all replies so far, and what they cost."""
        read = _sum(end.tokens_in for end in call.ends)
        written = _sum(end.tokens_out for end in call.ends)
        cost = None
        prices = self.settings.prices
        if prices and read is not None and written is not None:
            cost = (prices[0] * read + prices[1] * written) / 1e6
        return replace(answer, tokens_in=read, tokens_out=written, cost=cost)


def _once_borne_out(pieces: Iterator[str], draft: Draft) -> Iterator[str]:
    """The same pieces from the first sentence that the papers bear out; none where none is."""
    held: list[str] = []
    for piece in pieces:
        held.append(piece)
        if not piece or _bears(draft):
            yield "".join(held)
            held = []
    if _bears(draft):
        yield "".join(held)


def _bears(draft: Draft) -> bool:
    return not _BORNE_OUT.isdisjoint(sentence.verdict for sentence in draft.sentences)


def fallen_back(quoted: Answer, reason: str) -> Answer:
    """The quoted answer in place of a written one, and why."""
    warning = f"{reason}; this answer is quoted from the papers instead"
    return replace(quoted, warnings=(*quoted.warnings, warning))


def spoken(pieces: Iterator[str]) -> Iterator[str]:
    """The pieces without the thoughts that some models begin with: <think> ... </think>."""
    held = ""
    thinking: bool | None = None  # None: not known yet
    for piece in pieces:
        if thinking is False:
            yield piece
            continue
        held += piece
        if thinking is None:
            start = held.lstrip()
            if not start or "<think>".startswith(start[:7]) and len(start) < 7:
                continue
            thinking = start.startswith("<think>")
        if thinking:
            _, end, held_after = held.partition("</think>")
            if not end:
                continue
            thinking, held = False, held_after.lstrip()
        if held:
            yield held
    if held and thinking is None:
        yield held


def short(pieces: Iterator[str]) -> Iterator[str]:
    """The same text, none of it in a piece that is longer than an answer may be in all."""
    for piece in pieces:
        yield from (piece[at : at + _PIECE] for at in range(0, len(piece), _PIECE))


def _sum(counts: Iterable[int | None]) -> int | None:
    """The sum; None, not too little, where a server didn't report one of them."""
    total = 0
    for count in (listed := list(counts)):
        if count is None:
            return None
        total += count
    return total if listed else None


def _bare(text: str) -> str:
    return text.strip(" \n\t.*_\"'`")


def _words(text: str) -> frozenset[str]:
    return frozenset(re.findall(r"\w+", text.lower()))


def _says_nothing_but_that(draft: Draft) -> bool:
    verdicts = {sentence.verdict for sentence in draft.sentences}
    return "unsaid" in verdicts and verdicts <= {"unsaid", "aside"}


def _declined(answer: Answer) -> Answer:
    """The refusal of a model that finds nothing to answer from."""
    text = refusal_text("no_detail", answer.hits)
    return replace(
        answer,
        text=text,
        citations=(),
        sentences=(),
        refused=True,
        reason="no_detail",
        mode="written",
    )


def _changes(draft: Draft) -> Iterator[str]:
    """What the check changed, a line each."""
    verdicts = [sentence.verdict for sentence in draft.sentences]
    unknown = sum(len(sentence.unknown) for sentence, _ in draft.found)
    for count, one, many in (
        (verdicts.count("unsupported"), *_UNSUPPORTED),
        (verdicts.count("uncited"), *_UNCITED),
        (0 if draft.compact else verdicts.count("attributed"), *_ATTRIBUTED),  # it wasn't asked to
        (0 if draft.compact else unknown, *_UNKNOWN),
    ):
        if count:
            yield one if count == 1 else many.format(count)
    if draft.mended:
        yield f"{draft.mended} of its sentences failed the check and were rewritten or taken out"
    if draft.looped:
        yield "the model's answer was cut off where it began to repeat itself"
    elif draft.cut:
        yield "the model's answer was cut off at its limit; its end is missing"
