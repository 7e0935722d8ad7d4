"""arXiv ids and DOIs, from wherever sources write them."""

from __future__ import annotations

import pytest

from ingest.ids import canonical_id
from ingest.sources.ids import Identity, address_of, identity

SAID: dict[str, tuple[list[str], Identity]] = {
    "a bare id": (["2407.11062"], Identity("2407.11062")),
    "a version": (["2407.11062v12"], Identity("2407.11062", 12)),
    "with its name": (["arXiv: 2407.11062v2"], Identity("2407.11062", 2)),
    "a page": (["https://www.arxiv.org/abs/2407.11062v2"], Identity("2407.11062", 2)),
    "a PDF": (["http://export.arxiv.org/pdf/2407.11062.pdf"], Identity("2407.11062")),
    "Hugging Face's page": (["https://huggingface.co/papers/2407.11062"], Identity("2407.11062")),
    "arXiv's DOI": (["https://doi.org/10.48550/arXiv.2407.11062"], Identity("2407.11062")),
    "a journal": (["arXiv preprint arXiv:2407.11062 (2024)"], Identity("2407.11062")),
    "DBLP": (["CoRR", "abs/2407.11062"], Identity("2407.11062")),
    "an old id": (["math.GT/0309136v1"], Identity("math/0309136", 1)),
    "an old page": (["https://arxiv.org/abs/quant-ph/0201082"], Identity("quant-ph/0201082")),
    "a DOI": (["10.1000/ABC.1"], Identity(doi="10.1000/abc.1")),
    "a DOI's address": (["http://dx.doi.org/10.1000/abc(1)2"], Identity(doi="10.1000/abc(1)2")),
    "a DOI in words": (["doi: 10.1000/abc."], Identity(doi="10.1000/abc")),
    "both": (["10.1000/abc", "2407.11062v1"], Identity("2407.11062", 1, "10.1000/abc")),
    "a year and a page": (["2024", "pp. 12-20"], Identity()),
    "a number in a text": (["version 2407.11062 of it"], Identity()),
    "another site": (["https://example.org/abc/2407.11062"], Identity()),
    "nothing": ([], Identity()),
}


@pytest.mark.parametrize(("said", "found"), SAID.values(), ids=SAID.keys())
def test_an_id_is_recognised(said: list[str], found: Identity) -> None:
    assert identity(said) == found


def test_a_paper_is_named_by_arxiv_before_its_doi() -> None:
    assert Identity("2407.11062", 1, "10.1/x").id == "arxiv:2407.11062"
    assert Identity(doi="10.1/x").id == "doi:10.1/x"
    assert Identity().id is None


def test_arxivs_ids_say_their_year() -> None:
    said = ["2407.11062", "0704.0001", "math/9912001", "quant-ph/0201082"]
    assert [Identity(id_).year for id_ in said] == [2024, 2007, 1999, 2002]


def test_an_id_leads_to_its_page() -> None:
    assert address_of("arxiv:2407.11062") == "https://arxiv.org/abs/2407.11062"
    assert address_of("doi:10.1000/x") == "https://doi.org/10.1000/x"
    assert address_of("zebras") is None
    assert canonical_id(" zebras ") == "zebras"
