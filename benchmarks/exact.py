"""Networks with exact answers at a million iterations: how many standard errors off is the worst?

Bar: every figure within five standard errors. Run it with ``python -m benchmarks.exact``.
"""

import sys
import time

from tests import stored_cases, truth

ITERATIONS = 1_000_000


def main(iterations: int = ITERATIONS) -> int:
    """Print a row for each stored case; 1 if a figure is off."""
    print(f"{'case':<24} {'figures':>7} {'largest |z|':>11}  {'where':<28} {'seconds':>7}")
    missed = 0
    for name in stored_cases.cases():
        case, began = stored_cases.case_of(f"exact/{name}"), time.perf_counter()
        results = truth.run(stored_cases.text_of(case), iterations)
        checks = stored_cases.checks_of(case, results)
        off = truth.worst(checks)
        missed += off.z >= 5
        seconds = time.perf_counter() - began
        print(f"{name:<24} {len(checks):>7} {off.z:>11.2f}  {off.what:<28} {seconds:>7.1f}")
    return int(missed > 0)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else ITERATIONS))
