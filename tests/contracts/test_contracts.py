"""Every contract of the package keeps the form of a contract, and `violations` counts what breaks one."""

import importlib
import pkgutil
from datetime import date

import polars as pl
import pytest

from aeroflux_assets import contracts
from aeroflux_assets.contracts.base import KNOWN_AT, Column, Contract, Rule, Violation, violations
from aeroflux_assets.contracts.raw_flights import RAW_FLIGHTS
from aeroflux_assets.errors import ContractError
from aeroflux_assets.features.build import FEATURES


def _all() -> list[Contract]:
    found = {FEATURES.name: FEATURES}
    for module in pkgutil.iter_modules(contracts.__path__):
        names = vars(importlib.import_module(f"{contracts.__name__}.{module.name}")).values()
        for contract in (value for value in names if isinstance(value, Contract)):
            assert found.setdefault(contract.name, contract) is contract, f"two tables named {contract.name}"
    return list(found.values())


ALL = _all()
by_contract = pytest.mark.parametrize("contract", ALL, ids=lambda contract: contract.name)


def test_the_contracts_are_found() -> None:
    names = {contract.name for contract in ALL}
    assert {"raw_flights", "cleaned_flights", "rotations", "propagation", "airport_state", "metrics"} <= names


@by_contract
def test_columns_are_named_once_described_and_say_when_they_are_known(contract: Contract) -> None:
    assert len(set(contract.names)) == len(contract.names)
    assert set(contract.known_at().values()) <= set(KNOWN_AT)
    assert all(column.description for column in contract.columns)
    assert len({rule.name for rule in contract.rules}) == len(contract.rules)


@by_contract
def test_the_key_is_of_columns_that_are_never_null(contract: Contract) -> None:
    nullable = {column.name: column.nullable for column in contract.columns}
    assert set(contract.key) <= set(nullable)
    assert [name for name in contract.key if nullable[name]] == []


@by_contract
def test_partition_dimensions_are_known_and_not_columns_too(contract: Contract) -> None:
    assert contract.partitioned_by in ((), ("year",), ("year", "cutoff"), ("scored_year", "cutoff"))
    assert not set(contract.partitioned_by) & set(contract.names)


@by_contract
def test_every_rule_can_be_asked_of_an_empty_table(contract: Contract) -> None:
    assert violations(contract, pl.LazyFrame(schema=contract.schema)) == []


@by_contract
def test_every_rule_is_silent_about_a_row_of_nulls(contract: Contract) -> None:
    # Null means that a rule does not apply: only the columns that may not be null are reported.
    row = pl.LazyFrame({name: [None] for name in contract.names}, schema=contract.schema)
    reported = [violation.rule for violation in violations(contract, row)]
    assert reported == [f"{column.name} is null" for column in contract.columns if not column.nullable]


@pytest.mark.parametrize("name", ["propagation", "airport_state", "route_state", "carrier_state", "features"])
def test_tables_that_feed_models_hold_nothing_known_after_the_cutoff(name: str) -> None:
    (contract,) = (contract for contract in ALL if contract.name == name)
    assert set(contract.known_at().values()) <= {"schedule", "cutoff", "reference", "record"}


def test_raw_outcomes_are_not_said_to_be_known_by_schedule() -> None:
    # What the audit perturbs: a word wrong here would let a leak pass.
    known_at = RAW_FLIGHTS.known_at()
    assert {n for n, word in known_at.items() if word == "schedule"} == {
        "Year",
        "Month",
        "FlightDate",
        "Reporting_Airline",
        "Flight_Number_Reporting_Airline",
        "Origin",
        "Dest",
        "CRSDepTime",
        "CRSArrTime",
        "CRSElapsedTime",
        "Distance",
    }
    assert known_at["Tail_Number"] == "tail"
    assert known_at["Cancelled"] == "cancellation"
    assert {known_at[n] for n in ("DepTime", "DepDelay")} == {"departure"}
    assert {known_at[n] for n in ("ArrTime", "ArrDelay", "TaxiIn", "AirTime")} == {"arrival"}


# ---- violations -----------------------------------------------------------------------------------------
TOY = Contract(
    name="toy",
    room="cleaned",
    description="",
    key=("day", "n"),
    columns=(
        Column("day", pl.Date(), "a day", nullable=False),
        Column("n", pl.Int32(), "a number", nullable=False),
        Column("share", pl.Float64(), "a share"),
    ),
    rules=(
        Rule("share is a share", pl.col("share").is_between(0, 1), ""),
        Rule("n is positive", pl.col("n") > 0, ""),
    ),
)
FIRST, SECOND = date(2008, 1, 1), date(2008, 1, 2)


def toy(*rows: tuple[date | None, int | None, float | None]) -> pl.LazyFrame:
    return pl.LazyFrame(rows, schema=TOY.schema, orient="row")


def test_good_rows_break_nothing() -> None:
    assert violations(TOY, toy((FIRST, 1, 0.5), (FIRST, 2, None), (SECOND, 1, 1.0))) == []


def test_every_broken_rule_is_counted_by_rows() -> None:
    frame = toy((FIRST, 1, 1.5), (FIRST, 1, -1.0), (FIRST, 1, 0.0), (None, -3, 2.0), (SECOND, None, None))
    assert violations(TOY, frame) == [
        Violation("day is null", 1),
        Violation("n is null", 1),
        Violation("share is a share", 3),
        Violation("n is positive", 1),
        Violation("key (day, n) repeats", 2),
    ]


def test_a_key_of_one_column_counts_its_repeats() -> None:
    single = Contract("one", "cleaned", "", (Column("n", pl.Int32(), ""),), key=("n",))
    frame = pl.LazyFrame({"n": [1, 2, 2, 3, 3, 3]}, schema=single.schema)
    assert violations(single, frame) == [Violation("key (n) repeats", 3)]


def test_a_wrong_type_and_a_missing_column_are_named() -> None:
    with pytest.raises(ContractError) as wrong:
        violations(TOY, pl.LazyFrame({"day": [FIRST], "n": ["1"]}))
    for part in ("table toy", "n: String instead of Int32", "share: None instead of Float64"):
        assert part in str(wrong.value)


def test_conform_selects_orders_and_casts() -> None:
    frame = pl.LazyFrame({"extra": [0], "share": [1], "n": [2], "day": [FIRST]})
    conformed = TOY.conform(frame).collect()
    assert conformed.schema == TOY.schema
    assert conformed.rows() == [(FIRST, 2, 1.0)]


def test_conform_names_every_missing_column() -> None:
    with pytest.raises(ContractError, match=r"table toy: columns missing: day, share"):
        TOY.conform(pl.LazyFrame({"n": [1]}))


def test_a_value_that_its_type_cannot_hold_is_refused_not_nulled() -> None:
    frame = pl.LazyFrame({"day": [FIRST], "n": [1 << 40], "share": [0.0]})
    with pytest.raises(pl.exceptions.InvalidOperationError):
        TOY.conform(frame).collect()


def test_an_unknown_known_at_is_refused_with_the_vocabulary() -> None:
    with pytest.raises(ContractError, match=r"known_at='later', allowed: schedule, cutoff"):
        Column("n", pl.Int32(), "", known_at="later")
