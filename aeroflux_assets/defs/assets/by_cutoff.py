"""The tables that are partitioned by year and cutoff: weather, propagation, states, features."""

from collections.abc import Callable, Iterator
from typing import Any

import dagster as dg

from aeroflux_assets.contracts.base import Contract
from aeroflux_assets.contracts.propagation import AIRPORT_STATE, CARRIER_STATE, PROPAGATION, ROUTE_STATE
from aeroflux_assets.contracts.weather import WEATHER_AT_CUTOFF
from aeroflux_assets.cutoffs import Cutoff, cutoff_named
from aeroflux_assets.defs.partitions import YEAR_CUTOFF, YEAR_OF
from aeroflux_assets.defs.pools import TABLES
from aeroflux_assets.defs.report import contract_check, result, spec
from aeroflux_assets.defs.resources import TableConfig, Workspace
from aeroflux_assets.features.build import FEATURES
from aeroflux_assets.features.tables import STATE_TABLES, make_features
from aeroflux_assets.lake import Commit, Partition
from aeroflux_assets.propagation.tables import STATES, make_propagation, make_states
from aeroflux_assets.weather_join.tables import make_weather_at_cutoff


def _yearly(*names: str) -> list[dg.AssetDep]:
    return [dg.AssetDep(name, partition_mapping=YEAR_OF) for name in names]


def _keys(context: dg.AssetExecutionContext) -> tuple[int, Cutoff, Partition]:
    keys = context.partition_key.keys_by_dimension
    cutoff = cutoff_named(keys["cutoff"])
    return int(keys["year"]), cutoff, {"year": int(keys["year"]), "cutoff": cutoff.name}


def _by_cutoff(contract: Contract, deps: list[Any], make: Callable[..., Commit]) -> dg.AssetsDefinition:
    @dg.multi_asset(
        pool=TABLES,
        name=contract.name,
        specs=[spec(contract, deps, YEAR_CUTOFF)],
        check_specs=[contract_check(contract)],
    )
    def table(
        context: dg.AssetExecutionContext, config: TableConfig, workspace: Workspace
    ) -> dg.MaterializeResult:
        lake = workspace.lake()
        year, cutoff, part = _keys(context)
        return result(lake, contract, make(lake, year, cutoff, refresh=config.refresh), part)

    return table


weather_at_cutoff = _by_cutoff(
    WEATHER_AT_CUTOFF,
    _yearly("cleaned_flights", "cleaned_weather", "airport_stations"),
    make_weather_at_cutoff,
)
# The year before is read as well; its lineage runs through rotations, whose mapping Dagster can express.
propagation = _by_cutoff(PROPAGATION, _yearly("cleaned_flights", "rotations"), make_propagation)
features = _by_cutoff(
    FEATURES, [*STATE_TABLES, *_yearly("cleaned_flights"), "airports", "raw_aircraft"], make_features
)


@dg.multi_asset(
    pool=TABLES,
    specs=[
        spec(contract, _yearly("cleaned_flights", "rotations"), YEAR_CUTOFF)
        for contract in (AIRPORT_STATE, ROUTE_STATE, CARRIER_STATE)
    ],
    check_specs=[contract_check(contract) for contract in (AIRPORT_STATE, ROUTE_STATE, CARRIER_STATE)],
)
def network_state(
    context: dg.AssetExecutionContext, config: TableConfig, workspace: Workspace
) -> Iterator[dg.MaterializeResult]:
    """Airports, routes and carriers as seen at each flight's cutoff, made together from the same events."""
    lake = workspace.lake()
    year, cutoff, part = _keys(context)
    for name, commit in make_states(lake, year, cutoff, refresh=config.refresh).items():
        yield result(lake, STATES[name][0], commit, part)
