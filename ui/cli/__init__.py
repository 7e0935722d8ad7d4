"""The command line: arguments in, lines and exit codes out; every answer is made elsewhere."""

from __future__ import annotations


def start() -> int:
    """Run the command; Ctrl-C ends it quietly even while it is still loading what it needs."""
    try:
        import signal

        from ui.cli.main import main

        code = main()
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # nothing is left to be stopped
    except KeyboardInterrupt:
        return 130
    return code
