"""Attacks from inside: visitors against each other, and one who wants more than there is."""

from __future__ import annotations

import copy
import itertools
import json
import random
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from eval.bench.attack.outside import QUESTION, Tried
from eval.bench.attack.pages import Page
from eval.bench.attack.pieces import PIECES
from eval.bench.attack.visitor import Visitor
from rag.llms import open_llm
from rag.llms.public import is_public
from rag.understand.typed import MAX_QUESTION
from ui.server.addresses import Addresses

FLEX = "What does FlexLLM do?"
STATES = [None, None, None]
PLACES = (
    "127.0.0.1", "localhost", "[::1]", "0.0.0.0", "10.0.0.1", "172.16.0.1", "192.168.0.1",  # noqa: S104
    "169.254.169.254", "100.64.0.1", "[fd00::1]", "[fe80::1]", "[::ffff:10.0.0.1]", "2130706433",
    "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "metadata.internal", "user@10.0.0.1", "127.1", "0x7f.1",
)  # fmt: skip


def stolen(page: Page) -> Tried:
    """A session's name is known: it is read, ended, waited for and exported by somebody else."""
    with Visitor(page.address) as owner:
        owner.ask(FLEX)
        for number in range(25):
            with Visitor(page.address, page=number % 5 != 0) as thief:
                thief.functions = owner.functions
                for name in ("export", "stop", "clear", "entered"):
                    said = {"kind": "markdown", "turn": "0"} if name == "export" else None
                    joined = thief.join(thief.functions[name], STATES, said)
                    if joined.status_code != 200:
                        yield f"{name} without the page", joined.status_code == 403
                        continue
                    came = str(thief.outcome(joined.json()["event_id"]))
                    yield name, "FlexLLM" not in came or name in ("clear", "entered")
                with thief.http.stream("GET", f"/gradio_api/call/ask/{owner.session}") as stream:
                    yield "wait", "FlexLLM" not in "".join(stream.iter_text())
        yield "the owner still has it", FLEX in owner.export()


def private(page: Page) -> Tried:
    """What only the page may call, by name and by number, without the page."""
    with Visitor(page.address) as known, Visitor(page.address, page=False) as none:
        told = known.http.get("/gradio_api/info").json()["named_endpoints"]
        public = {name.removeprefix("/") for name in told}
        for name, number in known.functions.items():
            if name in public:
                continue
            for road in ("call", "call/v2", "run", "api"):
                sent: dict[str, Any] = {"data": [], "session_hash": "h1"}
                answer = none.http.post(f"/gradio_api/{road}/{name}", json=sent)
                yield f"{road}/{name}", answer.status_code == 403
                answer = none.http.post(
                    f"/gradio_api/{road}/ask", json={**sent, "fn_index": number}
                )
                yield f"{road}/ask as {number}", answer.status_code == 403
            yield f"join {name}", none.join(number, [None] * 8).status_code == 403


def made_up(page: Page) -> Tried:
    """Judgements of answers that the server never gave."""
    before = page.feedback
    random_ = random.Random(7)  # noqa: S311 - the same each time
    with Visitor(page.address) as visitor:
        real = json.loads(json.dumps(visitor.ask(FLEX)[4]["conversation"]))
        for number in range(80):
            forged = copy.deepcopy(real)
            exchange = forged["exchanges"][0]
            field = ("question", "text", "model", "mode", "understood")[number % 5]
            exchange["answer"][field] = "written" if field == "mode" else f"made up {number}"
            exchange["seal"] = random_.choice([exchange["seal"], "0" * 64, "", "x"])
            visitor.call("reopen", STATES, {"conversation": forged})
            visitor.call("judge", STATES, {"turn": 1, "verdict": "up", "comment": "x" * 900})
            yield f"{field} {number}", page.feedback == before


def malformed(page: Page) -> Tried:
    """Bodies of every wrong form; each is refused in few words."""
    values: list[Any] = [None, 3, -1, 1e300, "x", [], {}, [[]], True, "\x00", "\ud800", "x" * 9_000]
    with Visitor(page.address) as visitor:
        roads = ("queue/join", "call/ask", "run/ask", "cancel", "reset", "upload", "call/v2/ask")
        for road, value in itertools.product(roads, values):
            for field in ("data", "session_hash", "fn_index", "event_data"):
                body = {**QUESTION, "session_hash": "m1", field: value}
                sent = json.dumps(body).encode("utf-8", "replace")
                answer = visitor.http.post(f"/gradio_api/{road}", content=sent)
                line = answer.status_code < 500 and len(answer.text) < 2_000 + 2 * len(sent)
                yield f"{road} {field} {str(value)[:20]}", line and "Traceback" not in answer.text
        for raw in (b"", b"{", b"[]", b"[" * 200_000, b"\xff" * 99, b'"' + b"x" * 4_100_000):
            answer = visitor.http.post("/gradio_api/queue/join", content=raw)
            yield f"{len(raw)} bytes", answer.status_code in (400, 413)


def greedy(page: Page) -> Tried:
    """Histories, conversations and questions beyond all measure; the time counts, too."""
    with Visitor(page.address) as visitor:
        for turns, size in itertools.product((201, 1_000, 40_000), (1, 50)):
            data = [FLEX, [["user", "x" * size]] * turns, *[None] * 4, "default"]
            spent = page.seconds
            joined = visitor.join(visitor.functions["ask"], data)
            refused = joined.status_code == 413
            if not refused:
                try:
                    visitor.outcome(joined.json()["event_id"])
                except RuntimeError as error:
                    refused = "at most" in str(error)
            yield f"history of {turns} x {size}", refused and page.seconds - spent < 2
        exchange = {"question": "q", "text": "x" * 190_000, "answer": None}
        large = {"conversation": {"version": 1, "exchanges": [exchange] * 20}}
        before, opened = page.held[2], 0
        for number in range(25):
            opened += "conversation" in visitor.call("reopen", STATES, large)[4]
            yield f"reopened {number}", opened <= 4 and page.held[2] - before < 300


def addresses(page: Page) -> Tried:
    """A visitor on a network has the server speak to places of the visitor's choice."""
    refused = Addresses(anywhere=False)
    public = Addresses.of(["public", "https://models.example/v1"], anywhere=False)
    for place, scheme, rest in itertools.product(PLACES, ("http", "https"), ("/v1", ":8000/", "")):
        address = f"{scheme}://{place}{rest}"
        for rule in (refused, public):
            try:
                model = rule.model("openai/m", key="k", address=address)
            except Exception:  # it is refused; the next one
                yield address, True
                continue
            host = place.strip("[]")
            # What may be named is looked at again when it is asked (rag.llms.public).
            yield address, bool(getattr(model, "_public_only", False)) and not _open(host)
    for name in ("ollama/m", "vllm/m", "llamacpp/m", "lmstudio/m", "llamaindex/ollama:m"):
        try:
            refused.model(name, key="k", address="")
            yield name, False
        except Exception:  # it is refused
            yield name, True
    assert open_llm("openai/m", key="k")  # what may be named is


def _open(host: str) -> bool:
    try:
        return all(is_public(str(found[4][0])) for found in socket.getaddrinfo(host, 443))
    except OSError:
        return False


def long(page: Page) -> Tried:
    """Questions as long as may be, of every sort of sign and word: 2 s of processor time each."""
    with Visitor(page.address, page=False) as visitor:
        for piece in PIECES:
            question, spent = (piece * MAX_QUESTION)[:MAX_QUESTION], page.seconds
            data = [question, None, None, None, None, None, "default"]
            call = visitor.http.post("/gradio_api/call/ask", json={"data": data})
            event = call.raise_for_status().json()["event_id"]
            said = visitor.http.get(f"/gradio_api/call/ask/{event}").text
            took = page.seconds - spent
            yield f"{piece!r}: {took:.2f} s", "event: " in said and took < 2


def slow(page: Page) -> Tried:
    """Connections that send a letter and wait; meanwhile the page answers."""
    held: list[socket.socket] = []
    try:
        for number in range(300):
            one = socket.create_connection(("127.0.0.1", page.port), timeout=10)
            one.send(b"POST /gradio_api/queue/join HTTP/1.1\r\nHost: "[: 5 + number % 40])
            held.append(one)
        begun = time.monotonic()
        with Visitor(page.address, page=False) as visitor:
            answered = visitor.http.get("/health").status_code == 200
        took = time.monotonic() - begun
        for number in range(300):
            yield f"connection {number}", answered and took < 5
    finally:
        for one in held:
            one.close()


def crowds(page: Page) -> Tried:
    """Three hundred join at once; each is answered or told that the line is full."""

    def join(number: int) -> bool:
        with Visitor(page.address, page=False, session=f"crowd{number}") as visitor:
            number_ = numbers["ask"]
            joined = visitor.join(number_, [FLEX, None, None, None, None, None, "default"])
            if joined.status_code != 200:
                return joined.status_code in (429, 503)
            try:
                return "FlexLLM" in str(visitor.outcome(joined.json()["event_id"]))
            except RuntimeError as told:
                return "busy: many are asking just now; try again in" in str(told)

    with Visitor(page.address) as known:
        numbers = known.functions
    with ThreadPoolExecutor(30) as pool:
        for number, held in enumerate(pool.map(join, range(300))):
            yield f"visitor {number}", held
    assert threading.active_count() < 100


def leftovers(page: Page) -> Tried:
    """Two thousand questions leave no more threads, descriptors or memory than two hundred.

    Gradio's pool of threads grows up to 40.
    """

    def ask(number: int) -> None:
        with Visitor(page.address, page=False) as visitor:
            for _ in range(10):
                call = visitor.http.post("/gradio_api/call/ask", json=QUESTION)
                visitor.http.get(f"/gradio_api/call/ask/{call.json()['event_id']}").read()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(ask, range(20)))
        first = page.held
        list(pool.map(ask, range(180)))
        last = page.held
    for what, before, after, more in zip(
        ("descriptors", "threads", "megabytes"), first, last, (12, 8, 60), strict=True
    ):
        yield f"{what}: {before} and then {after}", after <= before + more
    errors = page.errors.read_text("utf-8")
    yield f"tracebacks: {errors.count('Traceback')}", "Traceback" not in errors
