"""Read a SIP of a SIPmath 3.0 library: its trials, as every tool of that standard makes them.

A library (JSON) holds arrays of trials, or what makes them: coefficients of a metalog or a table,
driven by the HDR generator, a counter and four seeds, or by a Gaussian copula of several. The first
10,000 trials of such a virtual SIP are made here, and then drawn like those of any file of samples:
how SIPs of a library move together is for the scenario to say.

Source: ProbabilityManagement.org, SIPmath 3.0 standard, whose example library gives trials that
tests compare with; Hubbard, A multi-dimensional, counter-based pseudo random number generator as a
standard for Monte Carlo simulations, WSC 2019 (the generator, version 2.0); Keelin 2016 (metalog).
"""

import json
import math
from typing import Any, Final

import numpy as np
import scipy

from simulator.scenario.distribution_kinds.base import Floats
from simulator.scenario.distribution_kinds.metalog import Fit
from simulator.scenario.distribution_kinds.reading import nearest, short

ENDINGS: Final = (".json", ".sipmath", ".siplib")
TRIALS: Final = 10_000
"""How many trials of a virtual SIP are made."""
_MOST_TRIALS: Final = 1_000_000
_MOST_TERMS: Final = 30
_MOST_LAYERS: Final = 200
_LARGEST_SEED: Final = 2**40
"""Products with seeds up to this stay whole in 64 bits."""


def is_library(name: str) -> bool:
    """Whether a file is a library by its name."""
    return name.lower().endswith(ENDINGS)


def sip_values(text: str, sip: str, file: str) -> Floats:
    """The trials (N,) of a SIP of a library, in its order.

    Raises
    ------
    ValueError
        The text is no library, has no such SIP, or one that cannot be made from it alone.
    """
    library = _library(text, file)
    found = _named(library, sip, file)
    where = f"samples: {short(sip)} of {file}"
    try:
        with np.errstate(over="ignore", invalid="ignore"):  # what is not finite is refused below
            values = _values(library, found)
    except (KeyError, TypeError, AttributeError, IndexError):
        raise ValueError(f"{where} is not written as SIPmath 3.0 has it") from None
    except ValueError as problem:
        raise ValueError(f"{where}: {problem}") from None
    if not 1 <= len(values) <= _MOST_TRIALS:
        raise ValueError(f"{where} has {len(values):,} trials; expected 1 to {_MOST_TRIALS:,}")
    if not np.all(np.isfinite(values)):
        raise ValueError(f"{where} has trials that are no finite numbers")
    return values


def hdr(index: "np.typing.NDArray[np.int64]", seeds: tuple[int, int, int, int]) -> Floats:
    """Uniform numbers of the HDR generator 2.0 at counters (N,), from 1.

    `seeds` are variable, entity and the two further ones, in this order. All is exact in 64 bits.
    """
    var, entity, third, fourth = seeds
    one = index * 2499997 + var * 1800451 + entity * 2000371 + third * 1796777 + fourth * 2299603
    two = index * 2246527 + var * 2399993 + entity * 2100869 + third * 1918303 + fourth * 1624729
    large = 999999999999989
    left = large % (one % 7450589 * 4658 + 7450581) * 383 % 99991 * 7440893
    right = large % (two % 7450987 * 7580 + 7560584) * 17669 % 7440893
    found: Floats = ((left + right) * 1343 % 2**32 + 0.5) / 2**32
    return found


def _library(text: str, file: str) -> dict[str, Any]:
    try:
        library = json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        raise ValueError(f"samples: {file} is not JSON") from None
    if not isinstance(library, dict) or not isinstance(library.get("sips"), list):
        raise ValueError(f"samples: {file} is no SIPmath 3.0 library; expected `sips` in it")  # noqa: TRY004 - a user's file
    return library


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is no number of JSON")


def _named(library: dict[str, Any], sip: str, file: str) -> dict[str, Any]:
    """The SIP of a name; of several, the one that is for every environment."""
    sips = [each for each in library["sips"] if isinstance(each, dict)]
    own = [each for each in sips if each.get("name") == sip]
    if not own:
        names = [str(each.get("name")) for each in sips]
        listed = short(", ".join(dict.fromkeys(names)))
        raise ValueError(f"samples: no SIP {short(sip)} in {file}{nearest(sip, names)} ({listed})")
    return next((each for each in own if each.get("environment", "Any") in ("Any", "")), own[0])


def _values(library: dict[str, Any], sip: dict[str, Any]) -> Floats:
    """The trials of a SIP."""
    function, arguments = sip["function"], sip["arguments"]
    if function == "SIP_Array":
        return _array(arguments)
    if function == "Metalog_1_0":
        u = _uniform(library, sip["ref"])
        return _rounded(_metalog(arguments).at(u, scipy.special.logit(u)))
    if function == "Lookup_Table":
        table = _numbers(arguments["value"], dimensions=2)
        steps = np.searchsorted(table[:, 0], _uniform(library, sip["ref"]), side="left")
        found: Floats = table[np.minimum(steps, len(table) - 1), 1]
        return found
    raise ValueError(
        f"the function {short(function)} is not read; expected SIP_Array, Metalog_1_0, Lookup_Table"
    )


def _rounded(values: Floats) -> Floats:
    """The same with 12 digits: logarithms differ in the last one from machine to machine."""
    return np.array([float(f"{value:.12g}") for value in values.tolist()])


def _array(arguments: dict[str, Any]) -> Floats:
    kind = arguments.get("type", "array")
    if kind != "array" or "url" in arguments:
        problem = f"its trials are elsewhere or packed ({short(kind)})"
        raise ValueError(f"{problem}; expected an array in the library itself")
    return _numbers(arguments["value"], dimensions=1)


def _numbers(raw: Any, *, dimensions: int) -> Floats:
    def is_number(each: object) -> bool:
        return isinstance(each, int | float) and not isinstance(each, bool)

    rows = [raw] if dimensions == 1 else raw
    if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows) or not rows:
        raise ValueError("it is no list of numbers")
    if not all(is_number(each) for row in rows for each in row):
        raise ValueError("it holds something that is no number")
    if dimensions == 2 and any(len(row) != 2 for row in rows):
        raise ValueError("a row of the table has not two numbers")
    try:
        return np.array(raw, dtype=np.float64)
    except OverflowError:
        raise ValueError("a number is too large") from None


def _metalog(arguments: dict[str, Any]) -> Fit:
    coefficients = _numbers(arguments["aCoefficients"], dimensions=1)
    if not 1 <= len(coefficients) <= _MOST_TERMS:
        raise ValueError(f"{len(coefficients)} coefficients; expected 1 to {_MOST_TERMS}")
    bounds = {}
    for name in ("lowerBound", "upperBound"):
        raw = arguments.get(name)
        bounds[name] = None if raw in (None, "") else float(raw)
    low = -math.inf if bounds["lowerBound"] is None else bounds["lowerBound"]
    high = math.inf if bounds["upperBound"] is None else bounds["upperBound"]
    if not low < high:
        raise ValueError(f"its bounds are {low:g} and {high:g}; expected rising ones")
    return Fit(coefficients, 0.0, 1.0, low, high)


def _uniform(library: dict[str, Any], ref: dict[str, Any]) -> Floats:
    """The uniform numbers (N,) that drive a SIP."""
    if ref["source"] == "rng":
        return _generated(library, ref["name"])
    if ref["source"] == "copula":
        return _layer(library, ref["name"], ref["copulaLayer"])
    raise ValueError(f"it is driven by {short(ref['source'])}; expected rng or copula")


def _generated(library: dict[str, Any], name: str) -> Floats:
    rng = _one_of(library["U01"]["rng"], name, "random number generator")
    if rng["function"] != "HDR_2_0":
        raise ValueError(f"the generator {short(rng['function'])} is not known; expected HDR_2_0")
    seeds = []
    for key in ("varId", "entity", "seed3", "seed4"):
        raw = rng["arguments"].get(key, 0)
        if isinstance(raw, dict):
            raise ValueError(f"the seed {key} of {name} is for a user to enter; expected a number")  # noqa: TRY004 - a user's file
        seed = int(raw)
        if seed != float(raw) or abs(seed) > _LARGEST_SEED:
            raise ValueError(f"the seed {key} of {name} is {short(raw)}; expected a whole number")
        seeds.append(seed)
    return hdr(np.arange(1, TRIALS + 1), (seeds[0], seeds[1], seeds[2], seeds[3]))


def _one_of(entries: list[dict[str, Any]], name: str, what: str) -> dict[str, Any]:
    found = next((each for each in entries if each.get("name") == name), None)
    if found is None:
        raise ValueError(f"the library has no {what} {short(name)}")
    return found


def _layer(library: dict[str, Any], name: str, layer: str) -> Floats:
    """One layer of a Gaussian copula: normal scores times a row of the Cholesky factor."""
    copula = _one_of(library["U01"]["copula"], name, "copula")
    if copula["function"] == "SIP_Array":
        return _array_layer(copula, layer)
    if copula["function"] != "GaussianCopula":
        expected = "GaussianCopula or SIP_Array"
        raise ValueError(
            f"the copula {short(copula['function'])} is not known; expected {expected}"
        )
    layers, arguments = copula["copulaLayer"], copula["arguments"]
    if layer not in layers or len(layers) > _MOST_LAYERS:
        raise ValueError(f"the copula {name} has no layer {short(layer)}")
    place = layers.index(layer)
    factor = _factor(library, arguments["correlationMatrix"], len(layers))
    score = np.zeros(TRIALS)
    for weight, each in zip(factor[place], arguments["rng"][: place + 1], strict=False):
        score += weight * scipy.special.ndtri(_generated(library, each))
    found: Floats = scipy.special.ndtr(score)
    return found


def _array_layer(copula: dict[str, Any], layer: str) -> Floats:
    arguments = copula["arguments"]
    if arguments.get("type", "array") != "array" or "url" in arguments:
        raise ValueError("its copula is elsewhere or packed; expected an array in the library")
    values = _numbers(arguments["value"][copula["copulaLayer"].index(layer)], dimensions=1)
    if not np.all((values > 0.0) & (values < 1.0)):
        raise ValueError("its copula holds numbers outside 0 to 1")
    return values


def _factor(library: dict[str, Any], named: dict[str, Any], size: int) -> Floats:
    """The lower Cholesky factor of the copula's correlation matrix."""
    table = _one_of(library["globalVariables"], named["value"], "correlation matrix")["value"]
    entries = table["matrix"]
    order = table.get("rows") or list(dict.fromkeys(each["row"] for each in entries))
    if len(order) != size:
        raise ValueError(f"the correlation matrix has {len(order)} rows for {size} layers")
    matrix = np.eye(size)
    for each in entries:
        i, j = order.index(each["row"]), order.index(each["col"])
        matrix[i, j] = matrix[j, i] = float(each["value"])
    try:
        return np.asarray(np.linalg.cholesky(matrix), dtype=np.float64)
    except np.linalg.LinAlgError:
        raise ValueError("its correlation matrix is not positive definite") from None
