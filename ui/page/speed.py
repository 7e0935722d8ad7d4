"""Gradio without the work that nobody sees: at its import, and for each new visitor.

At every import Gradio 6.31 parses the source of each of its components and writes a stub file
(``.pyi``) beside it, for editors. That is half of its import's time, and fails where packages are
read-only. While the block runs, the function that does so is replaced as soon as its module is
loaded; where a later Gradio has no such function, nothing happens.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType, SimpleNamespace
from typing import Any

_MODULE, _FUNCTION = "gradio.component_meta", "create_or_modify_pyi"


@contextmanager
def without_stubs() -> Iterator[None]:
    """Import Gradio in this block."""
    finder = _Finder()
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)


class _Finder(MetaPathFinder):
    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if name != _MODULE:
            return None
        spec = PathFinder.find_spec(name, path)
        if spec is not None and spec.loader is not None:
            spec.loader = _Loader(spec.loader)
        return spec


class _Loader(Loader):
    def __init__(self, real: Loader) -> None:
        self._real = real

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self._real.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        self._real.exec_module(module)
        if hasattr(module, _FUNCTION):
            setattr(module, _FUNCTION, lambda *_: None)


def signatures_kept(made: Iterable[object]) -> None:
    """Have Python remember how the classes of ``made`` are made, as ``inspect`` provides for.

    Gradio asks for the signature of every component's class again for every visitor, in the one
    thread that serves all of them: more than half of what a visitor's first question costs it.
    """
    for class_ in {base for one in made for base in type(one).__mro__}:
        make = vars(class_).get("__init__")
        if inspect.isfunction(make):
            make.__signature__ = inspect.signature(make)  # type: ignore[attr-defined]


def light(page: Any) -> None:  # noqa: ANN401 - Gradio's Blocks, once they are served
    """Have a visitor's session begin without a copy of the settings of every component.

    Gradio keeps those for links that bring back what somebody saw, which this page doesn't offer:
    to make them took three quarters of the time that a visitor's first call costs it.
    """
    page.state_holder.blocks = SimpleNamespace(blocks={}, default_config=page.default_config)
