"""Reading -> the numbered sources that a model is shown: what answers first, within a budget.

One source is one paper: its passages stand together under one number.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ingest.paper import Paper
from ingest.sentences import sentence_spans
from rag.answer import Hit
from rag.reader import Reading

BYTES_A_TOKEN = 3.5  # English abstracts have 4 to 5: the estimate is rather high
MOST = {"fact": 5, "find": 6, "list": 16, "compare": 6}  # sources by what is asked
_HEADING = 40  # tokens of a source besides its text


@dataclass(frozen=True, slots=True)
class Source:
    """A paper under the number that it has in the prompt, and the text of it that is shown."""

    number: int
    paper: Paper
    text: str

    @property
    def described(self) -> str:
        """What else of the paper may be said: its title, authors and year."""
        paper = self.paper
        return ". ".join([paper.title, ", ".join(paper.authors), str(paper.year or "")])


def tokens(text: str) -> int:
    """An estimate, rather high than low."""
    return 1 + int(len(text.encode("utf-8", "replace")) / BYTES_A_TOKEN)


def sources(reading: Reading, budget: int, most: int | None = None) -> tuple[Source, ...]:
    """The papers to answer from, best first, in at most ``budget`` tokens; at least one.

    ``most`` is how many at most, None as many as the kind of question takes.

    A text that doesn't fit whole is cut to what was found in it; a source that then doesn't fit is
    left out.
    """
    chosen: list[Source] = []
    left = budget
    for hit, quoted in _candidates(reading):
        if len(chosen) == (most or MOST[reading.intent]):
            break
        if not hit.paper.abstract.strip():
            continue
        for text in (hit.paper.abstract, hit.passage.text, quoted):
            cost = tokens(text) + _HEADING
            if text and cost <= left:
                chosen.append(Source(len(chosen) + 1, hit.paper, text))
                left -= cost
                break
        else:
            if not chosen:
                text = _beginning(quoted or hit.passage.text, left - _HEADING)
                chosen.append(Source(1, hit.paper, text))
                left = 0
    return tuple(chosen)


def _candidates(reading: Reading) -> Iterator[tuple[Hit, str]]:
    """Each hit once, those that the quoted answer is from first, with what it quotes."""
    seen: set[str] = set()
    for line in (*reading.lines, *reading.also):
        if line.hit.paper.id not in seen:
            seen.add(line.hit.paper.id)
            yield line.hit, " ".join(line.hit.paper.abstract[a:b] for a, b in line.spans)
    for hit in reading.hits:
        if hit.paper.id not in seen:
            seen.add(hit.paper.id)
            yield hit, ""


def _beginning(text: str, budget: int) -> str:
    """As many whole sentences as fit; one at least."""
    spans: Sequence[tuple[int, int]] = sentence_spans(text)
    fitting = [end for _, end in spans if tokens(text[:end]) <= budget]
    return text[: fitting[-1] if fitting else spans[0][1]]
