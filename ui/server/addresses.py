"""Where visitors may have their questions sent: the addresses of models that they name."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from ingest.errors import AskpapersError, ProviderError
from rag.llms import LLM, LOCAL, open_llm

PUBLIC = "public"
_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Addresses:
    """``anywhere`` is for a page that only this machine reaches. Else a visitor's model is OpenAI's
    own, or at one of the addresses that whoever runs the page has ``allowed``; ``public`` adds any
    ``https`` address outside of private networks.
    """

    anywhere: bool = True
    allowed: tuple[SplitResult, ...] = ()
    public: bool = False

    @classmethod
    def of(cls, said: Iterable[str], *, anywhere: bool) -> Addresses:
        """What ``--model-address`` says; AskpapersError for what is no address."""
        named = [one for one in said if one != PUBLIC]
        for one in named:
            if _split(one) is None:
                raise AskpapersError(
                    f"--model-address {one}: write an address such as http://localhost:11434/v1,"
                    f" or {PUBLIC} for any https address that isn't private"
                )
        allowed = tuple(parts for one in named if (parts := _split(one)))
        return cls(anywhere, allowed, PUBLIC in said)

    @property
    def typed(self) -> bool:
        """Whether visitors may type an address."""
        return self.anywhere or self.public or bool(self.allowed)

    def model(self, name: str, *, key: str, address: str) -> LLM:
        """The model that a visitor names, with the visitor's own key; nothing is sent yet.

        Raises ProviderError for one that can't be had, or not from where the visitor is.
        """
        provider = name.partition("/")[0]
        if provider == "openai" and not (key or address):
            raise ProviderError(f"{name}: type your key, or the address of a server of your own")
        where = address or LOCAL.get(provider)
        if self.anywhere or (provider == "openai" and not where) or self._allowed(where):
            return open_llm(name, key=key or None, base_url=address or None, typed=True)
        if self.public and where and where.startswith("https://") and _split(where):
            return open_llm(name, key=key or None, base_url=where, typed=True, public_only=True)
        raise ProviderError(
            "this page is open to a network: only openai/MODEL with a key of your own"
            f"{' and what its owner allows' if self.typed else ''} can be chosen here; whoever runs"
            " it chooses others with --llm, and allows addresses with --model-address"
        )

    def _allowed(self, where: str | None) -> bool:
        asked = _split(where or "")
        return asked is not None and any(_within(asked, one) for one in self.allowed)


def _split(address: str) -> SplitResult | None:
    try:
        parts = urlsplit(address)
        fit = parts.scheme in _PORTS and parts.hostname and (parts.port or 1)
    except ValueError:
        return None
    odd = parts.query or parts.fragment or "@" in parts.netloc or "\\" in address
    return parts if fit and not odd and ".." not in parts.path and "%" not in address else None


def _within(asked: SplitResult, allowed: SplitResult) -> bool:
    """Whether an address is an allowed one, or leads to something under it."""

    def origin(parts: SplitResult) -> tuple[str, str | None, int | None]:
        return parts.scheme, parts.hostname, parts.port or _PORTS[parts.scheme]

    under = allowed.path.rstrip("/") + "/"
    return origin(asked) == origin(allowed) and (asked.path.rstrip("/") + "/").startswith(under)
