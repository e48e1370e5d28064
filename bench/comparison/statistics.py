"""Medians, and which rounds they are taken of."""

from __future__ import annotations

import statistics
from collections.abc import Iterable

from .settings import FOREIGN_LIMIT

Sample = dict


def is_noisy(sample: Sample) -> bool:
    """Whether others used so much of the machine that the round says little."""
    return sample.get("foreign", 0.0) > FOREIGN_LIMIT


def quiet(samples: list[Sample]) -> list[Sample]:
    """The rounds to look at: the quiet ones, or all of them if none was."""
    return [sample for sample in samples if not is_noisy(sample)] or samples


def median(samples: list[Sample], field: str) -> float | None:
    """The median of a field over the quiet rounds that have it."""
    values = [s[field] for s in quiet(samples) if s.get(field) is not None]
    return statistics.median(values) if values else None


def spread(samples: list[Sample], field: str) -> float | None:
    """The largest less the smallest, as a share of the median."""
    values = [s[field] for s in quiet(samples) if s.get(field) is not None]
    middle = statistics.median(values) if values else 0
    return (max(values) - min(values)) / middle if middle else None


def total(samples: Iterable[Sample], field: str) -> float:
    """The sum over all rounds, noisy ones too: an error is an error."""
    return sum(sample.get(field) or 0 for sample in samples)


def ratio(value: float | None, reference: float | None) -> float | None:
    """How many times the reference a value is."""
    if value is None or not reference:
        return None
    return value / reference


def grouped(samples: Iterable[Sample], *fields: str) -> dict[tuple, list[Sample]]:
    """Samples by the values of some fields, in the order in which they first appear."""
    groups: dict[tuple, list[Sample]] = {}
    for sample in samples:
        groups.setdefault(tuple(sample.get(field) for field in fields), []).append(sample)
    return groups
