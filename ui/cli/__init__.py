"""The command line: arguments in, lines and exit codes out; every answer is made elsewhere."""

from __future__ import annotations

import gc
import os
import signal
from types import FrameType


def start() -> int:
    """Run the command; Ctrl-C ends it quietly even while it is still loading what it needs."""
    try:
        # An exception in the midst of an extension's loading makes some of them crash: until all is
        # loaded, and nothing begun, the process just ends.
        raises = signal.getsignal(signal.SIGINT) is signal.default_int_handler
        if raises:
            signal.signal(signal.SIGINT, _end)
        from ui.cli.main import main

        if raises:
            signal.signal(signal.SIGINT, signal.default_int_handler)
        code = main()
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # nothing is left to be stopped
        gc.freeze()  # to look through all that is left takes Python 0.05 s when it ends
    except KeyboardInterrupt:
        return 130
    return code


def _end(number: int, frame: FrameType | None) -> None:
    os._exit(130)
