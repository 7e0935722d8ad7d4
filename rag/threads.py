"""One BLAS thread where a question is answered: its products are too small to be shared out.

On a busy machine several threads wait for each other: an answer took 1.5 s instead of 0.2. What a
program has set for itself holds again as soon as nothing is asked.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache
from typing import Any

from threadpoolctl import ThreadpoolController


class _Asking:
    """How many are asking now, and what puts the settings back; they are the whole process's."""

    guard = threading.Lock()
    many = 0
    limit: Any = None


@cache
def _setter() -> tuple[ThreadpoolController, ThreadPoolExecutor]:
    """The libraries that are loaded, looked through once, and the thread that sets them: only the
    one that has changed OpenBLAS may change it back."""
    return ThreadpoolController(), ThreadPoolExecutor(1, thread_name_prefix="askpapers-blas")


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Inside, and in whatever it decorates, products take one thread; any thread may use it."""
    libraries, thread = _setter()
    with _Asking.guard:
        if _Asking.many == 0:
            set_ = thread.submit(lambda: libraries.limit(limits=1, user_api="blas").__enter__())
            _Asking.limit = set_.result()
        _Asking.many += 1
    try:
        yield
    finally:
        with _Asking.guard:
            _Asking.many -= 1
            if _Asking.many == 0:
                thread.submit(_Asking.limit.__exit__, None, None, None).result()
