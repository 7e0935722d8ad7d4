"""Questions that a library's records answer; none about the papers' texts is taken for one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from stock import starter_library

from eval.questions import load_questions
from ingest.filters import Filters
from ingest.paper import Paper
from rag.answer import Answer
from rag.assistant import Assistant
from rag.records.catalog import Catalog, catalog_of
from rag.records.items import Asked
from rag.records.pointing import called_by_name
from rag.text.people import matching

STARTER = Path(__file__).parents[1] / "ingest" / "starter" / "papers.jsonl"
PAPERS = [
    Paper("arxiv:2401.00001", "Furrow: Ploughing by Drone", "Furrow ploughs. It runs on a GPU.",
          authors=("Ida Marsh", "Otto Reed"), year=2024, topics=("ploughing",),
          url="https://arxiv.org/abs/2401.00001"),
    Paper("arxiv:2105.00002", "Sickle: Harvest Planning", "Sickle plans harvests on a CPU.",
          authors=("Otto Reed",), year=2021, topics=("harvest",), code_url="https://example.org/s"),
    Paper("doi:10.9999/Hay.3", "On the Drying of Hay", "Hay dries. Mixture of grasses (MoG) helps.",
          authors=("Reed, Ann",), year=2015, topics=("harvest", "drying")),
    Paper("p4", "A Barn Without a Year", "Barns hold MoG hay. Lofty is a barn. We build Lofty."),
]  # fmt: skip


@pytest.fixture(scope="module")
def farm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    with Assistant.open(tmp_path_factory.mktemp("farm"), starter=False, llm="quoted") as opened:
        opened.library.put(PAPERS)
        yield opened


def titles(answer: Answer) -> list[str]:
    return [citation.paper.title.partition(":")[0] for citation in answer.citations]


SAID = {
    "who wrote Furrow?": "Ida Marsh, Otto Reed",
    "Could you tell me who the authors of Sickle are?": "Otto Reed",
    "what year is Sickle from, and who wrote it?": "2021",
    "when was the drying of hay paper published?": "2015",
    "link to Furrow please": "https://arxiv.org/abs/2401.00001",
    "where is the code of Sickle": "https://example.org/s",
    "code for Furrow?": "no address of its code is recorded",
    "how do I cite Furrow": "@misc{",
    "how many papers are there?": "4 papers",
    "how many papers mention MoG?": "2 papers",
    "which years does the collection span?": "2015 to 2024",
    "what topics are here?": "harvest (2)",
    "who cites Furrow?": "isn't in the library",
    "what hardware is used most?": "can't count",
    "thanks!": "welcome",
    "doi of Furrow": "10.48550/arXiv.2401.00001",
    "was Furrow published in 2021?": "No, it is of 2024",
    "did Otto Reed write Sickle?": "Yes, by Otto Reed",
    "which journal was Sickle published in?": "no journal",
    "who has the most papers?": "Otto Reed (2)",
    "papers per year": "2024 (1), 2021 (1), 2015 (1)",
    "authors with more than one paper": "Otto Reed (2)",
    "how many papers about cats": "0 papers",
    "how many papers in 2015 vs 2021": "2015: 1 paper; 2021: 1 paper",
    "summarize the library": "4 papers from 2015 to 2024",
    "which paper is the best?": "isn't in the library",
    "who wrote Furrow and how many papers are from 2015?": "1 paper, year 2015",
    "what can you do?": "Which papers are about",
    "papers that cite Furrow": "isn't in the library",
    "papers whose title begins with F": "by their letters",
    "when was Furrow 2 published?": "No paper here is called “Furrow 2”",
    "how many authors does Furrow have?": "Ida Marsh, Otto Reed",
    "all papers on harvest as bibtex": "@",
    "What is Furrow? Who wrote it?": "Furrow ploughs.",
    "did Furrow come out before or after Sickle?": "2021",
    "how many abstracts mention MoG": "2 papers",
    "how many come with code": "1 paper",
    "how much stuff do you have on harvest": "2 papers",
    "what years does this go over": "2015 to 2024",
    "https://arxiv.org/abs/2401.00001 - who's the author of this": "Ida Marsh, Otto Reed",
    "how mnay papers are there": "4 papers",
    "when was Lofty published?": "no year",
    "who wrote Otto?": "No paper here is called “Otto”",
}


SAID |= {
    "who wrote Furrow and what does it run on?": "It runs on a GPU.",
    "When did Sickle appear, and which papers are like it?": "2021",
    "what does MoG stand for?": "“MoG” stands for “Mixture of grasses”",
    "MoG meaning": "“MoG” stands for “Mixture of grasses”",
    "define barns": "No text here defines “barns” outright, but says of it:",
    "what did Marsh show?": "Furrow ploughs.",
    "who wrote Furow?": "Nothing here is called “Furow”; did you mean Furrow?",
    "which paper ploughs fastest?": "I can't rank papers by what their texts report",
    "harvest papers": "2 papers about “harvest”",
}


@pytest.mark.parametrize("question", SAID)
def test_the_record_says(farm: Assistant, question: str) -> None:
    assert SAID[question] in farm.ask(question).text


SHOWN = {
    "arXiv:2401.00001v2": ["Furrow"],
    "https://arxiv.org/abs/2401.00001": ["Furrow"],
    "doi:10.9999/hay.3": ["On the Drying of Hay"],
    "on the drying of hay": ["On the Drying of Hay"],
    "papers by Reed": ["Furrow", "Sickle", "On the Drying of Hay"],
    "papers by Ann Reed": ["On the Drying of Hay"],
    "what did Otto Reed write?": ["Furrow", "Sickle"],
    "everything by Marsch": ["Furrow"],
    "Marsh et al.": ["Furrow"],
    "how many papers did Otto Reed write": ["Furrow", "Sickle"],
    "papers from 2021": ["Sickle"],
    "papers before 2016": ["On the Drying of Hay"],
    "harvest papers since 2020": ["Sickle"],
    "what's the newest paper?": ["Furrow"],
    "the two latest papers": ["Furrow", "Sickle"],
    "oldest one you've got": ["On the Drying of Hay"],
    "the latest harvest papers": ["Sickle", "On the Drying of Hay"],
    "harvest papers that aren't about drying": ["Sickle"],
    "harvest papers not from 2021": ["On the Drying of Hay"],
    "which papers have code?": ["Sickle"],
    "harvest papers w/o code": ["On the Drying of Hay"],
    "papers not by Reed from 2024": [],
    "who wrote the paper about hay": ["On the Drying of Hay"],
    "newst paper": ["Furrow"],
    "which is older, Sickle or Furrow?": ["Sickle", "Furrow"],
    "reed 2021": ["Sickle"],
    "who wrote the oldest paper?": ["On the Drying of Hay"],
    "show the abstract of Sickle": ["Sickle"],
    "papers from the last five years on ploughing": ["Furrow"],
    "papers by the author of Sickle": ["Furrow", "Sickle"],
    "what was published first, Furrow or Sickle?": ["Sickle", "Furrow"],
    "which paper is 2401.00001": ["Furrow"],
    "who is Marsh?": ["Furrow"],
    "papers with no year": ["A Barn Without a Year"],
}


@pytest.mark.parametrize("question", SHOWN)
def test_the_papers_shown_are(farm: Assistant, question: str) -> None:
    assert titles(farm.ask(question)) == SHOWN[question]


def test_papers_like_one_are_others(farm: Assistant) -> None:
    shown = titles(farm.ask("papers similar to Sickle"))
    assert shown
    assert "Sickle" not in shown


def test_what_two_papers_gain_from_something_is_no_matter_of_age(farm: Assistant) -> None:
    answer = farm.ask("Furrow vs Sickle: what does each gain from machines?")
    assert answer.read_as is None


@pytest.mark.parametrize("question", ["who wrote about hay?", "who wrote on drones and when?"])
def test_who_wrote_on_a_topic_is_asked_of_the_texts(farm: Assistant, question: str) -> None:
    assert farm.ask(question).mode == "quoted"


def test_what_no_record_fits_is_said_with_how_it_was_read(farm: Assistant) -> None:
    answer = farm.ask("papers from 1999")
    assert (answer.refused, answer.reason) == (True, "no_record")
    assert "1999" in answer.text
    assert answer.read_as == "papers, year 1999"
    assert farm.ask("papers by Zebulon").reason == "no_record"


def test_the_visitors_filters_hold_too(farm: Assistant) -> None:
    assert titles(farm.ask("papers by Reed", filters=Filters(since=2020))) == ["Furrow", "Sickle"]


def test_a_conversation_points_back_to_what_was_shown(farm: Assistant) -> None:
    history = [
        ("user", "what does Sickle run on?"),
        ("assistant", "**Sickle: Harvest Planning**\nA CPU [1]"),
    ]
    assert titles(farm.ask("show the abstract", history)) == ["Sickle"]
    assert "A CPU" in farm.ask("are you sure?", history).text
    assert titles(farm.ask("and who wrote it?", history)) == ["Sickle"]
    assert "@" in farm.ask("give me the bibtex", history).text
    # Its title need not have been said: the question that stands alone is one for the records.
    told = [("user", "What is Sickle?"), ("assistant", "It plans harvests.")]
    assert titles(farm.ask("and who wrote it?", told)) == ["Sickle"]


@pytest.mark.parametrize(
    ("before", "question", "said"),
    [
        ("who wrote Furrow", "no, that's wrong. it was Hill", "I only repeat what"),
        ("when was Sickle published?", "r u sure? i thought it was older", "It was"),
        (
            "when was Sickle published?",
            "that's not what I asked. I wanted the authors",
            "Otto Reed",
        ),
        ("code of Sickle", "what else did these authors write?", "Furrow"),
        ("when was Sickle published?", "which one is newer, it or Furrow?", "Furrow"),
        ("what does Furrow run on?", "wasn't it 12 CPUs?", "No, its text doesn't say 12"),
        ("how does hay dry?", "what did he do?", "Hay"),
        ("papers on harvest", "can i have the authors of the older one", "Ann"),
        ("papers on harvest", "who wrote the last one?", "Ann"),
        ("papers on harvest", "make a table of them: machine", "| **Sickle: Harvest Planning**"),
        ("papers on harvest", "only the ones with code please", "1 paper, with code"),
    ],
)
def test_a_turn_leans_on_the_one_before(
    farm: Assistant, before: str, question: str, said: str
) -> None:
    answer = farm.ask(question, [("user", before), ("assistant", farm.ask(before).text)])
    assert said in answer.text


@pytest.mark.parametrize(
    ("before", "question", "title"),
    [
        ("papers on harvest", "who wrote the drying one?", "On the Drying of Hay"),
        ("papers on harvest", "the hay paper: what helps?", "On the Drying of Hay"),
        ("papers by Otto Reed", "the 2021 one, what does it run on?", "Sickle"),
        ("papers on harvest", "sorry i meant Furrow, what does it run on?", "Furrow"),
        ("what does Sickle run on?", "on which machine", "Sickle"),
    ],
)
def test_a_turn_is_about_the_paper_that_it_describes(
    farm: Assistant, before: str, question: str, title: str
) -> None:
    answer = farm.ask(question, [("user", before), ("assistant", farm.ask(before).text)])
    assert titles(answer) == [title] and not answer.refused, answer.text


def test_a_name_in_other_letters_is_read_as_papers_write_it(farm: Assistant) -> None:
    catalog = catalog_of(farm.library)
    assert catalog.written("mog") == "MoG" and catalog.written("hay") == ""
    assert called_by_name("is hay dry?", [], catalog) == "is hay dry?"


def test_which_one_is_one_of_the_papers_that_were_told_of(farm: Assistant) -> None:
    history: list[tuple[str, str]] = []
    for said in ("what does Furrow run on?", "and Sickle?"):
        history += [("user", said), ("assistant", farm.ask(said, history).text)]
    assert titles(farm.ask("which one is older?", history))[0] == "Sickle"
    assert "1 paper" in farm.ask("which of them is from 2024?", history).text


def test_a_list_that_was_shown_to_its_end_is_still_narrowed(farm: Assistant) -> None:
    history: list[tuple[str, str]] = []
    for said in ("papers by Otto Reed", "more"):
        history += [("user", said), ("assistant", farm.ask(said, history).text)]
    assert titles(farm.ask("only 2024", history)) == ["Furrow"]


def test_a_list_is_gone_on_with(farm: Assistant) -> None:
    shown = "- **Furrow: Ploughing by Drone** [1]\n- **Sickle: Harvest Planning** [2]"
    history = [("user", "papers by Otto Reed"), ("assistant", shown)]
    assert titles(farm.ask("which of these is the oldest?", history)) == ["Sickle"]
    assert titles(farm.ask("any of them with code?", history)) == ["Sickle"]
    assert titles(farm.ask("only the ones from 2024", history)) == ["Furrow"]
    assert titles(farm.ask("who wrote the second one", history)) == ["Sickle"]
    assert titles(farm.ask("which of them is by drone?", history)) == ["Furrow"]
    assert "2 papers" in farm.ask("how many is that?", history).text
    asked = [("user", "papers from 2024"), ("assistant", "- **Furrow: Ploughing by Drone** [1]")]
    assert titles(farm.ask("what about 2021?", asked)) == ["Sickle"]


def test_no_question_about_the_texts_is_taken_for_one_of_the_records(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    with Assistant.open(
        starter_library(tmp_path_factory.mktemp("starter")), llm="quoted"
    ) as starter:
        taken = [
            question.question
            for question in load_questions()
            if question.kind in ("fact", "find", "compare", "followup", "unanswerable")
            and starter._records.answer(question.question, question.history, Filters()) is not None
        ]
    assert taken == []


@pytest.mark.parametrize(
    ("said", "since", "until"),
    [
        ("papers from 2020 to 2022", 2020, 2022),
        ("papers after 2020", 2021, None),
        ("2020 or later", 2020, None),
        ("published before 2020", None, 2019),
        ("in 2020", 2020, 2020),
    ],
)
def test_years_are_read(said: str, since: int | None, until: int | None) -> None:
    years = next(item.years for item in Asked(said, Catalog(())).items if item.years)
    assert (years.filters.since, years.filters.until) == (since, until)


def test_people_of_one_surname_are_kept_apart_by_their_first_names() -> None:
    authors = {"Fern Smith", "Otto Smith", "Smith, F.", "Fern Akers"}
    assert matching("Smith", authors) == {"Fern Smith", "Otto Smith", "Smith, F."}
    assert matching("Fern Smith", authors) == {"Fern Smith", "Smith, F."}
    assert matching("Smithe", {"Fern Smith", "Bo Jones"}) == {"Fern Smith"}
    assert matching("Quine", authors) == set()


def test_the_starters_everyday_questions_name_papers_that_are_there() -> None:
    known_titles = {json.loads(line)["title"] for line in STARTER.read_text("utf-8").splitlines()}
    lines = (Path(__file__).parents[1] / "eval" / "kinds.jsonl").read_text("utf-8").splitlines()
    assert len(lines) == 140
    for row in map(json.loads, lines):
        assert set(row["papers"]) <= known_titles, row["id"]


def test_a_citation_of_a_record_claims_no_words_of_the_paper(farm: Assistant) -> None:
    told = farm.ask("who wrote Sickle?")
    assert (told.mode, told.citations[0].spans) == ("recorded", ())
    shown = farm.ask("show the abstract of Sickle")
    assert shown.citations[0].quote == "Sickle plans harvests on a CPU."


def test_shorter_is_the_first_sentence_with_the_paper_that_it_cites(farm: Assistant) -> None:
    said = (
        "- **Furrow: Ploughing by Drone**: Furrow ploughs. [1]\n"
        "- **Sickle: Harvest Planning**: Plans. [2]"
    )
    answer = farm.ask("shorter", [("user", "drones?"), ("assistant", said)])
    assert titles(answer) == ["Furrow"]
    assert answer.text.count("[") == 1
    assert answer.citations[0].quote == "Furrow ploughs."


@pytest.mark.parametrize(
    ("question", "name"),
    [
        ("Who wrote the Velvet Lantern paper?", "Velvet Lantern"),
        ("when was Ottergraph published?", "Ottergraph"),
        ("bibtex for Ottergraph", "Ottergraph"),
    ],
)
def test_a_paper_that_is_not_here_is_not_replaced_by_another(
    farm: Assistant, question: str, name: str
) -> None:
    answer = farm.ask(question)
    assert (answer.refused, answer.reason) == (True, "no_record")
    assert answer.text == f"No paper here is called “{name}”."


def test_what_authors_did_is_asked_of_the_text(farm: Assistant) -> None:
    assert farm.ask("What did the authors of the paper find?").mode != "recorded"


def test_bibtex_in_a_chat_is_what_a_citation_takes(farm: Assistant) -> None:
    said = farm.ask("bibtex of Sickle").text
    assert "author = {Otto Reed}" in said
    assert "plans harvests" not in said and "askpapers" not in said


def test_the_part_that_the_papers_answer_is_answered(farm: Assistant) -> None:
    answer = farm.ask("What is Sickle and who is the president of France?")
    assert not answer.refused
    assert "Sickle plans harvests" in answer.text
    assert "The papers here don't say: “who is the president of France”." in answer.text
    said = farm.ask("What is Sickle and how many tractors did it replace?").text
    assert "Sickle plans harvests" in said
    assert "The papers here don't say: “how many tractors did it replace”." in said


TOLD = (
    "papers on {}",
    "which papers deal with {}?",
    "anything on {}?",
    "{} papers",
    "list all {} works",
)


@pytest.mark.parametrize("topic", ["harvest", "drying hay"])
def test_a_list_has_the_same_papers_in_whatever_words_it_is_asked_for(
    farm: Assistant, topic: str
) -> None:
    shown = [set(titles(farm.ask(form.format(topic)))) for form in TOLD]
    assert all(one == shown[0] for one in shown)
    assert "On the Drying of Hay" in shown[0]


def test_a_follow_up_filters_all_that_was_found_and_more_shows_the_rest(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    place = starter_library(tmp_path_factory.mktemp("starter"))
    with Assistant.open(place, llm="quoted") as starter:
        first = starter.ask("papers on llm serving")
        history = [("user", first.question), ("assistant", first.text)]
        total = int(first.text.split()[0])
        assert f"1 to 10 of {total}; “more” shows the next ones." in first.text
        for asked in ("more", "show the rest"):
            more = starter.ask(asked, history)
            assert not set(titles(more)) & set(titles(first))
            assert f"11 to {min(20, total)} of {total}" in more.text
        serving = [p for p in starter.library.papers() if "llm serving" in p.topics]
        early = {p.title.partition(":")[0] for p in serving if p.year and p.year < 2024}
        assert set(titles(starter.ask("only those before 2024", history))) == early
        left = starter.ask("drop the surveys", history)
        assert int(left.text.split("papers about")[0].split()[-1]) < total


def test_a_figure_asked_of_one_paper_is_no_ranking_of_all(farm: Assistant) -> None:
    assert farm.ask("what is the fastest speed of Furrow?").read_as != "a rank"
