"""The command line. Each command imports only what it uses: `ask` never loads the chat page."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

# Our matrices are small: more threads only wait for each other (measured 4x slower when busy).
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from ingest import __version__
from ingest.errors import QuestionError
from ingest.filters import Filters
from ui.cli import ingest as command
from ui.cli import library as keep
from ui.cli.terminal import Terminal

if TYPE_CHECKING:
    from rag.answer import Answer

_EXAMPLES = """examples:
  askpapers chat                                  a chat page on your library
  askpapers ask "How does FlexLLM save memory?"   one answer, with its evidence
  askpapers ingest page.txt papers.jsonl          add papers
  askpapers search "vector search" --since 2024   the passages alone
  askpapers eval                                  how good are the answers?

The library is at --library, else $ASKPAPERS_LIBRARY, else in your user data directory: there,
96 starter papers are put into it at the first question.
exit codes: 0 done (a refusal is an answer, too), 2 nothing could be done, 130 interrupted"""


MAX_HITS = 10_000


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; 0 when done, 2 with one line on standard error when it can't be."""
    parser = _parser()
    args = parser.parse_args(argv)
    if args.run is None:
        parser.print_help()
        return 0
    return command.carried_out(args.run, args)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
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
        ("ingest", "add papers to the library", command.add_ingest),
        ("starter", "add the starter papers", command.add_starter),
        ("papers", "list the library's papers", keep.add_papers),
        ("remove", "remove papers", keep.add_remove),
        ("status", "what the library is and how it is", _add_status),
        ("copy", "copy a library to another place, to a server or from one", keep.add_copy),
        ("reembed", "give the library another embedder's vectors", keep.add_reembed),
        ("repair", "check the library and build its indexes anew", keep.add_repair),
        ("eval", "measure answers, retrieval and grounding", _add_eval),
    ):
        sub = commands.add_parser(name, help=what, description=what.capitalize() + ".")
        if add is not keep.add_copy:
            command.add_library(sub)
        add(sub)
    return parser


def _add_chat(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (%(default)s)")
    parser.add_argument("--port", type=int, help="port (default: 7860, or the next free one)")
    parser.add_argument("--open", action="store_true", help="open a browser")
    parser.add_argument(
        "--auth",
        metavar="USER:PASSWORD_FILE",
        help="ask visitors for this user and the password in the file's first line",
    )
    parser.add_argument(
        "--share", action="store_true", help="also at a public address, through Gradio's servers"
    )
    parser.add_argument(
        "--read-only", action="store_true", help="visitors can't add or remove papers"
    )
    parser.add_argument(
        "--rate",
        type=_rate,
        metavar="N",
        help="questions that one visitor may ask a minute (default: 60; 0: as many as they like)",
    )
    parser.add_argument(
        "--also",
        action="append",
        default=[],
        metavar="LIBRARY",
        help="another library that visitors may choose (repeatable)",
    )
    parser.add_argument(
        "--feedback",
        type=Path,
        metavar="FILE.jsonl",
        help="where what visitors think of answers is written (default: beside the library)",
    )
    _add_llm(parser)
    parser.set_defaults(run=_chat)


def _chat(args: argparse.Namespace) -> int:
    from ui.server.access import listenable, open_to_others, password_check

    listenable(args.host, args.port)  # before anything heavy is loaded
    auth = None if args.auth is None else password_check(args.auth)
    at_home = not (args.share or open_to_others(args.host))
    if not at_home and auth is None:
        print(
            "warning: others can reach this page, and nothing asks them who they are; --auth does,"
            " and --read-only keeps them from changing the library",
            file=sys.stderr,
        )
    from ingest.sources.arguments import from_environment
    from rag.assistant import Assistant
    from ui.server.libraries import Shelf
    from ui.server.rate import Rate
    from ui.server.serve import launch

    with ExitStack() as opened:
        assistants: dict[str, Assistant] = {}
        for place in (args.library, *args.also):
            assistant = opened.enter_context(Assistant.open(place, llm=args.llm))
            for notice in assistant.notices:
                print(notice)
            directory = assistant.library.directory
            name = directory.name if directory.name not in assistants else str(directory)
            assistants[name] = assistant
        launch(
            Shelf(
                assistants,
                feedback=args.feedback,
                at_home=at_home,
                sources=from_environment(),
            ),
            host=args.host,
            port=args.port,
            open_browser=args.open,
            share=args.share,
            auth=auth,
            rate=None if args.rate is None else Rate(args.rate),
            writable=not args.read_only,
            ready=lambda address: print(
                f"askpapers is at {address}  (Ctrl-C stops it)", flush=True
            ),
        )
    return 0


def _rate(said: str) -> int:
    if not (said.isdecimal() and int(said[:9]) <= 1_000_000):
        raise argparse.ArgumentTypeError(f"{said!r} is no number of questions, such as 60")
    return int(said)


def _add_question(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("question", help="in plain words; - reads it from standard input")
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
    question = args.question
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


def _add_ask(parser: argparse.ArgumentParser) -> None:
    _add_question(parser)
    _add_llm(parser)
    parser.set_defaults(run=_ask)


def _ask(args: argparse.Namespace) -> int:
    from rag.assistant import Assistant

    question, filters = _question(args)
    with Assistant.open(args.library, llm=args.llm) as assistant:
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


def _add_status(parser: argparse.ArgumentParser) -> None:
    keep.add_status(parser)
    _add_llm(parser)
    parser.set_defaults(run=_status)


def _status(args: argparse.Namespace) -> int:
    return keep.run_status(args, model=_model(args.llm))


def _model(llm: str | None) -> str:
    """Which model would write, and whether it answers; only a server that was chosen is asked."""
    chosen = llm or os.environ.get("ASKPAPERS_LLM", "").strip() or "quoted"
    if chosen == "quoted" and not {"OPENAI_API_KEY", "OPENAI_BASE_URL"} & os.environ.keys():
        return "none: answers are quoted; choose one with --llm or ASKPAPERS_LLM"
    from rag.llms.settings import Settings, checked

    settings = Settings.from_environment()
    model = settings.open(llm)
    return checked(model) if model else settings.hint or "none: answers are quoted"


def _add_eval(parser: argparse.ArgumentParser) -> None:
    from eval.command import add_eval

    add_eval(parser)


if __name__ == "__main__":
    raise SystemExit(main())
