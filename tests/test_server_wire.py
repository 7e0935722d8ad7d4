"""What goes over the wire to a server of papers, and what a person is told when it fails."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from chroma_server import ChromaServer, machine, needs_chroma, opened
from command_line import TUNNELS, ZEBRAS, Ran, jsonl, run
from conftest import paper
from proxy import Proxy, proxy

from ingest import library as library_module
from ingest.errors import LibraryError
from ingest.filters import Filters
from ingest.library import Library
from ingest.remote import wire
from rag.assistant import Assistant

Capture = pytest.CaptureFixture[str]
pytestmark = needs_chroma


@pytest.fixture
def ask(tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> Iterator[object]:
    """Ask for a library's papers; no attempt takes long."""
    monkeypatch.setattr(wire, "_PATIENCE", (0.05,))
    machine(tmp_path, monkeypatch)
    yield lambda address: run(capsys, "papers", "--library", address)


TOKEN = "s3cret-t0ken"


@pytest.mark.slow
def test_a_proxy_lets_in_who_brings_the_header(
    chroma: ChromaServer, tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine(tmp_path / "cache", monkeypatch)
    source = jsonl(tmp_path / "papers.jsonl", ZEBRAS, TUNNELS)
    with proxy(chroma.port, headers={"Authorization": f"Bearer {TOKEN}"}) as guard:
        address = guard.address("guarded")
        for said in ("", f"Authorization: Bearer not-{TOKEN}"):
            monkeypatch.setenv("ASKPAPERS_SERVER_HEADERS", said)
            guard.passed.clear()
            refused = run(capsys, "ingest", source, "--library", address).complaint
            assert address in refused
            assert "ASKPAPERS_SERVER_HEADERS" in refused
            assert "access is refused" in refused
            assert TOKEN not in refused
            assert len(guard.passed) == 1  # not tried again
        monkeypatch.setenv("ASKPAPERS_SERVER_HEADERS", f"Authorization: Bearer {TOKEN}")
        assert run(capsys, "ingest", source, "--library", address).code == 0
        machine(tmp_path / "other", monkeypatch)
        found = run(capsys, "papers", "--library", address)
        assert "Zebras That Count" in found.out
        # The server goes, the proxy stays: what it says then means that the server is down.
        monkeypatch.setattr(wire, "_PATIENCE", (0.05,))
        guard.answer = (502, "Bad Gateway")
        assert "answers 502" in run(capsys, "ingest", source, "--library", address, "--prune").err
        assert "answers 502" in run(capsys, "papers", "--library", address).complaint


@pytest.mark.parametrize("line", ["Bearer s3cret", ": s3cret", "A b: s3cret", "A: s3cret\x07"])
def test_a_header_that_is_none_is_refused_and_not_shown(
    ask: object, monkeypatch: pytest.MonkeyPatch, line: str
) -> None:
    monkeypatch.setenv("ASKPAPERS_SERVER_HEADERS", f"X-Good: 1\n{line}")
    refused = ask("http://127.0.0.1:9/papers").complaint  # type: ignore[operator]
    assert "$ASKPAPERS_SERVER_HEADERS: line 2" in refused
    assert "s3cret" not in refused


NO_CHROMA = "isn't a Chroma server"
CHROMA_SAYS = '{"error": "InternalError", "message": "database or disk is full"}'


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        pytest.param((200, "<html>Welcome</html>"), NO_CHROMA, id="a web page"),
        pytest.param((200, '{"hello": 1}'), NO_CHROMA, id="other JSON"),
        pytest.param((404, "<html>Not Found</html>"), "of version 1 (it says 404)", id="404"),
        pytest.param((410, '{"error": "v1 is gone"}'), "of version 1 (it says 410)", id="410"),
        pytest.param((301, ""), "it says 301", id="301"),
        pytest.param((422, "{}"), "it says 422", id="422"),
        pytest.param((500, "Oops\non two lines"), "500: Oops on two lines", id="500"),
        pytest.param((500, CHROMA_SAYS), "disk is full", id="disk full"),
        pytest.param((413, "too large"), "let it take 1 MB", id="413"),
        pytest.param((403, "no"), "access is refused", id="403"),
        pytest.param((429, "slow down"), "answers 429", id="429"),
    ],
)
def test_what_isnt_a_chroma_server_is_named(
    ask: object, answer: tuple[int, str], told: str
) -> None:
    with proxy(9, answer=answer) as other:
        complaint = ask(other.address("papers")).complaint  # type: ignore[operator]
    assert told in complaint
    assert other.address("papers") in complaint


@pytest.mark.slow
def test_an_answer_that_comes_in_the_middle_is_told_as_well(
    chroma: ChromaServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with proxy(chroma.port, to="/upsert") as between:
        with opened(between.address("full"), tmp_path, monkeypatch) as library:
            library.put([paper(1)])
            with library.filling():
                between.answer = (500, CHROMA_SAYS)
                with pytest.raises(LibraryError, match="reports: database or disk is full"):
                    library.put([paper(2)])
                between.answer = None
                assert library.put([paper(3)]).added == 1
            assert len(library) == 2
            assert library.put([paper(2)]).added == 1


@pytest.mark.parametrize(
    "call", ["heartbeat", "identity", "default_tenant", "default_database", "hung", "get"]
)
def test_a_server_that_takes_calls_and_never_answers_is_not_waited_for(
    chroma: ChromaServer, ask: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    with opened(chroma.address("hung"), tmp_path, monkeypatch) as library:
        library.put([paper(1)])
    monkeypatch.setattr(wire, "TIMEOUT", httpx.Timeout(0.5, connect=5.0))
    with proxy(chroma.port, hangs=call) as between:
        complaint = ask(between.address("hung")).complaint  # type: ignore[operator]
    assert "takes calls and doesn't answer" in complaint


@pytest.mark.parametrize(
    ("address", "told"),
    [
        pytest.param("https://127.0.0.1:{port}/papers", "begins with http://", id="TLS"),
        pytest.param("http://127.0.0.1:9/papers", "is it running?", id="no server"),
        pytest.param("http://no.such.host.invalid/papers", "is it running?", id="no host"),
        pytest.param("http://127.0.0.1:99999/papers", "no host and port", id="no port"),
        pytest.param("http://[::1/papers", "no host and port", id="no IPv6"),
        pytest.param("http:///papers", "no host and port", id="no host at all"),
        pytest.param("http://ann:s3cret@127.0.0.1/papers", "SERVER_HEADERS", id="password"),
        pytest.param("http://127.0.0.1:9/a/b", "name the library", id="two names"),
        pytest.param("http://127.0.0.1:9/papers?x=1", "an address is", id="query"),
    ],
)
def test_an_address_that_leads_nowhere_is_told_in_a_line(
    chroma: ChromaServer, ask: object, address: str, told: str
) -> None:
    ran: Ran = ask(address.format(port=chroma.port))  # type: ignore[operator]
    assert ran.code == 2
    assert told in ran.err.splitlines()[-1]
    assert "s3cret" not in ran.err


def test_chroma_cloud_without_a_key_says_which_variables_are_missing(
    ask: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("CHROMA_API_KEY", "CHROMA_TENANT", "CHROMA_DATABASE"):
        monkeypatch.delenv(name, raising=False)
    complaint = ask("cloud:papers").complaint  # type: ignore[operator]
    for name in ("CHROMA_API_KEY", "CHROMA_TENANT", "CHROMA_DATABASE"):
        assert name in complaint


class Cloud:
    """What Chroma Cloud has and ``chroma run`` has not, by its documented requests: an index of
    sparse vectors (https://docs.trychroma.com/cloud/search-api/overview)."""

    def __init__(self) -> None:
        self.schemas: list[dict[str, object]] = []
        self.searches: list[dict[str, Any]] = []
        self._rows: dict[str, tuple[dict[int, float], str]] = {}

    def __call__(self, path: str, call: dict[str, Any]) -> dict[str, Any] | None:
        if path.endswith("/collections") and call.get("schema"):
            self.schemas.append(call["schema"])
            call |= {"schema": None, "configuration": {"hnsw": {"space": "cosine"}}}
        if path.endswith("/upsert"):
            texts = call["documents"] or []
            for id_, metadata, text in zip(call["ids"], call["metadatas"], texts, strict=False):
                words = metadata.pop("words")
                self._rows[id_] = dict(zip(words["indices"], words["values"], strict=True)), text
        return self._found(call["searches"][0]) if path.endswith("/search") else None

    def _found(self, search: dict[str, Any]) -> dict[str, Any]:
        self.searches.append(search)
        query = search["rank"]["$knn"]["query"]
        wanted = dict(zip(query["indices"], query["values"], strict=True))
        scores = {
            id_: -sum(weight * own.get(index, 0.0) for index, weight in wanted.items())
            for id_, (own, _) in self._rows.items()
        }
        best = sorted(scores, key=lambda id_: scores[id_])[: search["limit"]["limit"]]
        return {
            "ids": [best],
            "documents": [[self._rows[id_][1] for id_ in best]],
            "metadatas": [None],
            "embeddings": [None],
            "scores": [[scores[id_] for id_ in best]],
            "select": [search["select"]["keys"]],
        }


@pytest.fixture
def cloud(chroma: ChromaServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[Proxy]:
    """The Cloud's own client, with the key from the environment, against a server of ours."""
    for name, value in {"API_KEY": TOKEN, "TENANT": "default_tenant"}.items():
        monkeypatch.setenv(f"CHROMA_{name}", value)
    monkeypatch.setenv("CHROMA_DATABASE", "default_database")
    with proxy(chroma.port, headers={"X-Chroma-Token": TOKEN}, instead=Cloud()) as shown:
        ours = {"cloud_host": "127.0.0.1", "cloud_port": shown.port, "enable_ssl": False}
        found = library_module.server_of

        def server_of(place: Path) -> tuple[str, dict[str, Any]] | None:
            server = found(place)
            return server and (server[0], {**server[1], **ours})

        monkeypatch.setattr(library_module, "server_of", server_of)
        yield shown


def test_words_are_found_by_the_clouds_sparse_index(
    cloud: Proxy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (
        opened("cloud:sparse", tmp_path / "here", monkeypatch) as here,
        Library.open(tmp_path / "alone", embedder=here.embedder, create=True) as alone,
    ):
        for library in (here, alone):
            library.put([paper(n, year=2000 + n) for n in range(40)])
        served = cloud.instead
        assert isinstance(served, Cloud)
        assert "words" in served.schemas[0]["keys"]  # type: ignore[operator]
        question, filters = "How much faster is subject7 than word3x2?", Filters(since=2002)
        found = here.candidates(question, here.embedder.embed([question])[0], 5, filters)
        wanted = alone.search_lexical(question, 5, filters)
        assert list(found.lexical)[:2] == [id_ for id_, _ in wanted][:2]
        (search,) = served.searches
        assert search["filter"] == {"year": {"$gte": 2002}}
        assert search["select"] == {"keys": ["#document"]}
        knn = search["rank"]["$knn"]
        assert (knn["key"], knn["query"]["#type"]) == ("words", "sparse_vector")
        assert knn["query"]["indices"] == sorted(knn["query"]["indices"])


@pytest.mark.slow
def test_no_call_is_larger_than_chroma_cloud_allows(
    cloud: Proxy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Letters of three bytes in an abstract of several rows, changes of one paper each.
    dice = random.Random(1)
    words = ("".join(chr(dice.randrange(0x4E00, 0x9FFF)) for _ in range(8)) for _ in range(3_500))
    long = paper(1, " ".join(words))
    with opened("cloud:papers", tmp_path / "here", monkeypatch) as here:
        with here.filling():
            here.put([long, *(paper(n) for n in range(10, 400))])
            for n in range(400, 406):
                here.put([paper(n)])
        here.remove(["p400"])
        with opened("cloud:papers", tmp_path / "there", monkeypatch) as there:
            assert list(there.papers()) == list(here.papers())
    wrote = 0
    for method, path, body in cloud.passed:
        said = json.loads(body or b"{}")
        assert len(body) < 1_000_000
        for metadata in said.get("metadatas") or []:
            wrote += 1
            assert len([value for value in metadata.values() if value is not None]) <= 32
            assert all(len(key.encode()) <= 36 for key in metadata)
            metadata.pop("words", None)  # a sparse vector
            assert all(len(str(value).encode()) <= 4_096 for value in metadata.values())
        assert all(len(text.encode()) <= 16_384 for text in said.get("documents") or [] if text)
        assert len(said.get("ids") or []) <= 300, (method, path)
        assert said.get("limit") is None or said["limit"] <= 300
        assert len(json.dumps(said.get("where")).split("$in")) <= 8 + 1
        kept = said.get("metadata") or said.get("new_metadata") or {}
        assert all(len(str(value).encode()) <= 256 for value in kept.values())
    assert wrote > 400, wrote


QUESTIONS = [
    "How many servers more does POLCA allow?",
    "Which papers are about federated learning?",
    "something that puts attention into the SSD itself",
    "What is MegaScale, and on how many GPUs was it trained?",
    "What is the best recipe for sourdough?",
]


def test_answers_are_those_of_a_directory(
    chroma: ChromaServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = chroma.address("starter")
    machine(tmp_path / "writer", monkeypatch)
    for place in (address, tmp_path / "directory"):
        Assistant.open(place, starter=True).library.close()  # given the starter's digests
    machine(tmp_path / "reader", monkeypatch)
    with (
        Assistant.open(address, starter=False) as served,
        Assistant.open(tmp_path / "directory", starter=False) as alone,
    ):
        for question in QUESTIONS:
            one, other = (assistant.ask(question).to_dict() for assistant in (served, alone))
            said = ("text", "citations", "refused", "reason")
            assert [one[name] for name in said] == [other[name] for name in said]
        assert {served.ask(question).refused for question in QUESTIONS} == {True, False}
