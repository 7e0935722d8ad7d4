"""A claim held against one paper: words and figures compared, and both texts read together."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from rag.read.cross_encoder import CrossEncoder
from rag.text.mentions import mentions
from rag.text.names import fold
from rag.text.words import content_stems
from rag.verify.support import Support, SupportCheck
from rag.verify.swaps import swapped

SURE = 0.9  # a claim borne out like this is held against no other paper

# Without names 3 of 732 true paraphrases score less, and what is made up of a known system does.
_NOT_BORNE_OUT = 0.2
# Another paper bears the claim out better by this (a difference of log-odds): the wrong paper is
# cited. 8 of a stranger's 176 true sentences fail by it or by more, all 32 of another paper's do.
_BETTER = 1.0
# The log odds of the comparison and of the reading, and a constant: fitted on the sentences that
# strangers wrote about one library, and on paraphrases of the starter papers (eval/LOG.md).
_COMPARED, _READ, _CONSTANT = 1.24, 0.77, 2.76
SAYS_SOMETHING = 3  # words of content that make a claim
_LEAST = 1e-3  # a comparison is never surer than this, either way


@dataclass(frozen=True, slots=True)
class Verifier:
    """Says how well a paper bears a claim out.

    ``compare`` weighs words, figures and names, and finds what is contradicted; ``read`` knows
    everyday words for technical ones, and what is only about the same things. Without it the
    comparison decides alone.
    """

    compare: SupportCheck
    read: CrossEncoder | None = None

    def __call__(self, claim: str, title: str, text: str, described: str) -> Support:
        """How well ``text`` bears ``claim`` out; ``described`` is what else is known of its paper.

        What the claim says must be there without its subject's name, too: a rare name that both
        have would carry "NAME is the best system ever built".
        """
        return self.read_closely(
            claim, title, text, described, self.compare(claim, text, title=described)
        )

    def read_closely(
        self, claim: str, title: str, text: str, described: str, found: Support
    ) -> Support:
        """The same where it has been compared: what ``found`` becomes."""
        if (apart := self._named_apart(claim, text, described, found)) is not None:
            return apart
        told = len(content_stems(claim)) >= SAYS_SOMETHING
        if self.read is None or not told or not found.spans or found.score >= 1 - _LEAST:
            return found
        [judged] = self.read.of(claim, [(title, text)])
        odds = _COMPARED * compared_odds(found) + _READ * judged.answers + _CONSTANT
        return replace(found, score=1 / (1 + math.exp(-odds)))

    def _named_apart(self, claim: str, text: str, described: str, found: Support) -> Support | None:
        """What is left of a claim that names carry: another subject's, or only the subject's."""
        if not found.supported:
            return None
        if any(f.kind == "name" and claim.startswith(f.words) for f in found.faults):
            return replace(found, score=min(found.score, _NOT_BORNE_OUT))
        sentences = [text[start:end] for start, end in found.spans]
        if wrong := tuple(fault for own in sentences for fault in swapped(claim, own)):
            return replace(found, faults=(*found.faults, *wrong))
        rest = _without_names(claim, fold(described))
        if rest == claim:
            return None
        alone = self.compare(rest, text, title=described)
        return alone if alone.score < _NOT_BORNE_OUT else None


def far_better(score: float, than: float) -> bool:
    """Whether a paper that bears the claim out by ``score`` is the one to cite instead."""
    return _log_odds(score) > _log_odds(than) + _BETTER


def _without_names(claim: str, described: str) -> str:
    """The claim without the names that the paper's title has."""
    for mention in sorted(mentions(claim), key=lambda mention: -mention.start):
        if fold(mention.text) in described:
            claim = claim[: mention.start] + claim[mention.end :]
    return claim


def compared_odds(found: Support) -> float:
    """The log odds of a comparison, which is never surer than 999 to 1, either way."""
    return _log_odds(min(max(found.score, _LEAST), 1 - _LEAST))


def _log_odds(score: float) -> float:
    return math.log((score + 1e-6) / (1 - score + 1e-6))
