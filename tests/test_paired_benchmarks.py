"""What is claimed of paired differences: intervals cover, and pairing makes errors smaller."""

from collections.abc import Callable

import pytest
from scipy.stats import norm

from benchmarks import paired_coverage
from benchmarks.paired_error import gains

SEEDS = 100


@pytest.mark.parametrize("case", paired_coverage.CASES, ids=lambda case: case.__name__)
@pytest.mark.parametrize(("scheme", "iterations"), [("mc", 1024), ("lhs", 8192)])
def test_intervals_of_differences_hold_the_truth(
    case: Callable[[], paired_coverage.Pair], scheme: str, iterations: int
) -> None:
    """Within four binomial standard errors of 95 %; quantiles may hold it more often."""
    pair = case()
    for each in paired_coverage.coverages(pair, SEEDS, iterations, scheme):
        assert each.share > 0.95 - 4 * each.error, each


def test_the_truth_of_two_branches_is_the_closed_form() -> None:
    """E max of two normals by Clark's formula (1961)."""
    known = []
    for (a, sa), (b, sb) in (((50, 5), (48, 9)), ((50, 5), (45, 7))):
        spread = (sa * sa + sb * sb) ** 0.5
        z = (a - b) / spread
        known.append(a * norm.cdf(z) + b * norm.cdf(-z) + spread * norm.pdf(z))
    found = paired_coverage.branches().values["mean finish"] / 86_400_000
    assert found == pytest.approx(known[1] - known[0], abs=1e-5)


def test_pairing_makes_errors_smaller() -> None:
    """A range of the starter, over eight seeds of 256 iterations."""
    found = list(gains("starter", 8, 256))
    assert {each.figure for each in found} == {
        "P80 finish", "mean finish", "P80 cost", "mean cost",
    }  # fmt: skip
    assert max(each.ratio for each in found) > 1.5
