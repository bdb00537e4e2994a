"""The pages on delays and places as Streamlit runs them: views, filters, addresses, and what is missing."""

from pathlib import Path

import pytest
from page_runner import open_page, shown, texts
from streamlit.testing.v1 import AppTest
from tiny_lake import DAYS, YEAR, put, write_whole

from aeroflux_assets.contracts.cleaned import CLEANED_WEATHER
from aeroflux_assets.contracts.summaries_delay import SUMMARY_DAYS, SUMMARY_OUTLIERS, SUMMARY_WEATHER
from aeroflux_assets.lake import Lake

EDA, PLACES = "app_pages/eda.py", "app_pages/places.py"
EDA_VIEWS = ("Distribution", "When", "Weather", "Propagation", "Network")
PLACES_VIEWS = ("Airport day", "Routes", "Airlines", "Trends", "Outliers")
VIEWS = [(EDA, "view", view) for view in EDA_VIEWS] + [(PLACES, "show", view) for view in PLACES_VIEWS]


def _titles(app: AppTest) -> list[str]:
    """What is drawn: the small titles above figures and tables."""
    return [
        str(each.value).removeprefix("#### ") for each in app.markdown if str(each.value).startswith("####")
    ]


def test_overview_counts_punctuality_and_follows_the_filters(
    monkeypatch: pytest.MonkeyPatch, whole_data: Path
) -> None:
    app = open_page(monkeypatch, whole_data)
    values = shown(app)
    assert (values["D0"], values["A0"], values["A14"], values["Completion"]) == (
        "84.2%",
        "84.2%",
        "89.5%",
        "95.0%",
    )
    assert "**aeroflux_full** on 2024, trained on earlier years only: AUC 0.810 at T-2h" in texts(app)
    assert "Newest flights Jun 2024" in texts(app)
    assert "No causes are reported" in texts(app)

    app.multiselect(key="carriers").set_value(["WN"]).run()

    assert not app.exception
    assert shown(app)["Flights"] == "9"


def test_a_link_brings_its_filters(monkeypatch: pytest.MonkeyPatch, whole_data: Path) -> None:
    app = open_page(monkeypatch, whole_data, carriers=["DL", "9E"], airports=["ATL"], months=["Jun"])

    assert app.multiselect(key="months").value == [6]
    # DL leaves ATL four times a day, 9E once.
    assert shown(app)["Flights"] == "15"


def test_filters_that_a_page_does_not_heed_are_greyed(
    monkeypatch: pytest.MonkeyPatch, whole_data: Path
) -> None:
    app = open_page(monkeypatch, whole_data, EDA)
    assert app.selectbox(key="cutoff").disabled
    assert not app.multiselect(key="carriers").disabled


@pytest.mark.parametrize(("page", "key", "view"), VIEWS)
def test_every_view_of_a_whole_lake(
    monkeypatch: pytest.MonkeyPatch, whole_data: Path, page: str, key: str, view: str
) -> None:
    app = open_page(monkeypatch, whole_data, page)
    app.segmented_control(key=key).set_value(view).run()
    assert not app.exception, app.exception
    assert "not summarized yet" not in texts(app)
    assert _titles(app) or "of the selection has 10 flights or more" in texts(app)


@pytest.mark.parametrize(("page", "key", "view"), VIEWS)
def test_every_view_of_half_a_lake_names_the_command(
    monkeypatch: pytest.MonkeyPatch, half_data: Path, page: str, key: str, view: str
) -> None:
    app = open_page(monkeypatch, half_data, page)
    app.segmented_control(key=key).set_value(view).run()
    assert not app.exception, app.exception
    assert "2024 not summarized yet. `AEROFLUX_" in texts(app)
    assert "AEROFLUX_YEARS=2024 aeroflux run` makes it." in texts(app)


@pytest.mark.parametrize("page", [EDA, PLACES])
def test_an_empty_lake_names_the_commands(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, page: str) -> None:
    assert "`make demo` or `aeroflux run`" in texts(open_page(monkeypatch, tmp_path, page))


# A network is a year's, and an airport's day a day's: months do not narrow them.
BY_MONTH = [each for each in VIEWS if each[2] not in ("Network", "Airport day")]


@pytest.mark.parametrize(("page", "key", "view"), BY_MONTH)
def test_filters_that_leave_nothing_are_said(
    monkeypatch: pytest.MonkeyPatch, whole_data: Path, page: str, key: str, view: str
) -> None:
    app = open_page(monkeypatch, whole_data, page)
    app.multiselect(key="months").set_value([1])
    app.segmented_control(key=key).set_value(view).run()
    assert not app.exception, app.exception
    assert "No flight in the lake fits the filters" in texts(app)


def test_a_year_without_observations_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    lake = Lake(tmp_path / "lake")
    write_whole(lake)
    for contract in (CLEANED_WEATHER, SUMMARY_WEATHER):
        put(lake, contract, [], {"year": YEAR})

    app = open_page(monkeypatch, tmp_path, EDA)
    app.segmented_control(key="view").set_value("Weather").run()

    assert not app.exception
    assert "Upstream had no observations of 2024" in texts(app)
    assert "AEROFLUX_YEARS=2024 aeroflux run`" in texts(app)


def test_the_measure_changes_what_is_drawn(monkeypatch: pytest.MonkeyPatch, whole_data: Path) -> None:
    app = open_page(monkeypatch, whole_data, EDA)
    app.segmented_control(key="view").set_value("When").run()
    assert "Share late by hour" in _titles(app)
    app.segmented_control(key="measure").set_value("D0").run()
    assert not app.exception
    assert "D0 by hour" in _titles(app)


def test_an_airports_day_is_chosen(monkeypatch: pytest.MonkeyPatch, whole_data: Path) -> None:
    app = open_page(monkeypatch, whole_data, PLACES)
    # The busiest airport's newest day, until another is chosen.
    assert "ATL, Wednesday 12 June 2024" in _titles(app)

    app.selectbox(key="at").set_value("LAX").run()

    assert not app.exception
    assert "LAX, Wednesday 12 June 2024" in _titles(app)
    assert shown(app)["Departures"] == "1"


def test_a_day_that_the_airport_does_not_have_is_moved_to_its_newest(
    monkeypatch: pytest.MonkeyPatch, whole_data: Path
) -> None:
    app = open_page(monkeypatch, whole_data, PLACES, at="ORD", on="2019-01-01")
    app.run()
    assert not app.exception
    assert any(title.startswith("ORD, ") and title.endswith("June 2024") for title in _titles(app))


def test_a_day_too_small_for_banks_is_not_called_even(
    monkeypatch: pytest.MonkeyPatch, whole_data: Path
) -> None:
    app = open_page(monkeypatch, whole_data, PLACES)

    assert "the day is too small for banks. One takes 8 departures or arrivals in a half hour" in texts(app)
    assert "spread evenly" not in texts(app)


def test_days_of_too_few_flights_are_said_to_be_unjudged(
    monkeypatch: pytest.MonkeyPatch, whole_data: Path
) -> None:
    app = open_page(monkeypatch, whole_data, PLACES, show="Outliers", scope="Airports")

    assert "No airport day of the selection has 10 flights or more: the fullest has 5." in texts(app)
    assert "trailing weeks" not in texts(app)


def test_outliers_open_on_the_first_scope_that_has_days(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    lake = Lake(tmp_path / "lake")
    write_whole(lake)
    flagged = {name: 0 for name, kind in SUMMARY_OUTLIERS.schema.items() if kind.is_numeric()}
    flagged |= {"flight_date": DAYS[0], "scope": "carrier", "name": "DL", "flights": 40, "late_z": 9.0}
    put(lake, SUMMARY_OUTLIERS, [flagged], {"year": YEAR})

    app = open_page(monkeypatch, tmp_path, PLACES, show="Outliers")

    assert app.segmented_control(key="scope").value == "Airlines"
    assert "Days beyond their own history" in _titles(app)


def test_full_days_that_are_as_usual_are_said_to_be(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    lake = Lake(tmp_path / "lake")
    write_whole(lake)
    day = {name: 0 for name, kind in SUMMARY_DAYS.schema.items() if kind.is_numeric()}
    day |= {"flight_date": DAYS[0], "carrier": "DL", "origin": "ATL", "flights": 12}
    put(lake, SUMMARY_DAYS, [day], {"year": YEAR})

    app = open_page(monkeypatch, tmp_path, PLACES, show="Outliers")

    assert "No airport day of the selection with 10 flights or more lies beyond" in texts(app)
