"""Medians are taken of quiet rounds, and errors of all."""

from comparison.sections import foreign_cell, ratio_cell, request_errors
from comparison.statistics import grouped, median, quiet, ratio, spread, total


def rounds(*values: tuple[float, float]) -> list[dict]:
    return [{"cpu": cpu, "foreign": foreign, "errors": 1} for cpu, foreign in values]


def test_noisy_rounds_are_left_out_of_the_median() -> None:
    samples = rounds((10, 0.01), (12, 0.02), (90, 0.5))
    assert median(samples, "cpu") == 11
    assert quiet(samples) == samples[:2]


def test_all_rounds_count_when_none_was_quiet() -> None:
    samples = rounds((10, 0.4), (12, 0.5), (90, 0.6))
    assert median(samples, "cpu") == 12
    assert foreign_cell(samples) == "60% !"


def test_a_left_out_round_is_told() -> None:
    assert foreign_cell(rounds((10, 0.01), (90, 0.5))) == "1% (1 left out)"


def test_errors_of_noisy_rounds_count() -> None:
    assert request_errors(rounds((10, 0.01), (90, 0.5))) == "2"
    assert total(rounds((1, 0), (2, 0)), "cpu") == 3


def test_what_was_not_measured_is_nothing() -> None:
    assert median([{"foreign": 0.0}], "cpu") is None
    assert median([], "cpu") is None
    assert ratio(None, 1) is None
    assert ratio(1, None) is None
    assert ratio(3, 2) == 1.5


def test_spread_is_a_share_of_the_median() -> None:
    assert spread(rounds((10, 0), (11, 0), (9, 0)), "cpu") == 0.2


def test_ratio_is_to_the_reference() -> None:
    assert ratio_cell(rounds((15, 0)), rounds((10, 0)), "cpu") == "1.50 x"
    assert ratio_cell(rounds((15, 0)), [], "cpu") == "-"


def test_groups_keep_their_order() -> None:
    samples = [{"peer": "b"}, {"peer": "a"}, {"peer": "b"}]
    assert list(grouped(samples, "peer")) == [("b",), ("a",)]
