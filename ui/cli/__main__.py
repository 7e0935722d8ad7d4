"""``python -m ui.cli`` is ``askpapers`` where that isn't installed."""

from ui.cli import start

raise SystemExit(start())
