"""Written answers on their road: what the model is sent, what of its words the reader gets."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from chat_server import PIECE, ChatServer, chatting, says
from stock import starter_library

from rag.answer import Answer, CheckedSentence
from rag.assistant import Assistant
from rag.llms import open_llm
from rag.llms.reply import Patience
from rag.llms.settings import Settings

FLEXLLM = "How does FlexLLM save memory?"
TRUE = "FlexLLM reduces the GPU memory overhead of activations by up to 8x"
FALSE = "FlexLLM runs on 77 phones"
ALSO = "Graph pruning minimizes the memory overhead of co-serving"


@pytest.fixture(scope="module")
def quoting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    with Assistant.open(
        starter_library(tmp_path_factory.mktemp("starter")), llm="quoted"
    ) as assistant:
        assistant.notices = ()
        assistant._settings = Settings(
            patience=Patience(attempts=1), prices=(1.0, 10.0), profile="large"
        )
        yield assistant


@pytest.fixture
def server() -> Iterator[ChatServer]:
    with chatting() as server:
        yield server


@pytest.fixture
def writing(quoting: Assistant, server: ChatServer) -> Assistant:
    return quoting.with_llm(open_llm("openai/scripted", base_url=server.url))


def asked(assistant: Assistant, question: str = FLEXLLM, history: Any = ()) -> Answer:  # noqa: ANN401
    """The answer, whose pieces were its text."""
    *pieces, answer = assistant.stream(question, history)
    assert isinstance(answer, Answer)
    assert "".join(str(piece) for piece in pieces) == answer.text
    return answer


def sentences(answer: Answer) -> list[tuple[str, CheckedSentence]]:
    return [(answer.text[s.start : s.end], s) for s in answer.sentences]


MARKED = {
    "borne out": (f"{TRUE} [1].", f"{TRUE} [1].", "supported"),
    "no citation": (f"{TRUE}.", f"{TRUE} [1].", "attributed"),
    "no citation, and no full stop": (TRUE, f"{TRUE} [1]", "attributed"),
    "a made-up citation": (f"{TRUE} [44].", f"{TRUE} [1].", "attributed"),
    "another figure": (
        f"{TRUE.replace('8x', '9x')} [1].",
        f"{TRUE.replace('8x', '9x')} [1] (⚠ 9x not in the source).",
        "unsupported",
    ),
    "another system": (
        f"{TRUE.replace('FlexLLM', 'ZeroPipe')} [1].",
        f"{TRUE.replace('FlexLLM', 'ZeroPipe')} [1] (⚠ unsupported).",
        "unsupported",
    ),
    "another paper": (f"{TRUE} [2].", f"{TRUE} [2] (⚠ 8x not in the source).", "unsupported"),
    "the opposite": (
        "FlexLLM increases the GPU memory overhead of activations [1].",
        "FlexLLM increases the GPU memory overhead of activations [1] (⚠ unsupported).",
        "unsupported",
    ),
    "something else": (
        "Bananas are rich in potassium.",
        "Bananas are rich in potassium (⚠ no source).",
        "uncited",
    ),
    "a heading": ("## On memory", "## On memory", "aside"),
    "an announcement": ("It saves memory in two ways:", "It saves memory in two ways:", "aside"),
    "what is not said": (
        "The papers don't say how much memory a phone needs.",
        "The papers don't say how much memory a phone needs.",
        "unsaid",
    ),
    "a claim dressed up as what is not said": (
        "The papers don't say so, but it saves 99% of memory.",
        "The papers don't say so, but it saves 99% of memory (⚠ no source).",
        "uncited",
    ),
    "a claim dressed up as a heading": (
        "**It saves 99% of memory**",
        "**It saves 99% of memory** (⚠ no source)",
        "uncited",
    ),
}


@pytest.mark.parametrize(("said", "shown", "verdict"), MARKED.values(), ids=MARKED.keys())
def test_a_sentence_is_borne_out_or_shown_not_to_be(
    writing: Assistant, server: ChatServer, said: str, shown: str, verdict: str
) -> None:
    says(server, f"{ALSO} [1].\n{said}")
    answer = asked(writing)
    assert answer.mode == "written"
    (_, first), (text, sentence) = sentences(answer)
    assert (first.verdict, first.reason, first.marked) == ("supported", "", False)
    shown = shown.replace("[2]", f"[{sentence.citations[0]}]") if sentence.citations else shown
    assert (text, sentence.verdict) == (shown, verdict)
    assert sentence.marked == ("⚠" in text) == bool(sentence.reason)


def test_a_citation_opens_the_sentences_that_bear_it_out(
    writing: Assistant, server: ChatServer
) -> None:
    says(server, f"{TRUE} [1].")
    answer = asked(writing)
    (citation,) = answer.citations
    assert citation.paper.title.startswith("FlexLLM")
    assert "up to 8x" in " ".join(citation.quotes)
    assert all(quote in citation.paper.abstract for quote in citation.quotes)
    assert citation.support == answer.sentences[0].support > 0.5


def test_the_answer_says_what_was_changed_and_what_it_cost(
    writing: Assistant, server: ChatServer
) -> None:
    says(
        server, f"{TRUE}. {ALSO} [9] [1]. It runs on 77 phones [1]. Bananas are rich [1]. So what."
    )
    answer = asked(writing)
    assert answer.warnings == (
        "2 sentences aren't borne out by what they cite; they are marked",
        "1 sentence cites nothing, and no paper found says it; it is marked",
        "1 sentence cited nothing; the paper that says it was added",
        "1 marker named no paper that was found; it was taken out",
    )
    assert answer.model == "openai/scripted"
    assert answer.tokens_in and answer.tokens_out
    assert answer.cost == pytest.approx((answer.tokens_in + 10 * answer.tokens_out) / 1e6)
    assert answer.timings.keys() == {"retrieve", "read", "first", "write", "check"}
    fields = json.loads(json.dumps(answer.to_dict(), allow_nan=False))
    assert [s["verdict"] for s in fields["sentences"]] == [s.verdict for s in answer.sentences]


def test_numbers_run_in_order_of_first_use(writing: Assistant, server: ChatServer) -> None:
    says(server, f"Others are near [3, 2]. {TRUE} [1].")
    answer = asked(writing)
    assert re.findall(r"\[(\d+)\]", answer.text) == ["1", "2", "3"]
    assert [citation.number for citation in answer.citations] == [1, 2, 3]
    assert answer.citations[2].paper.title.startswith("FlexLLM")


def test_thoughts_are_not_shown(writing: Assistant, server: ChatServer) -> None:
    says(server, f"<think>\nFlexLLM, hm. [2]\n</think>\n\n{TRUE} [1].")
    assert asked(writing).text == f"{TRUE} [1]."


@pytest.mark.parametrize(
    "said", ["NOT IN THE PAPERS", "**NOT IN THE PAPERS.**", "The papers don't say how it does it."]
)
def test_a_model_that_finds_no_answer_refuses(
    writing: Assistant, server: ChatServer, said: str
) -> None:
    says(server, said)
    *_, answer = writing.stream(FLEXLLM)
    assert isinstance(answer, Answer)
    assert (answer.refused, answer.reason, answer.mode) == (True, "no_detail", "written")
    assert answer.text.startswith("The papers don't say.")
    assert (answer.citations, answer.sentences) == ((), ())


@pytest.mark.parametrize("question", ["How do bees dance?", "Who won the war of 1812?"])
def test_what_is_refused_is_refused_before_anything_is_sent(
    writing: Assistant, server: ChatServer, question: str
) -> None:
    assert asked(writing, question).refused
    assert server.log.requests == []


SHAPES = {
    "a list": ("Which papers save optimizer memory?", "a line each", 5),
    "a comparison": ("How do FlexLLM and vAttention compare on memory?", "side by side", 2),
    "a fact": (FLEXLLM, "one to four sentences", 1),
}


@pytest.mark.parametrize(("question", "words", "least"), SHAPES.values(), ids=SHAPES.keys())
def test_the_model_is_told_what_shape_the_answer_has(
    writing: Assistant, server: ChatServer, question: str, words: str, least: int
) -> None:
    says(server, f"{TRUE} [1].")
    writing.ask(question)
    system, user = server.log.requests[0]["messages"]
    assert words in system["content"]
    assert user["content"].count('{"source"') >= least


def test_a_list_is_written_a_paper_a_line(writing: Assistant, server: ChatServer) -> None:
    def listed(request: dict[str, Any]) -> str:
        rows = [
            json.loads(x) for x in request["messages"][1]["content"].splitlines() if "source" in x
        ]
        return "\n".join(
            f"- **{row['title']}**: {row['text'].split('. ')[0]} [{row['source']}]." for row in rows
        )

    says(server, listed)
    answer = asked(writing, "Which papers save optimizer memory?")
    assert len(answer.sentences) == len(answer.citations) == len(answer.text.splitlines()) >= 5
    assert {s.verdict for s in answer.sentences} == {"supported"}


HISTORY = [("user", "What is FlexLLM?"), ("assistant", "A system for co-serving [1].")]


def by_kind(condensed: str) -> Callable[[dict[str, Any]], str]:
    return lambda request: (
        condensed if "rewrite" in request["messages"][0]["content"] else f"{TRUE} [1]."
    )


CONDENSED = {
    "by the model": ("How does FlexLLM save memory?", "How does FlexLLM save memory?"),
    "in quotes": ('"How does FlexLLM save memory?"\n', "How does FlexLLM save memory?"),
    "an answer instead": ("Bees dance in the shape of an eight when they return home", None),
    "nothing": ("", None),
    "an essay": ("How does FlexLLM save memory? " * 30, None),
}


@pytest.mark.parametrize(("said", "wanted"), CONDENSED.values(), ids=CONDENSED.keys())
def test_a_follow_up_is_put_in_words_of_its_own(
    writing: Assistant, quoting: Assistant, server: ChatServer, said: str, wanted: str | None
) -> None:
    says(server, by_kind(said))
    answer = asked(writing, "And how does it save memory?", HISTORY)
    rules = quoting.ask("And how does it save memory?", HISTORY).understood
    assert answer.understood == (wanted or rules)
    assert "FlexLLM" in answer.understood
    assert answer.mode == "written"


def test_the_tokens_of_every_reply_are_counted(quoting: Assistant, server: ChatServer) -> None:
    repairing = quoting.with_llm("quoted")
    repairing._settings = replace(quoting._settings, repair=True)
    writing = repairing.with_llm(open_llm("openai/scripted", base_url=server.url))
    replies = {"rewrite": FLEXLLM, "correct": "2: DROP", "answer": f"{TRUE} [1]. {FALSE} [1]."}
    says(
        server,
        lambda request: next(
            said for word, said in replies.items() if word in request["messages"][0]["content"]
        ),
    )
    *_, answer = writing.stream("And how does it save memory?", HISTORY)
    assert isinstance(answer, Answer)
    told = [m["content"] for request in server.log.requests for m in request["messages"]]
    assert len(server.log.requests) == 3
    written = sum(-(-len(said) // PIECE) for said in replies.values())
    assert answer.tokens_out == written
    assert answer.tokens_in == pytest.approx(sum(map(len, told)) / 4, abs=3)
    assert answer.cost == pytest.approx((answer.tokens_in + 10 * written) / 1e6)


UNUSED = {
    "a refusal": ("How do bees dance?", "How do bees dance in the dark?", ""),
    "a reply that isn't borne out": (FLEXLLM, FLEXLLM, "Bananas are rich in potassium."),
}


@pytest.mark.parametrize(("question", "condensed", "said"), UNUSED.values(), ids=UNUSED.keys())
def test_what_was_paid_in_vain_is_counted_too(
    writing: Assistant, server: ChatServer, question: str, condensed: str, said: str
) -> None:
    says(
        server,
        lambda request: condensed if "rewrite" in request["messages"][0]["content"] else said,
    )
    *_, answer = writing.stream(question, HISTORY)
    assert isinstance(answer, Answer)
    assert answer.mode == "quoted"
    assert answer.tokens_out == sum(-(-len(reply) // PIECE) for reply in (condensed, said))
    assert answer.cost is not None


def test_a_model_that_fails_at_the_follow_up_is_not_asked_again(
    quoting: Assistant, server: ChatServer
) -> None:
    writing = quoting.with_llm(open_llm("openai/401", base_url=server.url, key="sk-x"))
    answer = asked(writing, "And how does it save memory?", HISTORY)
    assert len(server.log.requests) == 1
    assert "FlexLLM" in answer.understood
    assert (answer.mode, answer.refused) == ("quoted", False)
    assert "the key is refused" in answer.warnings[0]


def test_a_quoted_answer_has_the_same_field(quoting: Assistant) -> None:
    answer = quoting.ask(FLEXLLM)
    assert answer.sentences
    for text, sentence in sentences(answer):
        (number,) = sentence.citations
        assert text.removesuffix(f" [{number}]") in answer.citations[number - 1].quotes
        assert (sentence.verdict, sentence.support, sentence.marked) == ("quoted", 1.0, False)


def test_a_sibling_shares_the_library_and_leaves_the_other_alone(
    quoting: Assistant, writing: Assistant
) -> None:
    assert writing.library is quoting.library
    assert (writing.model, quoting.model) == ("openai/scripted", None)
    assert writing.with_llm("quoted").ask(FLEXLLM).mode == "quoted"


@pytest.mark.slow
def test_fifty_answers_at_once_keep_their_words(quoting: Assistant, server: ChatServer) -> None:
    titles = [paper.title for paper in quoting.library.papers()][:50]
    server.slow = 0.002

    def own(request: dict[str, Any]) -> str:
        question = json.loads(request["messages"][1]["content"].splitlines()[-1])["question"]
        number = int(re.search(r"\d+", question)[0])  # type: ignore[index]
        words = " ".join(f"word{number}n{place}" for place in range(8))
        return f"{TRUE} [1]. Then {words}."

    says(server, own)
    assistant = quoting.with_llm(open_llm("openai/scripted", base_url=server.url))
    questions = [f"{FLEXLLM} Thanks, {number}" for number in range(len(titles))]
    with ThreadPoolExecutor(25) as threads:
        by_thread = list(threads.map(assistant.ask, questions[:25]))

    async def together() -> list[Answer]:
        return await asyncio.gather(*(assistant.aask(question) for question in questions[25:]))

    for number, answer in enumerate([*by_thread, *asyncio.run(together())]):
        assert set(re.findall(r"word(\d+)n", answer.text)) == {str(number)}
        assert answer.text.count("word") == 8
        assert answer.mode == "written"


REPAIRS = {
    "mended": (f"2: {ALSO} [1].", [f"{TRUE} [1].", f"{ALSO} [1]."], 1),
    "taken out": ("2: DROP", [f"{TRUE} [1]."], 1),
    "mended in vain": ("2: It runs on 78 phones [1].", None, 0),
    "no repair at all": ("I'm sorry.", None, 0),
    "another one changed": (f"1: {ALSO} [1].", None, 0),
}


@pytest.mark.parametrize(("said", "wanted", "mended"), REPAIRS.values(), ids=REPAIRS.keys())
def test_a_marked_sentence_may_be_rewritten_once(
    quoting: Assistant, server: ChatServer, said: str, wanted: list[str] | None, mended: int
) -> None:
    repairing = quoting.with_llm("quoted")
    repairing._settings = Settings(repair=True, patience=Patience(attempts=1))
    writing = repairing.with_llm(open_llm("openai/scripted", base_url=server.url))
    says(
        server,
        lambda request: (
            said if "correct" in request["messages"][0]["content"] else f"{TRUE} [1]. {FALSE} [1]."
        ),
    )
    *_, answer = writing.stream(FLEXLLM)
    assert isinstance(answer, Answer)
    assert len(server.log.requests) == 2
    assert '"wrong": ' in server.log.requests[1]["messages"][1]["content"]
    unmended = [f"{TRUE} [1].", f"{FALSE} [1] (⚠ 77 not in the source)."]
    assert [text for text, _ in sentences(answer)] == (wanted or unmended)
    assert any("rewritten or taken out" in warning for warning in answer.warnings) == bool(mended)
