"""What a run comes to: summaries, floors, comparisons, the report, the command."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import get_args

import pytest
from conftest import paper
from stock import starter_library

from eval.answers import held, random_asker
from eval.judge import Row, Verdict, judge
from eval.questions import Evidence, Question
from eval.reports.compare import compare, load_run
from eval.reports.floors import KEY_FIGURES, below, floors_of
from eval.reports.plots import latency_plot, risk_coverage_plot
from eval.reports.report import page
from eval.reports.summary import FIGURES, Run, area_under, refusal, risk_at, risk_coverage, summary
from ingest.errors import AskpapersError, ParseError
from ingest.paper import title_key
from rag.answer import Answer, Citation
from rag.assistant import Assistant
from ui.cli.main import main

PAPER = paper(1, "Alpha needs 8 GPUs.")
GOOD = Answer("Q?", "Q?", "Alpha needs 8 GPUs. [1]", (Citation(1, PAPER, ((0, 19),), 1.0),))
BAD = replace(GOOD, text="Alpha is slow. [1]")
REFUSED = Answer("Q?", "Q?", "No.", refused=True, reason="no_detail")


def row(id_: str, answer: Answer, *, confidence: float = 0.5, answerable: bool = True) -> Row:
    asked = Question(id_, "fact" if answerable else "unanswerable", f"Question {id_}?")
    if answerable:
        evidence = (Evidence(PAPER.title, PAPER.abstract),)
        asked = replace(asked, papers=(PAPER.title,), evidence=evidence, answer_must=(("8 GPUs",),))
    return judge(asked, replace(answer, confidence=confidence), lambda *_: True, 0.002)


ROWS = (
    row("a", GOOD, confidence=0.9),
    row("b", GOOD, confidence=0.8),
    row("c", BAD, confidence=0.6),
    row("d", REFUSED, confidence=0.99),
    row("e", REFUSED, confidence=0.1, answerable=False),
    row("f", BAD, confidence=0.2, answerable=False),
)


def test_figures_are_means_over_the_questions_that_they_apply_to() -> None:
    found = summary(ROWS)
    assert list(found) == ["fact", "unanswerable", "overall"]
    assert found["fact"]["precision"].mean == pytest.approx(2 / 3)
    assert (found["fact"]["precision"].n, found["fact"]["refused"].n) == (3, 4)
    assert "recall@5" not in found["unanswerable"]
    assert found["overall"]["right and cited"].mean == pytest.approx(3 / 6)


def test_every_figure_of_a_row_has_its_meaning() -> None:
    assert {name for one in ROWS for name in one.figures} <= FIGURES.keys()


def test_refusal_gives_accuracy_precision_and_rate_together() -> None:
    found = refusal(ROWS)
    assert (found.accuracy, found.precision, found.rate) == (3 / 6, 2 / 4, 2 / 6)
    assert (found.rightly, found.wrongly) == (1 / 2, 1 / 4)


def test_risk_grows_as_less_confident_questions_are_covered_and_refused_come_last() -> None:
    curve = risk_coverage(ROWS)
    assert [round(risk, 2) for _, risk in curve] == [0, 0, 0.33, 0.5, 0.6, 0.67]
    assert risk_at(curve, 0.5) == pytest.approx(1 / 3)
    assert area_under(curve) == pytest.approx((1 / 3 + 1 / 2 + 3 / 5 + 4 / 6) / 6)


def test_equal_confidence_is_covered_together() -> None:
    tied = [row("a", GOOD), row("b", BAD)]
    assert risk_coverage(tied) == risk_coverage(tied[::-1]) == [(1.0, 0.5)]


def test_a_run_of_nothing_has_no_curve() -> None:
    assert risk_coverage([]) == []
    assert area_under([]) is None
    assert risk_coverage_plot([], 1.0) == latency_plot([]) == ""


def test_evidence_in_other_words_is_neither_found_nor_missed() -> None:
    asked = Question(
        "a",
        "fact",
        "?",
        papers=(PAPER.title,),
        evidence=(Evidence(PAPER.title, PAPER.abstract), Evidence(PAPER.title, "Other words.")),
    )
    kept, notices = held([asked], {title_key(PAPER.title): PAPER}, "here")
    assert [evidence.sentence for evidence in kept[0].evidence] == [PAPER.abstract]
    assert notices == ["1 of 2 gold sentences are not in their papers' text here"]


def test_questions_about_another_library_are_refused_with_the_way_out() -> None:
    asked = Question("a", "fact", "?", papers=("Elsewhere",))
    with pytest.raises(AskpapersError, match="--library"):
        held([asked], {title_key(PAPER.title): PAPER}, "here")


def test_floors_lie_below_their_figures() -> None:
    floors = floors_of(ROWS)
    assert floors["fact"]["right and cited"] < summary(ROWS)["fact"]["right and cited"].mean
    assert floors["overall"]["quotes verbatim"] == 1.0
    assert below(ROWS, floors) == []


def test_a_perfect_score_over_few_questions_sets_no_perfect_floor() -> None:
    assert floors_of([row(str(n), GOOD) for n in range(30)])["fact"]["right and cited"] == 0.9


def test_a_fall_below_a_floor_is_told_with_both_numbers() -> None:
    assert below(ROWS, {"fact": {"precision": 0.9}}) == ["fact: precision is 0.667, floor 0.90"]
    assert below(ROWS, {"list": {"list F1": 0.1}}) == ["list: no list F1, floor 0.10"]


def test_key_figures_exist() -> None:
    assert {name for names in KEY_FIGURES.values() for name in names} <= FIGURES.keys()


def written(path: Path, rows: tuple[Row, ...]) -> Path:
    run = Run("questions.jsonl", None, "1 paper", rows)
    path.write_text(json.dumps(run.to_dict(), allow_nan=False), "utf-8")
    return path


def test_two_runs_are_compared_question_by_question(tmp_path: Path) -> None:
    after = (row("a", BAD), row("b", GOOD), row("c", GOOD), *ROWS[3:], row("g", GOOD))
    runs = [load_run(written(tmp_path / f"{n}.json", rows)) for n, rows in enumerate((ROWS, after))]
    found = compare(*runs)
    assert [flip.id for flip in found.gained] == ["c"]
    assert [(flip.id, flip.before, flip.after) for flip in found.lost] == [("a", "right", "wrong")]
    assert (found.n, found.unpaired) == (6, 1)
    difference = found.differences["overall"]["right and cited"]
    assert difference.change == 0
    assert difference.low < 0 < difference.high
    assert not difference.clear


def test_a_comparison_prints_the_flipped_questions(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before, after = written(tmp_path / "a.json", ROWS), written(tmp_path / "b.json", ROWS[::-1])
    assert main(["eval", "--compare", str(before), str(after)]) == 0
    printed = capsys.readouterr().out
    assert "b.json less a.json, 6 questions" in printed
    assert "gained: 0" in printed


@pytest.mark.parametrize("text", ["", "[]", '{"rows": [{"id": "a"}]}', '{"rows": 3}', "\udcff"])
def test_a_file_that_is_no_run_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "run.json"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(ParseError, match="not a run"):
        load_run(path)


def test_runs_without_a_common_question_are_not_compared() -> None:
    with pytest.raises(AskpapersError, match="in common"):
        compare({"a": {}}, {"b": {}})


class Tags(HTMLParser):
    """The tags and attributes of a page, its text left out."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


HOSTILE = "</script><img src=x onerror=alert(1)>\"'${boom}"


def hostile_run() -> Run:
    bad_paper = replace(PAPER, title=HOSTILE, url=f'javascript:alert(1)"{HOSTILE}')
    answer = replace(
        GOOD,
        text=f"**{HOSTILE}** {HOSTILE} [1]",
        citations=(Citation(1, bad_paper, ((0, 5),), 1.0),),
    )
    asked = Question(
        f"q{HOSTILE}",
        "fact",
        HOSTILE,
        history=(("user", HOSTILE),),
        papers=(HOSTILE,),
        evidence=(Evidence(HOSTILE, HOSTILE),),
        answer_must=((HOSTILE,),),
        note=HOSTILE,
    )
    rows = (judge(asked, answer, lambda *_: False, 0.1),)
    return Run(HOSTILE, None, HOSTILE, rows, {"random paper": rows}, (HOSTILE,))


def test_a_report_escapes_every_text() -> None:
    tags = Tags(page(hostile_run())).found
    assert [tag for tag, _ in tags if tag == "img"] == []
    assert [tag for tag, _ in tags].count("script") == 1
    assert [attrs for _, attrs in tags if any(name.startswith("on") for name in attrs)] == []


def test_a_report_asks_nothing_of_the_network() -> None:
    tags = Tags(page(Run("questions.jsonl", None, "1 paper", ROWS))).found
    for tag, attrs in tags:
        for name in ("src", "href", "action", "xlink:href"):
            target = attrs.get(name) or ""
            assert tag == "a" or target in ("", "data:,"), (tag, attrs)
            assert not target.startswith("javascript:")


def test_a_link_that_is_no_web_address_is_not_a_link() -> None:
    links = [
        attrs.get("href") or "" for tag, attrs in Tags(page(hostile_run())).found if tag == "a"
    ]
    assert all(link.startswith("#") for link in links)


def test_a_report_has_every_question_with_its_kind_and_verdict() -> None:
    rows = [attrs for tag, attrs in Tags(page(Run("q", None, "", ROWS))).found if tag == "details"]
    assert [(r["id"], r["data-kind"], r["data-verdict"]) for r in rows] == [
        (one.id, one.kind, one.verdict) for one in ROWS
    ]
    assert {one.verdict for one in ROWS} <= set(get_args(Verdict))


QUESTIONS = """
{"id": "x1", "kind": "fact", "question": "On how many GPUs at most was DataStates-LLM tried out?",
 "papers": ["%s"], "answer_must": [["180"]], "reviewer": "unknown fields are fine"}
{"id": "x2", "kind": "unanswerable", "question": "what's a good substitute for buttermilk?"}
""".replace("\n ", " ")


def test_own_questions_on_own_library_are_asked_and_written_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place, questions = str(tmp_path / "library"), tmp_path / "own.jsonl"
    with Assistant.open(starter_library(tmp_path / "library")) as assistant:
        title = next(p.title for p in assistant.library.papers() if "DataStates" in p.title)
        draw = random_asker(assistant)(Question("x", "fact", "?"))
        assert draw.citations[0].quotes[0] in draw.text
    questions.write_text(QUESTIONS % title, "utf-8")
    out, html = tmp_path / "run.json", tmp_path / "run.html"
    arguments = [
        "eval",
        str(questions),
        "--library",
        place,
        "--json",
        str(out),
        "--html",
        str(html),
    ]
    assert main(arguments) == 0
    facts = json.loads(out.read_text("utf-8"))
    assert [one["id"] for one in facts["rows"]] == ["x1", "x2"]
    assert set(facts["floors"]) == {"lexical only", "random paper", "always refuse"}
    assert facts["floors"]["always refuse"]["refusal"]["rate"] == 1
    assert facts["figures"]["fact"]["hit@1"] == {"mean": 1, "low": 1, "high": 1, "n": 1}
    assert "x1" in html.read_text("utf-8")
    printed = capsys.readouterr().out
    assert "floor: always refuse" in printed
    assert max(map(len, printed.splitlines())) <= 200


def test_a_beir_set_gives_figures_by_mode(tmp_path: Path) -> None:
    (tmp_path / "qrels").mkdir()
    (tmp_path / "corpus.jsonl").write_text(
        '{"_id": "1", "title": "On cats", "text": "Cats sleep all day."}\n'
        '{"_id": "2", "title": "On dogs", "text": "Dogs bark at night."}\n'
    )
    (tmp_path / "queries.jsonl").write_text(
        '{"_id": "q", "text": "barking dogs"}\n{"_id": "unjudged", "text": "birds"}\n'
    )
    (tmp_path / "qrels" / "test.tsv").write_text("query-id\tcorpus-id\tscore\nq\t2\t1\nq\t1\t0\n")
    out = tmp_path / "out.json"
    assert main(["eval", "--beir", str(tmp_path), "--json", str(out)]) == 0
    facts = json.loads(out.read_text())
    assert set(facts["modes"]) == {"lexical", "dense", "fused"}
    assert facts["modes"]["fused"] == {"ndcg@10": 1, "recall@10": 1, "recall@100": 1}
    assert facts["queries"] == 1


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["none.jsonl"], "no such file"),
        (["--beir", "nowhere"], "can't be read"),
        (["--grounding", "none.jsonl"], "no such file"),
        (["--compare", "none.json", "none.json"], "can't be read"),
        (["--write-floors", "--split", "dev"], "all, and no --library"),
    ],
)
def test_what_cannot_be_measured_is_said_in_one_line(
    arguments: list[str], reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["eval", *arguments]) == 2
    said = capsys.readouterr().err
    assert reason in said
    assert len(said.splitlines()) == 1


def test_the_parser_loads_nothing_of_the_evals_but_the_command() -> None:
    code = "import sys, eval.command; print([m for m in sys.modules if m in"
    code += " ('numpy', 'rich', 'chromadb', 'rag', 'eval.judge', 'statistics', 'tempfile')])"
    printed = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert printed.stdout.strip() == "[]"
