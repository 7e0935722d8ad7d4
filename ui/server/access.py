"""Where the page listens: checked before anything heavy is loaded."""

from __future__ import annotations

import ipaddress
import socket

from ingest.errors import AskpapersError


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
