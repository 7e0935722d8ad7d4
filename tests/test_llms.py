"""Models by name: which there are, what they need, where a key goes, and LlamaIndex's own."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from chat_server import ChatServer, chatting
from command_line import run
from llama_index.core.llms import CompletionResponse, CustomLLM, LLMMetadata
from stock import starter_library

from ingest.errors import ProviderError
from rag.assistant import Assistant
from rag.llms import open_llm
from rag.llms.settings import Settings

Capture = pytest.CaptureFixture[str]
KEY = "sk-a-very-secret-key"
QUESTION = "How does FlexLLM save memory?"
WRITTEN = "FlexLLM reduces the GPU memory overhead of activations by up to 8x [1]."
VARIABLES = ("ASKPAPERS_LLM", "OPENAI_API_KEY", "OPENAI_BASE_URL", "ASKPAPERS_PRICES")


@pytest.fixture(autouse=True)
def nothing_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="module")
def starter(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("starter")
    starter_library(place)
    return place


@pytest.fixture
def server() -> Iterator[ChatServer]:
    with chatting(WRITTEN) as server:
        yield server


UNKNOWN = {
    "gpt-4o-mini": "gpt-4o-mini: no such model; is openai/gpt-4o-mini meant?",
    "openai/": "openai/: no such model",
    "": "an empty name: no such model",
    "claude/opus": "claude/opus: no such model",
    "openai/gpt-4o-mini": "set OPENAI_API_KEY, or OPENAI_BASE_URL",
    "llamaindex/nosuchthing:x": "run: pip install llama-index-llms-nosuchthing",
    "llamaindex/../evil:x": "write llamaindex/INTEGRATION:MODEL",
}


@pytest.mark.parametrize("name", UNKNOWN)
def test_a_name_that_can_not_be_used_says_what_to_write(name: str) -> None:
    with pytest.raises(ProviderError) as caught:
        open_llm(name)
    assert UNKNOWN[name] in str(caught.value)
    assert "\n" not in str(caught.value)


BAD = {
    "an address without a scheme": {"base_url": "localhost:8000"},
    "a key with a line break": {"key": f"{KEY}\n"},
    "a key with an umlaut": {"key": f"{KEY}ü"},
}


@pytest.mark.parametrize("options", BAD.values(), ids=BAD.keys())
def test_what_can_not_be_right_is_refused_without_showing_the_key(options: dict[str, str]) -> None:
    with pytest.raises(ProviderError) as caught:
        open_llm("openai/x", **options)
    assert KEY not in str(caught.value)


def test_neither_key_nor_password_shows_in_a_repr() -> None:
    llm = open_llm("openai/x", base_url="http://me:secret@127.0.0.1:9/v1?token=secret", key=KEY)
    settings = Settings.from_environment(
        {"OPENAI_API_KEY": KEY, "OPENAI_BASE_URL": "http://a:secret@b"}
    )
    assert repr(llm) == "OpenAIChat('openai/x' at http://127.0.0.1:9/v1)"
    assert KEY not in repr(settings)
    assert "secret" not in repr(settings)


@pytest.mark.parametrize("name", ["ollama/llama3.2", "vllm/org/model", "llamacpp/m", "lmstudio/m"])
def test_the_key_for_openai_goes_to_no_other_server(name: str) -> None:
    llm = Settings(key=KEY, base_url="http://elsewhere:1/v1").open(name)
    assert "http://localhost:" in repr(llm)
    assert KEY not in str(vars(llm))


ENVIRONMENTS = {
    "nothing": ({}, None),
    "a key alone chooses nothing": ({"OPENAI_API_KEY": KEY}, None),
    "quoted": ({"ASKPAPERS_LLM": "quoted", "OPENAI_API_KEY": KEY}, None),
    "OpenAI": ({"ASKPAPERS_LLM": "openai/m", "OPENAI_API_KEY": KEY}, "https://api.openai.com/v1"),
    "own server": ({"ASKPAPERS_LLM": "openai/m", "OPENAI_BASE_URL": "http://b:1/v1"}, "http://b:1/v1"),
    "Ollama": ({"ASKPAPERS_LLM": "ollama/m"}, "http://localhost:11434/v1"),
}  # fmt: skip


@pytest.mark.parametrize(("said", "where"), ENVIRONMENTS.values(), ids=ENVIRONMENTS.keys())
def test_the_environment_chooses(said: dict[str, str], where: str | None) -> None:
    settings = Settings.from_environment(said)
    llm = settings.open(None)
    assert (llm is None) if where is None else repr(llm).endswith(f"at {where})")
    assert settings.open("quoted") is None
    assert (settings.hint is not None) == (said.keys() == {"OPENAI_API_KEY"})


@pytest.mark.parametrize(
    ("name", "value"),
    [("ASKPAPERS_PRICES", "cheap"), ("ASKPAPERS_CONTEXT", "-1"), ("ASKPAPERS_SECONDS", "soon")],
)
def test_a_variable_that_can_not_be_read_is_named(name: str, value: str) -> None:
    with pytest.raises(ProviderError, match=f"{name}: '{value}'"):
        Settings.from_environment({name: value})


def test_prices_are_for_a_million_tokens() -> None:
    assert Settings.from_environment({"ASKPAPERS_PRICES": "0.15/0.60"}).prices == (0.15, 0.6)


# the command line


def test_ask_prints_the_written_answer_with_its_sources(
    starter: Path, server: ChatServer, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", server.url)
    ran = run(capsys, "ask", QUESTION, "--llm", "openai/x", "--library", starter)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith(f"{WRITTEN}\n\n[1] FlexLLM")
    assert (
        run(capsys, "ask", QUESTION, "--llm", "openai/x", "--json", "--library", starter).json[
            "mode"
        ]
        == "written"
    )


def test_ask_prints_the_quotes_and_why_when_the_model_breaks_off(
    starter: Path, server: ChatServer, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", server.url)
    ran = run(capsys, "ask", QUESTION, "--llm", "openai/cut", "--library", starter)
    assert ran.code == 0
    begun, _, rest = ran.out.partition("\n\n")
    assert WRITTEN.startswith(begun.strip())
    assert rest.startswith("**FlexLLM")
    assert "the reply broke off" in ran.err


def test_a_key_without_a_model_sends_nothing_and_says_how_to_choose(
    starter: Path, server: ChatServer, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("OPENAI_BASE_URL", server.url)
    asked = run(capsys, "ask", QUESTION, "--library", starter)
    status = run(capsys, "status", "--library", starter)
    assert "choose with --llm openai/MODEL or ASKPAPERS_LLM" in asked.err
    assert asked.out.startswith("**FlexLLM")
    assert "no model is chosen, so nothing is sent" in status.out
    assert server.log.requests == []


STATUS = {
    "scripted": "openai/scripted answers at http://127.0.0.1:",
    "llama3": "openai/llama3 answers at http://127.0.0.1:",
    "other": "the server answers, but has no such model; it has scripted, llama3:latest",
}


@pytest.mark.parametrize("model", STATUS)
def test_status_says_whether_the_chosen_model_answers(
    starter: Path, server: ChatServer, capsys: Capture, monkeypatch: pytest.MonkeyPatch, model: str
) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", server.url)
    monkeypatch.setenv("ASKPAPERS_LLM", f"openai/{model}")
    assert STATUS[model] in run(capsys, "status", "--json", "--library", starter).json["model"]


def test_status_says_so_when_nobody_answers(
    starter: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    ran = run(capsys, "status", "--llm", "openai/x", "--library", starter)
    assert ran.code == 0
    assert "can't be reached" in ran.out


# LlamaIndex


class Scripted(CustomLLM):
    """A LlamaIndex model that always says the same.

    "broken" raises in the middle, "whole" can't stream.
    """

    model: str = "scripted"

    @property
    def metadata(self) -> LLMMetadata:
        return LLMMetadata(model_name=self.model)

    def complete(self, prompt: str, formatted: bool = False, **_: object) -> CompletionResponse:
        return CompletionResponse(text=WRITTEN)

    def stream_complete(
        self, prompt: str, formatted: bool = False, **_: object
    ) -> Iterator[CompletionResponse]:
        if self.model == "whole":
            raise NotImplementedError
        for end in range(5, len(WRITTEN) + 5, 5):
            if self.model == "broken" and end > 20:
                raise RuntimeError("out of\nmemory")
            yield CompletionResponse(text=WRITTEN[:end], delta=WRITTEN[end - 5 : end])


@pytest.mark.parametrize("model", ["scripted", "whole"])
def test_any_llamaindex_model_writes_answers(starter: Path, model: str) -> None:
    with Assistant.open(starter, llm=Scripted(model=model), starter=True) as assistant:  # type: ignore[arg-type]
        answer = assistant.ask(QUESTION)
    assert (answer.text, answer.mode, answer.model) == (WRITTEN, "written", f"llamaindex/{model}")


def test_a_llamaindex_model_that_raises_gives_way_to_quotes(starter: Path) -> None:
    with Assistant.open(starter, llm=Scripted(model="broken"), starter=True) as assistant:  # type: ignore[arg-type]
        answer = assistant.ask(QUESTION)
    assert answer.mode == "quoted"
    assert "llamaindex/broken: RuntimeError: out of memory; " in answer.warnings[0]


def test_what_is_no_model_is_refused(starter: Path) -> None:
    with pytest.raises(ProviderError, match="a dict is neither a model's name, nor"):
        Assistant.open(starter, llm={}, starter=True)  # type: ignore[arg-type]


def test_an_installed_integration_is_found_by_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import llama_index

    place = tmp_path / "llama_index" / "llms" / "own_words"
    place.mkdir(parents=True)
    (place / "__init__.py").write_text(
        "from test_llms import Scripted\nclass OwnWords(Scripted): ...\n__all__ = ['OwnWords']\n"
    )
    monkeypatch.setattr(llama_index, "__path__", [*llama_index.__path__, str(place.parents[1])])
    monkeypatch.delitem(sys.modules, "llama_index.llms", raising=False)
    llm = open_llm("llamaindex/own-words:small")
    assert llm.name == "llamaindex/own-words:small"
