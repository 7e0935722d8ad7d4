"""Behind a real nginx and a real Caddy with TLS, as docs/security.md says to run them."""

from __future__ import annotations

import os
import re
import shutil
import ssl
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from test_chat import free_port
from test_serving import SECRET, chat, made

from ui.door.login import WRONG_AN_ADDRESS
from ui.door.users import hashed

PATHS = "/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin"
OPENSSL = shutil.which("openssl")
DOCS = (Path(__file__).parents[1] / "docs" / "security.md").read_text("utf-8")

pytestmark = [pytest.mark.slow, pytest.mark.skipif(not OPENSSL, reason="needs openssl")]


@dataclass(frozen=True)
class Proxied:
    """A proxy before a page; ``ca`` is the certificate by which it is known."""

    port: int
    ca: Path


@pytest.fixture(scope="module", params=["nginx", "caddy"])
def proxied(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Proxied]:
    """A proxy with the configuration of the docs before a page with its options."""
    program = shutil.which(request.param, path=PATHS)
    if program is None:
        pytest.skip(f"needs {request.param}")
    place = tmp_path_factory.mktemp(request.param)
    inner, outer = free_port(), free_port()
    (place / "users").write_text(hashed("ann", SECRET))
    said = ["--auth", place / "users", "--allow-host", "papers.example"]
    assert "--auth users.txt --allow-host papers.example --trust-proxy 127.0.0.1" in DOCS
    certified(place)
    command = {"nginx": nginx, "caddy": caddy}[request.param](place, inner, outer)
    with (
        chat(
            "--library", made(place), "--port", inner, *said, "--trust-proxy", "127.0.0.1"
        ) as page,
        subprocess.Popen(
            [program, *command],
            env={**os.environ, "HOME": str(place), "XDG_DATA_HOME": str(place)},
            stderr=subprocess.DEVNULL,
        ) as proxy,
    ):
        assert page.stdout is not None
        assert any("askpapers is at" in line for line in page.stdout)
        try:
            yield Proxied(outer, place / "own.pem")
        finally:
            proxy.terminate()
            page.terminate()


def certified(place: Path) -> None:
    """A certificate of our own for papers.example."""
    subprocess.run(
        [str(OPENSSL), "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
         "-nodes", "-subj", "/CN=papers.example", "-addext", "subjectAltName=DNS:papers.example",
         "-keyout", str(place / "own.key"), "-out", str(place / "own.pem")],
        check=True, capture_output=True,
    )  # fmt: skip


def block_of(language: str, ours: dict[str, str]) -> str:
    """The docs' block with what is ours in place of what it says."""
    block = re.findall(rf"^```{language}\n(.*?)^```$", DOCS, re.M | re.S)[0]
    for said, own in ours.items():
        assert said in block
        block = block.replace(said, own)
    return str(block)


def nginx(place: Path, inner: int, outer: int) -> list[str]:
    """The arguments of an nginx with the docs' block."""
    ours = {
        "listen 443 ssl": f"listen 127.0.0.1:{outer} ssl",
        "/etc/ssl/papers.example.pem": str(place / "own.pem"),
        "/etc/ssl/papers.example.key": str(place / "own.key"),
        "127.0.0.1:7860": f"127.0.0.1:{inner}",
    }
    folders = "".join(
        f"{kind}_temp_path {place}/{kind};"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    file = place / "nginx.conf"
    file.write_text(
        f"daemon off; pid {place}/nginx.pid; error_log {place}/error.log; events {{}}\n"
        f"http {{ access_log off; {folders}\n{block_of('nginx', ours)}}}\n"
    )
    return ["-c", str(file)]


def caddy(place: Path, inner: int, outer: int) -> list[str]:
    """The arguments of a Caddy with the docs' block, which doesn't look for a certificate."""
    tls = f"bind 127.0.0.1\n    tls {place / 'own.pem'} {place / 'own.key'}"
    ours = {
        "papers.example {": f"papers.example:{outer} {{\n    {tls}",
        "127.0.0.1:7860": f"127.0.0.1:{inner}",
    }
    file = place / "Caddyfile"
    file.write_text(
        f"{{\n    admin off\n    auto_https disable_redirects\n}}\n{block_of('text', ours)}"
    )
    return ["run", "--config", str(file), "--adapter", "caddyfile"]


@pytest.fixture
def visitor(proxied: Proxied) -> Iterator[httpx.Client]:
    """A browser that knows the proxy by its name, and its certificate."""
    port, trust = proxied.port, ssl.create_default_context(cafile=proxied.ca)
    with httpx.Client(
        base_url=f"https://127.0.0.1:{port}", verify=trust, timeout=120,
        headers={"Host": f"papers.example:{port}", "Accept": "text/html"},
    ) as client:  # fmt: skip
        client.event_hooks["request"] = [
            lambda request: request.extensions.update(sni_hostname="papers.example")
        ]
        end = time.monotonic() + 120
        while True:
            try:
                client.get("/health")
                break
            except httpx.ConnectError:
                assert time.monotonic() < end, "the proxy doesn't answer"
                time.sleep(0.05)
        yield client


def test_a_visitor_logs_in_asks_and_logs_out_through_the_proxy(
    visitor: httpx.Client, proxied: Proxied
) -> None:
    own = f"https://papers.example:{proxied.port}"
    assert visitor.get("/health").json() == {"status": "ok"}
    assert visitor.get("/").headers["location"] == "login"
    form = {"username": "ann", "password": SECRET}
    entered = visitor.post("/login", data=form, headers={"Origin": own})
    assert (entered.status_code, entered.headers["location"]) == (303, "./")
    cookie = entered.headers["set-cookie"]
    assert "Secure" in cookie
    visitor.headers["Cookie"] = cookie.partition(";")[0]
    page = visitor.get("/").text
    assert f'"root":"https:\\u002f\\u002fpapers.example:{proxied.port}"' in page or own in page
    asked = {"data": ["What does FlexLLM do?", None, None, None, None, None, "default"]}
    call = visitor.post("/gradio_api/call/ask", json=asked, headers={"Origin": own})
    with visitor.stream("GET", f"/gradio_api/call/ask/{call.json()['event_id']}") as stream:
        assert "FlexLLM" in "".join(stream.iter_text())
    foreign = {"Origin": "https://evil.example"}
    assert visitor.post("/gradio_api/call/ask", json=asked, headers=foreign).status_code == 403
    other = visitor.get("/", headers={"Host": "evil.example"})
    assert other.status_code == 421 or not other.text  # Caddy itself says nothing to other names
    assert visitor.post("/logout", headers={"Origin": own}).status_code == 303
    assert visitor.get("/config").status_code == 401


def test_what_a_visitor_says_of_the_own_address_does_not_count(visitor: httpx.Client) -> None:
    def wrong(number: int) -> int:
        form = {"username": f"u{number}", "password": "x"}
        made_up = {"X-Forwarded-For": f"10.0.0.{number}"}
        return visitor.post("/login", data=form, headers=made_up).status_code

    with ThreadPoolExecutor(WRONG_AN_ADDRESS + 8) as at_once:  # before time gives some back
        said = list(at_once.map(wrong, range(WRONG_AN_ADDRESS + 8)))
    assert set(said) == {401, 429}
    assert said.count(401) <= WRONG_AN_ADDRESS + 1
