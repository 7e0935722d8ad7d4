"""All regular expressions of the project, and texts that would hold up those that aren't linear."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, is_dataclass
from functools import cache
from itertools import chain
from re import _compiler, _parser  # type: ignore[attr-defined]
from types import ModuleType
from typing import Any

import ingest
import rag
import ui
from eval.bench.attack.pieces import PIECES
from rag.read.table import announcements
from rag.records import query

Parsed = Any  # of re's own parser

_CHARACTERS = "a 1A,.-(\n\"'[/_\u0301论"  # what stands for a set of characters, where it is in it
_PARTS = "compile match fullmatch search findall finditer sub subn split".split()
# Modules whose patterns are given nothing longer.
_SHORT = dict.fromkeys(
    ("items", "parsing", "parsing_lists", "parsing_papers", "pointing"), query.LONGEST
)
_ENDLESS = 30  # times: what may come more often counts as repeated for ever

Read = Callable[[str], object]


@dataclass(frozen=True)
class Found:
    """A pattern, where it is, and the function that looks for it in a text."""

    where: str
    pattern: re.Pattern[str]
    look: Read

    def read(self, text: str) -> None:
        """Look for the pattern in what its module would be given of a text."""
        records = self.package == "rag.records"
        self.look(text[: _SHORT.get(self._names[2])] if records else text)

    @property
    def package(self) -> str:
        """The first two of its module's names."""
        return ".".join(self._names[:2])

    @property
    def _names(self) -> list[str]:
        return re.findall(r"\w+", self.where)


def packages() -> list[str]:
    """The rooms and modules right inside the three packages, without importing any of them."""
    return [
        each.name
        for package in (ingest, rag, ui)
        for each in pkgutil.iter_modules(package.__path__, f"{package.__name__}.")
        if each.name != "rag.llama" and not each.name.endswith("__main__")
    ]


@cache
def found() -> list[Found]:
    """The patterns that modules hold, in whatever tables, and those that calls of ``re`` name.

    Left out are those made of data: escaped words of titles and questions.
    """
    known: dict[tuple[str, int, str], Found] = {}

    def add(where: str, pattern: re.Pattern[Any], method: str) -> None:
        if isinstance(pattern.pattern, str):
            method = method if method in ("match", "fullmatch") else "finditer"
            key = pattern.pattern, pattern.flags, method
            known.setdefault(key, Found(where, *reading(pattern, method)))

    for pattern in _inside(announcements()):  # compiled when they are needed
        add("rag.read.table.announcements", pattern, "finditer")
    for module in modules():
        for name, value in vars(module).items():
            for pattern in _inside(value):
                for method in ways().get(_known_as(module, name), {"finditer"}):
                    add(f"{module.__name__}.{name}", pattern, method)
        for call, method in _calls(_tree(module)):
            if (said := _said(call, module)) is not None:
                add(f"{module.__name__}:{call.lineno}", said, method)
    return list(known.values())


def reading(said: str | re.Pattern[str], method: str = "finditer") -> tuple[re.Pattern[str], Read]:
    """A pattern, and what looks for it in this way."""
    pattern = re.compile(said)
    read: Read = getattr(pattern, method)
    return pattern, (lambda text: sum(1 for _ in pattern.finditer(text))) if (
        method == "finditer"
    ) else read


@cache
def modules() -> tuple[ModuleType, ...]:
    """All modules of the three packages that can be imported here."""
    names = (
        each.name
        for package in (ingest, rag, ui)
        for each in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")
        if not each.name.endswith("__main__") and not each.name.startswith("rag.llama")
    )
    return tuple(map(importlib.import_module, names))


def _inside(value: object, depth: int = 5) -> Iterator[re.Pattern[str]]:
    if isinstance(value, re.Pattern):
        yield value
        return
    held: list[object] = []
    if isinstance(value, (tuple, list, set, frozenset)):
        held = list(value)
    elif isinstance(value, dict):
        held = [*value.keys(), *value.values()]
    elif is_dataclass(value) and not isinstance(value, type):
        held = [getattr(value, field.name, None) for field in fields(value)]
    elif callable(value) and isinstance(getattr(value, "__self__", None), re.Pattern):
        held = [value.__self__]  # a pattern's method
    for one in held if depth else ():
        yield from _inside(one, depth - 1)


@cache
def _tree(module: ModuleType) -> ast.Module:
    return ast.parse(inspect.getsource(module))


@cache
def ways() -> dict[str, set[str]]:
    """By the names of patterns, the methods that are called of them: of a private one in its own
    module (``MODULE.NAME``), of another one anywhere."""
    by_name: dict[str, set[str]] = {}
    for module in modules():
        for node in ast.walk(_tree(module)):
            if isinstance(node, ast.Attribute) and node.attr in _PARTS:
                owner = node.value
                while isinstance(owner, ast.Subscript):  # of a table
                    owner = owner.value
                name = owner.id if isinstance(owner, ast.Name) else getattr(owner, "attr", "")
                by_name.setdefault(_known_as(module, name), set()).add(node.attr)
    return by_name


def _known_as(module: ModuleType, name: str) -> str:
    return f"{module.__name__}.{name}" if name.startswith("_") else name


def _calls(tree: ast.Module) -> Iterator[tuple[ast.Call, str]]:
    """The calls of ``re``'s functions, and how what they find is looked for; without those that
    make what a module holds."""
    held = {
        id(node)
        for statement in tree.body
        if not isinstance(statement, (ast.FunctionDef, ast.ClassDef))
        for node in ast.walk(statement)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and _of_re(made := node.value):
            held.add(id(made))
            yield made, node.attr  # type: ignore[misc]
        elif isinstance(node, ast.Call) and _of_re(node) and id(node) not in held:
            yield node, node.func.attr  # type: ignore[attr-defined]


def _of_re(node: ast.expr) -> bool:
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
        return False
    owner = node.func.value
    return isinstance(owner, ast.Name) and owner.id == "re" and node.func.attr in _PARTS


def _said(call: ast.Call, module: ModuleType) -> re.Pattern[str] | None:
    """The pattern of a call of ``re``; None where it is made of what only a run knows."""
    place = {"compile": 1, "sub": 4, "subn": 4, "split": 3}.get(call.func.attr, 2)  # type: ignore[attr-defined]
    flags = call.args[place : place + 1] + [k.value for k in call.keywords if k.arg == "flags"]

    def value(node: ast.expr) -> Any:  # noqa: ANN401
        return eval(compile(ast.Expression(node), "<call>", "eval"), dict(vars(module)))

    try:
        return re.compile(value(call.args[0]), *map(value, flags))
    except NameError:
        return None


# --- what a pattern's own repeats would like to read --------------------------------------------


def texts(pattern: re.Pattern[str]) -> list[tuple[str, str]]:
    """Beginnings and pieces that may be repeated behind them: those that everybody knows, and what
    the pattern itself repeats, behind what it wants to see before."""
    own = set(_repeats(_parser.parse(pattern.pattern, pattern.flags), "", pattern.flags))
    each = ((("", piece), ("", before + piece), (before, piece)) for before, piece in sorted(own))
    return list(dict.fromkeys([*(("", piece) for piece in PIECES), *chain.from_iterable(each)]))


def _repeats(nodes: Parsed, before: str, flags: int) -> Iterator[tuple[str, str]]:
    for node in nodes:
        kind, said = node
        name = str(kind)
        if name.endswith("_REPEAT"):
            if said[1] >= _ENDLESS:
                yield from ((before, piece) for piece in _pieces(said[2], flags))
            yield from _repeats(said[2], before, flags)
        elif name == "BRANCH":
            for branch in said[1]:
                yield from _repeats(branch, before, flags)
        elif name == "SUBPATTERN":
            yield from _repeats(said[-1], before, flags)
        elif name == "ASSERT":
            yield from _repeats(said[1], before, flags)
        before += _example([node], flags)


def _pieces(body: Parsed, flags: int) -> Iterator[str]:
    """Some texts that what is repeated fits."""
    if len(body) == 1 and str(body[0][0]) in ("IN", "ANY", "NOT_LITERAL", "CATEGORY"):
        fits = _compiler.compile(_alone(body[0], flags), flags).match
        yield from filter(fits, _CHARACTERS)
    elif len(body) == 1 and str(body[0][0]) == "BRANCH":
        yield from (_example(branch, flags) for branch in body[0][1][1])
    elif piece := _example(body, flags):
        yield piece


def _example(nodes: Parsed, flags: int) -> str:
    """A text that the nodes fit, more or less."""
    text = ""
    for node in nodes:
        kind, said = node
        name = str(kind)
        if name == "LITERAL":
            text += chr(said)
        elif name in ("IN", "ANY", "NOT_LITERAL"):
            fits = _compiler.compile(_alone(node, flags), flags).match
            text += next(filter(fits, _CHARACTERS), "~")
        elif name.endswith("_REPEAT"):
            text += _example(said[2], flags) * max(said[0], 1)
        elif name == "BRANCH":
            text += _example(said[1][0], flags)
        elif name == "SUBPATTERN":
            text += _example(said[-1], flags)
    return text


def _alone(node: Parsed, flags: int) -> Parsed:
    state = _parser.State()
    state.flags = flags
    return _parser.SubPattern(state, [node])
