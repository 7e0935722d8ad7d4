r"""LaTeX and HTML in titles and abstracts, made readable: ``$10^{-3}$`` becomes ``10^-3``.

Nothing that a reader could want is dropped: what a command encloses stays, an unknown command
leaves its name or its argument, and every figure of the input is in the output.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Callable

from ingest.sources.latex import ACCENTS, KEYS, UNSEEN, sign
from ingest.sources.tags import once, without_tags

_MAX_FORMULA = 2000  # characters; what has no end within them is no formula
_MAX_DEPTH = 60  # of groups in each other; deeper ones lose their braces only

_MARK = re.compile(
    r"""(?P<name>\\[A-Za-z]+\*?)(?P<space>\ *) | (?P<escaped>\\[^A-Za-z\n]) | (?P<math>\$\$?)
    | (?P<open>\{) | (?P<close>\}) | (?P<script>[\^_]) | (?P<tilde>~)
    | (?P<dashes>---?) | (?P<quotes>``|'')""",
    re.X,
)
# A class of characters is searched for ten times as fast as the alternatives that begin with them.
_FIRST = re.compile(r"[\\$~{}^_`'-]")
_COMMAND = re.compile(r"\\[A-Za-z]{2,}|\$[^$\s][^$]*\$")
_ADDRESS = re.compile(r"://|\bwww\.|/~?$", re.I)
_RANGE = frozenset("0123456789%°℃$€£¥")
_COMPARED = frozenset("<>=≤≥≈")
_TWICE = re.compile(r"&amp;(?:amp;)?(?:#\d+|#x[\da-f]+|[a-z]{2,8});", re.I)
_SUSPECT = re.compile(r"[\\$~<&{]")
_CLOSING = frozenset(".,;:)")


def readable(text: str, *, bibtex: bool = False) -> str:
    """``text`` without its markup, on one line; in ``bibtex`` every brace is markup."""
    if _is_suspect(text):
        escaped = "lt;/" in text
        text = _unescaped(without_tags(once(text)))
        text = without_tags(text) if escaped else text  # "&lt;i&gt;" is a tag, "&lt; 5" is none
        if bibtex or _is_suspect(text):
            text = _Latex(text, bibtex).read()
    return one_line(text if text.isascii() else unicodedata.normalize("NFC", text))


def _unescaped(text: str) -> str:
    """Entities resolved; those that were escaped twice (``&amp;lt;``), too."""
    once = html.unescape(text)
    return html.unescape(once) if _TWICE.search(text) else once


def one_line(text: str) -> str:
    """``text`` with every run of white space as one space, and none at its ends."""
    if text.isascii() and text.isprintable() and "  " not in text:
        return text.strip(" ")  # most texts: no need to cut them into words
    return " ".join(text.split())


def _is_suspect(text: str) -> bool:
    return bool(_SUSPECT.search(text)) or "--" in text or "``" in text or "''" in text


def _whole(shown: str) -> str:
    shown = shown.strip()
    return shown if re.fullmatch(r"\w*(?:[.,]\w+)*", shown) else f"({shown})"


def _spaced(before: str, shown: str) -> str:
    return f" {shown}" if before.isalnum() and shown[:1].isalnum() else shown


def _fraction(over: str, under: str) -> str:
    return f"{_whole(over)}/{_whole(under)}"


def _linked(address: str, shown: str) -> str:
    return shown if shown == address else f"{shown} ({address})"


def _coloured(said: str) -> str:
    return "" if said.isalpha() else said


# Commands with arguments that are shown in their own way: how, and how many arguments.
_SHOWN: dict[str, tuple[Callable[..., str], int]] = {
    "frac": (_fraction, 2),
    "tfrac": (_fraction, 2),
    "dfrac": (_fraction, 2),
    "binom": (lambda n, k: f"binom({n}, {k})", 2),
    "sqrt": (lambda of: f"√{_whole(of)}", 1),
    "footnote": (lambda said: f" ({said})", 1),
    "href": (_linked, 2),
    "color": (_coloured, 1),
}


def _end_without_space(out: list[str]) -> None:
    while out and not out[-1].strip(" "):
        out.pop()
    if out:
        out[-1] = out[-1].rstrip(" ")


class _Latex:
    """One pass over a text from left to right, with a stack of open groups."""

    def __init__(self, text: str, bibtex: bool) -> None:
        self._text, self._bibtex = text, bibtex
        self._at = 0
        self._quotes = bibtex or "``" in text
        self._has_address = "/" in text or "www." in text.lower()
        self._is_latex = bibtex or bool(_COMMAND.search(text))
        self._math = ""  # what ends the formula that we are in
        self._groups = 0  # that we are in: in them every brace is markup

    def read(self) -> str:
        return self._run("", 0)

    def _run(self, end: str, depth: int) -> str:
        """Up to the sign that ends this group or formula, which is taken, too."""
        out: list[str] = []
        while match := self._next():
            out.append(self._text[self._at : match.start()])
            self._at = match.end()
            if end and match[0] == end:
                return "".join(out)
            shown = self._shown(match, "".join(out[-2:])[-1:], depth)
            if not shown and match["name"] and self._peek() in _CLOSING:
                _end_without_space(out)  # "over~\\cite{k}." -> "over."
            out.append(shown)
        out.append(self._text[self._at :])
        self._at = len(self._text)
        return "".join(out)

    def _next(self) -> re.Match[str] | None:
        at = self._at
        while first := _FIRST.search(self._text, at):
            if match := _MARK.match(self._text, first.start()):
                return match
            at = first.end()
        return None

    def _shown(self, match: re.Match[str], before: str, depth: int) -> str:
        mark = match[0]
        if match["name"]:
            return self._command(match["name"][1:].rstrip("*"), match["space"], before, depth)
        if match["escaped"]:
            return self._escape(mark[1], before, depth)
        if match["math"]:
            return self._formula(mark, depth)
        if match["open"]:
            return self._group(match.start(), before, depth)
        if match["close"]:
            return "" if self._bibtex or self._math or self._groups else mark
        if match["script"]:
            return self._script(mark, depth) if self._math else mark
        if match["tilde"]:
            return self._tilde(before)
        if match["quotes"]:
            return ("“" if mark == "``" else "”") if self._is_quote() else mark
        return self._dashes(mark, before)

    def _command(self, name: str, space: str, before: str, depth: int) -> str:
        after = self._peek()
        if name in ACCENTS and (after in ("{", "\\") or (space and after.isalpha())):
            return self._accented(ACCENTS[name], depth)
        if a_sign := sign(name):
            return "~" if name == "textasciitilde" else self._sign(a_sign, space, before)
        if name in _SHOWN:
            how, arguments = _SHOWN[name]
            return how(*(self._argument(depth) for _ in range(arguments)))
        if name in UNSEEN:
            return self._argument(depth) if after == "{" else ""
        if name == "textsuperscript":
            return ("^" if before.isalnum() else "") + self._argument(depth)
        if name in KEYS:
            return self._key(depth)
        if after == "{":
            shown = [self._argument(depth)]
            while self._peek() == "{":
                shown.append(self._argument(depth))
            return _spaced(before, " ".join(shown) if any(shown) else name)
        return (name if self._is_markup(before) else "\\" + name) + space

    def _key(self, depth: int) -> str:
        """A citation's key is no word of the text; its options are: ``[Theorem 3]``."""
        shown = []
        while self._peek() == "[" and 0 <= (end := self._text.find("]", self._at)) - self._at < 80:
            shown.append(self._text[self._at + 1 : end].replace("~", " "))
            self._at = end + 1
        if self._peek() == "{":
            self._argument(depth)
        return f"[{', '.join(filter(None, shown))}]" if any(shown) else ""

    def _sign(self, shown: str, space: str, before: str) -> str:
        if shown == "~":
            after = self._peek()
            if before.isdigit() and after.isdigit():
                return "~"
            apart = bool(before) and not before.isspace() and before not in "($"
            return f" ~{space or ' '}" if apart else f"~{space}"
        # "\alpha x" swallows its space in text; in a formula it parts nothing.
        return shown + (space if self._math or not shown.isalpha() else "")

    def _is_markup(self, before: str) -> bool:
        """Whether an unknown word after a backslash is a command, not a path like ``C:\\new``."""
        return bool(self._math) or not before or not (before.isalnum() or before in ":\\/.")

    def _escape(self, sign: str, before: str, depth: int) -> str:
        after = self._peek()
        accented = after.isalpha() or after in ("{", "\\") or (self._groups > 0 and after == " ")
        if sign in ACCENTS and not self._math and accented:
            return self._accented(ACCENTS[sign], depth)
        if sign in "([" or sign in ")]":
            return self._bracket(sign, depth)
        if sign == "\\":
            return " "  # a line break
        if sign in ",;:!/ -@":  # thin spaces and places to break
            return " " if sign in ",;: " and not self._between_digits(before) else ""
        return sign

    def _between_digits(self, before: str) -> bool:
        return before.isdigit() and self._peek().isdigit()  # 10\,000 is one figure

    def _bracket(self, sign: str, depth: int) -> str:
        end = {"(": "\\)", "[": "\\]"}.get(sign)
        if end is None or self._math or self._end(end) < 0 or depth > _MAX_DEPTH:
            return sign
        return self._inside(end, depth)

    def _formula(self, mark: str, depth: int) -> str:
        if self._math or depth > _MAX_DEPTH:
            return mark
        end = self._end(mark)
        inside = self._text[self._at : end] if end >= 0 else ""
        after = self._text[end + len(mark) : end + len(mark) + 1]
        # As in pandoc: "$5 to $10" is money.
        is_formula = inside and (
            mark == "$$"
            or re.search(r"[\\^]|_\{", inside)
            or not (inside[0].isspace() or inside[-1].isspace() or after.isdigit())
        )
        return self._inside(mark, depth) if is_formula else mark

    def _end(self, mark: str) -> int:
        return self._text.find(mark, self._at, self._at + _MAX_FORMULA)

    def _inside(self, end: str, depth: int) -> str:
        self._math = end
        shown = self._run(end, depth + 1)
        self._math = ""
        return shown

    def _group(self, start: int, before: str, depth: int) -> str:
        is_markup = (
            self._bibtex
            or self._math
            or self._groups
            or self._text.startswith(("\\", "}"), self._at)
            or re.match(r"[A-Z][\w-]*\}", self._text[self._at : self._at + 40])
        )
        if not is_markup:
            return "{"
        if depth > _MAX_DEPTH:
            return ""
        shown = self._braced(depth)
        apart = self._text[start - 1 : start] == "}" and before.isdigit() and shown[:1].isdigit()
        return f" {shown}" if apart else shown

    def _braced(self, depth: int) -> str:
        self._groups += 1
        shown = self._run("}", depth + 1)
        self._groups -= 1
        return shown

    def _argument(self, depth: int) -> str:
        """What a command applies to: a group, a command, else one character."""
        while self._peek() == " ":
            self._at += 1
        if self._peek() == "[":  # an option: shown like an argument
            end = self._text.find("]", self._at)
            if 0 <= end - self._at < 80:
                option = self._text[self._at + 1 : end]
                self._at = end + 1
                return f"{option} {self._argument(depth)}" if option else self._argument(depth)
        if self._peek() == "{":
            self._at += 1
            return self._braced(depth) if depth <= _MAX_DEPTH else ""
        if self._peek() == "\\":
            match = _MARK.match(self._text, self._at)
            if match and depth <= _MAX_DEPTH:
                self._at = match.end()
                return self._shown(match, "", depth + 1)
        shown = self._peek()
        self._at += len(shown)
        return shown

    def _accented(self, accent: str, depth: int) -> str:
        letter = self._argument(depth)
        letter = {"ı": "i", "ȷ": "j"}.get(letter[:1], letter[:1]) + letter[1:]
        marks = 1  # accents that the letter has already go first: \\'{\\^e}
        while marks < len(letter) and unicodedata.combining(letter[marks]):
            marks += 1
        return letter[:marks] + accent + letter[marks:] if letter[:1].isalpha() else letter

    def _script(self, sign: str, depth: int) -> str:
        shown = self._argument(depth).strip()
        return sign + (shown if re.fullmatch(r"[-+−]?[\w.,*′†°∞]+|.?", shown) else f"({shown})")

    def _tilde(self, before: str) -> str:
        """A space where LaTeX ties two words; the sign itself in a range or an address.

        ``Fig.~3``, ``5~km`` are tied; ``10~20``, ``70%~80%``, ``/~hilda``, ``A~B`` stay.
        """
        after = self._peek()
        if self._math:
            return " "
        if self._has_address:
            start = max(self._text.rfind(space, 0, self._at) for space in " \n\t{") + 1
            if _ADDRESS.search(self._text[start : self._at]):
                return "~"
        if not before or not after or before.isspace() or after.isspace() or before == "(":
            return " " if self._bibtex and not after.isdigit() else "~"
        if before in _RANGE and (after.isdigit() or after in "$€£¥-+±−"):
            return "~"
        if before.isdigit() and self._is_span():
            return "~"
        if self._is_latex:
            return " "
        tied = before in ".)]" or after in "\\[" or (before.isdigit() != after.isdigit())
        tied |= before in _COMPARED or after in _COMPARED
        return " " if tied and before.isascii() else "~"

    def _is_span(self) -> bool:
        """Whether the words on both sides are of one shape: ``Q1~Q3``, ``3a~3c``."""
        first = re.search(r"(?<![^\W_])[^\W_]*$", self._text[max(0, self._at - 13) : self._at - 1])
        last = re.match(r"[^\W_]+", self._text[self._at : self._at + 12])
        shapes = [re.sub(r"\d+", "9", found[0]) for found in (first, last) if found]
        return len(shapes) == 2 and shapes[0] == shapes[1]

    def _is_quote(self) -> bool:
        return not self._math and self._quotes

    def _dashes(self, mark: str, before: str) -> str:
        after = self._peek()
        if self._math or before == "-" or after == "-" or (before.isspace() and after.isalnum()):
            return mark  # a minus of a minus, a rule, an option such as --map
        return "—" if mark == "---" else "–"

    def _peek(self) -> str:
        return self._text[self._at : self._at + 1]
