"""All attacks on pages of our own, and a table of what held: ``python -m eval.bench.attack``.

Everything happens on this machine, and takes some minutes. Kills are ``eval.bench.kills``, payloads
in a real browser ``tests/test_browser_safety.py``.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from eval.bench.attack import inside, outside
from eval.bench.attack.outside import Tried
from eval.bench.attack.pages import SECRET, Page, serving
from eval.reports.table import console, grid
from ui.door.users import hashed

Attack = Callable[[Page], Tried]
OPEN: tuple[Attack, ...] = (
    outside.other_names, outside.other_sites, outside.files, inside.stolen, inside.private,
    inside.made_up, inside.addresses, inside.greedy, inside.slow, inside.leftovers, inside.crowds,
    inside.malformed,
)  # fmt: skip
CLOSED: tuple[Attack, ...] = (outside.without_login, outside.files, outside.passwords)


def main() -> int:
    """Attack; 1 where something didn't hold."""
    parser = argparse.ArgumentParser(description="Attacks on a page, and what holds.")
    parser.add_argument("only", nargs="*", help="names of attacks, such as other_sites")
    only = set(parser.parse_args().only)
    table = grid("attack", "where", "tried", "held", "s", "the first that didn't hold")
    tried = lost = 0
    with tempfile.TemporaryDirectory() as scratch:
        place = Path(scratch)
        users = place / "users"
        users.write_text(f"{hashed('ann', SECRET)}\n{hashed('bob', SECRET[::-1])}\n", "utf-8")
        for where, attacks, options in (
            ("open", OPEN, ("--rate", "0")),
            ("login", CLOSED, ("--auth", str(users))),
        ):
            chosen = [attack for attack in attacks if not only or attack.__name__ in only]
            if not chosen:
                continue
            with serving(place / where, *options) as page:
                for attack in chosen:
                    begun = time.monotonic()
                    found = list(attack(page))
                    fell = [what for what, held in found if not held]
                    tried, lost = tried + len(found), lost + len(fell)
                    table.add_row(
                        attack.__name__.replace("_", " "), where, f"{len(found):,}",
                        f"{len(found) - len(fell):,}", f"{time.monotonic() - begun:.0f}",
                        fell[0] if fell else "",
                    )  # fmt: skip
                    print(
                        f"{attack.__name__}: {len(found) - len(fell)} of {len(found)}", flush=True
                    )
    console().print(table)
    print(f"{tried:,} tried, {tried - lost:,} held")
    return 1 if lost else 0


if __name__ == "__main__":
    raise SystemExit(main())
