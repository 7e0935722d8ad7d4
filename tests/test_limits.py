"""Limits that no visitor gets around: by no header, no made-up answer, no endless history."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from gradio_client import Client
from gradio_client.exceptions import AppError
from test_chat import free_port
from test_serving import chat, made

from eval.bench.attack.visitor import Visitor
from ui.door.sessions import UPLOADED
from ui.server.rate import JUDGED, SESSIONS_AN_ADDRESS

FLEX = "What does FlexLLM do?"
RATE = 3


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("limits")


@pytest.fixture(scope="module")
def address(place: Path) -> Iterator[str]:
    port = free_port()
    with chat(
        "--library", made(place), "--port", port, "--rate", RATE, "--read-only",
        "--trust-proxy", "127.0.0.2",
    ) as process:  # fmt: skip
        assert process.stdout is not None
        assert any("askpapers is at" in line for line in process.stdout)
        yield f"http://127.0.0.1:{port}/"
        process.terminate()
        process.wait()
        assert process.stderr is not None
        assert "Traceback" not in process.stderr.read()


def kept(visitor: Visitor, conversation: object) -> None:
    """Send a conversation back to the page, as a browser does that has kept it."""
    visitor.call("reopen", [None, None, None], {"conversation": conversation})


@pytest.mark.slow
def test_only_answers_of_the_server_are_judged_and_not_for_ever(address: str, place: Path) -> None:
    file = place / "library-feedback.jsonl"
    with Visitor(address) as own, Visitor(address) as other:
        conversation = own.ask(FLEX)[4]["conversation"]
        said = {"turn": 1, "verdict": "down", "comment": "x" * 5_000}
        own.call("judge", [None, None, None], said)
        other_s = json.loads(json.dumps(conversation))  # its way through a browser
        kept(other, other_s)
        other.call("judge", [None, None, None], said)
        assert len(file.read_text("utf-8").splitlines()) == 2
        for wrong in ({"text": "made up"}, {"question": "x" * 20_000}, {"mode": "written"}):
            forged = json.loads(json.dumps(conversation))
            forged["exchanges"][0]["answer"] |= wrong
            kept(other, forged)
            other.call("judge", [None, None, None], said)
        assert len(file.read_text("utf-8").splitlines()) == 2
        for _ in range(JUDGED):
            own.call("judge", [None, None, None], said)
        assert len(file.read_text("utf-8").splitlines()) <= JUDGED + 1


@pytest.mark.slow
def test_a_made_up_address_is_not_believed(address: str) -> None:
    with Visitor(address, page=False) as visitor:
        asked = {"data": [FLEX, 1, None, None, None, None]}
        answers: list[str] = []
        for number in range(20 * RATE * SESSIONS_AN_ADDRESS):  # as time goes by, some more may ask
            faked = {
                name: f"10.0.0.{number}"
                for name in ("X-Forwarded-For", "X-Real-IP", "X-Forwarded-Host", "Forwarded")
            }
            event = visitor.http.post("/gradio_api/call/search", json=asked, headers=faked)
            path = f"/gradio_api/call/search/{event.json()['event_id']}"
            answers.append(visitor.http.get(path).text)
            if sum("event: error" in answer for answer in answers) == 5:
                break
    assert "FlexLLM" in answers[0]
    assert "event: error" in answers[-1]
    time.sleep(60 / (RATE * SESSIONS_AN_ADDRESS))


@pytest.mark.slow
def test_conversations_that_come_back_have_a_limit(address: str) -> None:
    exchange = {"question": "q", "text": "x" * 190_000, "answer": None}
    large = {"version": 1, "exchanges": [exchange] * 20}
    with Visitor(address) as visitor:
        opened = [visitor.call("reopen", [None] * 3, {"conversation": large}) for _ in range(6)]
        assert 1 <= sum("conversation" in shown[4] for shown in opened) <= 3
        large["exchanges"] = [exchange] * 40
        assert visitor.join(visitor.functions["reopen"], [None] * 3, large).status_code == 413
        cookie = "; ".join(f"{name}={value}" for name, value in visitor.http.cookies.items())
    for number in range(4):
        upload = http.client.HTTPConnection(address.split("/")[2], timeout=120)
        upload.putrequest("POST", "/gradio_api/upload")
        for name, value in (("Cookie", cookie), ("Content-Length", str(UPLOADED // 3 + 1))):
            upload.putheader(name, value)
        upload.endheaders(b"-")
        # Those before are still waited for, as far as the server knows.
        said = upload.getresponse().status if number == 3 else 0
        upload.close()
    assert said == 429


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"history": [["user", "x"]] * 40_000}, "at most 200 turns"),
        ({"history": [["user", "x" * 100_000]] * 5}, "at most 400,000 characters"),
        ({"history": "abc"}, "each turn is"),
        ({"history": [3]}, "each turn is"),
        ({"since": "abc"}, "since: a whole number, such as 2024"),
        ({"until": 1e300}, "until: a whole number"),
        ({"topics": 3}, "topics: a list of texts"),
        ({"question": ["x"]}, "question: a text"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_what_a_program_says_wrong_is_one_clear_line(
    page_address: str, said: dict[str, object], why: str
) -> None:
    program = Client(
        page_address, verbose=False, analytics_enabled=False, httpx_kwargs={"timeout": 120}
    )
    with pytest.raises(AppError, match=why):
        program.predict(**{"question": FLEX, "api_name": "/ask", **said})
    program.close()
