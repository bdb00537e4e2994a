"""What the pages on delays and places ask, against the tiny lake counted by hand: 40 flights, 38 arrived, 4 late."""

from dataclasses import replace
from datetime import date, datetime

import polars as pl
import pytest
from tiny_lake import DAYS, YEAR, put

from aeroflux_assets.contracts.summaries_delay import SUMMARY_OUTLIERS
from aeroflux_assets.lake import Lake
from dashboard.charts import delays, network
from dashboard.charts import places as place_charts
from dashboard.queries import choices, eda, gaps, inventory, outliers, performance, places
from dashboard.queries.definitions import DEFINITIONS, defined
from dashboard.queries.measures import MEASURES
from dashboard.queries.names import carrier_names
from dashboard.queries.selection import Filters, where

ALL = Filters((YEAR,), None)
LATE = MEASURES["Share late"]


def test_totals_are_ratios_of_sums(whole: Lake) -> None:
    totals = performance.totals(whole, ALL)

    # Late or early by minutes: 5, 41, 20, 15, 14, -3, 30; two are cancelled.
    assert (totals["flights"], totals["arrived"], totals["late15"]) == (40, 38, 4)
    assert totals["d0"] == totals["a0"] == pytest.approx(32 / 38)
    assert totals["a14"] == pytest.approx(34 / 38)
    assert totals["completion"] == pytest.approx(38 / 40)
    assert totals["on_time_dot"] == pytest.approx(34 / 40)
    assert totals["mean_arr_delay_min"] == pytest.approx(122 / 38)
    # No causes are reported: that is not the same as none.
    assert totals["min_per_late"] is None


def test_every_filter_narrows(whole: Lake) -> None:
    def flights(filters: Filters) -> float | None:
        return performance.totals(whole, filters)["flights"]

    assert flights(replace(ALL, carriers=("WN",))) == 9
    assert flights(replace(ALL, airports=("LAX",))) == 3
    assert flights(replace(ALL, carriers=("WN",), airports=("LAX", "ORD"))) == 9
    assert flights(replace(ALL, months=(6,))) == 40
    assert flights(replace(ALL, months=(7,))) is None
    assert flights(replace(ALL, years=(1999,))) is None


def test_filters_become_sql_with_parameters() -> None:
    assert where(ALL).sql == "true"
    both = where(replace(ALL, airports=("ATL",)), airport=("origin", "dest"))
    assert both.sql == "(list_contains(?, origin) OR list_contains(?, dest))"
    assert both.params == (["ATL"], ["ATL"])
    assert where(replace(ALL, airports=("ATL",)), airport="").sql == "true"


def test_airlines_and_routes_come_with_most_flights_first(whole: Lake) -> None:
    assert performance.airlines(whole, ALL).select("carrier", "flights").rows() == [
        ("DL", 25),
        ("WN", 9),
        ("9E", 6),
    ]
    routes = performance.routes(whole, ALL).select("origin", "dest", "flights").rows()
    assert routes[0] == ("BOS", "ATL", 9)
    assert sum(flights for *_, flights in routes) == 40
    shared = performance.routes_by_carrier(whole, ALL, [("ATL", "ORD")])
    assert shared.select("carrier", "flights").rows() == [("9E", 3), ("DL", 3)]


def test_a_trend_stops_where_the_lake_has_nothing() -> None:
    have = pl.DataFrame(
        {"carrier": ["DL", "DL"], "date": [date(2006, 2, 1), date(2006, 4, 1)], "late15": [1, 2]}
    )

    rows = performance._with_gaps(have, "carrier", "1mo")

    assert rows["late15"].to_list() == [1, None, 2]


def test_months_without_causes_have_none_rather_than_zero(whole: Lake) -> None:
    months = performance.over_time(whole, ALL)
    assert months.select("date", "late15", "carrier_delay_min_per_arrival").rows() == [
        (date(2024, 6, 1), 4, None)
    ]
    assert performance.newest_month(whole) == "Jun 2024"


def test_the_distribution_has_every_arrival_once(whole: Lake) -> None:
    bins = eda.distribution(whole, ALL)

    arrivals = dict(bins.select("bin_min", "arrivals").iter_rows())
    assert arrivals == {-5: 1, 0: 31, 5: 1, 10: 1, 15: 1, 20: 1, 30: 1, 40: 1}
    assert bins["share_arrivals"].sum() == pytest.approx(1)
    # 19 of 38: one lies below 0, and 18 of the 31 in the five minutes from 0 on.
    assert eda.at_most(bins, "arrivals", 0.5) == pytest.approx(5 * 18 / 31)
    assert eda.at_most(bins.clear(), "arrivals", 0.5) is None


def test_hours_follow_the_clock_that_is_chosen(whole: Lake) -> None:
    local = dict(eda.by_hour(whole, ALL).select("hour", "flights").iter_rows())
    utc = dict(eda.by_hour(whole, replace(ALL, utc=True)).select("hour", "flights").iter_rows())

    assert local[7] == 9
    assert (utc[11], utc[12]) == (6, 3)
    assert sum(local.values()) == sum(utc.values()) == 40


def test_weekdays_and_months_are_named(whole: Lake) -> None:
    days = eda.by_weekday(whole, ALL)
    assert days.select("weekday", "flights").rows() == [("Mon", 14), ("Tue", 13), ("Wed", 13)]
    assert eda.by_calendar_month(whole, ALL).select("name", "flights").rows() == [("Jun", 40)]


def test_ordinary_days_have_no_holiday_and_a_day_near_one_has(whole: Lake) -> None:
    ordinary = eda.by_holiday(whole, ALL)
    assert ordinary.select("holiday", "flights").rows() == [(None, 40)]

    near = {day: (name, offset) for day, name, offset in eda._near_holidays((2024,))}
    assert near[date(2024, 7, 3)] == ("Independence Day", -1)
    assert near[date(2024, 6, 19)] == ("Juneteenth", 0)
    assert date(2024, 6, 12) not in near
    assert len(near) == len(eda._near_holidays((2024,)))


def test_weather_is_told_by_its_bucket(whole: Lake) -> None:
    rows = eda.by_weather(whole, ALL, "flight category")
    assert rows.select("label", "flights", "late15").rows() == [("VFR", 40, 4)]
    assert eda.by_weather(whole, ALL, "wind speed")["label"].to_list() == ["3-5"]


def test_pass_through_counts_no_more_than_came_in(whole: Lake) -> None:
    (row,) = eda.carried(whole, ALL).turnarounds.iter_rows(named=True)

    # In: 5, 41, 20, 15, 14. Of those the next leg left late by 41 (5 counts), 20, 0, 14 and -3.
    assert (row["turnaround_label"], row["legs"]) == ("60-89", 25)
    assert (row["inbound_delay_sum_min"], row["passed_sum_min"]) == (95, 39)
    assert row["pass_through"] == pytest.approx(39 / 95)
    carriers = eda.carried(whole, ALL, least_legs=1).carriers
    assert carriers["carrier"].to_list() == ["DL", "WN", "9E"]
    assert eda.carried(whole, ALL).origins.is_empty()


def test_the_first_wave_inherits_nothing(whole: Lake) -> None:
    waves = eda.by_wave(whole, ALL)

    assert waves.select("label", "flights", "late15").rows() == [
        ("1", 12, 1),
        ("2", 12, 1),
        ("3", 9, 1),
        ("4", 6, 1),
    ]


def test_centrality_knows_the_way_and_the_place(whole: Lake) -> None:
    rows = {row["airport"]: row for row in eda.centrality(whole, YEAR).iter_rows(named=True)}

    # BOS reaches ORD and LAX by ATL alone; LAX reaches ATL and BOS by ORD alone: 2 of 6 ordered pairs each.
    assert rows["ATL"]["betweenness"] == rows["ORD"]["betweenness"] == pytest.approx(2 / 6)
    assert rows["BOS"]["betweenness"] == 0
    assert (rows["ATL"]["degree"], rows["BOS"]["degree"]) == (3, 1)
    assert rows["ATL"]["latitude_deg"] == pytest.approx(33.64)


def test_a_board_is_a_local_day_in_either_clock(whole: Lake) -> None:
    local = places.board(whole, "ATL", DAYS[0])
    utc = places.board(whole, "ATL", DAYS[0], utc=True)

    assert local["kind"].value_counts().sort("kind").rows() == [("arrival", 6), ("departure", 5)]
    first = local.row(0, named=True)
    assert (first["scheduled"], first["actual"]) == (datetime(2024, 6, 10, 7), datetime(2024, 6, 10, 7, 5))
    assert utc["scheduled"][0] == datetime(2024, 6, 10, 11)
    assert local.filter(pl.col("status") == "cancelled").height == 1
    assert places.slots(local)["flights"].sum() == 11
    assert places.board(whole, "ATL", date(2024, 1, 1)).is_empty()


def _board(minutes: list[int], kind: str = "departure") -> pl.DataFrame:
    midnight = datetime(2024, 6, 10)
    frame = pl.DataFrame({"minute": minutes}, schema={"minute": pl.Int64})
    scheduled = pl.lit(midnight, dtype=pl.Datetime("us")) + pl.duration(minutes="minute")
    return frame.with_columns(scheduled=scheduled, kind=pl.lit(kind), status=pl.lit("late"))


def test_a_bank_stands_out_of_the_hours_around_it() -> None:
    # Two an hour all day, and twelve between 10:00 and 10:29.
    even = [60 * hour + half for hour in range(6, 22) for half in (0, 30)]
    peak = [600 + 2 * n for n in range(12)]

    (bank,) = places.banks(_board([*even, *peak]))

    assert (bank.begins, bank.ends) == (datetime(2024, 6, 10, 10), datetime(2024, 6, 10, 10, 30))
    assert (bank.flights, bank.late) == (13, 13)


def test_an_even_day_has_no_bank() -> None:
    assert places.banks(_board([60 * hour + 5 * n for hour in range(6, 22) for n in range(12)])) == []
    assert places.banks(_board([])) == []


def test_the_fullest_half_hour_is_of_one_kind() -> None:
    # Three departures in the quarters from 10:00 and 10:15; as many arrivals are no more.
    flights = [_board([600, 610, 629, 700]), _board([605, 606, 640], "arrival")]

    assert places.fullest_half_hour(pl.concat(flights)) == 3
    assert places.fullest_half_hour(_board([])) == 0


def test_the_busiest_airport_and_its_days(whole: Lake) -> None:
    assert places.busiest(whole, (YEAR,)) == "ATL"
    assert places.span_of(whole, "ATL", (YEAR,)) == (DAYS[0], DAYS[2])
    assert places.span_of(whole, "XXX", (YEAR,)) is None


_FLAGGED = {
    "flight_date": date(2024, 6, 10), "scope": "airport", "name": "ORD", "history_days": 56, "share_late": 0.75,
    "late_median": 0.2, "late_z": 9.0, "share_cancelled": 0.1, "cancelled_median": 0.01, "cancelled_z": 2.0,
    "flights": 40, "cancelled": 4, "departed": 36, "dep_on_time": 1, "dep_delay_sum_min": 900, "arrived": 36,
    "arr_on_time": 1, "late15": 27, "arr_delay_sum_min": 900, "caused": 27, "carrier_delay_min": 100,
    "late_aircraft_delay_min": 0, "nas_delay_min": 300, "weather_delay_min": 600, "security_delay_min": 0,
    "cancelled_carrier": 1, "cancelled_weather": 3, "cancelled_nas": 0, "cancelled_security": 0,
    "observed": 40, "below_visual": 30, "wind_max_m_s": 18.0, "visibility_min_m": 800, "precipitation_max_mm": 0.0,
}  # fmt: skip


def test_an_outlier_gives_the_reason_that_the_data_has(tmp_path) -> None:
    lake = Lake(tmp_path / "lake")
    other = {**_FLAGGED, "name": "ATL", "flights": 12, "late_z": 4.0, "observed": None, "caused": 0}
    put(lake, SUMMARY_OUTLIERS, [other, _FLAGGED], {"year": YEAR})

    rows = outliers.outliers(lake, ALL, "airport")

    assert rows["name"].to_list() == ["ORD", "ATL"]
    assert rows["found"].to_list() == [2, 2]
    assert rows["what"][0] == "75% late (usually 20%)"
    assert rows["reason"][0] == (
        "delay minutes: 60% weather, 30% the air system; 4 cancelled (3 for weather, 1 for the carrier); "
        "IFR weather at 75% of departures, wind to 18 m/s, visibility down to 800 m"
    )
    assert rows["reason"][1].startswith("27 late, no causes reported; 4 cancelled")
    assert outliers.outliers(lake, ALL, "airport", 20)["name"].to_list() == ["ORD"]
    assert outliers.outliers(lake, replace(ALL, airports=("ATL",)), "airport")["name"].to_list() == ["ATL"]
    assert outliers.outliers(lake, replace(ALL, months=(7,)), "airport").is_empty()
    assert place_charts.outliers(rows).data[0].y == (9.0, 4.0)


def test_scopes_with_flagged_days_follow_the_selection(tmp_path) -> None:
    lake = Lake(tmp_path / "lake")
    put(lake, SUMMARY_OUTLIERS, [_FLAGGED, {**_FLAGGED, "scope": "carrier", "name": "DL"}], {"year": YEAR})

    assert outliers.scopes_with_days(lake, ALL) == ("airport", "carrier")
    assert outliers.scopes_with_days(lake, replace(ALL, airports=("ATL",))) == ("carrier",)
    assert outliers.scopes_with_days(lake, replace(ALL, carriers=("WN",))) == ("airport",)
    assert outliers.scopes_with_days(lake, replace(ALL, months=(7,))) == ()


def test_the_fullest_day_is_counted_by_scope(whole: Lake) -> None:
    flights = whole.scan("cleaned_flights").collect()

    def fullest(*by: str, of: pl.DataFrame = flights) -> object:
        return of.group_by("flight_date", *by).len()["len"].max()

    assert outliers.most_flights(whole, ALL, "airport") == fullest("origin")
    assert outliers.most_flights(whole, ALL, "carrier") == fullest("carrier")
    assert outliers.most_flights(whole, ALL, "network") == fullest()
    bos = flights.filter(pl.col("origin") == "BOS")
    assert outliers.most_flights(whole, replace(ALL, airports=("BOS",)), "airport") == fullest(of=bos)
    assert outliers.most_flights(whole, replace(ALL, months=(1,)), "network") == 0


def test_bubbles_at_nought_have_room_beside_the_axis(whole: Lake) -> None:
    airports = eda.centrality(whole, YEAR)
    assert airports["betweenness"].min() == 0

    figure = network.bubbles(airports, "betweenness", "Betweenness", LATE)

    low, high = figure.layout.xaxis.range
    assert low < 0 < airports["betweenness"].max() < high
    assert figure.data[0].cliponaxis is False


def test_an_empty_lake_answers_with_nothing(empty: Lake) -> None:
    assert performance.totals(empty, ALL)["flights"] is None
    assert performance.newest_month(empty) is None
    for frame in (eda.distribution(empty, ALL), eda.by_wave(empty, ALL), eda.centrality(empty, YEAR)):
        assert frame.is_empty()
    assert places.busiest(empty, (YEAR,)) is None
    assert choices.carriers_of(empty) == ()


def test_what_is_lacking_is_said_by_year(whole: Lake, half: Lake) -> None:
    assert gaps.lacking(whole, ("summary_routes", "summary_days"), (YEAR, 2025)) == (2025,)
    assert gaps.lacking(half, ("summary_routes",), (YEAR,)) == (YEAR,)
    assert "delay summaries of 2024" in [gap.what for gap in gaps.gaps(half, (YEAR,))]


def test_the_filters_offer_what_the_lake_has(whole: Lake) -> None:
    assert choices.carriers_of(whole) == ("9E", "DL", "WN")
    assert choices.airports_of(whole) == ("ATL", "BOS", "LAX", "ORD")


def test_a_stamp_changes_with_a_commit(tmp_path) -> None:
    lake = Lake(tmp_path / "lake")
    before = inventory.stamp(lake, ("summary_outliers",))
    put(lake, SUMMARY_OUTLIERS, [_FLAGGED], {"year": YEAR})
    between = inventory.stamp(lake, ("summary_outliers",))
    put(lake, SUMMARY_OUTLIERS, [], {"year": YEAR})

    assert len({before, between, inventory.stamp(lake, ("summary_outliers",))}) == 3


def test_every_measure_is_defined_and_a_term_without_a_text_is_an_error() -> None:
    assert all(measure.term in DEFINITIONS for measure in MEASURES.values())
    assert defined(("d0", "a0")).count("\n\n") == 1
    with pytest.raises(KeyError, match="nonsense"):
        defined(("nonsense",))


def test_carriers_are_named_where_they_have_a_name() -> None:
    codes = pl.DataFrame({"carrier": ["DL", "XA"]})
    assert codes.select(carrier_names("carrier")).to_series().to_list() == ["DL Delta", "XA"]


def test_figures_are_drawn(whole: Lake) -> None:
    airports = eda.centrality(whole, YEAR)
    board = places.board(whole, "ATL", DAYS[0])
    months = performance.over_time(whole, ALL)
    for figure in (
        delays.distribution(eda.distribution(whole, ALL), {"departures": 0.4, "arrivals": None}),
        delays.measured(eda.by_hour(whole, ALL), "hour", LATE),
        delays.ranked(performance.airlines(whole, ALL), "carrier", LATE),
        delays.causes_over_time(months),
        network.bubbles(airports, "pagerank", "PageRank", LATE),
        place_charts.day_by_slots(places.slots(board), places.banks(board)),
        place_charts.lines(
            performance.trend(whole, ALL, "carrier", ["DL"], monthly=True), "carrier", LATE, ["DL"]
        ),
    ):
        assert len(figure.data) > 0


def test_a_cell_that_never_happened_stays_grey(whole: Lake) -> None:
    cells = eda.carried(whole, ALL).cells
    chart = delays.heat(
        cells, ("inbound", [0, 5], ["not late", "two hours"]), ("turnaround", [3], ["60-89"]),
        MEASURES["Departure delay"], "legs",
    )  # fmt: skip

    assert chart.data[0].z[0][1] is None
    assert chart.data[0].customdata[0][1] == "none"


def test_the_airport_map_needs_no_network_and_no_unplaced_airport(whole: Lake) -> None:
    airports = eda.centrality(whole, YEAR)
    deck = network.airport_map(airports, LATE)
    assert deck is not None
    assert "http" not in deck.to_json()
    assert len(deck.layers[1].data) == 4
    nowhere = airports.with_columns(pl.lit(None, dtype=pl.Float64).alias("latitude_deg"))
    assert network.airport_map(nowhere, LATE) is None


def test_the_overviews_one_pass_is_what_three_give(whole: Lake) -> None:
    filters = Filters((2024,), None, carriers=("DL",))
    found = performance.traffic(whole, filters)

    assert found.totals == performance.totals(whole, filters)
    assert found.years.equals(performance.by_year(whole, filters))
    assert found.months.equals(performance.over_time(whole, filters))
    nobody = Filters((2024,), None, carriers=("XX",))
    assert performance.traffic(whole, nobody).totals == performance.totals(whole, nobody)
