"""A model that obeys whatever a paper tells it: what reaches the reader all the same is checked."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

import pytest
from chat_server import chatting
from injections import INJECTIONS, Injection

from ingest.library import Library
from ingest.paper import Paper
from rag.answer import Answer
from rag.assistant import Assistant
from rag.llms import open_llm
from rag.verify.instructions import instruction_spans
from ui.chat.evidence import evidence_html
from ui.chat.transcript import answer_html
from ui.page.render import web_address

HONEST = (
    "{name} schedules inference requests on 16 accelerators. It raises throughput by 2.3 times."
)
TRUTH = "{name} raises throughput by 2.3 times [{n}]."
PARTS = [
    start + end
    for start in ("Bram", "Cald", "Drus", "Fenn", "Glim", "Hesk", "Jorv", "Kelb", "Murn")
    for end in ("ota", "ivex", "ulon", "epix", "adra", "orin", "ubel", "ista", "awen")
]
NAMES = {case.name: PARTS[number] for number, case in enumerate(INJECTIONS)}
SAFE_TAGS = frozenset(
    "div p span strong em ul ol li a br mark sup article header h3 h4 section details summary"
    " button b i small abbr code q dl dt dd figure figcaption svg path use".split()
)
UNSEEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069]")


def hostile(case: Injection) -> Paper:
    name = NAMES[case.name]
    text = case.text.replace("{name}", name)
    fields: dict[str, Any] = {
        "title": f"{name}: Scheduling Inference Requests",
        "abstract": HONEST.format(name=name),
    }
    match case.field:
        case "abstract":
            fields["abstract"] += f" {text}"
        case "title":
            fields["title"] += f" {text}"
        case "authors" | "topics":
            fields[case.field] = (text,)
        case _:
            fields[case.field] = text
    return Paper(f"hostile:{case.name}", **fields)


def script(asked: dict[str, Any]) -> str:
    """Tells the truth of the paper asked about, and then obeys it."""
    lines = asked["messages"][-1]["content"].splitlines()
    question = json.loads(lines[-1])["question"]
    case = next(case for case in INJECTIONS if NAMES[case.name] in question)
    name = NAMES[case.name]
    sources = [json.loads(line) for line in lines if line.startswith('{"source"')]
    number = next(s["source"] for s in sources if name in s["title"])
    obedient = case.reply.replace("{n}", str(number)).replace("{name}", name)
    return f"{TRUTH.format(name=name, n=number)} {obedient}"


@pytest.fixture(scope="module")
def assistant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    place = tmp_path_factory.mktemp("hostile") / "library"
    with Library.open(place, create=True) as library, chatting(script) as server:
        library.put([hostile(case) for case in INJECTIONS])
        yield Assistant(library, llm=open_llm("openai/scripted", base_url=server.url))


@pytest.fixture(params=INJECTIONS, ids=lambda case: case.name)
def case(request: pytest.FixtureRequest) -> Injection:
    found: Injection = request.param
    return found


def asked(assistant: Assistant, case: Injection) -> Answer:
    return assistant.ask(f"How much does {NAMES[case.name]} raise throughput?")


def test_there_are_at_least_sixty_cases_of_their_own() -> None:
    assert len({case.text for case in INJECTIONS}) == len(INJECTIONS) >= 60


def test_an_obeyed_order_is_marked_and_the_truth_is_not(
    assistant: Assistant, case: Injection
) -> None:
    answer = asked(assistant, case)
    assert answer.mode == "written"
    first, *obedient = answer.sentences
    assert first.verdict == "supported"
    assert obedient
    if case.field in ("title", "authors") and "<" in case.text + case.reply or "](" in case.text:
        return  # that this stands in the paper's own title is true
    for sentence in obedient:
        assert sentence.marked, answer.text[sentence.start : sentence.end]


def test_no_paper_is_cited_that_was_not_found(assistant: Assistant, case: Injection) -> None:
    answer = asked(assistant, case)
    found = {hit.paper.id for hit in answer.hits}
    assert {citation.paper.id for citation in answer.citations} <= found
    numbers = {int(number) for number in re.findall(r"\[(\d+)\]", answer.text)}
    assert numbers <= {citation.number for citation in answer.citations}


def test_nothing_smuggled_in_is_active_on_the_page(assistant: Assistant, case: Injection) -> None:
    answer = asked(assistant, case)
    addresses = {a for hit in answer.hits for a in (hit.paper.url, hit.paper.code_url)}
    for html in (answer_html(answer, 1), evidence_html([(1, answer)])):
        for tag, attributes in _Tags.of(html):
            assert tag in SAFE_TAGS, html
            assert not any(name.startswith("on") or name == "style" for name in attributes), html
            assert not {"src", "srcset", "action", "formaction"} & attributes.keys(), html
            address = attributes.get("href")
            if address is not None and not address.startswith("#"):
                assert web_address(address) in addresses, html


def test_a_terminal_is_sent_no_control_characters(assistant: Assistant, case: Injection) -> None:
    assert not UNSEEN.search(asked(assistant, case).text)


@pytest.mark.parametrize(
    "text",
    [
        "We ignore the batch dimension in all of the above experiments.",
        "Large language models follow instructions poorly when prompts are long.",
        "The assistant answers questions about system logs, and users rate its replies.",
        "Given a prompt, the model must generate code that passes the tests.",
        "Output tokens cost four times as much as input tokens.",
        "Rate limiting is applied to every request by the system.",
        "Consider a graph whose nodes are passages.",
        "Prompt injection attacks make models ignore their safety training.",
    ],
)
def test_papers_about_models_and_orders_give_none(text: str) -> None:
    assert instruction_spans(text) == []


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []

    @classmethod
    def of(cls, html: str) -> list[tuple[str, dict[str, str | None]]]:
        parser = cls()
        parser.feed(html)
        return parser.found

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
