"""Products take one BLAS thread while a question is answered, and the process keeps its own."""

from __future__ import annotations

import threading

import numpy as np
from threadpoolctl import ThreadpoolController, threadpool_info

from rag.threads import one_blas_thread


def blas() -> set[int]:
    np.ones((2, 2)) @ np.ones((2, 2))
    """The threads of NumPy's own BLAS; another package may have brought its own."""
    found = (lib for lib in threadpool_info() if lib["user_api"] == "blas")
    return {lib["num_threads"] for lib in found if "numpy" in lib["filepath"]}


def program_sets(threads: int) -> int:
    """What was set before; by a thread that is gone: one that lives would keep OpenBLAS."""
    was = max(blas())
    setter = threading.Thread(
        target=lambda: ThreadpoolController().limit(limits=threads, user_api="blas")
    )
    setter.start()
    setter.join()
    return was


def test_products_take_one_thread_and_the_process_keeps_its_own() -> None:
    inside, leave, seen = threading.Event(), threading.Event(), []

    @one_blas_thread()
    def other() -> None:
        inside.set()
        leave.wait(10)
        seen.append(blas())

    own = program_sets(2)
    try:
        before = blas()
        asking = threading.Thread(target=other)
        with one_blas_thread():
            asking.start()
            inside.wait(10)
            assert blas() == {1}
        assert blas() == {1}  # the other one is still at it
        leave.set()
        asking.join()
        assert seen == [{1}]
        assert blas() == before
    finally:
        program_sets(own)
