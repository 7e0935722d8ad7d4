"""All attacks on pages of our own, and a table of what held: ``python -m eval.bench.attack``.

Everything happens on this machine, and takes some minutes; ``--all`` also tries payloads in a real
browser and kills 200 processes (``eval.bench.kills``), which takes most of an hour.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from eval.bench.attack import besides, inside, outside
from eval.bench.attack.outside import Tried
from eval.bench.attack.pages import SECRET, Page, serving
from eval.reports.table import console, grid
from ui.door.users import hashed

Attack = Callable[[Page], Tried]
OPEN: tuple[Attack, ...] = (
    outside.other_names, outside.other_sites, outside.files, inside.stolen, inside.private,
    inside.made_up, inside.addresses, inside.greedy, inside.slow, inside.leftovers, inside.crowds,
    inside.malformed, inside.long,
)  # fmt: skip
CLOSED: tuple[Attack, ...] = (outside.without_login, outside.files, outside.passwords)


BESIDES: tuple[Callable[[], Tried], ...] = (besides.payloads, besides.kills)


def main() -> int:
    """Attack; 1 where something didn't hold."""
    parser = argparse.ArgumentParser(description="Attacks on a page, and what holds.")
    parser.add_argument("only", nargs="*", help="names of attacks, such as other_sites")
    parser.add_argument("--all", action="store_true", help="payloads and kills as well")
    args = parser.parse_args()
    told = _Told(set(args.only))
    with tempfile.TemporaryDirectory() as scratch:
        place = Path(scratch)
        users = place / "users"
        users.write_text(f"{hashed('ann', SECRET)}\n{hashed('bob', SECRET[::-1])}\n", "utf-8")
        for where, attacks, options in (
            ("open", OPEN, ("--rate", "0")),
            ("login", CLOSED, ("--auth", str(users))),
        ):
            chosen = [attack for attack in attacks if told.wants(attack.__name__)]
            if chosen:
                with serving(place / where, *options) as page:
                    for attack in chosen:
                        told.tell(attack.__name__, where, attack(page))
    for other in BESIDES:
        if args.all or other.__name__ in args.only:
            told.tell(other.__name__, "", other())
    return told.end()


class _Told:
    """What was tried so far, and what held."""

    def __init__(self, only: set[str]) -> None:
        self._only = only
        self._table = grid("attack", "where", "tried", "held", "s", "the first that didn't hold")
        self._tried = self._lost = 0

    def wants(self, name: str) -> bool:
        return not self._only or name in self._only

    def tell(self, name: str, where: str, tried: Tried) -> None:
        """Try it, and tell what held."""
        begun = time.monotonic()
        found = list(tried)
        fell = [what for what, held in found if not held]
        held = len(found) - len(fell)
        self._tried, self._lost = self._tried + len(found), self._lost + len(fell)
        took = f"{time.monotonic() - begun:.0f}"
        first = fell[0] if fell else ""
        self._table.add_row(
            name.replace("_", " "), where, f"{len(found):,}", f"{held:,}", took, first
        )
        print(f"{name}: {held} of {len(found)}", flush=True)

    def end(self) -> int:
        """Print the table; 1 where something didn't hold."""
        console().print(self._table)
        print(f"{self._tried:,} tried, {self._tried - self._lost:,} held")
        return 1 if self._lost else 0


if __name__ == "__main__":
    raise SystemExit(main())
