"""Behind a real nginx with TLS, as docs/security.md says to run it."""

from __future__ import annotations

import re
import shutil
import ssl
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

pytest.importorskip("gradio")

from test_chat import free_port
from test_serving import SECRET, chat, made

from ui.door.login import WRONG_AN_ADDRESS
from ui.door.users import hashed

NGINX = shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin")
OPENSSL = shutil.which("openssl")
DOCS = (Path(__file__).parents[1] / "docs" / "security.md").read_text("utf-8")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not (NGINX and OPENSSL), reason="needs nginx and openssl"),
]


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of an nginx with the configuration of the docs before a page with its options."""
    place = tmp_path_factory.mktemp("proxied")
    inner, outer = free_port(), free_port()
    (place / "users").write_text(hashed("ann", SECRET))
    said = ["--auth", place / "users", "--allow-host", "papers.example"]
    assert "--auth users.txt --allow-host papers.example --trust-proxy 127.0.0.1" in DOCS
    with (
        chat(
            "--library", made(place), "--port", inner, *said, "--trust-proxy", "127.0.0.1"
        ) as page,
        subprocess.Popen([str(NGINX), "-c", configured(place, inner, outer)]) as proxy,
    ):
        assert page.stdout is not None
        assert any("askpapers is at" in line for line in page.stdout)
        try:
            yield outer
        finally:
            proxy.terminate()
            page.terminate()


def configured(place: Path, inner: int, outer: int) -> str:
    """The docs' block as a file of nginx, with our ports and a certificate of our own."""
    block = re.findall(r"^```nginx\n(.*?)^```$", DOCS, re.M | re.S)[0]
    pem, key = place / "own.pem", place / "own.key"
    subprocess.run(
        [str(OPENSSL), "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
         "-nodes", "-subj", "/CN=papers.example", "-addext", "subjectAltName=DNS:papers.example",
         "-keyout", str(key), "-out", str(pem)],
        check=True, capture_output=True,
    )  # fmt: skip
    for said, ours in (
        ("listen 443 ssl", f"listen 127.0.0.1:{outer} ssl"),
        ("/etc/ssl/papers.example.pem", str(pem)),
        ("/etc/ssl/papers.example.key", str(key)),
        ("127.0.0.1:7860", f"127.0.0.1:{inner}"),
    ):
        assert said in block
        block = block.replace(said, ours)
    folders = "".join(
        f"{kind}_temp_path {place}/{kind};"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    file = place / "nginx.conf"
    file.write_text(
        f"daemon off; pid {place}/nginx.pid; error_log {place}/error.log; events {{}}\n"
        f"http {{ access_log off; {folders}\n{block}}}\n"
    )
    (place / "ca.pem").write_bytes(pem.read_bytes())
    return str(file)


@pytest.fixture
def visitor(port: int, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A browser that knows the proxy by its name, and its certificate."""
    folder = next(tmp_path_factory.getbasetemp().glob("proxied*"))
    trust = ssl.create_default_context(cafile=folder / "ca.pem")
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
                assert time.monotonic() < end, "nginx doesn't answer"
                time.sleep(0.05)
        yield client


def test_a_visitor_logs_in_asks_and_logs_out_through_the_proxy(
    visitor: httpx.Client, port: int
) -> None:
    own = f"https://papers.example:{port}"
    assert visitor.get("/health").json() == {"status": "ok"}
    assert visitor.get("/").headers["location"] == "login"
    form = {"username": "ann", "password": SECRET}
    entered = visitor.post("/login", data=form, headers={"Origin": own})
    assert (entered.status_code, entered.headers["location"]) == (303, "./")
    cookie = entered.headers["set-cookie"]
    assert "Secure" in cookie
    visitor.headers["Cookie"] = cookie.partition(";")[0]
    page = visitor.get("/").text
    assert f'"root":"https:\\u002f\\u002fpapers.example:{port}"' in page or own in page
    asked = {"data": ["What does FlexLLM do?", None, None, None, None, None, "default"]}
    call = visitor.post("/gradio_api/call/ask", json=asked, headers={"Origin": own})
    with visitor.stream("GET", f"/gradio_api/call/ask/{call.json()['event_id']}") as stream:
        assert "FlexLLM" in "".join(stream.iter_text())
    foreign = {"Origin": "https://evil.example"}
    assert visitor.post("/gradio_api/call/ask", json=asked, headers=foreign).status_code == 403
    assert visitor.get("/", headers={"Host": "evil.example"}).status_code == 421
    assert visitor.post("/logout", headers={"Origin": own}).status_code == 303
    assert visitor.get("/config").status_code == 401


def test_what_a_visitor_says_of_the_own_address_does_not_count(visitor: httpx.Client) -> None:
    wrong = [{"username": f"u{n}", "password": "x"} for n in range(WRONG_AN_ADDRESS + 8)]
    said = [
        visitor.post("/login", data=form, headers={"X-Forwarded-For": f"10.0.0.{n}"}).status_code
        for n, form in enumerate(wrong)
    ]
    assert said[0] == 401
    assert said[-1] == 429
