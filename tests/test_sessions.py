"""A session is its visitor's: who knows its name, but hasn't its cookie, has nothing of it."""

from __future__ import annotations

import pytest
from gradio_client import Client

from eval.bench.attack.visitor import Visitor

FLEX = "What does FlexLLM do?"


@pytest.fixture(scope="module")
def address(page_address: str) -> str:
    return page_address


def test_who_knows_another_s_session_reads_and_ends_nothing_of_it(address: str) -> None:
    with Visitor(address) as owner, Visitor(address) as thief, Visitor(address, page=False) as none:
        owner.ask(FLEX)
        assert FLEX in owner.export()
        assert FLEX not in thief.export()
        thief.call("clear", [None, None, None])
        none.functions = owner.functions
        assert none.join(none.functions["export"], [None, None, None]).status_code == 403
        none.http.cookies.set("askpapers-" + address.split(":")[2].strip("/"), "page-0.0")
        assert none.join(none.functions["export"], [None, None, None]).status_code == 403
        assert FLEX in owner.export()


def test_what_waits_for_a_session_comes_to_its_visitor_only(address: str) -> None:
    with Visitor(address, session="waits") as owner, Visitor(address, session="waits") as thief:
        joined = owner.join(owner.functions["answer"], [FLEX, None, None, None])
        event = joined.json()["event_id"]
        for path in ("queue/data?session_hash=waits", "call/ask/waits", "call/export/waits"):
            with thief.http.stream("GET", f"/gradio_api/{path}") as stream:
                assert "FlexLLM" not in "".join(stream.iter_text())
        cancelled = {
            "session_hash": "waits",
            "fn_index": joined.json().get("fn", 0),
            "event_id": "",
        }
        thief.http.post("/gradio_api/cancel", json=cancelled)
        assert "FlexLLM" in str(owner.outcome(event))


PRIVATE = ("answer", "reopen", "judge", "export", "stop", "clear", "entered", "use", "way", "add")


def test_programs_call_what_is_meant_for_them_and_nothing_else(address: str) -> None:
    program = Client(address, verbose=False, analytics_enabled=False, httpx_kwargs={"timeout": 120})
    assert program.predict(FLEX, api_name="/ask")["citations"]
    with Visitor(address) as page, Visitor(address, page=False) as none:
        for name in PRIVATE:
            assert name in page.functions, name
            for road in ("call", "call/v2", "run", "api"):
                answer = none.http.post(f"/gradio_api/{road}/{name}", json={"data": []})
                assert answer.status_code == 403, (road, name)
            number = page.functions[name]
            for visitor in (none, program):
                if visitor is program:
                    none.http.cookies.update(program.cookies)
                assert none.join(number, [None] * 5).status_code == 403, name
            sent = {"data": [], "fn_index": number, "session_hash": "x"}
            assert none.http.post("/gradio_api/run/ask", json=sent).status_code == 403, name


CLOSED = (
    "openapi.json", "docs", "redoc", "monitoring", "monitoring/summary", "logout", "login",
    "svelte/x", "gradio_api/openapi.json", "gradio_api/user", "gradio_api/token",
    "gradio_api/login_check", "gradio_api/dev/reload", "gradio_api/deep_link?session_hash=x",
    "gradio_api/startup-events", "gradio_api/vibe-code", "gradio_api/runs", "gradio_api/proxy=x",
    "gradio_api/custom_component/x/client/component/index.js", "gradio_api/file=/etc/passwd",
    "gradio_api/file/x", "gradio_api/stream/x/y/1/playlist.m3u8", "gradio_api/profiling/traces",
)  # fmt: skip


def test_of_gradio_s_addresses_only_those_are_there_that_are_needed(address: str) -> None:
    with Visitor(address) as page:
        for path in CLOSED:
            assert page.http.get(f"/{path}").status_code == 404, path
        for path in ("component_server", "stream/x", "process_recording", "vibe-edit", "login"):
            answer = page.http.post(f"/gradio_api/{path}", json={"data": []})
            assert answer.status_code == 404, path


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"session_hash": 3}', b"[" * 100_000])
def test_a_body_of_another_form_is_one_line(address: str, body: bytes) -> None:
    with Visitor(address) as page:
        answer = page.http.post("/gradio_api/queue/join", content=body)
        assert answer.status_code in (400, 404)
        assert answer.text.count("\n") == 1
        parts = "&".join(["session_hash=x"] * 50)
        assert page.http.get(f"/gradio_api/queue/data?{parts}").status_code == 400
        large = page.http.post("/gradio_api/queue/join", content=b'"' + b"x" * 5_000_000 + b'"')
        assert large.status_code == 413
