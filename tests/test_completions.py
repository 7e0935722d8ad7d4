"""OpenAI's protocol at the page's server, spoken by OpenAI's own client."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import openai
import pytest
from openai import OpenAI
from starlette.applications import Starlette
from starlette.testclient import TestClient
from starlette.types import ASGIApp
from stock import starter_library

from rag.assistant import Assistant
from ui.door.login import Login
from ui.door.users import Users, hashed
from ui.door.visits import Visits
from ui.server.completions import completion_routes
from ui.server.libraries import Libraries
from ui.server.rate import Rate

QUESTION = {"role": "user", "content": "By how much does NanoFlow raise throughput?"}


def client(address: str, key: str = "none", http_client: TestClient | None = None) -> OpenAI:
    return OpenAI(
        base_url=f"{address.rstrip('/')}/v1", api_key=key, max_retries=0, http_client=http_client
    )


@pytest.fixture(scope="module")
def libraries(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Libraries]:
    with Assistant.open(starter_library(tmp_path_factory.mktemp("starter"))) as assistant:
        yield Libraries({"starter": assistant})


def door(libraries: Libraries, rate: Rate | None = None, users: Users | None = None) -> OpenAI:
    app: ASGIApp = Starlette(routes=completion_routes(libraries, rate or Rate()))
    if users is not None:
        app = Login(app, Visits(), users, "the server's own")
    return client("http://testserver", http_client=TestClient(app))


def test_the_page_answers_openai_s_client_with_citations_in_text_and_field(
    page_address: str,
) -> None:
    asking = client(page_address)
    assert [model.id for model in asking.models.list()] == ["askpapers", "askpapers-quoted"]
    reply = asking.chat.completions.create(model="askpapers", messages=[QUESTION])
    text = reply.choices[0].message.content or ""
    assert "1.91x" in text and "[1] NanoFlow" in text
    cited = (reply.model_extra or {})["askpapers"]["citations"][0]
    assert (cited["number"], cited["id"]) == (1, "arxiv:2408.12757")
    pieces = asking.chat.completions.create(model="askpapers", messages=[QUESTION], stream=True)
    chunks = list(pieces)
    assert "".join(c.choices[0].delta.content or "" for c in chunks) == text
    assert chunks[-1].choices[0].finish_reason == "stop"
    assert (chunks[-1].model_extra or {})["askpapers"]["citations"][0] == cited


def test_a_conversation_is_understood(libraries: Libraries) -> None:
    said = [
        {"role": "system", "content": "Speak like a pirate."},
        {"role": "user", "content": [{"type": "text", "text": "What is NanoFlow?"}]},
        {"role": "assistant", "content": "A framework [1]."},
        {"role": "user", "content": "By how much does it raise throughput?"},
    ]
    reply = door(libraries).chat.completions.create(model="askpapers-quoted", messages=said)  # type: ignore[arg-type]
    assert "1.91x" in (reply.choices[0].message.content or "")


def test_where_users_log_in_only_their_key_opens(
    libraries: Libraries, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "users").write_text(hashed("ann", "pässword: 1"), "utf-8")
    users = Users(tmp_path / "users")
    asking = door(libraries, users=users)
    with pytest.raises(openai.AuthenticationError, match="NAME:PASSWORD"):
        asking.models.list()
    header = {"Authorization": "Bearer ann:pässword: 1".encode()}
    app = asking._client.app  # type: ignore[attr-defined]
    assert TestClient(app).get("/v1/models", headers=header).status_code == 200
    monkeypatch.setattr(users, "check", lambda *said: False)  # a hash takes long where others work
    with pytest.raises(openai.RateLimitError, match="Too many wrong passwords"):
        for _ in range(12):
            with contextlib.suppress(openai.AuthenticationError):
                asking.with_options(api_key="ann:guessed").models.list()


def test_what_can_t_be_answered_is_told_as_openai_does(libraries: Libraries) -> None:
    asking = door(libraries).chat.completions
    with pytest.raises(openai.NotFoundError, match="no such model; known: askpapers"):
        asking.create(model="gpt-4o", messages=[QUESTION])  # type: ignore[list-item]
    with pytest.raises(openai.BadRequestError, match="the question is empty"):
        asking.create(model="askpapers", messages=[{"role": "user", "content": " "}])
    with pytest.raises(openai.BadRequestError, match="must be the user's"):
        asking.create(model="askpapers", messages=[{"role": "assistant", "content": "x"}])
    asking = door(libraries, Rate(1)).chat.completions
    with pytest.raises(openai.RateLimitError, match="ask again in"):
        for _ in range(11):
            asking.create(model="askpapers", messages=[QUESTION])  # type: ignore[list-item]


def test_another_site_s_form_is_not_read(libraries: Libraries) -> None:
    app = Starlette(routes=completion_routes(libraries, Rate()))
    sent = TestClient(app).post("/v1/chat/completions", data={"model": "askpapers"})
    assert sent.status_code == 415
    sent = TestClient(app).post(
        "/v1/chat/completions", content=b"[[", headers={"content-type": "application/json"}
    )
    assert (sent.status_code, sent.json()["error"]["type"]) == (400, "invalid_request_error")
