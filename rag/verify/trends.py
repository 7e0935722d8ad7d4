"""Which way a sentence points in all, and how often a text finds nothing: for the support score.

Cruder than ``rag.verify.direction``, which names the words that are opposed, and for more fields:
a claim that things rise, beside a sentence that they fall, is less likely to be borne out.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from rag.text.words import Word, stem

_UP = frozenset(
    map(
        stem,
        "increase increased elevated higher high more greater enhance enhanced promote induce "
        "upregulate activation activate gain improve improves rise grow larger longer stimulate "
        "overexpression accelerate positive positively facilitate worse".split(),
    )
)
_DOWN = frozenset(
    map(
        stem,
        "decrease decreased reduced reduce lower low less fewer inhibit suppress downregulate "
        "impair impaired prevent loss deficiency deficient knockout block shrink smaller shorter "
        "negative negatively delay attenuate abolished diminish lack absence repress".split(),
    )
)
_NOTHING_FOUND = re.compile(
    r"\b(?:no (?:significant|difference|association|evidence|effect|correlation|relationship"
    r"|statistically|increase|decrease|change|benefit|impact)"
    r"|not (?:significant\w*|associated|affect|differ|related|correlate\w*|reduce|increase|improve"
    r"|require\w*|support\w*)"
    r"|did not|does not|do not|failed to|independent of|lack of|without|neither|unlikely"
    r"|unaffected|ineffective)\b",
    re.IGNORECASE,
)


def trend(sentence: Sequence[Word]) -> int:
    """1 where more of its words point up than down, -1 where fewer do, else 0."""
    balance = sum((word.stem in _UP) - (word.stem in _DOWN) for word in sentence)
    return (balance > 0) - (balance < 0)


def nothing_found(text: str) -> int:
    """How many times ``text`` says that something isn't so, as reports of studies do."""
    return len(_NOTHING_FOUND.findall(text))
