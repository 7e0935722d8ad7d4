"""LaTeX's commands as tables: signs, accents, what is not seen, keys."""

from __future__ import annotations

SIGNS = {
    **dict(
        zip(
            "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma"
            " tau upsilon phi chi psi omega Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi"
            " Omega".split(),
            "αβγδεζηθικλμνξπρστυφχψωΓΔΘΛΞΠΣΥΦΨΩ",
            strict=True,
        )
    ),
    **{"varepsilon": "ε", "vartheta": "ϑ", "varphi": "φ", "varrho": "ϱ", "varsigma": "ς"},
    **{"times": "×", "cdot": "·", "pm": "±", "mp": "∓", "div": "÷", "ast": "*", "circ": "°"},
    **{"le": "≤", "leq": "≤", "leqslant": "≤", "ge": "≥", "geq": "≥", "geqslant": "≥", "ne": "≠"},
    **{"neq": "≠", "approx": "≈", "simeq": "≃", "equiv": "≡", "propto": "∝", "sim": "~"},
    **{"ll": "≪", "gg": "≫", "lesssim": "≲", "gtrsim": "≳", "in": "∈", "notin": "∉"},
    **{"subset": "⊂", "subseteq": "⊆", "supset": "⊃", "cup": "∪", "cap": "∩", "emptyset": "∅"},
    **{"to": "→", "rightarrow": "→", "leftarrow": "←", "Rightarrow": "⇒", "mapsto": "↦"},
    **{"leftrightarrow": "↔", "longrightarrow": "→", "uparrow": "↑", "downarrow": "↓"},
    **{"infty": "∞", "partial": "∂", "nabla": "∇", "sum": "∑", "prod": "∏", "int": "∫"},
    **{"forall": "∀", "exists": "∃", "neg": "¬", "land": "∧", "lor": "∨", "wedge": "∧", "vee": "∨"},
    **{"oplus": "⊕", "otimes": "⊗", "odot": "⊙", "dagger": "†", "perp": "⊥", "mid": "|"},
    **{"ell": "ℓ", "hbar": "ℏ", "Re": "ℜ", "Im": "ℑ", "aleph": "ℵ", "prime": "′", "angle": "∠"},
    **{"langle": "⟨", "rangle": "⟩", "lfloor": "⌊", "rfloor": "⌋", "lceil": "⌈", "rceil": "⌉"},
    **{"ldots": "...", "dots": "...", "cdots": "...", "textellipsis": "...", "vdots": "..."},
    **{"textendash": "–", "textemdash": "—", "textquoteright": "’", "textquoteleft": "‘"},
    **{"textbackslash": "\\", "backslash": "\\", "textasciitilde": "~", "textasciicircum": "^"},
    **{"textunderscore": "_", "textbar": "|", "textless": "<", "textgreater": ">", "lbrace": "{"},
    **{"textbraceleft": "{", "textbraceright": "}"},
    **{"rbrace": "}", "textregistered": "®", "texttrademark": "™", "copyright": "©", "S": "§"},
    **{
        "textdegree": "°",
        "degree": "°",
        "pounds": "£",
        "texteuro": "€",
        "euro": "€",
        "textmu": "µ",
    },
    **{"o": "ø", "O": "Ø", "l": "ł", "L": "Ł", "ss": "ß", "ae": "æ", "AE": "Æ", "oe": "œ"},
    **{"OE": "Œ", "aa": "å", "AA": "Å", "i": "ı", "j": "ȷ", "dh": "ð", "DH": "Ð", "th": "þ"},
    **{"TeX": "TeX", "LaTeX": "LaTeX", "quad": " ", "qquad": " ", "newline": " ", "par": " "},
    **{"top": "⊤", "bullet": "•", "star": "⋆", "setminus": "∖", "triangle": "△", "checkmark": "✓"},
    **{
        "texttimes": "×",
        "textpm": "±",
        "textdiv": "÷",
        "textperiodcentered": "·",
        "texttilde": "~",
    },
    **{"textonehalf": "½", "textonequarter": "¼", "textohm": "Ω", "textcelsius": "°C"},
    **{"farcs": ".″", "farcm": ".′", "fdg": ".°", "arcsec": "″", "arcmin": "′", "sun": "☉"},
    **{"earth": "⊕", "AA": "Å", "textminus": "−", "textrightarrow": "→", "textexclamdown": "¡"},
    **{"textquestiondown": "¿", "guillemotleft": "«", "guillemotright": "»", "DJ": "Đ", "dj": "đ"},
    **{
        "ng": "ŋ",
        "NG": "Ŋ",
        "textquotedblleft": "“",
        "textquotedblright": "”",
        "quotedblbase": "„",
    },
    **{
        "item": "•",
        "textperthousand": "‰",
        "textasciimacron": "¯",
        "textsection": "§",
        "textparagraph": "¶",
    },
}

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
