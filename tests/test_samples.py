"""The real files of other programs and services that stand beside the repository, where they do."""

from __future__ import annotations

from pathlib import Path

import pytest
from test_formats import records

from ingest.errors import NotAPaper

SAMPLES = Path(__file__).parents[2] / "shared" / "samples"

# folder and start of the name -> papers, records listed, and the reason of the first of them
FOUND: dict[str, tuple[int, int, str]] = {
    "arxiv_atom/id_1707.08567": (1, 0, ""),
    "arxiv_atom/id_quant-ph_0201082v1": (1, 0, ""),
    "arxiv_atom/id_abc": (0, 1, "arXiv says: incorrect id format for abc"),
    "arxiv_atom/q_testing_s0": (10, 0, ""),
    "arxiv_atom/q_testing_s10": (10, 0, ""),
    "arxiv_atom/q_testing_s30": (10, 0, ""),
    "arxiv_atom/q_testing_s50": (10, 0, ""),
    "arxiv_atom/q_testing_s5_": (15, 0, ""),
    "bibtex/examples__bibtex": (0, 1, "no abstract ('An amazing title')"),
    "bibtex/real_openreview_nips": (0, 1068, "no abstract ('InstructAV: Instruction Fine-tuning"),
    "bibtex/tests__resources__gbk_test": (0, 3, "not UTF-8"),
    "hf_papers/daily_papers_item": (1, 0, ""),
    "hf_papers/paper_metadata": (50, 0, ""),
    "ris/example_basic": (0, 1, "no abstract"),
    "ris/example_bom": (0, 1, "no title"),
    "ris/example_empty_tag": (1, 0, ""),
    "ris/example_extraneous_data": (2, 0, ""),
    "ris/example_full_without_whitespace": (2, 0, ""),
    "ris/example_full_write": (2, 0, ""),
    "ris/example_multiline": (0, 3, "no title"),
    "ris/example_single_unknown_tag": (0, 1, "no abstract"),
    "ris/example_urls": (0, 4, "no abstract"),
    "ris/example_utf_chars": (1, 0, ""),
}


def sample(name: str) -> Path:
    folder, _, start = name.partition("/")
    files = sorted((SAMPLES / folder).glob(f"{start}*")) if SAMPLES.is_dir() else []
    if not files:
        pytest.skip("the sample files are not part of the repository")
    return files[0]


@pytest.mark.parametrize("name", FOUND)
def test_a_real_file_gives_its_papers_and_lists_the_rest(name: str) -> None:
    papers, errors = records(sample(name))
    expected, listed, reason = FOUND[name]
    assert (len(papers), len(errors)) == (expected, listed)
    assert not errors or errors[0].reason.startswith(reason)


def test_arxivs_old_ids_and_names_that_were_encoded_twice_are_right() -> None:
    (paper,), _ = records(sample("arxiv_atom/id_quant-ph_0201082v1"))
    assert (paper.id, paper.year, paper.authors) == (
        "arxiv:quant-ph/0201082",
        2002,
        ("Stephen Blaha",),
    )
    names = {name for p in records(sample("arxiv_atom/q_testing_s0"))[0] for name in p.authors}
    assert "Aurora Ramírez" in names
    assert not any("Ã" in name for name in names)


def test_a_daily_papers_entry_has_its_authors_abstract_not_the_services_summary() -> None:
    (paper,), _ = records(sample("hf_papers/daily_papers_item"))
    assert paper.id == "arxiv:2602.23229"
    assert paper.abstract.startswith("Which multimodal model should we use for classification?")
    assert len(paper.authors) == 5
    assert paper.code_url == "https://github.com/marco-garosi/CIRCLE"


def test_an_entry_without_an_abstract_was_read_all_the_same() -> None:
    _, errors = records(sample("bibtex/real_openreview_nips"))
    unread = [error for error in errors if not isinstance(error, NotAPaper)]
    assert len(unread) == 3  # keys with braces in them, which is no BibTeX
    assert all(error.reason.startswith("not BibTeX") for error in unread)
