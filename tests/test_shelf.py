"""A visitor's choices: which library answers, which model writes, and who may name one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from chat_server import chatting

from ingest.errors import ProviderError
from rag.assistant import Assistant
from ui.server.libraries import Choices, Shelf

KEY = "sk-shown-nowhere"


@pytest.fixture(scope="module")
def assistant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    with Assistant.open(Path(tmp_path_factory.mktemp("shelf")) / "library", starter=True) as opened:
        yield opened


def test_key_shows_in_no_repr(assistant: Assistant) -> None:
    model = Shelf({"one": assistant}).model("openai/m", key=KEY, address="http://127.0.0.1:9/v1")
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
    shelf = Shelf({"one": assistant}, at_home=False)
    with pytest.raises(ProviderError, match=why):
        shelf.model(name, key=key, address=address)
    assert shelf.model("openai/m", key=KEY, address="").name == "openai/m"


def test_environment_s_key_is_not_for_visitors(
    assistant: Assistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    with pytest.raises(ProviderError, match="type your key"):
        Shelf({"one": assistant}).model("openai/m", key="", address="")


def test_chosen_number_of_papers_is_what_the_model_is_shown(assistant: Assistant) -> None:
    shelf = Shelf({"one": assistant})
    with chatting("The papers say so [1].") as server:
        model = shelf.model("openai/m", key="", address=server.url)
        for passages in (3, 8):
            choices = Choices(llm=model, passages=passages)
            shelf.assistant(choices).ask("Which papers are about llm serving?")
            asked = server.log.requests[-1]["messages"][-1]["content"]
            assert sum('"title"' in line for line in asked.splitlines()) == passages


def test_quoting_never_asks_a_model(assistant: Assistant) -> None:
    shelf = Shelf({"one": assistant})
    with chatting("x") as server:
        choices = Choices(llm=shelf.model("openai/m", key="", address=server.url))
        assert shelf.assistant(choices).model == "openai/m"
        assert shelf.quoting(choices).ask("What does FlexLLM do?").mode == "quoted"
        assert shelf.assistant(Choices(quoted=True)).model is None
        assert server.log.requests == []


def test_unknown_library_is_the_first_one(assistant: Assistant) -> None:
    shelf = Shelf({"one": assistant})
    assert shelf.assistant(Choices(library="../etc")).library is assistant.library
