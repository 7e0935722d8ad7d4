"""Another site in the same browser: whatever it sends to the page, nothing comes of it."""

from __future__ import annotations

import http.client
import json
from urllib.parse import urlsplit

import pytest

from ingest.errors import AskpapersError
from ui.door.hosts import Hosts

OWN = "http://127.0.0.1:{port}"


@pytest.fixture(scope="module")
def port(page_address: str) -> int:
    return int(urlsplit(page_address).port or 0)


def asked(
    port: int, path: str, body: object = None, method: str = "", **headers: str
) -> tuple[int, dict[str, str]]:
    """Status and headers of the answer to a request with these headers only."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    sent = None if body is None else json.dumps(body).encode()
    connection.putrequest(method or ("POST" if sent else "GET"), path, skip_host=True)
    for name, value in {"Host": f"127.0.0.1:{port}", **headers}.items():
        connection.putheader(name.replace("_", "-"), value)
    if sent:
        connection.putheader("Content-Type", "application/json")
        connection.putheader("Content-Length", str(len(sent)))
    connection.endheaders(sent)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer.status, {name.casefold(): value for name, value in answer.getheaders()}


PATHS = ("/", "/config", "/health", "/gradio_api/info", "/theme.css", "/gradio_api/upload")


@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:{port}", "127.0.0.1.evil.example", "203.0.113.7", "", "a@b"],
)
def test_a_name_that_is_not_ours_is_served_nothing(port: int, host: str) -> None:
    for path in PATHS:
        assert asked(port, path, Host=host.format(port=port))[0] == 421, path


FOREIGN = (
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Origin": "http://localhost:1"},
    {"Origin": "http://127.0.0.1:1"},
    {"Origin": "http://127.0.0.1:{port}.evil.example"},
    {"Origin": "file://"},
    {"Sec_Fetch_Site": "cross-site", "Sec_Fetch_Mode": "no-cors"},
    {"Sec_Fetch_Site": "same-site", "Sec_Fetch_Mode": "no-cors"},
    {"Sec_Fetch_Site": "cross-site", "Sec_Fetch_Mode": "navigate", "Sec_Fetch_Dest": "iframe"},
)


@pytest.mark.parametrize("headers", FOREIGN, ids=[" ".join(h.values()) for h in FOREIGN])
def test_another_site_reads_and_changes_nothing(port: int, headers: dict[str, str]) -> None:
    sent = {name: value.format(port=port) for name, value in headers.items()}
    question = {"data": ["What does FlexLLM do?", None, None, None, None, None, "default"]}
    for path, body in (*((path, None) for path in PATHS), ("/gradio_api/call/ask", question)):
        status, said = asked(port, path, body, **sent)
        assert status == 403, path
        assert "access-control-allow-origin" not in said
    status, said = asked(
        port, "/gradio_api/call/ask", method="OPTIONS", Access_Control_Request_Method="POST", **sent
    )
    assert status == 403
    assert "access-control-allow-origin" not in said


def test_the_page_itself_a_link_to_it_and_programs_are_served(port: int) -> None:
    question = {"data": ["What does FlexLLM do?", None, None, None, None, None, "default"]}
    link = {"Sec_Fetch_Mode": "navigate", "Sec_Fetch_Dest": "document"}
    assert asked(port, "/", Sec_Fetch_Site="cross-site", **link)[0] == 200
    own = {"Origin": f"http://localhost:{port}", "Host": f"localhost:{port}"}
    for headers in ({}, {"Origin": f"http://127.0.0.1:{port}"}, own):
        assert asked(port, "/gradio_api/call/ask", question, **headers)[0] == 200


def test_every_answer_says_what_a_browser_may_do_with_it(port: int) -> None:
    for path in (*PATHS, "/no/such"):
        for host in (f"127.0.0.1:{port}", "evil.example"):
            _, said = asked(port, path, Host=host)
            policy = said["content-security-policy"]
            assert "frame-ancestors 'none'" in policy
            assert "default-src 'none'" in policy
            assert "'unsafe-inline'" not in policy.partition("script-src ")[2].partition(";")[0]
            assert said["x-content-type-options"] == "nosniff"
    _, page = asked(port, "/")
    assert page["content-security-policy"].count("'sha256-") == 5


def test_names_are_served_as_the_page_is_reached() -> None:
    home, network, proxied = Hosts("127.0.0.1"), Hosts("0.0.0.0"), Hosts("::1", ["papers.example"])
    assert home.serves("LOCALHOST:7860") and home.serves("[::1]:1") and home.serves("127.0.0.1")
    assert not (home.serves("192.168.1.5") or home.serves("papers.example"))
    assert network.serves("192.168.1.5:7860") and not network.serves("evil.example")
    assert proxied.serves("papers.example") and not proxied.serves("x.papers.example")
    assert proxied.own("https://papers.example", "papers.example")
    assert proxied.own("https://papers.example", "127.0.0.1:7860")
    assert not proxied.own("https://papers.example:8443", "papers.example")
    assert not Hosts("192.168.1.5").serves("127.0.0.1")
    for wrong in ("", "https://papers.example", "a/b", "*.example", "a@b"):
        with pytest.raises(AskpapersError, match="--allow-host"):
            Hosts("127.0.0.1", [wrong])
