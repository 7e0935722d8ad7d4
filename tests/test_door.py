"""Who may come in, and where the page can listen."""

from __future__ import annotations

import io
import socket
from pathlib import Path

import pytest

from ingest.errors import AskpapersError
from ui.cli.main import main
from ui.door.users import Users, hashed
from ui.door.visits import IDLE, Visits
from ui.server.access import listenable, open_to_others


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


ANN = hashed("ann", "pässword: with colon ")


def test_only_the_right_user_with_the_right_password_comes_in(tmp_path: Path) -> None:
    (tmp_path / "users").write_text(f"# ours\n\n{ANN}\n{hashed('bob', 'b' * 8)}\n", "utf-8")
    users = Users(tmp_path / "users")
    assert users.check("ann", "pässword: with colon ")
    assert users.check("bob", "b" * 8)
    for user, password in (("ann", "pässword: with colon"), ("bob", "b" * 9), ("nobody", "b" * 8)):
        assert not users.check(user, password)
    assert "pässword" not in (tmp_path / "users").read_text("utf-8")
    assert ANN != hashed("ann", "pässword: with colon ")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "can't be read"),
        (b"", "holds no users"),
        (b"# a\nann:secret", ":2 isn't NAME:"),
        (b"ann:$scrypt$ln=15,r=8,p=3$c2FsdA$aGFzaA", ":1 isn't NAME:"),
        (b"\xff\xfe\xff", "not text in UTF-8"),
        (f"{ANN}\n{ANN}".encode(), ":2: ann is there already"),
    ],
    ids=["no file", "empty", "plain password", "too short", "no text", "twice"],
)
def test_a_file_that_is_none_of_users_is_refused_in_words(
    tmp_path: Path, content: bytes | None, said: str
) -> None:
    file = tmp_path / "users"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(AskpapersError) as refused:
        Users(file)
    assert str(file) in str(refused.value)
    assert said in str(refused.value)
    assert "secret" not in str(refused.value)


def test_a_line_for_the_file_is_made_on_the_command_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for given, name in (("ann\nlong enough\n", []), ("long enough\n", ["ann"])):
        monkeypatch.setattr("sys.stdin", io.StringIO(given))
        assert main(["chat", "--hash-password", *name]) == 0
        line = capsys.readouterr().out
        assert "long enough" not in line
        (tmp_path / "users").write_text(line)
        assert Users(tmp_path / "users").check("ann", "long enough")
    for wrong in ("ann\nshort\n", "", "a:b\nlong enough\n"):
        monkeypatch.setattr("sys.stdin", io.StringIO(wrong))
        assert main(["chat", "--hash-password"]) == 2
        assert capsys.readouterr().err.count("\n") == 1


def test_a_login_ends_by_itself() -> None:
    clock = Clock()
    visits = Visits(clock=clock)
    ann, nobody = visits.begin("ann"), visits.begin()
    assert (visits.user(ann), visits.user(nobody)) == ("ann", None)
    for _ in range(13):
        clock.now += IDLE - 1
        assert visits.user(ann) == "ann"
    clock.now += 4 * 3600
    assert visits.user(ann) == "ann"
    clock.now += 9 * 3600  # a week is over
    assert visits.user(ann) is None
    bob = visits.begin("bob")
    clock.now += IDLE + 1
    assert visits.user(bob) is None


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
