"""What texts are made of that are to hold somebody up: one piece, repeated thousands of times."""

from __future__ import annotations

PIECES = (
    # letters and words
    "a", "A", "aA", "word ", "FlexLLM ", "J. ", "A B ", "a and ", "two ", "first ", "et al. ",
    "i.e. ",
    "a-", "a.", "a_", "a, ", "a/", "a: ", "a (", "1) ",
    # what rules look for
    "nicht ", "not ", "and ", "and, ", "or ", "if ", "by ", "of ", "the ", "a ", "it ",
    "than ", "also ", "what is ", "how many ", "which paper ", "papers about ", "What is FlexLLM? ",
    # digits and units
    "1", "a1", "12 ", "1.5 ", "1,000 ", "12.5% ", "5 ms ", "16GB ", "2x ", "7B-", "1-", "1/",
    "1 x ",
    # space
    " ", "\n", "\t", "\u00a0", "\r\n", "a\n\n", "- a\n", "# a\n",
    # punctuation, brackets, quotation marks
    *".,;:!?…-–—_/\\+*=~^#@&|$%()[]{}<>\"'“”‘’`«»。", "()", "[]", "**", "__", "**b** ",
    "【", "《》",
    # citations and addresses
    "[1]", "[1, 2] ", "[1,", "(Smith et al., 2020) ", "2401.01234 ", "arXiv:2401.01234v2 ",
    "10.1000/xyz.1 ", "doi:", "https://a.example/b ",
    # markup and files
    "$x^2$ ", "\\frac{a}{b} ", "\\alpha", "${", "$a ", "| a ", "<td>", "</b>", "<!--",
    "&amp;", "&#",
    "@misc{a, ", "a = {b}, ", "TY  - JOUR\n", "Title: a\n", '{"a": ',
    # signs of other scripts, and those that change others
    "😀", "👩\u200d💻", "论文", "ورقة ", "статья ", "a\u0301", "\u0301", "\u200b", "\u202e",
)  # fmt: skip
