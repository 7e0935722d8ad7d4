"""Embedders by name: MiniLM, and any server that speaks OpenAI's protocol."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from conftest import paper
from fakes import CountingEmbedder
from protocol_server import DIM, FAULTS, ProtocolServer, serving

import ingest.embedders.openai as ours
from ingest.embedders import load_embedder
from ingest.embedders.minilm import MiniLMEmbedder
from ingest.embedders.openai import OpenAIEmbedder, Patience, Server, batches
from ingest.errors import LibraryMismatch, ProviderError
from ingest.library import Library
from ingest.pipeline import ingest
from ui.cli.main import main

ROOT = Path(__file__).parents[1]
KEY = "sk-verysecret123"
QUICK = Patience(attempts=3, attempt=60, total=120, first_wait=0.02)


@pytest.fixture(scope="module")
def shared_server() -> Iterator[ProtocolServer]:
    with serving() as server:
        yield server


@pytest.fixture
def server() -> Iterator[ProtocolServer]:
    with serving() as server:
        yield server


def embedder(server: ProtocolServer, model: str, patience: Patience = QUICK) -> OpenAIEmbedder:
    return OpenAIEmbedder(model, Server(server.url, KEY), one=patience, many=patience)


class Small(OpenAIEmbedder):
    """An embedder whose requests hold two texts."""

    def __init__(self, server: ProtocolServer) -> None:
        super().__init__("m", Server(server.url, KEY), one=QUICK, many=QUICK)

    def requests(self, texts: Sequence[str]) -> Iterator[list[str]]:
        for first in range(0, len(texts), 2):
            yield list(texts[first : first + 2])


# vectors


@pytest.mark.parametrize("model", ["base64", "floats"])
def test_vectors_are_unit_float32_in_the_order_of_the_texts(
    shared_server: ProtocolServer, model: str
) -> None:
    texts = [f"paper number {n} on tensors" for n in range(5)]
    vectors = embedder(shared_server, model).embed(texts)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(vectors, CountingEmbedder(DIM).embed(texts), atol=1e-6)


def test_blank_texts_give_zeros_and_are_not_sent(server: ProtocolServer) -> None:
    vectors = embedder(server, "m").embed(["", "one", " \n"])
    assert vectors.any(axis=1).tolist() == [False, True, False]
    assert server.log.paid == ["one"]


def test_no_texts_of_a_known_model_need_no_request(server: ProtocolServer) -> None:
    large = embedder(server, "text-embedding-3-large")
    assert large.embed([]).shape == (0, 3072)
    assert server.log.requests == []


def test_the_dim_of_an_unknown_model_comes_with_the_first_reply(server: ProtocolServer) -> None:
    own = embedder(server, "own")
    own.embed(["a text"])
    assert own.dim == DIM
    assert len(server.log.requests) == 1
    assert embedder(server, "other").dim == DIM


def test_lone_surrogates_and_overlong_texts_are_sent_as_far_as_they_go(
    server: ProtocolServer,
) -> None:
    embedder(server, "m").embed(["a \ud800 b", "é" * 20_000])
    assert server.log.paid == ["a ? b", "é" * 8_000]


@pytest.mark.parametrize(
    ("texts", "sizes"),
    [
        ([], []),
        (["short"] * 5_000, [2048, 2048, 904]),
        (["x" * 3_000] * 500, [249, 249, 2]),
        (["x" * 10**6] * 60, [46, 14]),
    ],
    ids=["nothing", "many", "long", "overlong"],
)
def test_requests_stay_within_the_limits(texts: list[str], sizes: list[int]) -> None:
    assert [len(batch) for batch in batches(texts)] == sizes


def test_requests_of_one_call_are_put_together_in_order(server: ProtocolServer) -> None:
    texts = [f"text {n}" for n in range(3_000)]
    vectors = embedder(server, "m", Patience(1, 60, 60)).embed(texts)
    assert [len(request["input"]) for request in server.log.requests] == [2048, 952]
    np.testing.assert_allclose(vectors, CountingEmbedder(DIM).embed(texts), atol=1e-6)


# faults


@pytest.mark.parametrize("model", ["busy", "busy-date", "limited", "stumbling"])
def test_what_passes_is_tried_again(server: ProtocolServer, model: str) -> None:
    start = time.monotonic()
    assert embedder(server, model).embed(["a"]).any(), FAULTS[model]
    assert len(server.log.requests) == 2
    if model == "busy":
        assert time.monotonic() - start >= 0.2, "Retry-After is kept to"


@pytest.mark.parametrize(
    ("model", "said", "requests"),
    [
        ("refused", "the key is refused (401); set OPENAI_API_KEY", 1),
        ("missing", "404: The model `missing` does not exist", 1),
        ("broke", "exceeded your current quota", 1),
        ("busy-long", "tried once; try again later", 1),
        ("failing", "500: boom Bearer *** second line; tried 3 times", 3),
        ("cut", "can't be reached", 3),
        ("page", "no reply of OpenAI's protocol (a page, perhaps)", 1),
        ("broken-json", "no reply of OpenAI's protocol", 1),
        ("short", "2 texts were sent, 1 vectors came", 1),
        ("none", "no reply of OpenAI's protocol", 1),
        ("misnumbered", "misnumbered", 1),
        ("nan", "finite", 1),
    ],
)
def test_what_does_not_pass_is_one_clear_line_without_the_key(
    server: ProtocolServer, model: str, said: str, requests: int
) -> None:
    with pytest.raises(ProviderError) as caught:
        embedder(server, model).embed(["one", "two"])
    line = str(caught.value)
    assert said in line
    assert line.startswith(f"openai/{model} at {server.url}: ")
    assert "\n" not in line
    assert KEY not in line + repr(caught.value.__cause__)
    assert len(server.log.requests) == requests


def test_a_server_that_hangs_is_given_up_at_the_deadline(server: ProtocolServer) -> None:
    start = time.monotonic()
    hasty = Patience(attempts=5_000, attempt=0.2, total=0.7, first_wait=0.01)
    with pytest.raises(ProviderError, match=r"no answer in time; tried (?:once|\d+ times)"):
        embedder(server, "hanging", hasty).embed(["a"])
    assert time.monotonic() - start < 60  # not 5,000 times 0.2 s


def test_a_server_that_is_not_there_is_named() -> None:
    absent = OpenAIEmbedder("m", Server("http://me:pass@127.0.0.1:9/v1", KEY), one=QUICK)
    with pytest.raises(
        ProviderError, match=r"m at http://127.0.0.1:9/v1: can't be reached.*static"
    ):
        absent.embed(["a"])


def test_vectors_of_another_length_than_before_are_refused(server: ProtocolServer) -> None:
    growing = embedder(server, "growing")
    growing.embed(["a"])
    with pytest.raises(ProviderError, match=f"{DIM + 2} dimensions, not {DIM + 1}"):
        growing.embed(["b"])
    with pytest.raises(ProviderError, match="dimensions, not"):
        embedder(server, "growing").embed(["a"] * 3_000)  # within one call, too
    with pytest.raises(ProviderError, match=f"{DIM} dimensions, not 1536"):
        embedder(server, "text-embedding-3-small").embed(["a"])


# the key and the server


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    return monkeypatch


def test_neither_key_nor_server_is_an_error_that_says_what_to_set(
    environment: pytest.MonkeyPatch,
) -> None:
    with pytest.raises(ProviderError, match=r"OPENAI_API_KEY.*OPENAI_BASE_URL.*static"):
        load_embedder("openai/text-embedding-3-small")


def test_a_server_of_ones_own_needs_no_key(
    environment: pytest.MonkeyPatch, server: ProtocolServer
) -> None:
    environment.setenv("OPENAI_BASE_URL", server.url)
    assert load_embedder("openai/local").embed(["a"]).shape == (1, DIM)
    assert server.log.keys == ["no-key-needed"]


def test_the_environment_is_read_once_when_loaded(
    environment: pytest.MonkeyPatch, server: ProtocolServer
) -> None:
    environment.setenv("OPENAI_BASE_URL", server.url)
    environment.setenv("OPENAI_API_KEY", f" {KEY}\n")
    loaded = load_embedder("openai/m")
    environment.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    environment.setenv("OPENAI_API_KEY", "other")
    loaded.embed(["a"])
    assert server.log.keys == [KEY]
    assert KEY not in f"{loaded!r} {Server(server.url, KEY)!r}"


@pytest.mark.parametrize(
    "settings",
    [
        {"OPENAI_BASE_URL": "localhost:11434/v1"},
        {"OPENAI_API_KEY": "sk-\u200bsecret"},
        {"OPENAI_API_KEY": "sk-one\nsk-two"},
    ],
)
def test_settings_that_cannot_be_right_are_refused_at_once(settings: dict[str, str]) -> None:
    with pytest.raises(ProviderError) as caught:
        Server.from_environment(settings)
    assert "sk-" not in str(caught.value)


def test_the_client_is_the_package_not_our_file_of_the_same_name(server: ProtocolServer) -> None:
    made = embedder(server, "m")._client
    assert type(made).__module__.partition(".")[0] == "openai"
    assert Path(str(sys.modules["openai"].__file__)) != Path(str(ours.__file__))


def test_loading_by_name_imports_neither_openai_nor_chroma() -> None:
    code = (
        "import sys; from ingest.embedders import load_embedder;"
        "e = load_embedder('openai/text-embedding-3-small'); m = load_embedder('minilm');"
        "print(e.name, e.version, e.dim, m.name, m.version, m.dim, 'openai' in sys.modules,"
        " 'chromadb' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        check=True,
        cwd=ROOT,
        capture_output=True,
        text=True,
        env={"OPENAI_API_KEY": KEY},
    )
    assert done.stdout == "openai/text-embedding-3-small 1 1536 minilm 1 384 False False\n"


# ingest


@pytest.fixture
def papers(tmp_path: Path) -> str:
    """2,500 short papers, in five batches of an ingest."""
    made = [paper(n, f"We study subject{n}.") for n in range(2_500)]
    file = tmp_path / "papers.jsonl"
    file.write_text("".join(json.dumps(p.to_dict()) + "\n" for p in made), encoding="utf-8")
    return str(file)


def test_an_ingest_that_died_goes_on_where_it_stopped_and_pays_no_text_twice(
    server: ProtocolServer, papers: str, tmp_path: Path
) -> None:
    patient = Patience(attempts=3, attempt=60, total=120, first_wait=0.01)
    server.fail_after = 2  # the dimension, and the first batch
    with (
        Library.open(
            tmp_path / "l", embedder=embedder(server, "m", patient), create=True
        ) as library,
        pytest.raises(ProviderError, match="a storm; tried 3 times"),
    ):
        ingest(library, [papers], batch=512)
    server.fail_after = None
    with Library.open(tmp_path / "l", embedder=embedder(server, "m", patient)) as library:
        assert len(library) == 512
        report = ingest(library, [papers], batch=512)
        assert (report.tally.unchanged, report.tally.added) == (512, 1988)
        vector = library.embedder.embed(["Title 2100. We study subject2100."])[0]
        assert library.search_dense(vector, k=1)[0][1] > 0.999  # made by the second run
        assert library.counts()["passages"] == 2_500
    texts = [text for text in server.log.paid if text.endswith(".")]
    assert len(texts) == 2_501, "the question is the only one sent again"
    assert len(set(texts)) == 2_500


def test_a_kill_between_a_reply_and_its_commit_pays_nothing_twice(
    server: ProtocolServer, tmp_path: Path
) -> None:
    papers = [paper(n, f"We study subject{n}.") for n in range(6)]
    with Library.open(tmp_path, embedder=Small(server), create=True) as library:
        server.fail_after = 3  # the dimension, and two requests of two texts
        with pytest.raises(ProviderError):
            library.put(papers)
        assert len(library) == 0
        server.fail_after = None
    with Library.open(tmp_path, embedder=Small(server)) as library:
        assert library.put(papers).added == 6
        assert library.search_dense(Small(server).embed(["Title 1. We study subject1."])[0], k=1)
    texts = [text for text in server.log.paid if text.endswith(".")]
    assert len(texts) == 6 + 1, "the last is the question"
    assert not (tmp_path / "paid.sqlite").exists()


def test_the_tokens_and_the_price_are_said_before_an_ingest_starts(
    server: ProtocolServer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    file = tmp_path / "some.jsonl"
    made = [paper(n, f"We study subject{n}. " * 20) for n in range(3)]
    file.write_text("".join(json.dumps(p.to_dict()) + "\n" for p in made), encoding="utf-8")
    monkeypatch.setenv("OPENAI_BASE_URL", server.url)
    monkeypatch.setenv("ASKPAPERS_EMBEDDING_PRICE", "1000")
    asked = ["ingest", str(file), "--library", str(tmp_path / "l"), "--embedder", "openai/m"]
    assert main(asked) == 0
    said = capsys.readouterr().err
    assert "openai/m is to embed about 261 tokens in 3 passages (0.261 by" in said
    assert main(asked) == 0
    assert "about 0 tokens in 0 passages" in capsys.readouterr().err
    monkeypatch.setenv("ASKPAPERS_EMBEDDING_PRICE", "free")
    assert main(asked) == 2
    assert "is no price of a million tokens" in capsys.readouterr().err


def test_a_library_remembers_which_model_made_it(server: ProtocolServer, tmp_path: Path) -> None:
    with Library.open(tmp_path, embedder=embedder(server, "one"), create=True) as library:
        library.put([paper(1)])
        assert library.identity["embedder"] == {"name": "openai/one", "version": "1", "dim": DIM}
    with pytest.raises(LibraryMismatch, match=r"openai/one.*openai/two"):
        Library.open(tmp_path, embedder=embedder(server, "two"))


# MiniLM


def test_minilm_gives_unit_vectors_and_zeros_for_blank_texts() -> None:
    asked: list[str] = []

    def lengths(texts: list[str]) -> list[np.ndarray]:
        asked.extend(texts)
        return [np.full(384, len(text), dtype=np.float64) for text in texts]

    vectors = MiniLMEmbedder(lengths).embed(["abc", " ", "de"])
    assert vectors.dtype == np.float32
    assert asked == ["abc", "de"]
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), [1, 0, 1], atol=1e-6)
    assert MiniLMEmbedder(lengths).embed([]).shape == (0, 384)


@pytest.mark.parametrize("wrong", [[np.ones(7)], [np.ones(384)] * 2, [np.full(384, np.nan)]])
def test_minilm_refuses_vectors_that_are_not_its_own(wrong: list[np.ndarray]) -> None:
    with pytest.raises(ProviderError, match="1 texts gave an array of shape"):
        MiniLMEmbedder(lambda texts: wrong).embed(["a"])


def test_minilm_without_network_is_one_line_with_the_way_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from chromadb.utils.embedding_functions import ONNXMiniLM_L6_V2

    monkeypatch.setattr(ONNXMiniLM_L6_V2, "DOWNLOAD_PATH", tmp_path)
    monkeypatch.setattr(ONNXMiniLM_L6_V2, "MODEL_DOWNLOAD_URL", "http://127.0.0.1:9/onnx.tar.gz")
    with pytest.raises(ProviderError) as caught:
        load_embedder("minilm").embed(["a"])
    line = str(caught.value)
    assert line.startswith("minilm: its model can't be loaded (ConnectError")
    assert "contextual and static, need no download" in line
    assert "\n" not in line


def test_a_name_that_is_not_known_lists_those_that_are() -> None:
    for name in ("bert", "openai", "openai/"):
        with pytest.raises(ProviderError, match="contextual, static, minilm and openai/MODEL"):
            load_embedder(name)
