"""The command line. Each command imports only what it uses: `ask` never loads the chat page."""

from __future__ import annotations

import argparse
import gc
import json
import os
import re
import sys
from collections.abc import Callable, Iterable, Sequence
from difflib import get_close_matches
from importlib import import_module
from typing import TYPE_CHECKING, NoReturn

# Our matrices are small: more threads only wait for each other (measured 4x slower when busy).
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from ingest import __version__
from ingest.errors import AskpapersError, QuestionError
from ingest.filters import Filters
from ui.cli.shared import add_library, carried_out
from ui.cli.terminal import Terminal

if TYPE_CHECKING:
    from rag.answer import Answer

_EXAMPLES = """examples:
  askpapers chat                                  a chat page on your library
  askpapers ask "How does FlexLLM save memory?"   one answer, with its evidence
  askpapers ingest page.txt papers.jsonl          add papers
  askpapers search "vector search" --since 2024   the passages alone
  askpapers check draft.md refs.bib               does the cited paper say so?
  askpapers eval                                  how good are the answers?

The library is at --library, else $ASKPAPERS_LIBRARY, else in your user data directory. Without
--library it is made where there is none, with 96 starter papers, at the first question.
exit codes: 0 done (a refusal is an answer, too), 1 papers contradict the draft,
2 nothing could be done, 130 interrupted"""


MAX_HITS = 10_000


class _Parser(argparse.ArgumentParser):
    """Names the command that a mistyped one was meant for."""

    def error(self, message: str) -> NoReturn:
        if found := re.search(
            r"invalid choice: '([^'\n]{1,80})' \(choose from ([^()\n]*)\)$", message
        ):
            near = get_close_matches(found[1], re.findall(r"[\w-]+", found[2]), n=1)
            message += f"; did you mean {near[0]}?" if near else ""
        super().error(message)


Add = Callable[[argparse.ArgumentParser], None]


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; 0 when done, 2 with one line on standard error when it can't be."""
    parser = _parser(sys.argv[1:] if argv is None else argv)
    args = parser.parse_args(argv)
    if args.run is None:
        parser.print_help()
        return 0
    if argv is None and args.run in (_ask, _search):
        gc.disable()  # a process of one question ends before it pays
    return carried_out(args.run, args)


def _parser(argv: Sequence[str] | None = None) -> argparse.ArgumentParser:
    """The commands, with the arguments of those that ``argv`` names; None: of all."""
    parser = _Parser(
        prog="askpapers",
        description="Ask your library of papers: every sentence cited, or an honest no.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    parser.set_defaults(run=None)
    commands = parser.add_subparsers(metavar="COMMAND")
    for name, what, add in (
        ("chat", "open the chat page", _add_chat),
        ("ask", "answer one question", _add_ask),
        ("search", "find passages", _add_search),
        ("table", "papers on a topic, side by side", _add_table),
        ("check", "check a draft's claims against the papers", _from("ui.cli.check")),
        ("mcp", "serve the library as MCP tools on standard input and output", _add_mcp),
        ("ingest", "add papers to the library", _from("ui.cli.ingest")),
        ("starter", "add the starter papers", _from("ui.cli.ingest")),
        ("papers", "list the library's papers", _from("ui.cli.library")),
        ("remove", "remove papers", _from("ui.cli.library")),
        ("status", "what the library is and how it is", _add_status),
        (
            "copy",
            "copy a library to another place, to a server or from one",
            _from("ui.cli.library"),
        ),
        ("reembed", "give the library another embedder's vectors", _from("ui.cli.library")),
        ("repair", "check the library and build its indexes anew", _from("ui.cli.library")),
        ("eval", "measure answers, retrieval and grounding", _from("eval.command")),
    ):
        sub = commands.add_parser(name, help=what, description=what.capitalize() + ".")
        if argv is None or name in argv:
            if name != "copy":
                add_library(sub)
            add(sub)
    return parser


def _from(module: str) -> Add:
    """The arguments of a command that lives in ``module``, which is imported when it is named."""

    def add(parser: argparse.ArgumentParser) -> None:
        command = parser.prog.rpartition(" ")[2]
        getattr(import_module(module), f"add_{command}")(parser)

    return add


def _add_chat(parser: argparse.ArgumentParser) -> None:
    from ui.cli.chat import add_chat

    add_chat(parser)
    _add_llm(parser)


def _add_mcp(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--allow-add", action="store_true", help="offer a tool that adds papers, too"
    )
    _add_llm(parser)
    parser.set_defaults(run=_mcp)


def _mcp(args: argparse.Namespace) -> int:
    from importlib.util import find_spec

    if find_spec("mcp") is None:
        raise AskpapersError("mcp: needs a package more: pip install 'askpapers[mcp]'")
    from rag.assistant import Assistant
    from ui.server.tools import serve_tools

    with Assistant.open(args.library, llm=args.llm, profile=args.llm_profile) as assistant:
        for notice in assistant.notices:
            print(notice, file=sys.stderr)
        serve_tools(assistant, may_add=args.allow_add)
    return 0


def _add_question(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "question", nargs="+", help="in plain words; - reads it from standard input"
    )
    parser.add_argument("--since", type=_year, metavar="YEAR", help="only papers from YEAR on")
    parser.add_argument("--until", type=_year, metavar="YEAR", help="only papers up to YEAR")
    parser.add_argument(
        "--topic", action="append", default=[], help="only papers on this topic (repeatable)"
    )
    parser.add_argument("--json", action="store_true", help="as one JSON object")


def _year(said: str) -> int:
    if not (said.isdecimal() and len(said) == 4):
        raise argparse.ArgumentTypeError(f"{said!r} is no year; write it like 2024")
    return int(said)


def _count(said: str) -> int:
    if not (said.isdecimal() and 1 <= int(said[:9]) <= MAX_HITS):
        raise argparse.ArgumentTypeError(f"{said!r} is no number from 1 to {MAX_HITS:,}")
    return int(said)


def _question(args: argparse.Namespace) -> tuple[str, Filters]:
    question = " ".join(args.question)
    if question == "-":
        try:
            question = sys.stdin.read()
        except UnicodeDecodeError as error:
            raise QuestionError("standard input isn't text in UTF-8") from error
    # Bytes that are no UTF-8 come from the shell as lone surrogates.
    question = question.encode("utf-8", "replace").decode()
    return question, Filters(since=args.since, until=args.until, topics=tuple(args.topic))


def _add_llm(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--llm",
        metavar="NAME",
        help="the model that writes answers: openai/MODEL, ollama/MODEL ...; quoted is none"
        " (default: $ASKPAPERS_LLM, else quoted)",
    )
    parser.add_argument(
        "--llm-profile",
        choices=("auto", "small", "large"),
        help="how it is asked: small is for small or slow models, which are shown less"
        " (default: $ASKPAPERS_LLM_PROFILE, else auto: by its name and its measured speed)",
    )


def _add_ask(parser: argparse.ArgumentParser) -> None:
    _add_question(parser)
    _add_llm(parser)
    parser.set_defaults(run=_ask)


def _ask(args: argparse.Namespace) -> int:
    from rag.assistant import Assistant

    question, filters = _question(args)
    with Assistant.open(args.library, llm=args.llm, profile=args.llm_profile) as assistant:
        for notice in (*assistant.notices, *filter(None, [assistant.hint])):
            print(notice, file=sys.stderr)
        with assistant.stream(question, filters=filters) as pieces:
            answer = _printed(pieces, quiet=args.json)
    if answer.read_as:
        print(f"read as: {answer.read_as}", file=sys.stderr)
    for warning in answer.warnings[len(assistant.notices) :]:
        print(f"note: {warning}", file=sys.stderr)
    if args.json:
        print(json.dumps(answer.to_dict(), ensure_ascii=False))
        return 0
    if answer.citations:
        print()
    for citation in answer.citations:
        paper = citation.paper
        facts = ", ".join(str(fact) for fact in (paper.year, paper.kind) if fact)
        print(f"[{citation.number}] {paper.title} ({facts}) {paper.url or paper.id}")
    return 0


def _printed(pieces: Iterable[str | Answer], *, quiet: bool) -> Answer:
    """The answer, its text printed as it comes; printed anew where it became another one."""
    shown = ""
    terminal = Terminal(sys.stdout.write) if sys.stdout.isatty() else None
    take = terminal.take if terminal else lambda said: print(said, end="", flush=True)
    end = terminal.end if terminal else print
    for piece in pieces:
        if isinstance(piece, str):
            shown += piece
            if not quiet:
                take(piece)
        elif not quiet:
            if piece.text != shown:  # another answer took its place
                take(f"\n\n{piece.text}")
            end()
    assert not isinstance(piece, str)  # the last is the Answer
    return piece


def _add_search(parser: argparse.ArgumentParser) -> None:
    _add_question(parser)
    parser.add_argument("-k", type=_count, default=10, help="how many (%(default)s)")
    parser.set_defaults(run=_search)


def _search(args: argparse.Namespace) -> int:
    from rag.assistant import Assistant

    question, filters = _question(args)
    with Assistant.open(args.library) as assistant:
        for notice in assistant.notices:
            print(notice, file=sys.stderr)
        hits = assistant.search(
            question, k=args.k, filters=filters, warn=lambda said: print(said, file=sys.stderr)
        )
    if args.json:
        print(json.dumps([hit.to_dict() for hit in hits], ensure_ascii=False))
        return 0
    for rank, hit in enumerate(hits, 1):
        scores = f"{hit.score:.3f} (lexical {hit.lexical:.2f}, dense {hit.dense:.2f})"
        print(f"{rank}. {hit.paper.title}\n   {scores}  {hit.paper.url or hit.paper.id}")
        print(f"   {hit.passage.text[:200]}{'…' if len(hit.passage.text) > 200 else ''}")
    if not hits:
        print("no passages found; fewer filters find more", file=sys.stderr)
    return 0


def _add_table(parser: argparse.ArgumentParser) -> None:
    _add_question(parser)
    parser.add_argument(
        "--columns",
        default="method, data, result",
        metavar="NAMES",
        help="what is told of each paper, with commas between (%(default)s)",
    )
    parser.add_argument("-k", type=_count, default=20, help="papers at most (%(default)s)")
    parser.add_argument("--csv", action="store_true", help="as CSV instead of Markdown")
    parser.set_defaults(run=_table)


def _table(args: argparse.Namespace) -> int:
    from rag.assistant import Assistant

    topic, filters = _question(args)
    with Assistant.open(args.library) as assistant:
        for notice in assistant.notices:
            print(notice, file=sys.stderr)
        found = assistant.table(topic, args.columns.split(","), k=args.k, filters=filters)
    if args.json:
        print(json.dumps(found.to_dict(), ensure_ascii=False))
    elif not found.rows:
        print("no papers found on this; try other words", file=sys.stderr)
    else:
        print(found.to_csv() if args.csv else found.to_markdown(), end="")
    return 0


def _add_status(parser: argparse.ArgumentParser) -> None:
    from ui.cli.library import add_status

    add_status(parser)
    _add_llm(parser)
    parser.set_defaults(run=_status)


def _status(args: argparse.Namespace) -> int:
    from ui.cli.library import run_status

    return run_status(args, model=_model(args.llm, args.llm_profile))


def _model(llm: str | None, profile: str | None) -> str:
    """Which model would write, and whether it answers; only a server that was chosen is asked."""
    chosen = llm or os.environ.get("ASKPAPERS_LLM", "").strip() or "quoted"
    if chosen == "quoted" and not {"OPENAI_API_KEY", "OPENAI_BASE_URL"} & os.environ.keys():
        return "none: answers are quoted; choose one with --llm or ASKPAPERS_LLM"
    from rag.llms.settings import Settings, checked

    settings = Settings.from_environment()
    model = settings.open(llm)
    return (
        checked(model, profile or settings.profile)
        if model
        else settings.hint or "none: answers are quoted"
    )


if __name__ == "__main__":
    raise SystemExit(main())
