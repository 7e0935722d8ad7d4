"""A bundled transformer: tokenizer and session, loaded by the first who needs them."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from onnxruntime import InferenceSession
    from tokenizers import Tokenizer

_MOST_THREADS = 8
Item = TypeVar("Item")
Result = TypeVar("Result")


class Transformer:
    """``tokenizer.json`` and an ONNX ``model`` of a folder; one row at a time goes through it."""

    def __init__(self, folder: Path, model: str) -> None:
        self._folder, self._model = folder, model

    @cached_property
    def _tokenizer(self) -> Tokenizer:
        from tokenizers import Tokenizer

        return Tokenizer.from_file(str(self._folder / "tokenizer.json"))

    @cached_property
    def _session(self) -> InferenceSession:
        import onnxruntime  # 0.1 s: only who needs it pays

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1  # a row a thread is quicker than a row in all threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        return onnxruntime.InferenceSession(
            str(self._folder / self._model), options, providers=["CPUExecutionProvider"]
        )

    @cached_property
    def ends(self) -> tuple[int, int]:
        """The numbers of ``[CLS]`` and ``[SEP]``."""
        cls, sep = (int(self._tokenizer.token_to_id(t) or 0) for t in ("[CLS]", "[SEP]"))
        return cls, sep

    def pieces(self, texts: Sequence[str]) -> list[list[int]]:
        """The numbers of each text's word pieces."""
        rows = self._tokenizer.encode_batch(list(texts), add_special_tokens=False)
        return [row.ids for row in rows]

    def run(self, **inputs: NDArray[Any]) -> NDArray[np.float32]:
        """The model's output for a batch of one row, without the batch's axis."""
        found: NDArray[np.float32] = self._session.run(None, inputs)[0][0]
        return found

    @cached_property
    def _pool(self) -> ThreadPoolExecutor:
        threads = min(_MOST_THREADS, os.cpu_count() or 1)
        return ThreadPoolExecutor(threads, thread_name_prefix="askpapers-transformer")

    def each(self, do: Callable[[Item], Result], items: Sequence[Item]) -> list[Result]:
        """``do`` for every item, in order; several in as many threads as there are processors.

        The threads are kept, and shared by all who ask. Who is interrupted leaves no more to them
        than the rows that they are at.
        """
        if len(items) < 2:
            return [do(item) for item in items]
        self._session, self._tokenizer  # noqa: B018 - loaded once, before threads ask for them
        return list(self._pool.map(do, items))
