"""LaTeX's commands as tables: signs, accents, what is not seen, keys."""

from __future__ import annotations

from functools import cache, lru_cache
from typing import Any

# Where pylatexenc has none, or not the sign that papers' authors type themselves: command:sign.
_SIGNS = dict(
    entry.split(":")
    for entry in r"""
    epsilon:ε phi:φ ast:* circ:° leqslant:≤ geqslant:≥ ne:≠ sim:~ longrightarrow:→ neg:¬
    land:∧ lor:∨ mid:| hbar:ℏ Re:ℜ Im:ℑ prime:′ ldots:... dots:... cdots:... textellipsis:...
    vdots:... textbackslash:\ backslash:\ textasciitilde:~ textasciicircum:^ textunderscore:_
    textbar:| textless:< textgreater:> lbrace:{ textbraceleft:{ textbraceright:} rbrace:}
    copyright:© S:§ degree:° pounds:£ euro:€ TeX:TeX LaTeX:LaTeX bullet:• triangle:△
    checkmark:✓ textperiodcentered:· texttilde:~ textohm:Ω textcelsius:°C farcs:.″ farcm:.′
    fdg:.° arcsec:″ arcmin:′ sun:☉ earth:⊕ textminus:− item:•
    """.split()
) | dict.fromkeys(("quad", "qquad", "newline", "par"), " ")


@lru_cache(maxsize=1024)
def sign(name: str) -> str | None:
    """The sign that the command ``name`` stands for; None where it is no sign."""
    if name in _SIGNS:
        return _SIGNS[name]
    shown = getattr(_commands().get_macro_spec(name), "simplify_repl", None)
    if not isinstance(shown, str) or len(shown) != 1 or shown.isascii() or not shown.isprintable():
        return None
    return shown


@cache
def _commands() -> Any:  # noqa: ANN401 - pylatexenc has no types
    from pylatexenc.latex2text import get_default_latex_context_db

    return get_default_latex_context_db()


# Commands that change only how their text looks, or nothing at all.
UNSEEN = frozenset(
    "em it bf tt sc sf rm sl bfseries itshape ttfamily scshape sffamily rmfamily mdseries upshape"
    " normalfont emph textit textbf texttt textsc textsf textrm textsl textup textmd textnormal"
    " underline mbox hbox text textsubscript mathrm mathbf mathit mathcal mathbb"
    " mathsf mathtt mathfrak mathscr boldsymbol bm pmb operatorname mathop ensuremath left right"
    " big Big bigg Bigg bigl bigr Bigl Bigr middle displaystyle textstyle scriptstyle limits"
    " hat bar tilde vec dot overline widehat widetilde underbar uppercase lowercase url path"
    " nolimits nolinkurl protect relax noindent centering small footnotesize scriptsize tiny"
    " normalsize large Large LARGE huge Huge xspace textcolor boldmath unboldmath".split()
)

KEYS = frozenset(
    "cite citet citep citealt citealp citeauthor citeyear textcite parencite autocite footcite"
    " label nocite begin end ref eqref pageref autoref nameref cref Cref vref".split()
)

ACCENTS = {
    "`": "\u0300", "'": "\u0301", "^": "\u0302", "~": "\u0303", '"': "\u0308", "=": "\u0304",
    ".": "\u0307", "c": "\u0327", "v": "\u030c", "u": "\u0306", "H": "\u030b", "k": "\u0328",
    "r": "\u030a", "d": "\u0323", "b": "\u0331", "t": "\u0361", "h": "\u0309",
}  # fmt: skip
