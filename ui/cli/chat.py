"""``askpapers chat``: what may be said of the page, and its start."""

from __future__ import annotations

import argparse
import sys
from contextlib import ExitStack
from getpass import getpass
from pathlib import Path

from ingest.errors import AskpapersError


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
        "--trust-proxy",
        action="append",
        default=[],
        metavar="ADDRESS",
        help="believe this proxy's X-Forwarded-For and X-Forwarded-Proto: 127.0.0.1 (repeatable)",
    )
    parser.add_argument(
        "--auth",
        type=Path,
        metavar="FILE",
        help="let in only the users of this file, a line for each, made by --hash-password",
    )
    parser.add_argument(
        "--hash-password",
        nargs="?",
        const="",
        metavar="NAME",
        help="ask for a password, print the user's line for the file of --auth, and end",
    )
    parser.add_argument(
        "--model-address",
        action="append",
        default=[],
        metavar="URL",
        help="on a network, let visitors name models at this address; public is any https address"
        " that isn't private (repeatable; default: none but OpenAI's own)",
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
    from ui.door.forwarded import trusted
    from ui.door.hosts import Hosts
    from ui.door.users import Users
    from ui.server.access import listenable, open_to_others
    from ui.server.addresses import Addresses

    if args.hash_password is not None:
        print(_hashed(args.hash_password))
        return 0
    listenable(args.host, args.port)  # before anything heavy is loaded
    hosts = Hosts(args.host, args.allow_host)
    users = None if args.auth is None else Users(args.auth)
    # What a proxy passes on comes from elsewhere, though it comes from this machine.
    proxied = bool(args.allow_host or args.trust_proxy)
    at_home = not (args.share or proxied or open_to_others(args.host))
    if not at_home and users is None:
        print(
            "warning: others can reach this page, and nothing asks them who they are; --auth does,"
            " and --read-only keeps them from changing the library",
            file=sys.stderr,
        )
    proxies = trusted(args.trust_proxy)
    addresses = Addresses.of(args.model_address, anywhere=at_home)
    from ingest.sources.arguments import from_environment
    from rag.assistant import Assistant
    from ui.server.libraries import Libraries
    from ui.server.rate import Rate
    from ui.server.serve import launch

    with ExitStack() as opened:
        assistants: dict[str, Assistant] = {}
        for place in (args.library, *args.also):
            assistant = opened.enter_context(
                Assistant.open(place, llm=args.llm, profile=args.llm_profile)
            )
            for notice in assistant.notices:
                print(notice)
            directory = assistant.library.directory
            name = directory.name if directory.name not in assistants else str(directory)
            assistants[name] = assistant
        launch(
            Libraries(
                assistants,
                feedback=args.feedback,
                at_home=at_home,
                sources=from_environment(),
                addresses=addresses,
            ),
            host=args.host,
            port=args.port,
            open_browser=args.open,
            share=args.share,
            hosts=hosts,
            users=users,
            proxies=proxies,
            rate=None if args.rate is None else Rate(args.rate),
            writable=not args.read_only,
            ready=lambda address: print(
                f"askpapers is at {address}  (Ctrl-C stops it)", flush=True
            ),
        )
    return 0


def _hashed(name: str) -> str:
    """A user's line; name and password are asked for, or are lines of standard input."""
    from ui.door.users import hashed

    if not sys.stdin.isatty():
        said = sys.stdin.read().splitlines()
        name, password = (name, *said, "")[:2] if name else (*said, "", "")[:2]
        return hashed(name, password)
    if not name:
        print("Name: ", end="", file=sys.stderr, flush=True)
        name = sys.stdin.readline().strip()
    password = getpass("Password: ")
    if getpass("Once more: ") != password:
        raise AskpapersError("the two passwords differ")
    return hashed(name, password)


def _rate(said: str) -> int:
    if not (said.isdecimal() and int(said[:9]) <= 1_000_000):
        raise argparse.ArgumentTypeError(f"{said!r} is no number of questions, such as 60")
    return int(said)
