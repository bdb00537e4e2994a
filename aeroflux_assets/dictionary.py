"""docs/data-dictionary.md from the contracts: `python -m aeroflux_assets.dictionary [--check] PATH`."""

import sys
from pathlib import Path

from aeroflux_assets.contracts.base import KNOWN_AT, Contract
from aeroflux_assets.contracts.calibrated import (
    CALIBRATED_PREDICTIONS,
    DELAY_GRID,
    IMPACT,
    INNER_PREDICTIONS,
    RELIABILITY,
)
from aeroflux_assets.contracts.cleaned import AIRPORTS, CLEANED_FLIGHTS, CLEANED_WEATHER, QUARANTINED_FLIGHTS
from aeroflux_assets.contracts.experiments import BASELINES, CLUSTERS, XRAY
from aeroflux_assets.contracts.explanation import (
    ABLATION,
    FAILURES,
    HOPS_BY_DEPTH,
    IMPORTANCE,
    PASS_THROUGH,
    PASS_THROUGH_MATCHED,
)
from aeroflux_assets.contracts.ledger import LEDGER
from aeroflux_assets.contracts.model import METRICS, MODELS, PREDICTIONS
from aeroflux_assets.contracts.propagation import AIRPORT_STATE, CARRIER_STATE, PROPAGATION, ROUTE_STATE
from aeroflux_assets.contracts.raw_flights import RAW_FLIGHTS
from aeroflux_assets.contracts.raw_weather import RAW_WEATHER
from aeroflux_assets.contracts.reference import RAW_AIRCRAFT, RAW_AIRPORTS, RAW_GHCNH_STATIONS, RAW_STATIONS
from aeroflux_assets.contracts.rotation import ROTATIONS
from aeroflux_assets.contracts.summaries import SUMMARY_CUTOFFS, SUMMARY_MONTHS, SUMMARY_YEARS
from aeroflux_assets.contracts.summaries_delay import DELAY_SUMMARIES
from aeroflux_assets.contracts.training import REFITS, TRIALS
from aeroflux_assets.contracts.weather import AIRPORT_STATIONS, FLIGHTS_WITH_WEATHER, WEATHER_AT_CUTOFF
from aeroflux_assets.features.build import FEATURES
from aeroflux_assets.features.sets import FEATURE_SETS

# Every table of the lake, in the order in which data flows.
CONTRACTS: tuple[Contract, ...] = (
    RAW_AIRPORTS,
    RAW_STATIONS,
    RAW_GHCNH_STATIONS,
    RAW_AIRCRAFT,
    RAW_FLIGHTS,
    RAW_WEATHER,
    AIRPORTS,
    CLEANED_FLIGHTS,
    QUARANTINED_FLIGHTS,
    CLEANED_WEATHER,
    AIRPORT_STATIONS,
    FLIGHTS_WITH_WEATHER,
    WEATHER_AT_CUTOFF,
    ROTATIONS,
    LEDGER,
    PROPAGATION,
    AIRPORT_STATE,
    ROUTE_STATE,
    CARRIER_STATE,
    FEATURES,
    MODELS,
    PREDICTIONS,
    METRICS,
    INNER_PREDICTIONS,
    CALIBRATED_PREDICTIONS,
    RELIABILITY,
    IMPACT,
    DELAY_GRID,
    XRAY,
    BASELINES,
    CLUSTERS,
    SUMMARY_YEARS,
    SUMMARY_MONTHS,
    *DELAY_SUMMARIES,
    SUMMARY_CUTOFFS,
    PASS_THROUGH,
    PASS_THROUGH_MATCHED,
    FAILURES,
    IMPORTANCE,
    ABLATION,
    HOPS_BY_DEPTH,
    REFITS,
    TRIALS,
)


def render(contracts: tuple[Contract, ...] = CONTRACTS) -> str:
    """The whole dictionary as markdown."""
    head = [
        "# Data dictionary",
        "",
        "Generated from the contracts by `make docs`; CI refuses a copy that is not current. Times are UTC unless a",
        "name says `local`. `known` says when a value became known; the point-in-time audit goes by this column of",
        "`raw_flights` ([point-in-time.md](point-in-time.md)).",
        "",
        "| known | means |",
        "|---|---|",
        *(f"| {word} | {text} |" for word, text in KNOWN_AT.items()),
        "",
        "| table | room | partitioned by | what |",
        "|---|---|---|---|",
        *(
            f"| [{c.name}](#{c.name}) | {c.room} | {' x '.join(c.partitioned_by) or '-'} | {c.description} |"
            for c in contracts
        ),
    ]
    return "\n".join([*head, *(line for c in contracts for line in _table(c))]) + "\n"


def _table(contract: Contract) -> list[str]:
    in_sets = contract.name == FEATURES.name
    lines = ["", f"## {contract.name}", "", f"{contract.description.rstrip('.')}."]
    if contract.key:
        lines.append(f"Key: {', '.join(f'`{name}`' for name in contract.key)}.")
    lines += ["", f"| column | type | unit | known | null | meaning |{' sets |' if in_sets else ''}"]
    lines.append("|---|---|---|---|---|---|" + ("---|" if in_sets else ""))
    for c in contract.columns:
        row = f"| {c.name} | {c.dtype} | {c.unit} | {c.known_at} | {'' if c.nullable else 'no'} | {c.description} |"
        lines.append(row + (f" {_sets_of(c.name)} |" if in_sets else ""))
    if contract.rules:
        lines += ["", "Rules:", "", *(f"- {_rule(rule.name, rule.description)}" for rule in contract.rules)]
    return lines


def _rule(name: str, description: str) -> str:
    return f"{name}: {description}" if description else name


def _sets_of(feature: str) -> str:
    """The first of the nested sets that has the feature, and ours."""
    return ", ".join(
        name
        for name, names in FEATURE_SETS.items()
        if feature in names
        and (name == "aeroflux_full" or not any(feature in FEATURE_SETS[s] for s in _before(name)))
    )


def _before(name: str) -> list[str]:
    return list(FEATURE_SETS)[: list(FEATURE_SETS).index(name)]


def main(arguments: list[str]) -> int:
    """Write the dictionary, or with --check say whether the file is current."""
    path = Path(arguments[-1])
    text = render()
    if "--check" not in arguments:
        path.write_text(text, "utf-8")
        return 0
    if path.is_file() and path.read_text("utf-8") == text:
        return 0
    sys.stderr.write(f"{path} is not current with the contracts: run `make docs` and commit it\n")
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
