"""What the repair round gains, and whether it can be talked into losing: through a real server.

    python -m eval.bench.repairs

The planted sentences of ``eval.bench.written``, each beside a true one, and a scripted model that
is then asked to repair them. What a real model would do isn't known here; what each way of
replying leads to is. "unmarked" is a planted sentence's place in the answer without a mark: what
``mends`` gains, and what no other script may reach by much, or the repair hides what the check had
found.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from random import Random

from rich.console import Console

from eval.bench.scripted import ScriptedServer, scripted
from eval.bench.written import SEED, Case, cases, cited_by, reply
from eval.planted import other_figure, other_name, systems_of
from eval.reports.table import grid
from rag import prompts
from rag.answer import Answer
from rag.assistant import Assistant
from rag.llms import open_llm
from rag.llms.settings import Settings

# The case, its paper's number, the number that it cited -> the sentence instead.
Mend = Callable[[Case, int, int], str]

OUTCOMES = ("marked", "unmarked", "taken out", "quoted instead")


def scripts(titles: Sequence[str]) -> dict[str, Mend | None]:
    """Ways to reply to the request for a repair, by name; None: it isn't made."""
    rename = other_name(systems_of(titles))

    def worse(case: Case, _: int, cited: int) -> str:
        random = Random(SEED)  # noqa: S311 - the same faults in every run
        changed = other_figure(case.said, random) or rename(case.said, random)
        return f"{changed or f'Beyond all others by 97%, {case.said}'} [{cited}]"

    return {
        "no repair": None,
        "mends": lambda case, own, _: f"{case.true} [{own}]",
        "takes out": lambda *_: prompts.DROP,
        "repeats itself": lambda case, _, cited: f"{case.said} [{cited}]",
        "makes it worse": worse,
        "says something else": lambda _, own, __: f"It is the best of its kind [{own}].",
    }


def outcome(assistant: Assistant, server: ScriptedServer, case: Case, mend: Mend | None) -> str:
    """What has become of the case's sentence in the answer; "refused" if nothing was asked."""
    server.reply = partial(_reply, case, mend)
    answer = assistant.ask(f"What does {case.paper.title} say?")
    if answer.refused:
        return "refused"
    return "quoted instead" if answer.mode == "quoted" else _became(answer)


def _became(answer: Answer) -> str:
    line = answer.text.find("\n")
    own = [sentence for sentence in answer.sentences if 0 <= line < sentence.start]
    if not own:
        return "taken out"
    return "marked" if any(sentence.marked for sentence in own) else "unmarked"


def _reply(case: Case, mend: Mend | None, messages: Sequence[Mapping[str, str]]) -> str:
    if mend is None or messages[0]["content"] != prompts.REPAIR:
        return reply(case, messages)
    rows = [json.loads(line) for line in messages[-1]["content"].splitlines() if line[:1] == "{"]
    own, cited = cited_by(case, [row for row in rows if "source" in row])
    instead = mend(case, own, cited)
    return "\n".join(f"{row['sentence']}: {instead}" for row in rows if "sentence" in row)


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--every", type=int, default=3, metavar="N", help="only every Nth sentence")
    args = parser.parse_args(argv)
    with (
        tempfile.TemporaryDirectory() as place,
        Assistant.open(place, llm="quoted", starter=True) as quoting,
    ):
        papers = list(quoting.library.papers())
        planted = [case for case in cases(papers, every=args.every) if case.kind != "true"]
        table = grid(f"{len(planted)} planted", *OUTCOMES)
        with scripted() as server:
            llm = open_llm("openai/scripted", base_url=server.url)
            for name, mend in scripts([paper.title for paper in papers]).items():
                settings = Settings(repair=mend is not None)
                assistant = Assistant(quoting.library, llm=llm, settings=settings)
                found = Counter(outcome(assistant, server, case, mend) for case in planted)
                table.add_row(name, *(str(found[outcome]) for outcome in OUTCOMES))
    Console().print(table)
    return 0


if __name__ == "__main__":
    sys.exit(main())
