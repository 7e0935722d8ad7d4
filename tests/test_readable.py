"""LaTeX and HTML made readable: what it looks like, and that no figure is ever lost."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ingest.sources.readable import readable

TEXTS = {
    "per cent": (r"saves 93.72\% of 1\,000\,000 \$", "saves 93.72% of 1000000 $"),
    "accents": (r"M\'elange No{\'e}mie \v{S}koda \c c {\o} \'{\i}", "Mélange Noémie Škoda ç ø í"),
    "greek": (r"$\alpha$-stable, {\boldmath $\mu$}, \Omega", "α-stable, μ, Ω"),
    "powers": (r"$10^{-3}$ to $1.2 \times 10^{12}$ and $x_{ij}$", "10^-3 to 1.2 × 10^12 and x_ij"),
    "fractions": (r"$\frac{1}{2}$ and $\frac12$ of $\frac{a+b}{c}$", "1/2 and 1/2 of (a+b)/c"),
    "complexity": (r"$\mathcal{O}(n \log n)$, $\sqrt{2}$, $\binom{n}{2}$", "O(n log n), √2, binom(n, 2)"),
    "about": (r"$\sim$5\% and ~5% and Figure~3", "~5% and ~5% and Figure 3"),
    "emphasis": (r"{\em very} \emph{fast} \textbf{\textit{model}}", "very fast model"),
    "dashes and quotes": (r"costs--often--of 10--20, ``so called''", "costs–often–of 10–20, “so called”"),
    "links": (r"\url{https://a.b/c_d}, \href{https://a.b}{here}", "https://a.b/c_d, here (https://a.b)"),
    "an unknown command": (r"\ourmethod{} beats \method{3}{4}", "ourmethod beats 3 4"),
    "money": ("between $5 and $10, $100K+ in all", "between $5 and $10, $100K+ in all"),
    "sets": (r"over {a, b}, $\{0, 1\}^n$ and {BERT}s", "over {a, b}, {0, 1}^n and BERTs"),
    "paths and options": (r"C:\new\table and --map of 3 -- 4", r"C:\new\table and --map of 3 – 4"),
    "HTML": ("<p>CO<sub>2</sub> &amp; 10<sup>3</sup> <i>g</i> &lt;b&gt;</p>", "CO2 & 10^3 g <b>"),
    "JATS": ("<jats:p>A <jats:italic>b</jats:italic></jats:p><jats:p>C</jats:p>", "A b C"),
    "no tags": ("if a<b and c>d or x < 5", "if a<b and c>d or x < 5"),
    "spaces": ("  of \n\t two   lines ", "of two lines"),
    "a broken formula": (r"costs $5 {or \frac{1}", "costs $5 {or 1/"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "shown"), TEXTS.values(), ids=TEXTS.keys())
def test_markup_is_shown_as_a_person_would_write_it(text: str, shown: str) -> None:
    assert readable(text) == shown


BIBTEX = {
    "protected capitals": ("Instruct{AV}: {T}he {BERT} {Model}", "InstructAV: The BERT Model"),
    "nested braces": ("{{Deep {{N}ets} at} {5}0 layers}", "Deep Nets at 50 layers"),
    "a tie": ("Fig.~2 of~{Doe}", "Fig. 2 of Doe"),
    "groups of digits": ("10{,}000 of {10}{20}", "10,000 of 10 20"),
}


@pytest.mark.parametrize(("text", "shown"), BIBTEX.values(), ids=BIBTEX.keys())
def test_in_bibtex_every_brace_is_markup(text: str, shown: str) -> None:
    assert readable(text, bibtex=True) == shown


FIGURE = re.compile(r"\d+(?:[.,]\d+)*")
figures = st.from_regex(r"[1-9][0-9]{0,3}(?:[.,][0-9]{1,3})?", fullmatch=True)
frames = st.sampled_from(
    [
        "{}", r"{}\%", r"${}$", r"$10^{{{}}}$", r"$x_{{{}}}$", r"$x^{}$", r"\emph{{{}}}", r"{{\bf {}}}",
        r"$\frac{{{}}}{{7}}$", r"$\sqrt{{{}}}$", r"$\sqrt[3]{{{}}}$", r"~{}", r"$\sim${}", r"\$ {}",
        r"$\mathbf{{{}}} \times 2$", r"\unknown{{{}}}", r"\footnote{{{}}}", r"({}--9)", r"``{}''",
        "<b>{}</b>", "a<sup>{}</sup>", "x < {}", "&lt;{}&gt;", r"\({}\)", r"\[ {} \]", "$$ {} $$",
        r"$\geq {}$", r"${}\,$", r"$\left( {} \right)$", r"{{{}}}", r"\textcolor{{red}}{{{}}}",
        r"\'e {}", "${} to", "{{{}", "{}}}", r"\href{{a}}{{{}}}", "<p>{}</p>",
    ]
)  # fmt: skip
marked = st.builds(lambda frame, figure: frame.format(figure), frames, figures)


@settings(max_examples=60)
@given(st.lists(marked, max_size=12), st.booleans())
@example([r"$5", r"$1", r"$x^5$"], False)
def test_every_figure_of_a_text_is_in_what_is_shown(pieces: list[str], bibtex: bool) -> None:
    text = " ".join(pieces)
    shown = FIGURE.findall(readable(text, bibtex=bibtex))
    for figure in FIGURE.findall(text):
        assert figure in shown, (text, figure, shown)
        shown.remove(figure)


signs = st.text(alphabet=r"\{}$^_~&<>[]()'`\"%-.,; aebcZ\n" + "αé")


@given(st.lists(st.one_of(signs, figures), max_size=20).map(" ".join), st.booleans())
def test_no_digit_of_any_text_is_lost(text: str, bibtex: bool) -> None:
    shown = readable(text, bibtex=bibtex)
    assert sorted(re.findall(r"\d", shown)) == sorted(re.findall(r"\d", text))


@given(st.text(alphabet=st.characters(codec="utf-8", exclude_characters=r"\$~<&{}-`'")))
def test_text_without_markup_stays_as_it_is(text: str) -> None:
    assert readable(text) == " ".join(unicodedata.normalize("NFC", text).split())


DEEP = {
    "braces": "{" * 200_000,
    "braces of BibTeX": "{a" * 50_000 + "}" * 50_000,
    "formulas": "$x^{" * 50_000,
    "brackets": r"\(" * 50_000,
    "commands": r"\frac" * 50_000,
    "accents": r"\'" * 50_000,
    "tags": "<p " * 50_000,
    "quotes": "''" * 50_000,
}


@pytest.mark.parametrize("text", DEEP.values(), ids=DEEP.keys())
@pytest.mark.parametrize("bibtex", [False, True], ids=["text", "BibTeX"])
def test_markup_without_end_is_read_to_its_end(text: str, *, bibtex: bool) -> None:
    assert isinstance(readable(text, bibtex=bibtex), str)
