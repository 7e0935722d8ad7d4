"""What the environment says about written answers; nothing else here sees it.

ASKPAPERS_LLM       the model, where none is named: openai/gpt-4o-mini, ollama/llama3.2 ...
OPENAI_API_KEY      for openai/MODEL
OPENAI_BASE_URL     for openai/MODEL on a server of one's own; no key is needed then
ASKPAPERS_PRICES    what a million tokens cost, read/written: 0.15/0.60
ASKPAPERS_CONTEXT   tokens of passages that the model is shown (3000)
ASKPAPERS_SECONDS   how long an answer may take in all (300)
ASKPAPERS_REPAIR    1: the model may rewrite, once, the sentences that fail the check
ASKPAPERS_LLM_PROFILE  small or large; auto goes by the model's name and its measured speed
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field

from ingest.errors import ProviderError
from rag.llms import LLM, QUOTED, ModelError, open_llm
from rag.llms.profile import AUTO, PROFILES, told
from rag.llms.reply import Patience, on_our_loop

CONTEXT = 3000  # tokens of passages, estimated


@dataclass(frozen=True, slots=True)
class Settings:
    """How written answers are made.

    ``prices`` are for a million tokens read and written, in whatever money; ``context`` is the
    tokens of passages in a prompt, estimated; ``answer`` those that a reply may have.
    ``passages`` is how many papers a prompt shows at most, None by the kind of question;
    ``profile`` says how a model is asked (see ``rag.llms.profile``).
    """

    chosen: str | None = None
    key: str | None = field(default=None, repr=False)
    base_url: str | None = field(default=None, repr=False)
    prices: tuple[float, float] | None = None
    context: int = CONTEXT
    answer: int = 4000
    passages: int | None = None
    repair: bool = False
    profile: str = AUTO
    patience: Patience = field(default_factory=Patience)

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Settings:
        """As listed above; ProviderError names a variable that can't be read."""
        said = {name: value.strip() for name, value in environment.items() if value.strip()}
        defaults = Patience()
        total = _number(said, "ASKPAPERS_SECONDS", defaults.total)
        return cls(
            chosen=said.get("ASKPAPERS_LLM"),
            key=said.get("OPENAI_API_KEY"),
            base_url=said.get("OPENAI_BASE_URL"),
            prices=_prices(said.get("ASKPAPERS_PRICES")),
            context=int(_number(said, "ASKPAPERS_CONTEXT", CONTEXT)),
            profile=_profile(said.get("ASKPAPERS_LLM_PROFILE", AUTO)),
            repair=said.get("ASKPAPERS_REPAIR", "0") not in ("0", "no", "off", "false"),
            patience=Patience(
                first=min(defaults.first, total), between=min(defaults.between, total), total=total
            ),
        )

    def open(self, llm: str | LLM | None) -> LLM | None:
        """The model that is meant: None is the environment's choice, "quoted" is none."""
        if llm is not None and not isinstance(llm, str):
            return llm if isinstance(llm, LLM) else _adapted(llm)
        name = (self.chosen or QUOTED) if llm is None else llm
        if name == QUOTED:
            return None
        # OpenAI's key goes nowhere else.
        own = name.startswith("openai/")
        return open_llm(
            name, key=self.key if own else None, base_url=self.base_url if own else None
        )

    @property
    def hint(self) -> str | None:
        """How to choose a model, for somebody who seems to have one and has chosen none."""
        if self.chosen or not (self.key or self.base_url):
            return None
        has = "OPENAI_API_KEY" if self.key else "OPENAI_BASE_URL"
        return (
            f"{has} is set, but no model is chosen, so nothing is sent and answers are quoted;"
            " choose with --llm openai/MODEL or ASKPAPERS_LLM"
        )


def checked(llm: LLM, profile: str = AUTO) -> str:
    """One line on whether the model answers and how it is asked; asks its server, at no cost."""
    try:
        return f"{llm.name} {on_our_loop(llm.check()).result()}; {told(profile, llm)}"
    except ModelError as error:
        return f"{error.reason}; answers would be quoted"


def _adapted(llm: object) -> LLM:
    from rag.llms.llamaindex import adapted

    return adapted(llm)


def _number(said: Mapping[str, str], name: str, default: float) -> float:
    try:
        value = float(said.get(name, default))
    except ValueError:
        value = 0.0
    if not 0 < value < 10_000_000:
        raise ProviderError(f"{name}: {said[name]!r} is no number above 0")
    return value


def _profile(said: str) -> str:
    if said not in PROFILES:
        raise ProviderError(f"ASKPAPERS_LLM_PROFILE: {said!r} is none of {', '.join(PROFILES)}")
    return said


def _prices(said: str | None) -> tuple[float, float] | None:
    if said is None:
        return None
    try:
        read, written = (float(part) for part in said.split("/"))
    except ValueError:
        raise ProviderError(
            f"ASKPAPERS_PRICES: {said!r} isn't two prices for a million tokens, read/written, such"
            " as 0.15/0.60"
        ) from None
    return read, written
