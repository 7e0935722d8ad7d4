"""The page as it is run: with a password, a rate, and files that are nobody's business."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from gradio_client import Client
from gradio_client.exceptions import AppError, AuthenticationError
from stock import starter_library
from test_chat import free_port

from ui.door.login import WRONG_AN_ADDRESS
from ui.door.users import hashed

SECRET = "correct horse battery"
RATE = 4
ROOT = Path(__file__).parents[1]


@dataclass(frozen=True, slots=True)
class Served:
    address: str
    library: Path
    process: subprocess.Popen[str]


def chat(*options: object) -> subprocess.Popen[str]:
    """``askpapers chat`` with ``options``, in a process of its own."""
    command = [sys.executable, "-m", "ui.cli.main", "chat", *map(str, options)]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT
    )


def made(place: Path) -> Path:
    """A library of the starter's papers in ``place``."""
    starter_library(place / "library")
    return place / "library"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A page with a password, where one visitor may ask RATE questions a minute."""
    place = tmp_path_factory.mktemp("serving")
    (place / "users").write_text(f"{hashed('ann', SECRET)}\n{hashed('bob', SECRET[::-1])}\n")
    library, port = place / "library", free_port()
    starter_library(library)
    with chat(
        "--library", library, "--port", port, "--rate", RATE, "--auth", place / "users"
    ) as process:
        assert process.stdout is not None
        assert any("askpapers is at" in line for line in process.stdout)
        yield Served(f"http://127.0.0.1:{port}/", library, process)
        process.terminate()


def visitor(served: Served) -> Client:
    """A program that has come in; each is a visitor of its own."""
    return Client(
        served.address,
        auth=("ann", SECRET),
        verbose=False,
        analytics_enabled=False,
        httpx_kwargs={"timeout": 120},
    )


def status(address: str, **headers: str) -> int:
    try:
        with urllib.request.urlopen(urllib.request.Request(address, headers=headers)) as response:
            return int(response.status)
    except urllib.error.HTTPError as error:
        return error.code


def test_nobody_comes_in_without_the_password(served: Served) -> None:
    for auth in (None, ("ann", "wrong"), ("bob", SECRET)):
        with pytest.raises((AuthenticationError, ValueError)):
            Client(
                served.address,
                auth=auth,
                verbose=False,
                analytics_enabled=False,
                httpx_kwargs={"timeout": 120},
            )
    for path in (
        "config", "openapi.json", "gradio_api/openapi.json", "gradio_api/info", "theme.css",
        "gradio_api/queue/data?session_hash=x", "gradio_api/startup-events", "assets/index.js",
        "gradio_api/app_id", "static/img/logo.svg", "no/such", "health/x",
    ):  # fmt: skip
        assert status(served.address + path) == 401, path
    with pytest.raises(urllib.error.HTTPError, match="401"):
        urllib.request.urlopen(
            urllib.request.Request(
                f"{served.address}gradio_api/call/ask", data=b'{"data":["x"]}', method="POST"
            )
        )
    with urllib.request.urlopen(f"{served.address}health") as response:
        assert json.load(response) == {"status": "ok"}
    with urllib.request.urlopen(served.address) as response:
        page = response.read().decode()
    assert response.url == f"{served.address}login"
    assert "Password" in page
    assert "gradio" not in page


def test_who_logs_out_is_out_and_the_others_stay(served: Served) -> None:
    own, other = logged_in(served), logged_in(served)
    assert status(f"{served.address}config", Cookie=own) == 200
    assert status(f"{served.address}logout", Cookie=own) == 404  # a link can't do it
    request = urllib.request.Request(
        f"{served.address}logout", headers={"Cookie": own}, method="POST"
    )
    with urllib.request.urlopen(request) as response:
        assert response.url == f"{served.address}login"
    assert status(f"{served.address}config", Cookie=own) == 401
    assert status(f"{served.address}config", Cookie=other) == 200
    forged = other[:-1] + ("0" if other[-1] != "0" else "1")
    assert status(f"{served.address}config", Cookie=forged) == 401


def test_a_cookie_is_for_this_page_alone_and_for_tls_where_there_is_some(served: Served) -> None:
    form = urllib.parse.urlencode({"username": "bob", "password": SECRET[::-1]}).encode()
    with urllib.request.urlopen(f"{served.address}login", data=form) as response:
        said = response.headers["Set-Cookie"]
    assert {"HttpOnly", "Path=/", "SameSite=lax"} <= {part.strip() for part in said.split(";")}


def test_a_visitor_who_asks_too_often_is_told_and_the_others_are_not(served: Served) -> None:
    eager, other = visitor(served), visitor(served)
    for _ in range(RATE):
        eager.predict("flexllm", 1, api_name="/search")
    with pytest.raises(AppError, match=f"more than {RATE} questions a minute; ask again in"):
        eager.predict("flexllm", 1, api_name="/search")
    assert other.predict("flexllm", 1, api_name="/search")


def test_a_program_with_a_key_needs_no_cookie_and_one_without_gets_nothing(
    served: Served,
) -> None:
    """By MCP, with a real client, and by the page's own calls."""
    pytest.importorskip("mcp", reason="needs askpapers[mcp]")
    from test_mcp import talk

    right, wrong = ({"Authorization": f"Bearer bob:{said}"} for said in (SECRET[::-1], SECRET))
    answer, _, refused = asyncio.run(talk(served.address, right))[1]
    assert answer["citations"][0]["paper"]["title"].startswith("FlexLLM")
    assert refused
    program = Client(
        served.address,
        headers=right,
        verbose=False,
        analytics_enabled=False,
        httpx_kwargs={"timeout": 120},
    )
    assert program.predict("flexllm", api_name="/papers")["total"] == 1
    for headers in (wrong, {}, {"x-gradio-user": "mcp"}):
        assert status(f"{served.address}gradio_api/mcp/", **headers) == 401
        assert status(f"{served.address}config", **headers) == 401


PATHS = (
    "{library}/askpapers.sqlite",
    "{library}/../users",
    "/etc/passwd",
    "../../../../../../etc/passwd",
    "..%2f..%2f..%2f..%2fetc%2fpasswd",
    "%2e%2e/%2e%2e/%2e%2e/etc/passwd",
    "....//....//etc/passwd",
    "file:///etc/passwd",
    "/proc/self/environ",
    "ui/cli/main.py",
    "pyproject.toml",
    "C:\\Windows\\win.ini",
)


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("road", ["gradio_api/file=", "file=", "static/", "assets/", "gradio_api/"])
def test_no_file_of_this_machine_can_be_fetched(served: Served, path: str, road: str) -> None:
    own = visitor_cookie(served)
    address = served.address + road + path.format(library=served.library)
    assert status(address.replace(" ", "%20").replace("\\", "%5c"), Cookie=own) in (
        400, 403, 404, 405
    )  # fmt: skip


_COOKIES: dict[str, str] = {}


def visitor_cookie(served: Served) -> str:
    """The cookie of somebody who has given the password."""
    if served.address not in _COOKIES:
        _COOKIES[served.address] = logged_in(served)
    return _COOKIES[served.address]


def logged_in(served: Served) -> str:
    """The cookie of a new login."""
    form = urllib.parse.urlencode({"username": "ann", "password": SECRET}).encode()
    with urllib.request.urlopen(f"{served.address}login", data=form) as response:
        return str(response.headers["Set-Cookie"]).partition(";")[0]


def test_what_a_visitor_uploads_is_nobody_else_s(served: Served) -> None:
    own = visitor_cookie(served)
    body = b'--x\r\nContent-Disposition: form-data; name="files"; filename="a.txt"\r\n\r\nmine\r\n'
    request = urllib.request.Request(
        f"{served.address}gradio_api/upload",
        data=body + b"--x--",
        headers={"Content-Type": "multipart/form-data; boundary=x"},
    )
    with pytest.raises(urllib.error.HTTPError, match="401"):
        urllib.request.urlopen(request)
    request.add_header("Cookie", own)
    with pytest.raises(urllib.error.HTTPError, match="403"):
        urllib.request.urlopen(request)  # a program's login: the page isn't open
    page = urllib.request.Request(served.address, headers={"Cookie": own})
    with urllib.request.urlopen(page) as response:
        request.add_header("Cookie", str(response.headers["Set-Cookie"]).partition(";")[0])
    with urllib.request.urlopen(request) as response:
        (path,) = json.load(response)
    address = f"{served.address}gradio_api/file={path}"
    assert status(address) == 401
    assert status(address.rpartition("/")[0] + "/", Cookie=own) in (403, 404)


@pytest.mark.slow
def test_a_page_told_to_end_ends_quietly_and_prints_no_password(tmp_path: Path) -> None:
    (tmp_path / "users").write_text(hashed("ann", SECRET))
    with chat(
        "--library", made(tmp_path), "--port", free_port(), "--host", "0.0.0.0",
        "--auth", tmp_path / "users",
    ) as process:  # fmt: skip
        assert process.stdout is not None
        lines = []
        for line in process.stdout:
            lines.append(line)
            if "askpapers is at" in line:
                break
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=120)
    assert (process.returncode, err) == (0, "")
    assert SECRET not in "".join((*lines, out, err))


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--host", "nonsense.invalid"], "--host nonsense.invalid: no such address"),
        (["--host", "203.0.113.7"], "can't listen on 203.0.113.7"),
        (["--port", "99999"], "--port 99999: a port is a number"),
        (["--auth", "/no/such/file"], "/no/such/file can't be read"),
        (["--allow-host", "https://x"], "write a name or an address"),
    ],
    ids=["no such host", "not ours", "no port", "no such file", "no name"],
)
def test_what_cannot_be_is_one_line_at_once(tmp_path: Path, options: list[str], said: str) -> None:
    with chat("--library", tmp_path, *options) as process:
        _, err = process.communicate(timeout=120)
    assert process.returncode == 2
    assert said in err
    assert err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_a_page_open_to_a_network_warns(tmp_path: Path) -> None:
    with chat("--library", made(tmp_path), "--port", free_port(), "--host", "0.0.0.0") as process:
        assert process.stderr is not None
        assert "warning: others can reach this page" in process.stderr.readline()
        os.kill(process.pid, signal.SIGTERM)
        process.communicate(timeout=120)


@pytest.mark.slow
def test_wrong_passwords_become_slow_by_address_and_by_name(tmp_path: Path) -> None:
    (tmp_path / "users").write_text(hashed("ann", SECRET))
    port = free_port()
    with chat("--library", made(tmp_path), "--port", port, "--auth", tmp_path / "users") as process:
        assert process.stdout is not None
        assert any("askpapers is at" in line for line in process.stdout)
        address = f"http://127.0.0.1:{port}/"
        said = []
        for number in range(40):
            form = urllib.parse.urlencode({"username": f"ann{number % 2}", "password": "x"})
            request = urllib.request.Request(f"{address}login", data=form.encode())
            try:
                urllib.request.urlopen(request)
            except urllib.error.HTTPError as error:
                said.append(error.code)
                if error.code == 429:
                    assert int(error.headers["Retry-After"]) >= 1
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=120)
    assert set(said) == {401, 429}
    assert said.count(401) <= WRONG_AN_ADDRESS + 4  # a few, as time goes by
