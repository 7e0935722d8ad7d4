"""Tags in a text: HTML's, JATS', MathML's, which services leave in titles and abstracts."""

from __future__ import annotations

import re

_TAG = re.compile(
    r"</?(?:[a-z]+:)?(?P<tag>(?<=jats:)[a-z-]+|(?<=mml:)[a-z-]+"
    r"|p|br|b|i|u|em|strong|span|div|sub|sup|sc|small|title|sec|italic|bold"
    r"|monospace|underline|list|list-item|ul|ol|li|h[1-6]|tt|code|a|font|math|m[a-z]+|inline-formula"
    r"|disp-formula|tex-math|alternatives|semantics|annotation|xref|ext-link)"
    r"""(?:\s+[\w:.-]+\s*=\s*(?:"[^"<>]*"|'[^'<>]*'|[^\s<>"']+))*\s*/?>""",
    re.I,
)
_ALTERNATIVES = re.compile(r"(</?)(?:\w+:)?alternatives>")
_ANNOTATION = re.compile(
    r"<(?:\w+:)?annotation(?:-xml)?\b[^<>]*>[^<>]{0,3000}</(?:\w+:)?annotation[^<>]*>"
)
_TWIN = re.compile(
    r"(</(?:\w+:)?tex-math>)\s*<(?:\w+:)?math\b(?:(?!</?(?:\w+:)?math\b).){0,5000}</(?:\w+:)?math>",
    re.S,
)
_MINUS = re.compile(r"[-−–+]\d")  # as they are written
_TEX = re.compile(r"<(?:\w+:)?tex-math[^<>]*>([^<]*)</")
_BREAKS = frozenset("p br div title sec list list-item ul ol li h1 h2 h3 h4 h5 h6".split())


def once(text: str) -> str:
    """JATS gives a formula as TeX and as MathML among ``alternatives``: the TeX is enough."""
    if "annotation" in text:
        text = _ANNOTATION.sub("", text)
    if "tex-math" in text:
        text = _TWIN.sub(r"\1", text)
    if "alternatives>" not in text:
        return text
    before, *pieces = _ALTERNATIVES.split(text)  # then "<" or "</" and what follows the tag
    shown = [before]
    for opening, said in zip(pieces[::2], pieces[1::2], strict=True):
        tex = _TEX.search(said) if opening == "<" else None
        shown.append(tex[1] if tex else said)
    return "".join(shown)


def without_tags(text: str) -> str:
    """``text`` without the tags of HTML, JATS and MathML; raised and lowered figures stay so."""

    def shown(match: re.Match[str]) -> str:
        tag, closing = match["tag"].lower(), match[0].startswith("</")
        before, after = _beside(text, match)
        if tag in _BREAKS:
            return " "
        raised = after.isdigit() or _MINUS.match(text, match.end())
        if not closing and tag == "sup" and before.isalnum() and raised:
            return "^"  # 10<sup>3</sup> is not 103
        if not closing and tag == "sub" and before.isdigit() and after.isdigit():
            return "_"
        # Cells of MathML: figures that stand apart must not run together.
        return " " if tag.startswith("m") and before.isdigit() and after.isdigit() else ""

    return _TAG.sub(shown, text) if "<" in text else text


def _beside(text: str, match: re.Match[str]) -> tuple[str, str]:
    start, end = match.span()
    return text[max(0, start - 1) : start], text[end : end + 1]
