"""Codes of public holidays: a country, or a country and a region, of the `holidays` package."""

from difflib import get_close_matches


def holiday_problem(code: str) -> tuple[str, str] | None:
    """What is wrong with a code such as `DE-BY`, and what was expected; None if nothing is."""
    from holidays import list_supported_countries  # noqa: PLC0415 - heavy, and rarely needed

    countries = list_supported_countries()
    country, _, region = code.partition("-")
    if country not in countries:
        nearest = get_close_matches(country, countries, n=3)
        return f"there are no holidays for the country `{country}`", ", ".join(
            nearest
        ) or "an ISO code such as DE"
    if region and region not in countries[country]:
        return (
            f"`{country}` has no holidays for the region `{region}`",
            ", ".join(countries[country]) or f"{country} alone",
        )
    return None
