"""`simulator schema`: what editors need to check a scenario while one types."""

import json

import click


@click.command()
def schema() -> None:
    """Print the JSON Schema of the scenario file.

    \b
    simulator schema > scenario.schema.json
    """
    from simulator.scenario.schema import scenario_schema  # noqa: PLC0415 - help must be quick

    click.echo(json.dumps(scenario_schema(), indent=2))
