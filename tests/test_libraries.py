"""A visitor's choices: which library answers, which model writes, and who may name one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import pytest
from chat_server import chatting
from http_fake import Answering, Fake, running
from stock import starter_library

from ingest.errors import AskpapersError, ProviderError
from rag.assistant import Assistant
from rag.llms.settings import checked
from ui.server.addresses import Addresses
from ui.server.libraries import Choices, Libraries

KEY = "sk-shown-nowhere"


@pytest.fixture(scope="module")
def assistant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    with Assistant.open(starter_library(tmp_path_factory.mktemp("libraries"))) as opened:
        yield opened


def test_key_shows_in_no_repr(assistant: Assistant) -> None:
    model = Libraries({"one": assistant}).model(
        "openai/m", key=KEY, address="http://127.0.0.1:9/v1"
    )
    assert KEY not in repr(Choices(llm=model)) + repr(model)


@pytest.mark.parametrize(
    ("name", "key", "address", "why"),
    [
        ("openai/m", KEY, "http://10.0.0.1/v1", "open to a network"),
        ("ollama/llama3.2", "", "", "open to a network"),
        ("llamaindex/ollama:llama3.2", "", "", "open to a network"),
        ("openai/m", "", "", "type your key"),
    ],
)
def test_visitor_from_elsewhere_sends_the_server_nowhere(
    assistant: Assistant, name: str, key: str, address: str, why: str
) -> None:
    libraries = Libraries({"one": assistant}, at_home=False)
    with pytest.raises(ProviderError, match=why):
        libraries.model(name, key=key, address=address)
    assert libraries.model("openai/m", key=KEY, address="").name == "openai/m"


def test_environment_s_key_is_not_for_visitors(
    assistant: Assistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    with pytest.raises(ProviderError, match="type your key"):
        Libraries({"one": assistant}).model("openai/m", key="", address="")


def test_chosen_number_of_papers_is_what_the_model_is_shown(assistant: Assistant) -> None:
    libraries = Libraries({"one": assistant})
    with chatting("The papers say so [1].") as server:
        model = libraries.model("openai/m", key="", address=server.url)
        for passages in (3, 8):
            choices = Choices(llm=model, passages=passages)
            libraries.assistant(choices).ask("How is the memory of the KV cache saved?")
            asked = server.log.requests[-1]["messages"][-1]["content"]
            assert sum('"title"' in line for line in asked.splitlines()) == passages


def test_quoting_never_asks_a_model(assistant: Assistant) -> None:
    libraries = Libraries({"one": assistant})
    with chatting("x") as server:
        choices = Choices(llm=libraries.model("openai/m", key="", address=server.url))
        assert libraries.assistant(choices).model == "openai/m"
        assert libraries.quoting(choices).ask("What does FlexLLM do?").mode == "quoted"
        assert libraries.assistant(Choices(quoted=True)).model is None
        assert server.log.requests == []


def test_unknown_library_is_the_first_one(assistant: Assistant) -> None:
    libraries = Libraries({"one": assistant})
    assert libraries.assistant(Choices(library="../etc")).library is assistant.library


LET = ("http://localhost:11434/v1", "https://models.example/llm", "public")


def test_only_addresses_that_the_owner_allows_are_asked(assistant: Assistant) -> None:
    allowed = Addresses.of(LET[:2], anywhere=False)
    libraries = Libraries({"one": assistant}, at_home=False, addresses=allowed)
    for name, address in (
        ("ollama/m", ""),
        ("openai/m", "http://LOCALHOST:11434/v1/"),
        ("openai/m", "https://models.example:443/llm/v1"),
    ):
        assert libraries.model(name, key="", address=address)
    for name, address in (
        ("vllm/m", ""),
        ("openai/m", "http://localhost:11435/v1"),
        ("openai/m", "http://models.example/llm"),
        ("openai/m", "https://models.example/llm/../admin"),
        ("openai/m", "https://models.example/llm/%2e%2e/admin"),
        ("openai/m", "https://models.example/llmore"),
        ("openai/m", "https://models.example@evil.example/llm"),
        ("openai/m", "http://169.254.169.254/latest"),
        ("llamaindex/ollama:m", ""),
    ):
        with pytest.raises(ProviderError, match="open to a network"):
            libraries.model(name, key=KEY, address=address)
    for wrong in ("models.example", "ftp://x", "https://a@b", "http://x:y"):
        with pytest.raises(AskpapersError, match="--model-address"):
            Addresses.of([wrong], anywhere=False)


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "[::1]", "10.0.0.1", "192.168.1.1", "169.254.169.254", "0.0.0.0",
     "[::ffff:127.0.0.1]", "[64:ff9b::7f00:1]", "[fd00::1]", "[fe80::1]", "2130706433"],
)  # fmt: skip
def test_public_addresses_are_public_when_they_are_asked(assistant: Assistant, host: str) -> None:
    libraries = Libraries(
        {"one": assistant}, at_home=False, addresses=Addresses.of(LET, anywhere=False)
    )
    with pytest.raises(ProviderError):
        libraries.model("openai/m", key=KEY, address=f"http://{host}/v1")
    try:
        model = libraries.model("openai/m", key=KEY, address=f"https://{host}/v1")
    except ProviderError:
        return
    assert "can't be reached" in checked(model)
    with chatting("x") as server:  # nothing is sent, whatever listens there
        port = urlsplit(server.url).port
        model = libraries.model("openai/m", key=KEY, address=f"https://{host}:{port}/v1")
        assert "can't be reached" in checked(model)
        assert server.log.requests == []


def test_a_server_that_leads_elsewhere_takes_no_key_along(assistant: Assistant) -> None:
    with chatting("x") as elsewhere, leading(elsewhere.url) as address:
        model = Libraries({"one": assistant}).model("openai/m", key=KEY, address=address)
        assert "quoted" in checked(model)
        Libraries({"one": assistant}).assistant(Choices(llm=model)).ask("What does FlexLLM do?")
        assert (elsewhere.log.requests, elsewhere.log.keys) == ([], [])


@contextmanager
def leading(to: str) -> Iterator[str]:
    """A server that sends everybody to another one."""

    class Handler(Answering):
        def do_GET(self) -> None:
            self.say(307, b"", {"Location": to + self.path.removeprefix("/v1")})

        do_POST = do_GET

    with running(Fake(Handler)) as served:
        yield f"{served.url}/v1"
