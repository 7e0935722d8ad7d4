"""Is a draft checked rightly? Per kind of sentence, how often it is found, and as what.

    python -m eval.drafts.measure --paraphrases tests/paraphrases.jsonl
    python -m eval.drafts.measure --written eval/drafts/related-work.jsonl
    python -m eval.drafts.measure --written eval/drafts/strangers.jsonl --library DIR
    python -m eval.drafts.measure --corpus arxiv.jsonl.gz [--papers 3000] [--sentences 150]

The first two hold sentences against the starter papers, the third against a library that holds
some of the papers that its 487 sentences cite; the last against three libraries of a
corpus (a JSON object a line: id, title, abstract, categories, created), each of another field and
time. The whole road is taken: a draft is written, read, resolved and judged.
"""

from __future__ import annotations

import argparse
import gzip
import json
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from random import Random

from eval.drafts.cases import (
    KINDS,
    Case,
    Near,
    cases,
    from_abstracts,
    from_file,
    from_paraphrases,
)
from eval.metrics import interval
from ingest.library import Library
from ingest.paper import Paper
from ingest.starter import starter_papers
from rag.assistant import Assistant
from rag.check.report import VERDICTS, WRONG, CheckedClaim, Verdict

SEED = 7
FOUND: dict[str, frozenset[Verdict]] = {
    "figure": WRONG,
    "unit": WRONG,
    "name": WRONG | {"not found", "elsewhere"},
    "negation": WRONG,
    "direction": WRONG,
    "overstated": WRONG | {"not found", "elsewhere"},
    "wrong paper": WRONG | {"not found", "elsewhere"},
    "no paper": WRONG | {"not found"},
    "true": frozenset({"supported"}),
    "uncited": frozenset({"uncited"}),
    "uncited figure": WRONG,
}
Record = dict[str, str]
Belongs = Callable[[Record], bool]
FIELDS: dict[str, Belongs] = {
    "new computing": lambda r: r["categories"].startswith("cs") and r["created"] >= "2019",
    "old computing": lambda r: r["categories"].startswith("cs") and r["created"] < "2012",
    "other sciences": lambda r: not r["categories"].startswith(("cs", "stat", "math", "eess")),
}


def main() -> int:
    """Measure and print; 0."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--paraphrases", type=Path)
    parser.add_argument("--written", type=Path, help="sentences with their kinds, on the starter")
    parser.add_argument("--library", help="that the written sentences cite (default: the starter)")
    parser.add_argument("--corpus", type=Path)
    parser.add_argument("--papers", type=int, default=3_000, help="of a library (%(default)s)")
    parser.add_argument("--sentences", type=int, default=150, help="told from it (%(default)s)")
    parser.add_argument("--show", action="store_true", help="print what was judged wrongly")
    args = parser.parse_args()
    checked: list[tuple[Case, CheckedClaim]] = []
    if args.paraphrases:
        papers = starter_papers()
        told = list(from_paraphrases(args.paraphrases, papers))
        checked += _measured("starter", papers, told, [], Random(SEED))  # noqa: S311
    if args.written:
        written = _library(args.library)
        checked += _judged("written", written, lambda _: from_file(args.written, written))
    if args.corpus:
        for name, belongs in FIELDS.items():
            checked += _of_field(name, belongs, args)
    _print(checked)
    if args.show:
        for case, claim in checked:
            if not _right(case, claim):
                _show(case, claim)
    return 0


def _library(place: str | None) -> Sequence[Paper]:
    if place is None:
        return starter_papers()
    with Library.open(Path(place)) as library:
        return list(library.papers())


def _of_field(
    name: str, belongs: Belongs, args: argparse.Namespace
) -> list[tuple[Case, CheckedClaim]]:
    random = Random(SEED)  # noqa: S311
    found = list(_read(args.corpus, belongs))
    random.shuffle(found)
    papers, others = found[: args.papers], found[args.papers :]
    told = list(from_abstracts(papers[: args.sentences], random))
    strangers = list(from_abstracts(others[: args.sentences], random))
    return _measured(name, papers, told, strangers, random)


def _read(corpus: Path, belongs: Belongs) -> Iterator[Paper]:
    with gzip.open(corpus, "rt", encoding="utf-8") as lines:
        for number, line in enumerate(lines):
            row = json.loads(line)
            if belongs(row) and len(row["abstract"]) > 300:
                year = int(row["created"][:4])
                authors = tuple(row["authors"].split(", "))
                title = " ".join(row["title"].split())
                yield Paper(f"corpus-{number}", title, row["abstract"], authors, year)


def _measured(
    name: str,
    papers: Sequence[Paper],
    told: Sequence[tuple[Paper, str]],
    strangers: Sequence[tuple[Paper, str]],
    random: Random,
) -> list[tuple[Case, CheckedClaim]]:
    return _judged(name, papers, lambda near: cases(told, strangers, near, random))


def _judged(
    name: str, papers: Sequence[Paper], make: Callable[[Near], Iterable[Case]]
) -> list[tuple[Case, CheckedClaim]]:
    with opened(papers) as assistant:
        made = list(make(near(assistant)))
        start = time.process_time()
        claims = [_check(assistant, case) for case in made]
        each = 1e3 * (time.process_time() - start) / max(1, len(made))
    print(f"{name}: {len(papers):,} papers, {len(made)} sentences, {each:.0f} ms each")
    return list(zip(made, claims, strict=True))


def _check(assistant: Assistant, case: Case) -> CheckedClaim:
    """The case as a draft of one sentence, with a list of references where it cites any."""
    cited = case.cited
    if cited is None:
        found = assistant.check(case.said).claims  # none where it isn't read as a claim
        return found[0] if found else CheckedClaim(0, len(case.said), case.said, (), "uncited")
    entry = f"{', '.join(cited.authors[:3])}. {cited.title}. {cited.year or ''}."
    draft = f"{case.said.rstrip('.')} [1].\n\n# References\n\n[1] {entry}"
    return assistant.check(draft).claims[0]


def near(assistant: Assistant) -> Near:
    """The papers of its library most like a given one."""

    def like(paper: Paper) -> list[Paper]:
        hits = assistant.search(f"{paper.title}. {paper.abstract}"[:2_000], k=3)
        return [hit.paper for hit in hits if hit.paper.id != paper.id]

    return like


@contextmanager
def opened(papers: Sequence[Paper]) -> Iterator[Assistant]:
    """An assistant over a library of ``papers`` that is gone afterwards."""
    with tempfile.TemporaryDirectory() as place:
        with Library.open(Path(place) / "library", create=True) as library:
            library.put(papers)
        with Assistant.open(Path(place) / "library") as assistant:
            yield assistant


def _right(case: Case, claim: CheckedClaim) -> bool:
    return claim.verdict in FOUND[case.kind]


def _print(checked: Sequence[tuple[Case, CheckedClaim]]) -> None:
    by_kind: dict[str, list[CheckedClaim]] = defaultdict(list)
    for case, claim in checked:
        by_kind[case.kind].append(claim)
    print(f"\n{'kind':14} {'n':>5} {'found':>6} {'95%':>13}  verdicts")
    for kind in KINDS:
        if claims := by_kind[kind]:
            right = [float(claim.verdict in FOUND[kind]) for claim in claims]
            low, high = interval(right)
            counts = Counter(claim.verdict for claim in claims)
            said = ", ".join(f"{v} {counts[v]}" for v in VERDICTS if counts[v])
            doubted = sum(c.verdict == "supported" and bool(c.reason) for c in claims)
            said += f" ({doubted} with something pointed out)" if doubted else ""
            share = sum(right) / len(right)
            print(f"{kind:14} {len(claims):5} {share:6.3f} ({low:.3f}-{high:.3f})  {said}")
    _print_precision(checked)


def _print_precision(checked: Sequence[tuple[Case, CheckedClaim]]) -> None:
    """Of each verdict that accuses, how often the sentence was wrong at all, and in that way."""
    for verdict in ("figure differs", "contradicted", "elsewhere", "not found"):
        kinds = [case.kind for case, claim in checked if claim.verdict == verdict]
        if kinds:
            false = kinds.count("true") + kinds.count("uncited")
            said = ", ".join(f"{kind} {count}" for kind, count in Counter(kinds).most_common())
            print(f"{verdict}: {1 - false / len(kinds):.3f} not true ones ({said})")


def _show(case: Case, claim: CheckedClaim) -> None:
    print(f"\n{case.kind} -> {claim.verdict}: {case.said}")
    print(f"  {claim.said} {claim.reason}")
    if claim.evidence:
        print(f"  {claim.evidence.support:.2f} {claim.evidence.quote[:400]}")


if __name__ == "__main__":
    sys.exit(main())
