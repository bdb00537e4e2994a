"""How a backfill behaves: pools, outages, and tables that other code made."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import dagster as dg
import polars as pl
import pytest

from aeroflux_assets.contracts.base import Contract
from aeroflux_assets.contracts.cleaned import AIRPORTS, CLEANED_FLIGHTS
from aeroflux_assets.contracts.raw_flights import RAW_FLIGHTS
from aeroflux_assets.contracts.reference import RAW_AIRCRAFT
from aeroflux_assets.definitions import defs
from aeroflux_assets.defs import code
from aeroflux_assets.defs.code import code_version
from aeroflux_assets.defs.jobs import BY_CUTOFF, BY_YEAR
from aeroflux_assets.defs.outages import ATTENDED, WAITS_S, is_outage, outages_waited_out
from aeroflux_assets.defs.pools import RUN_GB, TABLES, TRAINING, size_pools, slots
from aeroflux_assets.defs.report import contract_check, result, spec
from aeroflux_assets.defs.resources import Workspace
from aeroflux_assets.defs.runner import Step, made_by_other_code, outdate
from aeroflux_assets.dictionary import CONTRACTS
from aeroflux_assets.errors import AerofluxError, SourceError
from aeroflux_assets.lake import Lake
from aeroflux_assets.settings import Settings
from aeroflux_assets.sources.transfer import GivenUpError

GRAPH = defs.resolve_asset_graph()
STATE = "aeroflux_assets.propagation.state"


@pytest.fixture
def edited(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A package in which one constant of the state of places reads otherwise."""
    source = code._module(STATE)
    lines = tuple(line.replace("HALF_WIDTH_MIN = 30", "HALF_WIDTH_MIN = 31") for line in source.lines)
    assert lines != source.lines
    _forget()
    monkeypatch.setattr(
        code,
        "_module",
        lambda name, real=code._module: replace(real(name), lines=lines) if name == STATE else real(name),
    )
    yield
    _forget()


def _forget() -> None:
    for cached in (code._uses, code._reached, code._text):
        cached.cache_clear()


def test_the_code_of_a_table_changes_with_what_it_uses_and_nothing_else(
    request: pytest.FixtureRequest,
) -> None:
    graph = {
        name: GRAPH.get(dg.AssetKey(name)).code_version for name in ("airport_state", "features", "rotations")
    }

    request.getfixturevalue("edited")
    after = {c.name: code_version(c) for c in _contracts(graph)}

    assert after["airport_state"] != graph["airport_state"]
    assert after["features"] == graph["features"]  # it reads the table, not the code
    assert after["rotations"] == graph["rotations"]


def _contracts(names: dict[str, str | None]) -> list[Contract]:
    return [contract for contract in CONTRACTS if contract.name in names]


def test_a_comment_or_a_docstring_is_no_change_of_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = (
        'def make():\n    """One."""\n    return 1\n',
        '# more\ndef make():\n    """Two, and\n    three."""\n\n    # why\n    return 1\n',
    )
    seen = []
    for number, text in enumerate(texts):
        file = tmp_path / f"m{number}.py"
        file.write_text(text)
        monkeypatch.setattr(code, "_file", lambda name, file=file: file)
        code._module.cache_clear()
        code._text.cache_clear()
        seen.append(code._text(f"aeroflux_assets.m{number}", "make"))
    monkeypatch.undo()
    code._module.cache_clear()
    _forget()

    assert seen[0] == seen[1] == "def make():\n    return 1"


def test_a_contract_that_nothing_makes_is_refused() -> None:
    with pytest.raises(ValueError, match="has no name of its own"):
        code_version(replace(RAW_FLIGHTS, name="another"))


def _empty(lake: Lake, *contracts: Contract) -> None:
    for contract in contracts:
        lake.write(contract, pl.LazyFrame(schema=contract.schema), inputs={"a": "1"})


REFERENCE_STEP = Step("a step", ("raw_aircraft", "airports"), None)


def test_tables_of_other_code_are_found_and_made_again(tmp_path: Path) -> None:
    lake = Lake(tmp_path, code_version)
    _empty(Lake(tmp_path, lambda _: "of old"), RAW_AIRCRAFT)
    _empty(lake, AIRPORTS)
    before = lake.scan("airports").collect()
    with dg.DagsterInstance.ephemeral() as instance:
        stale = made_by_other_code(lake, instance, REFERENCE_STEP)
        outdate(lake, REFERENCE_STEP, stale)

        assert stale == made_by_other_code(lake, instance, REFERENCE_STEP) == ["raw_aircraft"]
        assert lake.current("raw_aircraft", {}, {"a": "1"}) is None
        assert lake.current("airports", {}, {"a": "1"}) is not None
        assert lake.scan("airports").collect().equals(before)

        _empty(lake, RAW_AIRCRAFT)
        assert made_by_other_code(lake, instance, REFERENCE_STEP) == []


def test_keeping_a_table_of_other_code_does_not_make_it_today_s(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AEROFLUX_DATA", str(tmp_path))
    today, of_old = Workspace().lake(), Lake(tmp_path / "lake", lambda _: "of old")

    @dg.multi_asset(specs=[spec(AIRPORTS, [], None)], check_specs=[contract_check(AIRPORTS)])
    def airports() -> dg.MaterializeResult:
        rows = pl.LazyFrame(schema=AIRPORTS.schema)
        return result(today, AIRPORTS, today.ensure(AIRPORTS, {}, {"a": "1"}, lambda _: rows), {})

    _empty(of_old, AIRPORTS)
    with dg.DagsterInstance.ephemeral() as instance:
        for _ in range(2):
            assert dg.materialize([airports], instance=instance).success
            assert made_by_other_code(today, instance, REFERENCE_STEP) == ["airports"]
            # What Dagster compares with the asset's own version for its mark.
            assert _told(instance, "airports") == "of old"

        outdate(today, REFERENCE_STEP, ["airports"])
        assert dg.materialize([airports], instance=instance).success
        assert made_by_other_code(today, instance, REFERENCE_STEP) == []
        assert _told(instance, "airports") == code_version(AIRPORTS)


def _told(instance: dg.DagsterInstance, name: str) -> str | None:
    event = instance.get_latest_materialization_event(dg.AssetKey(name))
    assert event is not None
    assert event.asset_materialization is not None
    return (event.asset_materialization.tags or {}).get("dagster/code_version")


def test_a_commit_that_records_no_code_is_of_the_code_that_first_told_it(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    _empty(lake, RAW_AIRCRAFT, AIRPORTS)
    with dg.DagsterInstance.ephemeral() as instance:
        for contract, codes in ((RAW_AIRCRAFT, ("of old", "today")), (AIRPORTS, ("today",))):
            commit = lake.commit_of(contract.name)
            assert commit is not None
            instance.report_runless_asset_event(_made(contract, "before it", "of older"))
            for each in codes:
                instance.report_runless_asset_event(
                    _made(contract, commit.version, each.replace("today", code_version(contract)))
                )

        assert made_by_other_code(lake, instance, REFERENCE_STEP) == ["raw_aircraft"]


def _made(contract: Contract, version: str, code_: str) -> dg.AssetMaterialization:
    tags = {"dagster/code_version": code_, "dagster/data_version": version}
    return dg.AssetMaterialization(contract.name, tags=tags)


def test_outdating_a_partition_leaves_its_rows_readable(tmp_path: Path) -> None:
    lake, part = Lake(tmp_path), {"year": 2008}
    lake.write(CLEANED_FLIGHTS, pl.LazyFrame(schema=CLEANED_FLIGHTS.schema), part, inputs={"raw": "1"})

    outdate(lake, Step("s", ("cleaned_flights",), "2008"), ["cleaned_flights"])
    outdate(lake, Step("s", ("cleaned_flights",), "2009"), ["cleaned_flights"])

    assert lake.current("cleaned_flights", part, {"raw": "1"}) is None
    assert lake.scan("cleaned_flights", [part]).collect().height == 0
    assert not lake.has("cleaned_flights", {"year": 2009})


def test_every_asset_that_makes_a_table_stands_in_a_pool() -> None:
    pools = {key.to_user_string(): set(GRAPH.get(key).pools) for key in GRAPH.get_all_asset_keys()}
    outside = {name for name, mine in pools.items() if not mine}

    assert outside == {"evaluation_report"}
    # A run counts in every pool of its steps: one training among a year's tables would run years one by one.
    assert {pool for name in (*BY_YEAR, *BY_CUTOFF) for pool in pools[name]} == {TABLES}
    assert pools["models"] == pools["xray"] == {TRAINING}


@pytest.mark.parametrize(
    ("budget", "cores", "runs"), [(16, 8, 5), (16, 2, 2), (1, 8, 1), (int(RUN_GB * 3), 4, 3)]
)
def test_years_run_side_by_side_up_to_the_budget_and_the_cores(budget: int, cores: int, runs: int) -> None:
    assert slots(Settings(memory_gb=budget), cores) == {TABLES: runs, TRAINING: 1}


def test_the_pools_of_an_instance_are_sized(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path))

    wanted = size_pools(Settings(memory_gb=3))

    with dg.DagsterInstance.get() as instance:
        kept = {pool.name: pool.limit for pool in instance.event_log_storage.get_pool_limits()}
    assert kept == wanted == {TABLES: 1, TRAINING: 1}


def _attempt(fault: Exception, tags: dict[str, str]) -> dg.ExecuteInProcessResult:
    @dg.asset
    def fetched(context: dg.AssetExecutionContext) -> None:
        with outages_waited_out(context):
            raise fault

    return dg.materialize([fetched], tags=tags, raise_on_error=False)


def _wrapped(fault: Exception) -> SourceError:
    error = SourceError("3 files failed")
    error.__cause__ = fault
    return error


@pytest.mark.parametrize(
    ("fault", "tags", "again"),
    [
        (GivenUpError("host is down"), {}, True),
        (_wrapped(GivenUpError("host is down")), {}, True),
        (GivenUpError("host is down"), {ATTENDED: "aeroflux run"}, False),
        (SourceError("a wrong month inside"), {}, False),
        (AerofluxError("no such year"), {}, False),
    ],
)
def test_only_an_outage_is_tried_again_and_only_unattended(
    fault: Exception, tags: dict[str, str], again: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("aeroflux_assets.defs.outages.WAITS_S", (0, 0))

    result = _attempt(fault, tags)

    retries = [e for e in result.all_events if e.event_type_value == "STEP_UP_FOR_RETRY"]
    assert not result.success
    assert len(retries) == (2 if again else 0)


def test_the_waits_grow() -> None:
    assert list(WAITS_S) == sorted(set(WAITS_S))
    assert not is_outage(None)
