"""A draft's claims against the library: read, resolved, judged, told."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from command_line import run
from stock import starter_library

from ingest.paper import Paper
from ingest.sources import references
from ingest.sources.drafts import read_text
from rag.assistant import Assistant
from rag.check.citing import cites
from rag.check.draft import read_draft
from rag.check.judge import Judgement, doubt
from rag.check.quoting import quotation, quoted_rightly
from rag.check.report import CheckedClaim, Quotation, Report, to_csv
from rag.verify.support import SupportCheck

NANOFLOW = "arXiv:2408.12757"
BOOST = "NanoFlow gives a 1.91x throughput boost over state-of-the-art serving systems"


@pytest.fixture(scope="module")
def starter(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("starter")
    starter_library(place)
    return place


@pytest.fixture(scope="module")
def assistant(starter: Path) -> Assistant:
    return Assistant.open(starter)


def only(report: Report) -> CheckedClaim:
    (claim,) = report.claims
    return claim


# what a draft cites

CITED = {
    "numbers": ("It is so [1, 3-5].", ["1", "3", "4", "5"]),
    "LaTeX": (r"It is so~\citep[see][p. 3]{hu2021, zhao}.", ["hu2021", "zhao"]),
    "pandoc": ("It is so [see @hu2021, p. 3; @zhao].", ["hu2021", "zhao"]),
    "authors": ("It is so (see Hu et al., 2021; Li & Wu 2019b).", ["Hu 2021", "Li 2019"]),
    "authors told": ("De la Cruz and Wu (2021) say so.", ["De la Cruz 2021"]),
    "one author": ("So (Noether, 1918), as O'Neil (2016) told.", ["Noether 1918", "O'Neil 2016"]),
    "without brackets": ("As Hu et al., 2021 say.", ["Hu 2021"]),
    "ids": ("So https://arxiv.org/abs/2408.12757v2 and 10.1/x say.", ["arxiv:2408.12757"]),
    "a bare id": ("So it is (2408.12757).", ["arxiv:2408.12757"]),
    "a DOI": (
        "So (10.1145/3292500.3330701) says doi.org/10.1145/3292500.3330701.",
        ["doi:10.1145/3292500.3330701"] * 2,
    ),
    "no people": ("It was shown (March 2020) at a venue (ICML 2020) in 2021.", []),
    "an address": ("Write to ann@example.org or see [this](https://example.org).", []),
}


@pytest.mark.parametrize(("text", "wanted"), CITED.values(), ids=CITED.keys())
def test_citations_of_every_form_are_read(text: str, wanted: list[str]) -> None:
    found = [f"{cite.what} {cite.year}" if cite.year else cite.what for cite in cites(text)]
    assert found == wanted


def test_a_claim_is_its_sentence_without_markup_and_citations_at_the_draft_s_own_offsets() -> None:
    text = (
        "# Old [9]\n\nIt is **3x** faster (see [1]). [2] Next.\n\n```\nNo claim.\n```\n- An *item*."
    )
    draft = read_draft(text)
    assert [s.claim for s in draft.sentences] == ["It is 3x faster.", "Next.", "An item."]
    first = draft.sentences[0]
    assert text[first.start : first.end] == "It is **3x** faster (see [1]). [2]"
    assert [cite.what for cite in first.cites] == ["1", "2"]


def test_of_latex_only_the_prose_is_read() -> None:
    text = (
        "\\documentclass{x}\\title{No.}\\begin{document}\\section{Not this.}\n"
        "It cuts 65.5\\% % not this.\nof \\emph{memory}~\\cite{a}.\n"
        "\\begin{equation}x=1.\\end{equation}\\begin{itemize}\\item One \\item Two"
        "\\end{itemize}\\begin{thebibliography}{9}\\bibitem{a} A. B. Title.\\end{thebibliography}"
    )
    draft = read_draft(text)
    assert [s.claim for s in draft.sentences] == ["It cuts 65.5% of memory.", "One", "Two"]
    assert draft.listed == {"a": "A. B. Title.", "1": "A. B. Title."}


# verdicts


def test_a_claim_that_its_paper_bears_out_is_supported(assistant: Assistant) -> None:
    claim = only(assistant.check(f"{BOOST} ({NANOFLOW})."))
    assert claim.verdict == "supported"
    assert claim.evidence is not None and "1.91x throughput boost" in claim.evidence.quote


def test_another_figure_is_told_beside_the_paper_s(assistant: Assistant) -> None:
    claim = only(assistant.check(f"{BOOST} ({NANOFLOW}).".replace("1.91", "1.97")))
    assert (claim.verdict, claim.yours, claim.theirs) == ("figure differs", "1.97x", "1.91x")
    assert claim.said == "the figure differs (yours 1.97x, the paper's 1.91x)"


def test_the_year_of_a_paper_is_not_told_as_its_figure(assistant: Assistant) -> None:
    said = "NanoFlow raises throughput on 7 clusters (Zhu et al., 2024)."
    assert "2024" not in only(assistant.check(said)).reason


def test_one_author_who_is_not_here_is_told_and_a_system_with_its_year_is_no_citation(
    assistant: Assistant,
) -> None:
    for said, verdict in (("Noether (1918)", "not here"), ("ImageNet (2009)", "uncited")):
        claim = only(assistant.check(f"{said} links symmetries to the laws of conservation."))
        assert claim.verdict == verdict


def test_the_other_direction_is_contradicted(assistant: Assistant) -> None:
    said = f"NanoFlow lowers throughput by 1.91x over state-of-the-art systems ({NANOFLOW})."
    assert only(assistant.check(said)).verdict == "contradicted"


def test_separate_is_the_opposite_of_same() -> None:
    check = SupportCheck()
    text = "The two stages of the pipeline run on separate machines."
    assert check("The two stages of the pipeline run on separate machines.", text).supported
    assert not check("The two stages of the pipeline run on the same machine.", text).supported


def test_a_claim_that_cites_nothing_is_told_of_another_figure(assistant: Assistant) -> None:
    claim = only(assistant.check(f"{BOOST.replace('1.91', '2.91')}."))
    assert (claim.verdict, claim.yours, claim.theirs) == ("figure differs", "2.91x", "1.91x")


def test_a_claim_of_another_paper_is_found_there(assistant: Assistant) -> None:
    claim = only(assistant.check(f"{BOOST} (arXiv:2402.15627)."))
    assert claim.verdict == "elsewhere"
    assert claim.offered[0].paper.title.startswith("NanoFlow")


def test_what_no_paper_says_is_not_found_and_the_report_says_what_that_means(
    assistant: Assistant,
) -> None:
    report = assistant.check(f"Dogs bark at night in big cities of the north ({NANOFLOW}).")
    assert only(report).verdict == "not found"
    assert "does not mean “wrong”" in report.notice


def test_a_paper_that_is_nowhere_is_not_here_and_others_are_offered(assistant: Assistant) -> None:
    claim = only(assistant.check(f"{BOOST} [7]."))
    assert (claim.verdict, claim.reason) == ("not here", "not here: [7]")
    assert claim.offered[0].paper.title.startswith("NanoFlow")


def test_a_claim_without_a_citation_is_offered_papers_and_own_work_is_left_alone(
    assistant: Assistant,
) -> None:
    claim = only(assistant.check(f"{BOOST}. In this paper we show that it is good in many ways."))
    assert claim.verdict == "uncited"
    assert claim.offered[0].paper.title.startswith("NanoFlow")


def test_a_quotation_is_looked_up_and_corrected(assistant: Assistant) -> None:
    said = "schedules operations together so that compute, memory and disks are busy at once"
    right = said.replace("disks", "network")
    for quoted, verdict in ((right, "supported"), (said, "quotation differs")):
        claim = only(assistant.check(f"It “{quoted}” ({NANOFLOW})."))
        assert (claim.verdict, claim.quotations[0].found) == (verdict, right)


TEXT = "We bake bread at night. Our new oven bakes 40 loaves an hour without any salt."
QUOTED = {
    "word for word": ("our new oven bakes 40 loaves", "our new oven bakes 40 loaves"),
    "with cuts": (
        "Our [...] oven bakes ... loaves an hour",
        "Our [...] oven bakes ... loaves an hour",
    ),
    "with another letter": ("[w]e bake bread at night", "[w]e bake bread at night"),
    "a title": ("Bread of the whole night", "Bread of the whole night"),
    "another word first": ("Any new oven bakes 40 loaves", "Our new oven bakes 40 loaves"),
    "another word last": ("oven bakes 40 loaves an evening", "oven bakes 40 loaves an hour"),
    "a word left out": ("oven bakes loaves an hour", "oven bakes 40 loaves an hour"),
    "part of a word": ("ew oven bakes 40 loaves", "new oven bakes 40 loaves"),
    "not at all": ("the dough rests for a day", None),
}


@pytest.mark.parametrize(("said", "found"), QUOTED.values(), ids=QUOTED.keys())
def test_a_quotation_is_told_by_the_paper_s_whole_words(said: str, found: str | None) -> None:
    paper = Paper("1", "Bread of the Whole Night", TEXT)
    assert quotation(said, [paper]).found == found


def test_words_in_quotation_marks_that_the_abstract_lacks_are_not_supported() -> None:
    borne_out, invented = Judgement("supported"), Quotation("it is so and so", None)
    assert quoted_rightly(borne_out, [invented]).verdict == "not found"


# bibliographies

BIB = """
@article{zhu, title={{NanoFlow}: Towards optimal large language model serving throughput},
  author={Zhu, Kan and others}, year=2024}
@article{doe, title={A paper of nobody's library}, author={Doe, Jane}, year=2019,
  abstract={We raise bread. Our oven bakes 40 loaves an hour.}}
@article{roe, title={Unknown work}, author={Roe, Rick}, year=2018}
"""


def test_keys_and_names_are_resolved_through_the_bibliography(
    assistant: Assistant, tmp_path: Path
) -> None:
    bib = tmp_path / "refs.bib"
    bib.write_text(BIB, "utf-8")
    text = (
        rf"{BOOST} \cite{{zhu}}. {BOOST} (Zhu et al., 2025). The oven bakes 40 loaves an hour"
        r" \cite{doe}. The oven bakes 60 loaves an hour (Doe, 2019). It is known \cite{roe}."
    )
    verdicts = [claim.verdict for claim in assistant.check(text, bib).claims]
    assert verdicts == ["supported", "supported", "supported", "figure differs", "not here"]


def test_a_draft_s_own_list_of_references_is_read(assistant: Assistant) -> None:
    text = f"{BOOST} [4].\n\n## References\n\n[4] K. Zhu et al. NanoFlow: Towards Optimal Large"
    text += "\nLanguage Model Serving Throughput. OSDI 2025."
    assert only(assistant.check(text)).verdict == "supported"


def test_ris_entries_come_under_their_ids_with_or_without_abstract(tmp_path: Path) -> None:
    ris = tmp_path / "refs.ris"
    ris.write_text("TY  - JOUR\nID  - roe\nTI  - Unknown work\nPY  - 2018\nER  - \n", "utf-8")
    ((key, paper),) = [entry for entry in references(str(ris)) if isinstance(entry, tuple)]
    assert (key, paper.title, paper.year, paper.abstract) == ("roe", "Unknown work", 2018, "")


# the command

Capture = pytest.CaptureFixture[str]


def test_the_command_exits_with_1_where_a_figure_differs(
    capsys: Capture, starter: Path, tmp_path: Path
) -> None:
    draft = tmp_path / "draft.md"
    draft.write_text(f"{BOOST} ({NANOFLOW}).\n", "utf-8")
    ran = run(capsys, "check", draft, "--library", starter)
    assert (ran.code, ran.err) == (0, "")
    draft.write_text(f"{BOOST} ({NANOFLOW}).\n".replace("1.91", "1.97"), "utf-8")
    ran = run(capsys, "check", draft, "--library", starter)
    assert ran.code == 1
    assert "yours 1.97x, the paper's 1.91x" in ran.out
    ran = run(capsys, "check", draft, "--json", "--library", starter)
    assert json.loads(ran.out)["counts"] == {"figure differs": 1}


def test_a_closed_pipe_does_not_look_like_a_contradiction(starter: Path, tmp_path: Path) -> None:
    draft = tmp_path / "draft.md"
    draft.write_text(f"{BOOST} ({NANOFLOW}).\n" * 40, "utf-8")
    command = [sys.executable, "-m", "ui.cli.main", "check", str(draft), "--all"]
    read, write = os.pipe()
    os.close(read)
    with open(write, "wb") as closed:
        ran = subprocess.run(
            [*command, "--library", str(starter)], stdout=closed, stderr=subprocess.PIPE
        )
    assert (ran.returncode, ran.stderr) == (0, b"")


def test_what_is_no_draft_is_told_in_one_line(
    capsys: Capture, starter: Path, tmp_path: Path
) -> None:
    (tmp_path / "x.pdf").write_bytes(b"%PDF-1.7")
    (tmp_path / "x.docx").write_bytes(b"PK\x03\x04 broken")
    (tmp_path / "empty.md").write_text(" ", "utf-8")
    for name, why in (
        ("x.pdf", "a PDF"), ("x.docx", "no Word document"), ("empty.md", "nothing in it"),
        ("none.md", "No such file"),
    ):  # fmt: skip
        ran = run(capsys, "check", tmp_path / name, "--library", starter)
        assert (ran.code, ran.err.count("\n")) == (2, 1)
        assert name in ran.err and why in ran.err


def test_a_word_document_is_read(tmp_path: Path) -> None:
    space = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    with zipfile.ZipFile(tmp_path / "a.docx", "w") as packed:
        text = "<w:r><w:t>One </w:t></w:r><w:r><w:t>claim.</w:t></w:r>"
        packed.writestr("word/document.xml", f'<w:p xmlns:w="{space}">{text}</w:p>')
    assert read_text(str(tmp_path / "a.docx")) == "One claim."


def test_a_report_as_csv_runs_nothing_in_a_spreadsheet() -> None:
    report = Report((CheckedClaim(0, 3, "=1+1 is it", (), "uncited"),))
    rows = list(csv.reader(io.StringIO(to_csv(report))))
    assert rows[1][1] == "'=1+1 is it"


def test_a_report_is_taken_along_from_the_page_in_four_forms(assistant: Assistant) -> None:
    from ui.check.page import draft_html, summary_html
    from ui.check.tab import _written

    text = f"{BOOST} ({NANOFLOW}). <b>{BOOST}</b> & more."
    report = assistant.check(text)
    assert json.loads(_written(report, "json")["text"])["counts"] == {"supported": 1, "uncited": 1}
    assert _written(report, "csv")["text"].count("\n") == 3
    assert "author = {" in _written(report, "bibtex")["text"]
    assert "**supported**" in _written(report, "markdown")["text"]
    assert "<b>" not in draft_html(text, report, 0)
    assert "1 uncited" in summary_html(report)


DOUBTS = {
    "all": ("All systems gain from it.", "Some systems gain from it.", "more than the paper's"),
    "denial": ("It does not raise speed.", "It raises speed.", "you deny something"),
    "reserve": ("It trains huge models.", "It could train huge models.", "with a reserve"),
    "nothing": ("It raises speed.", "It raises speed much.", ""),
}


@pytest.mark.parametrize(("claim", "quote", "said"), DOUBTS.values(), ids=DOUBTS.keys())
def test_what_may_be_too_much_is_pointed_out(claim: str, quote: str, said: str) -> None:
    assert (said in doubt(claim, quote)) and bool(doubt(claim, quote)) == bool(said)


def test_a_name_in_another_s_place_is_told(assistant: Assistant) -> None:
    said = f"{BOOST} ({NANOFLOW}).".replace("NanoFlow", "ZetaServe")
    claim = only(assistant.check(said))
    assert (claim.verdict, claim.yours, claim.theirs) == ("contradicted", "ZetaServe", "NanoFlow")
