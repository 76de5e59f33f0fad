"""Whether the reported 95 % intervals hold the truth as often as they say."""

from collections.abc import Callable

import pytest

from benchmarks import coverage
from tests import stored_cases

SEEDS, ITERATIONS = 300, 2000


def test_the_quadrature_of_the_bridge_agrees_with_the_stored_answers() -> None:
    """The distribution function that the coverage relies on is the stored one, within 1e-5."""
    known = stored_cases.case_of("exact/tri_bridge")["exact"]["cdf_at"]
    for t, p in known.items():
        assert coverage.bridge_cdf(float(t)) == pytest.approx(p, abs=1e-5)


@pytest.mark.parametrize("case", coverage.CASES, ids=lambda case: case.__name__)
def test_intervals_hold_the_truth_in_19_of_20_runs(case: Callable[[], coverage.Known]) -> None:
    """Coverage is within five binomial standard errors of 95 %; with atoms it may be higher."""
    known = case()
    for each in coverage.coverages(known, SEEDS, ITERATIONS):
        assert each.share > 0.95 - 5 * each.error, each
        assert known.atoms or each.share < 0.95 + 5 * each.error, each
