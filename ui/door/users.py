"""Users and their passwords: a file with a line for each, which holds no password itself.

``NAME:$scrypt$ln=15,r=8,p=3$SALT$HASH``, as ``askpapers chat --hash-password`` makes it. Lines that
are empty or begin with # are passed over.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
import secrets
import unicodedata
from pathlib import Path

from ingest.errors import AskpapersError

SHORTEST, LONGEST = 8, 1000  # characters of a password
HOW = "make its lines with: askpapers chat --hash-password >> FILE"
_COST = (15, 8, 3)  # as OWASP advises for scrypt: 32 MB, a fraction of a second
_LINE = re.compile(
    r"(?P<name>[^:]{1,200}):\$scrypt\$ln=(?P<ln>\d{1,2}),r=(?P<r>\d{1,2}),p=(?P<p>\d{1,2})"
    r"\$(?P<salt>[A-Za-z0-9+/]+)\$(?P<hash>[A-Za-z0-9+/]+)",
)


class Users:
    """Who may come in."""

    def __init__(self, file: Path) -> None:
        """Raises AskpapersError where the file can't be read, or a line of it has another form."""
        self._known: dict[str, re.Match[str]] = {}
        try:
            lines = file.expanduser().read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError, RuntimeError) as error:
            why = getattr(error, "strerror", None) or "not text in UTF-8"
            raise AskpapersError(
                f"--auth: {file} can't be read ({why}); it is a file of users: {HOW}"
            ) from None
        for number, line in enumerate(map(str.strip, lines), 1):
            if not line or line.startswith("#"):
                continue
            found = _LINE.fullmatch(line)
            if found is None or not _usable(found):
                raise AskpapersError(f"--auth: {file}:{number} isn't NAME:$scrypt$...; {HOW}")
            if found["name"] in self._known:
                raise AskpapersError(f"--auth: {file}:{number}: {found['name']} is there already")
            self._known[found["name"]] = found
        if not self._known:
            raise AskpapersError(f"--auth: {file} holds no users; {HOW}")
        self._nobody = _LINE.fullmatch(hashed("nobody", secrets.token_hex()))
        assert self._nobody is not None

    def check(self, name: str, password: str) -> bool:
        """Whether it is this user's password; takes the same time for a user that isn't known."""
        line = self._known.get(name, self._nobody)
        assert line is not None
        cost = (int(line["ln"]), int(line["r"]), int(line["p"]))
        made = _scrypt(password[: LONGEST + 1], _bytes(line["salt"]), cost)
        return hmac.compare_digest(made, _bytes(line["hash"])) and name in self._known


def hashed(name: str, password: str) -> str:
    """The user's line in a file of users; AskpapersError for what is no name or no password."""
    if not re.fullmatch(r"[^:#\s]([^:\n]{0,198}[^:\s])?", name):
        raise AskpapersError("a name is 1 to 200 characters without a colon")
    if not SHORTEST <= len(password) <= LONGEST:
        raise AskpapersError(f"a password has {SHORTEST} to {LONGEST:,} characters")
    salt = secrets.token_bytes(16)
    ln, r, p = _COST
    made = _scrypt(password, salt, _COST)
    return f"{name}:$scrypt$ln={ln},r={r},p={p}${_text(salt)}${_text(made)}"


def _usable(line: re.Match[str]) -> bool:
    try:
        long_enough = len(_bytes(line["salt"])) >= 8 and len(_bytes(line["hash"])) == 32
    except binascii.Error:
        return False
    return long_enough and 10 <= int(line["ln"]) <= 18 and 1 <= int(line["r"]) <= 16


def _scrypt(password: str, salt: bytes, cost: tuple[int, int, int]) -> bytes:
    ln, r, p = cost
    said = unicodedata.normalize("NFKC", password).encode("utf-8", "replace")
    room = 128 * r * (2**ln + p + 2) + 1024
    return hashlib.scrypt(said, salt=salt, n=2**ln, r=r, p=p, maxmem=room, dklen=32)


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode().rstrip("=")


def _bytes(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
