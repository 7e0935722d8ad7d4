"""Figures read from prose, and when two say the same."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.text.figures import Figure, figures
from rag.text.same_figures import same, same_value


def one(text: str) -> Figure:
    (figure,) = figures(text)
    return figure


@pytest.mark.parametrize(
    ("text", "value", "measure"),
    [
        pytest.param("30%", 30, "percent", id="percent sign"),
        pytest.param("30 percent", 30, "percent", id="percent in letters"),
        pytest.param("thirty percent", 30, "percent", id="spelt"),
        pytest.param("twenty-five percent", 25, "percent", id="spelt, compound"),
        pytest.param("2.5x", 2.5, "times", id="x"),
        pytest.param("2.5-fold", 2.5, "times", id="fold"),
        pytest.param("2.5 times", 2.5, "times", id="times"),
        pytest.param("tenfold", 10, "times", id="spelt fold"),
        pytest.param("twice", 2, "times", id="twice"),
        pytest.param("1,900K", 1.9e6, "count", id="thousands comma and K"),
        pytest.param("1.9M", 1.9e6, "count", id="M"),
        pytest.param("175B", 1.75e11, "count", id="B"),
        pytest.param("175 billion", 1.75e11, "count", id="billion"),
        pytest.param("1.6 trillion", 1.6e12, "count", id="trillion"),
        pytest.param("12,288 GPUs", 12288, "count", id="thousands comma"),
        pytest.param("$100K+", 1e5, "money", id="dollars"),
        pytest.param("30 GB", 3e10, "bytes", id="gigabytes"),
        pytest.param("8.19 GB", 8.19e9, "bytes", id="gigabytes, decimals"),
        pytest.param("4-bit", 4, "bits", id="bits"),
        pytest.param("41 hours", 41 * 3600, "seconds", id="hours"),
        pytest.param("4 GPU days", 4 * 86400, "seconds", id="GPU days"),
        pytest.param("20,000 A100-80G GPU hours", 20000 * 3600, "seconds", id="hours of a device"),
        pytest.param("15 ms", 0.015, "seconds", id="milliseconds"),
        pytest.param("two orders of magnitude", 2, "orders", id="orders of magnitude"),
        pytest.param("10^{-3}", 0.001, "count", id="power of ten"),
        pytest.param("1e-5", 1e-5, "count", id="scientific"),
        pytest.param("half of them", 0.5, "fraction", id="half"),
        pytest.param("a third of it", 1 / 3, "fraction", id="a third of"),
        pytest.param("8x7B", 0, "shape 8x7b", id="shape"),
    ],
)
def test_a_figure_is_read_with_its_value_and_measure(text: str, value: float, measure: str) -> None:
    figure = one(text)
    assert (figure.value, figure.measure) == (pytest.approx(value), measure)
    assert not figure.in_name


@pytest.mark.parametrize(
    "text", ["GPT-4", "A100", "CIFAR-10", "Llama-2-70B", "CO2", "ModelNet40", "3D", "GPT-3.5"]
)
def test_figures_inside_names_belong_to_the_name(text: str) -> None:
    assert all(figure.in_name for figure in figures(text))


@pytest.mark.parametrize(
    "text", ["one of the best", "and a third lets ranks grow", "no figures here", ""]
)
def test_words_that_only_look_like_figures_are_none(text: str) -> None:
    assert figures(text) == ()


@pytest.mark.parametrize(
    ("text", "values", "measure"),
    [
        pytest.param("2 to 10 times faster", (2, 10), "times", id="to"),
        pytest.param("1.4x to 11.2x", (1.4, 11.2), "times", id="unit twice"),
        pytest.param("between 5 and 10 ms", (0.005, 0.01), "seconds", id="between"),
        pytest.param("10-100 billion parameters", (1e10, 1e11), "count", id="dash"),
        pytest.param("59% to 72%", (59, 72), "percent", id="percent"),
    ],
)
def test_both_ends_of_a_range_share_its_unit(
    text: str, values: tuple[float, float], measure: str
) -> None:
    found = figures(text)
    assert tuple(figure.value for figure in found) == pytest.approx(values)
    assert {figure.measure for figure in found} == {measure}


@pytest.mark.parametrize(
    ("claimed", "given"),
    [
        ("thirty percent", "30%"),
        ("2.5-fold", "2.5x"),
        ("1,900K parameters", "1.9M parameters"),
        ("94%", "93.72%"),
        ("1.9x", "1.91x"),
        ("half of the memory", "50%"),
        ("twice", "2x"),
        ("100x", "two orders of magnitude"),
        ("1 day", "24 hours"),
        ("1000 MB", "1 GB"),
        ("5 points", "5%"),
        ("69.48%", "69.48"),
        ("eight methods", "8 methods"),
        ("a factor of 3", "3x"),
        ("over 4x", "4.48x"),
        ("about 5x", "4.8x"),
        ("4-bit", "INT4"),
        ("70% more", "1.7x"),
        ("75% less", "4x"),
        ("cuts time by 75%", "0.25x"),
    ],
)
def test_figures_that_say_the_same_are_the_same(claimed: str, given: str) -> None:
    assert same(one(claimed), one(given))


@pytest.mark.parametrize(
    ("claimed", "given"),
    [
        ("30%", "30x"),
        ("30%", "30 GB"),
        ("30 GB", "30 MB"),
        ("7B", "7M"),
        ("40 hours", "40 days"),
        ("93.27%", "93.72%"),
        ("9%", "93.72%"),
        ("80 devices", "84 devices"),
        ("8 GPUs", "8%"),
        ("over 4x", "6x"),
        ("over 70%", "over 80%"),
        ("up to 30%", "20%"),
        ("70% less", "1.7x"),
        ("cuts the time by 70%", "1.7x"),
        ("75% more", "4x"),
        ("25% less", "0.25x"),
    ],
)
def test_figures_that_differ_in_value_or_unit_are_not_the_same(claimed: str, given: str) -> None:
    assert not same(one(claimed), one(given))


def test_the_same_number_in_another_unit_is_known_as_such() -> None:
    assert same_value(one("30%"), one("30x"))
    assert same_value(one("19.2 GB"), one("19.2 MB"))
    assert not same_value(one("30%"), one("31x"))


@pytest.mark.parametrize(
    ("text", "bound"),
    [
        ("more than 80%", "above"),
        ("over 80%", "above"),
        ("at least 80%", "above"),
        ("less than 80%", "below"),
        ("up to 80%", "below"),
        ("about 80%", "about"),
        ("80%", ""),
    ],
)
def test_a_figure_knows_from_which_side_it_bounds(text: str, bound: str) -> None:
    assert one(text).bound == bound


def test_a_count_knows_what_it_counts() -> None:
    assert one("8 NAS methods over all").nouns == ("nas", "method")


@given(st.text(max_size=200))
def test_offsets_give_the_figure_as_written(text: str) -> None:
    for figure in figures(text):
        assert text[figure.start : figure.end] == figure.text


@given(st.integers(1, 10**9), st.sampled_from(["%", "x", " GB", " hours", " parameters"]))
def test_a_thousands_comma_changes_nothing(number: int, unit: str) -> None:
    assert same(one(f"{number:,}{unit}"), one(f"{number}{unit}"))


@given(st.integers(2, 999), st.integers(2, 999))
def test_whole_percentages_are_the_same_only_if_equal(one_: int, other: int) -> None:
    assert same(one(f"{one_}%"), one(f"{other}%")) == (one_ == other)
