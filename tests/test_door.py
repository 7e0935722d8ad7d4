"""Who may come in, and where the page can listen."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from ingest.errors import AskpapersError
from ui.server.access import listenable, open_to_others, password_check


def test_only_the_right_user_with_the_right_password_comes_in(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("pässword: with colon \r\nanother line\n", "utf-8")
    check = password_check(f"ann:{tmp_path / 'secret'}")
    assert check("ann", "pässword: with colon ")
    for user, password in (
        ("ann", "pässword: with colon"),
        ("bob", "pässword: with colon "),
        ("ann", ""),
        ("", ""),
        ("ann", "another line"),
    ):
        assert not check(user, password)


@pytest.mark.parametrize("said", ["ann", "ann:", ":file", ""])
def test_another_form_is_refused_in_words(said: str) -> None:
    with pytest.raises(AskpapersError, match="write USER:PASSWORD_FILE"):
        password_check(said)


@pytest.mark.parametrize("content", [None, b"", b"\nsecond line", b"\xff\xfe\xff"])
def test_a_file_without_a_password_is_refused_in_words(
    tmp_path: Path, content: bytes | None
) -> None:
    file = tmp_path / "secret"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(AskpapersError) as refused:
        password_check(f"ann:{file}")
    assert str(file) in str(refused.value)
    assert "second line" not in str(refused.value)


def test_a_port_that_is_taken_is_said(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(AskpapersError, match="give another --port"):
            listenable("127.0.0.1", taken.getsockname()[1])
    listenable("127.0.0.1", None)


@pytest.mark.parametrize("host", ["nonsense.invalid", "999.1.1.1", "", "a" * 300, "x\udcff"])
def test_a_host_that_is_none_is_said(host: str) -> None:
    with pytest.raises(AskpapersError):
        listenable(host, None) if host else listenable("no such host", None)


@pytest.mark.parametrize("port", [0, -1, 65_536])
def test_a_port_that_is_none_is_said(port: int) -> None:
    with pytest.raises(AskpapersError, match="a port is a number"):
        listenable("127.0.0.1", port)


@pytest.mark.parametrize(
    ("host", "open_"),
    [
        ("127.0.0.1", False),
        ("127.3.2.1", False),
        ("::1", False),
        ("localhost", False),
        ("0.0.0.0", True),
        ("::", True),
        ("192.168.1.5", True),
        ("papers.example", True),
    ],
)
def test_a_page_that_others_can_reach_is_known(host: str, open_: bool) -> None:
    assert open_to_others(host) is open_
