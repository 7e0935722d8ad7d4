"""The Settings tab: how answers are made, from which library, and how both are."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ingest.errors import AskpapersError
from rag.llms.settings import checked
from ui.page.blocks import gr, html, mcp_installed
from ui.page.header import header_html
from ui.page.render import literal
from ui.page.shared import Shared
from ui.page.words import known
from ui.server.libraries import Choices, Libraries

QUOTED, STARTED, OWN = "quoted", "started", "own"
AUTOMATIC = "As the question needs"
PASSAGES = (AUTOMATIC, "3", "5", "8", "12", "16")
KEY_NOTE = (
    "Your key is kept in this server's memory for this visit only: not in the browser, not in a"
    " file, not in a log. Reloading the page forgets it."
)

PROGRAMS = (
    "<h2>Programs</h2><p>Programs may ask, too, at this page&#8217;s address:</p>"
    '<dl class="ap-facts"><dt>OpenAI&#8217;s clients</dt><dd><code>/v1</code></dd>'
    "<dt>Gradio&#8217;s clients</dt><dd><code>/ask</code>, <code>/search</code>,"
    " <code>/papers</code>, <code>/check</code></dd>"
    + ("<dt>MCP tools</dt><dd><code>/gradio_api/mcp/</code></dd>" if mcp_installed() else "")
    + "</dl>"
)
LOG_OUT = (
    '<form method="post" action="logout"><button class="ap-button" type="submit">Log out</button>'
    "</form>"
)


def _languages() -> str:
    """The page's languages to choose from; the browser keeps the choice (ui/script/words.js)."""
    offered = "".join(
        f'<option value="{code}" lang="{code}">{name}</option>'
        for code, name in known()["languages"].items()
    )
    return (
        '<label class="ap-field">Language of the page<select id="ap-language">'
        f'<option value="">As the browser says</option>{offered}</select></label>'
        '<p class="ap-note">Answers stay in the papers&#39; own words.</p>'
    )


def settings_tab(shared: Shared, tab: gr.Tab, *, logged_in: bool = False) -> None:
    """Answers, library, and the state of both; a way out for those who had to log in."""
    libraries = shared.libraries
    settings = _Settings(libraries)
    written = libraries.first.model
    ways = [("Quoted: the papers' own sentences, no model needed", QUOTED)]
    if written is not None:
        ways.append((f"Written by {written}, every sentence checked", STARTED))
    ways.append(("Written by a model that I name, every sentence checked", OWN))
    with gr.Column(elem_id="ap-settings"):
        html("<h2>Answers</h2>", "ap-settings-answers")
        way = gr.Radio(
            ways,
            value=QUOTED if written is None else STARTED,
            label="How answers are made",
            container=False,
            elem_id="ap-way",
        )
        with gr.Column(visible=False, elem_id="ap-own") as own:
            model = gr.Textbox(
                label="Model", placeholder="openai/gpt-4o-mini", max_length=200, elem_id="ap-model"
            )
            key = gr.Textbox(
                label="Key", type="password", max_length=500, info=KEY_NOTE, elem_id="ap-key"
            )
            address = gr.Textbox(
                label="Address of a server of your own (optional)",
                placeholder="http://localhost:11434/v1",
                max_length=500,
                visible=libraries.addresses.typed,
                elem_id="ap-address",
            )
            use = gr.Button("Use this model", variant="primary", elem_id="ap-use")
        passages = gr.Radio(
            list(PASSAGES),
            value=AUTOMATIC,
            label="Papers that a model is shown for one answer",
            elem_id="ap-passages",
        )
        library = gr.Radio(
            list(libraries.names),
            value=libraries.names[0],
            label="Library",
            visible=len(libraries.names) > 1,
            elem_id="ap-library-choice",
        )
        html(_languages(), "ap-languages")
        html("<h2>State</h2>", "ap-settings-state")
        state = html(state_html(libraries, Choices()), "ap-state")
        html(PROGRAMS, "ap-programs")
        if logged_in:
            html(LOG_OUT, "ap-log-out")
    quiet: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
    changed = [shared.choices, shared.header, state]
    way.input(settings.way, [way, shared.choices], [own, *changed], **quiet)
    use.click(settings.use, [model, key, address, shared.choices], [key, *changed], **quiet)
    passages.input(settings.passages, [passages, shared.choices], changed, **quiet)
    library.input(settings.library, [library, shared.choices], changed, **quiet)
    # A conversation that was opened again may have brought its library along.
    tab.select(settings.now, [shared.choices], [library, state], **quiet)


class _Settings:
    """The tab's event handlers; what is chosen comes in and goes out as per-visitor state."""

    def __init__(self, libraries: Libraries) -> None:
        self._libraries = libraries

    def way(self, way: str, choices: Choices) -> tuple[Any, Choices, str, str]:
        """Quote, let the model of the start write, or one that is yet to be named."""
        own = gr.Column(visible=way == OWN)
        if way == OWN:  # nothing changes until a model is named
            said = "Name a model; until then nothing changes."
            return own, choices, *self._shown(choices, said)
        now = replace(choices, quoted=way == QUOTED, llm=None)
        return own, now, *self._shown(now)

    def use(
        self, name: str, key: str, address: str, choices: Choices
    ) -> tuple[Any, Choices, str, str]:
        """Let the named model write from now on; the key leaves the page at once."""
        emptied = gr.Textbox(value="")
        try:
            llm = self._libraries.model(name.strip(), key=key.strip(), address=address.strip())
        except AskpapersError as error:
            return emptied, choices, *self._shown(choices, str(error), wrong=True)
        now = replace(choices, quoted=False, llm=llm)
        return emptied, now, *self._shown(now, checked(llm))

    def passages(self, chosen: str, choices: Choices) -> tuple[Choices, str, str]:
        """How many papers a model is shown at most."""
        most = int(chosen) if chosen in PASSAGES and chosen != AUTOMATIC else None
        now = replace(choices, passages=most)
        return now, *self._shown(now)

    def library(self, name: str, choices: Choices) -> tuple[Choices, str, str]:
        """Ask another library from now on."""
        now = replace(choices, library=name if name in self._libraries.names else "")
        return now, *self._shown(now)

    def now(self, choices: Choices) -> tuple[str, str]:
        """Which library is asked, and the state of all."""
        names = self._libraries.names
        library = choices.library if choices.library in names else names[0]
        return library, state_html(self._libraries, choices)

    def _shown(self, choices: Choices, said: str = "", *, wrong: bool = False) -> tuple[str, str]:
        header = header_html(self._libraries.assistant(choices))
        return header, state_html(self._libraries, choices, said, wrong=wrong)


def state_html(
    libraries: Libraries, choices: Choices, said: str = "", *, wrong: bool = False
) -> str:
    """What answers and from what, in a few lines; ``said`` is what a change has come to."""
    assistant = libraries.assistant(choices)
    library = assistant.library
    counts = library.counts()
    embedder = library.identity.get("embedder", {})
    model = assistant.model
    up = all(state == "up" for state in library.health().values())
    shown = "as the question needs" if choices.passages is None else f"at most {choices.passages}"
    rows = [
        ("Answers", "quoted; no model is used" if model is None else f"written by {model}"),
        ("Papers shown to a model", shown),
        ("Library", library.directory.name),
        ("Papers", f"{counts.get('papers', 0):,}, of them digests: {counts.get('digests', 0):,}"),
        ("Embedder", str(embedder.get("name", "none"))),
        ("Indexes", "up to date" if up else "behind; the next question brings them up"),
        ("Feedback", "kept where this page runs"),
    ]
    own, as_is = ("Library", "Embedder"), ' translate="no"'  # names, in no language
    facts = "".join(
        f"<dt>{literal(name)}</dt><dd{as_is if name in own else ''}>{literal(fact)}</dd>"
        for name, fact in rows
    )
    kind = "problem" if wrong else "told"
    line = f'<p class="ap-note ap-{kind}" role="status">{literal(said)}</p>' if said else ""
    return f'{line}<dl class="ap-facts">{facts}</dl>'
