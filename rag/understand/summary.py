"""Whether a paper is to be explained as a whole: "What is ZeRO?", "tl;dr ZeRO"."""

from __future__ import annotations

import re
from collections.abc import Container

from rag.text.words import stem, words

# Beside the paper's name such a question has nothing but words like these.
_WHOLE = frozenset(
    stem(word)
    for word in "what is are does do did done work works working explain explained explanation"
    " summarise summarize summary sum up describe description define definition introduce"
    " introduction overview gist tell teach know learn understand about tl dr tldr eli5 short"
    " shortly brief briefly simple simply quick quickly plain plainly word words sentence basic"
    " basics idea ideas concept main key core central most important result results finding"
    " findings contribution contributions contribute message takeaway takeaways point goal aim aims"
    " purpose good problem problems issue solve solves solving address addresses tackle tackles"
    " paper study work article authors propose proposes proposed present presents give show me us"
    " please pls hi hello hey so ok okay can could would you like mean means meaning stand thing"
    " kind sort that this it its for help helps use used useful novel new".split()
)
_CLAUSE_END = re.compile(r"[,;.:?!(](?=\s|$)|\s[-–—]\s")
_ASKS = re.compile(r"\?|\b(?:how|what|which|when|why|where|who|whose|is|does|do|did|can)\b", re.I)


def summary_asked(question: str, naming: Container[str]) -> bool:
    """Whether ``question`` is about a whole paper, ``naming`` being the stems of its name.

    A clause behind that asks nothing is the asker's own story: "..., I'm new to this".
    """
    for end in (len(question), *(found.start() for found in _CLAUSE_END.finditer(question))):
        asked = words(question[:end])
        named = any(word.stem in naming for word in asked)
        whole = all(not w.is_content or w.stem in naming or w.stem in _WHOLE for w in asked)
        if named and whole and len(asked) > 1 and not _ASKS.search(question[end:].strip(" ?")):
            return True
    return False
