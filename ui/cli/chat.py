"""``askpapers chat``: what may be said of the page, and its start."""

from __future__ import annotations

import argparse
import sys
from contextlib import ExitStack
from pathlib import Path


def add_chat(parser: argparse.ArgumentParser) -> None:
    """The options of the chat page."""
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (%(default)s)")
    parser.add_argument("--port", type=int, help="port (default: 7860, or the next free one)")
    parser.add_argument("--open", action="store_true", help="open a browser")
    parser.add_argument(
        "--allow-host",
        action="append",
        default=[],
        metavar="NAME",
        help="a name that the page is reached by, such as a proxy's: papers.example (repeatable)",
    )
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
    parser.set_defaults(run=_chat)


def _chat(args: argparse.Namespace) -> int:
    from ui.server.access import listenable, open_to_others, password_check
    from ui.server.hosts import Hosts

    listenable(args.host, args.port)  # before anything heavy is loaded
    hosts = Hosts(args.host, args.allow_host)
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
            hosts=hosts,
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
