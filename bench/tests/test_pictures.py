"""Charts are well-formed, hold what they show, and keep names apart."""

from xml.etree import ElementTree

import pytest
from comparison.svg import (
    Bar,
    Line,
    Words,
    axis_end,
    bar_chart,
    decades,
    line_chart,
    short,
    spaced,
    ticks,
)

WORDS = Words("CPU <a request> takes", "subtitle", "footer")
SVG = "{http://www.w3.org/2000/svg}"


def texts(document: str) -> list[str]:
    return [element.text or "" for element in ElementTree.fromstring(document).iter(f"{SVG}text")]


def test_a_bar_is_as_long_as_its_value() -> None:
    document = bar_chart(WORDS, "us", [Bar("routerc", (10,), True), Bar("other", (20,))])
    bars = [
        float(element.get("width", "0"))
        for element in ElementTree.fromstring(document).iter(f"{SVG}rect")
    ][1:]
    assert bars[1] == pytest.approx(2 * bars[0])
    assert {"CPU <a request> takes", "routerc", "10.0", "us"} <= set(texts(document))


def test_one_huge_value_does_not_flatten_the_others() -> None:
    assert axis_end([14, 15, 40, 11_000]) == 40
    document = bar_chart(WORDS, "us", [Bar("a", (14,)), Bar("b", (15,)), Bar("c", (11_000,))])
    assert "11,000" in texts(document)
    assert document.count('stroke="#fff"') == 2


def test_lines_are_named_and_have_all_their_points() -> None:
    lines = [Line("routerc", ((10, 1), (1000, 1))), Line("other", ((10, 2), (1000, 200)))]
    document = line_chart(WORDS, "keys", "ms", lines, is_y_log=True)
    assert document.count("<circle") == 4
    assert {"routerc", "other", "keys", "ms", "1,000"} <= set(texts(document))


@pytest.mark.parametrize(
    ("most", "expected"), [(10, [0, 2, 4, 6, 8, 10]), (0.9, [0, 0.2, 0.4, 0.6, 0.8]), (0, [0])]
)
def test_ticks_are_round(most: float, expected: list[float]) -> None:
    assert ticks(most) == pytest.approx(expected)


def test_decades_hold_all_values() -> None:
    assert decades(15, 8000) == [10, 100, 1000, 10000]
    assert decades(10, 10) == [10, 100]


def test_names_do_not_lie_on_each_other() -> None:
    placed = spaced([100, 50, 101, 102], 15)
    ordered = sorted(placed)
    assert all(b - a >= 15 for a, b in zip(ordered, ordered[1:], strict=False))
    assert placed[1] == 50


def test_numbers_have_three_digits_that_matter() -> None:
    assert [short(value) for value in (0, 0.123, 5.678, 15.3, 36_667)] == [
        "0", "0.123", "5.68", "15.3", "36,667",
    ]  # fmt: skip
