"""Small and slow models: how they are told from others, what they are shown, where they stop."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from chat_server import ChatServer, chatting, says
from command_line import run

from rag.answer import Answer
from rag.assistant import Assistant
from rag.llms import open_llm
from rag.llms.profile import SLOW, measured, profile, told
from rag.llms.reply import Patience
from rag.llms.settings import Settings
from rag.write.compact import repeats
from rag.write.sources import tokens

FLEXLLM = "How does FlexLLM save memory?"
TRUE = "FlexLLM reduces the GPU memory overhead of activations by up to 8x"


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASKPAPERS_CACHE", str(tmp_path / "cache"))


@pytest.fixture(scope="module")
def quoting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    place = tmp_path_factory.mktemp("starter")
    with Assistant.open(place, llm="quoted", starter=True) as assistant:
        assistant.notices = ()
        assistant._settings = Settings(
            patience=Patience(attempts=1, first=500, between=500, total=500)
        )
        yield assistant


@pytest.fixture
def server() -> Iterator[ChatServer]:
    with chatting() as server:
        yield server


@pytest.fixture
def small(quoting: Assistant, server: ChatServer) -> Assistant:
    return quoting.with_llm(open_llm("openai/tiny-135m", base_url=server.url))


def asked(assistant: Assistant, question: str = FLEXLLM) -> Answer:
    """The answer, whose pieces were its text."""
    *pieces, answer = assistant.stream(question)
    assert isinstance(answer, Answer)
    assert "".join(map(str, pieces)) == answer.text
    return answer


# what is small


NAMES = {
    "openai/SmolLM2-135M-Instruct": "small",
    "ollama/qwen2.5:0.5b": "small",
    "ollama/llama3.2:1b-instruct-q4": "small",
    "vllm/Qwen/Qwen2.5-7B-Instruct": "large",
    "openai/mixtral-8x7b": "large",
    "openai/phi-4k": "large",
    "openai/gpt-4o-mini": "large",
}


@pytest.mark.parametrize(("name", "meant"), NAMES.items(), ids=NAMES.keys())
def test_a_model_is_small_by_the_parameters_in_its_name(name: str, meant: str) -> None:
    llm = open_llm(name, base_url="http://127.0.0.1:1/v1")
    assert profile("auto", llm)[0] == meant
    assert profile("large", llm)[0] == "large"


def test_a_model_measured_to_be_slow_is_small_until_it_is_fast_again() -> None:
    llm = open_llm("openai/unknown", base_url="http://127.0.0.1:2/v1")
    other = open_llm("openai/unknown", base_url="http://127.0.0.1:3/v1")
    measured(llm, 1000, 1000 / (SLOW / 4))
    assert told("auto", llm).startswith("asked as a small model (it was measured to read 25 ")
    assert profile("auto", other)[0] == "large"
    for _ in range(3):
        measured(llm, 1000, 1.0)
    assert profile("auto", llm)[0] == "large"


def test_a_slow_model_is_remembered_by_the_next_process(
    tmp_path: Path,
    server: ChatServer,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", server.url)
    (tmp_path / "cache").mkdir()
    kept = {f"openai/llama3 {server.url}": 40.0}
    (tmp_path / "cache" / "slow-models.json").write_text(json.dumps(kept), "utf-8")
    place = str(tmp_path / "empty")
    assert run(capsys, "starter", "--library", place).code == 0
    asked = ("status", "--json", "--llm", "openai/llama3", "--library", place)
    said = run(capsys, *asked).json["model"]
    assert "small model (it was measured to read 40 tokens a second)" in said
    chosen = run(capsys, *asked, "--llm-profile", "large").json["model"]
    assert chosen.endswith("asked as a large model (as chosen): shown whole abstracts")


# what it is shown, and what becomes of what it says


def test_a_small_model_is_shown_a_few_sentences_and_not_asked_to_cite(
    small: Assistant, server: ChatServer
) -> None:
    says(server, f"{TRUE}.")
    answer = asked(small)
    assert (answer.mode, answer.text, answer.warnings) == ("written", f"{TRUE} [1].", ())
    (request,) = server.log.requests
    sent = "".join(message["content"] for message in request["messages"])
    assert tokens(sent) < 520
    assert "[1]" not in sent
    assert request["max_tokens"] <= 240


def test_the_quotes_are_there_to_read_before_its_first_word(
    small: Assistant, quoting: Assistant, server: ChatServer
) -> None:
    says(server, f"{TRUE}.")
    stream = small.stream(FLEXLLM)
    assert next(stream) == ""
    meanwhile = stream.so_far()
    assert meanwhile is not None
    assert (meanwhile.mode, meanwhile.text) == ("quoted", quoting.ask(FLEXLLM).text)
    stream.close()


GIVES_WAY = {
    "a refusal": "I'm sorry, but I cannot answer this question.",
    "nothing found": "The text does not say how much memory a phone needs.",
    "numbers without end": " ".join(map(str, range(300))),
    "one token for ever": "the" * 400,
    "markers for ever": "[1] [2] [3] " * 100,
    "nonsense": "FlexLLM was built by bananas in the year 1640.",
}


@pytest.mark.parametrize("said", GIVES_WAY.values(), ids=GIVES_WAY.keys())
def test_what_is_no_answer_gives_way_to_the_quotes_with_a_line(
    small: Assistant, quoting: Assistant, server: ChatServer, said: str
) -> None:
    says(server, said)
    answer = asked(small)
    assert (answer.mode, answer.text) == ("quoted", quoting.ask(FLEXLLM).text)
    (why,) = answer.warnings
    assert why.endswith("this answer is quoted from the papers instead")


def test_what_it_says_again_and_again_is_said_once(small: Assistant, server: ChatServer) -> None:
    says(server, f"{TRUE}. " * 30)
    answer = asked(small)
    assert (answer.text, len(answer.sentences)) == (f"{TRUE} [1].", 1)
    assert answer.warnings == ("the model's answer was cut off where it began to repeat itself",)


def test_its_own_numbers_are_not_believed(small: Assistant, server: ChatServer) -> None:
    says(server, f"{TRUE} [7]. It runs on 77 phones [1].")
    answer = asked(small)
    assert answer.text == f"{TRUE} [1]. It runs on 77 phones (⚠ no source)."


def test_a_context_too_narrow_for_abstracts_gets_sentences(
    quoting: Assistant, server: ChatServer
) -> None:
    says(server, f"{TRUE}.")
    server.context = 1500
    answer = asked(quoting.with_llm(open_llm("openai/narrow", base_url=server.url)))
    assert (answer.mode, answer.text) == ("written", f"{TRUE} [1].")


REPEATING = {
    "a word": ("the same the same the same the same ", True),
    "a sentence": ("It saves half of the memory. " * 3, True),
    "a list of like lines": ("- **A**: fast [1]\n- **B**: fast [2]\n- **C**: fast [3]\n", False),
    "a ruler": ("-" * 60, False),
    "a figure": ("It takes 1000000000000 steps", False),
}


@pytest.mark.parametrize(("text", "loops"), REPEATING.values(), ids=REPEATING.keys())
def test_a_loop_is_told_from_a_list(text: str, loops: bool) -> None:
    assert repeats(text) == loops
