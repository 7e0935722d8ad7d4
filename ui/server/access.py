"""Who may come in, and where the page listens: checked before anything heavy is loaded."""

from __future__ import annotations

import hmac
import ipaddress
import socket
from collections.abc import Callable
from pathlib import Path

from ingest.errors import AskpapersError

Check = Callable[[str, str], bool]


def password_check(said: str) -> Check:
    """``USER:PASSWORD_FILE`` as a check of a user and a password; the file's first line counts.

    Raises AskpapersError where it has another form or the file can't be read or is empty. The
    password itself is in no message.
    """
    user, colon, file = said.partition(":")
    if not (user and colon and file):
        raise AskpapersError("--auth: write USER:PASSWORD_FILE, such as ann:secret.txt")
    try:
        with Path(file).expanduser().open(encoding="utf-8") as opened:
            password = opened.readline().rstrip("\r\n")
    except (OSError, UnicodeDecodeError, RuntimeError) as error:
        why = getattr(error, "strerror", None) or "not text in UTF-8"
        raise AskpapersError(f"--auth: {file} can't be read ({why})") from None
    if not password:
        raise AskpapersError(f"--auth: the first line of {file} is empty; it is the password")

    def check(name: str, given: str) -> bool:
        # Both compared to the end: the time taken tells nothing.
        same_name = hmac.compare_digest(name.encode(), user.encode())
        return hmac.compare_digest(given.encode(), password.encode()) and same_name

    return check


def listenable(host: str, port: int | None) -> None:
    """Raise AskpapersError in words where the page couldn't listen."""
    if port is not None and not 0 < port < 65_536:
        raise AskpapersError(f"--port {port}: a port is a number from 1 to 65535")
    try:
        found = socket.getaddrinfo(host, port or 0, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise AskpapersError(
            f"--host {host}: no such address; 127.0.0.1 is this machine alone, 0.0.0.0 all its"
            " networks"
        ) from None
    family, kind, protocol, _, address = found[0]
    with socket.socket(family, kind, protocol) as probe:
        # As the server does: a port whose last connections are still closing is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(address)
        except OSError as error:
            raise AskpapersError(_why_not(host, port, error)) from None


def open_to_others(host: str) -> bool:
    """Whether other machines could reach a page that listens on ``host``."""
    if host == "localhost":
        return False
    try:
        return not ipaddress.ip_address(host).is_loopback
    except ValueError:
        return True  # a name: of whatever network


def _why_not(host: str, port: int | None, error: OSError) -> str:
    where = host if port is None else f"{host}:{port}"
    if isinstance(error, PermissionError):
        return f"can't listen on {where}: not allowed; a --port above 1023 is"
    return (
        f"can't listen on {where}: the port is taken, or the address isn't this machine's; give"
        " another --port, or none for a free one"
    )
