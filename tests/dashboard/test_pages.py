"""The pages as Streamlit runs them: on a whole lake, half of one, an empty one, and wrong settings."""

from collections.abc import Callable
from datetime import date
from functools import partial
from pathlib import Path

import page_runner
import pytest
from page_runner import APP, SECONDS
from page_runner import texts as _texts
from streamlit.testing.v1 import AppTest
from tiny_lake import flight_rows, put

from aeroflux_assets.contracts.cleaned import CLEANED_FLIGHTS
from aeroflux_assets.lake import Lake

LOOKUP = "app_pages/lookup.py"

Open = Callable[..., AppTest]


@pytest.fixture
def open_page(monkeypatch: pytest.MonkeyPatch) -> Open:
    """Run a page over a data folder."""
    return partial(page_runner.open_page, monkeypatch)


def test_overview_of_a_whole_lake(open_page: Open, whole_data: Path) -> None:
    app = open_page(whole_data)
    shown = {metric.label: metric.value for metric in app.metric}
    assert shown["Flights"] == "40"
    assert shown["Late"] == "10.5%"
    assert "months that upstream did not have: 2" in _texts(app)
    assert "Simulated" not in _texts(app)


def test_overview_of_half_a_lake_says_what_is_missing(open_page: Open, half_data: Path) -> None:
    app = open_page(half_data)
    shown = {metric.label: metric.value for metric in app.metric}
    assert (shown["Flights"], shown["Late"]) == ("40", "–")
    text = _texts(app)
    assert "summary_years of 2024" in text
    assert "AEROFLUX_YEARS=2024 aeroflux run`" in text
    assert "**Simulated:** every flight here is invented" in text


@pytest.mark.parametrize("page", [None, LOOKUP])
def test_an_empty_lake_names_the_commands(open_page: Open, tmp_path: Path, page: str | None) -> None:
    text = _texts(open_page(tmp_path, page))
    assert "`make demo` or `aeroflux run`" in text


def test_a_wrong_setting_is_told(open_page: Open, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("AEROFLUX_DATA", str(tmp_path))
    monkeypatch.setenv("AEROFLUX_SOURCE", "elsewhere")
    app = AppTest.from_file(str(APP), default_timeout=SECONDS).run()
    assert not app.exception
    assert "allowed are simulated, official, or mirror:PATH" in app.error[0].value


def test_lookup_invites_with_examples_that_work(open_page: Open, whole_data: Path) -> None:
    app = open_page(whole_data, LOOKUP)
    example = next(button for button in app.button if "DL204" in button.label)
    example.click().run()
    assert not app.exception
    assert app.header[0].value == "DL204 ATL → LAX"


def test_lookup_by_what_is_typed(open_page: Open, whole_data: Path) -> None:
    app = open_page(whole_data, LOOKUP)
    app.date_input[0].set_value(date(2024, 6, 12))
    app.text_input(key="tail").set_value("8731a")
    next(button for button in app.button if button.label == "Look up").click()
    app.run()
    assert not app.exception
    assert app.header[0].value == "WN123 ORD → LAX"
    assert app.main.selectbox[0].options[1].startswith("08:00  WN124 LAX → ORD  N8731A")
    app.main.selectbox[0].select_index(1).run()
    assert "It **cancelled for weather**." in _texts(app)
    assert "inbound WN123 ORD → LAX left on time, not landed yet" in _texts(app)


def test_lookup_by_the_address(open_page: Open, whole_data: Path) -> None:
    app = open_page(whole_data, LOOKUP, tail="n101dl", number="102", date="2024-06-10")
    assert app.header[0].value == "DL102 BOS → ATL"
    shown = {metric.label: metric.value for metric in app.metric}
    assert shown["Chance of being late"] == "75%"
    assert shown["Expected delay"] == "+22 min"


@pytest.mark.parametrize(
    ("named", "chosen", "told"),
    [
        ("T-2h", "T-2h", None),
        ("T-24h", "all", "; add it to AEROFLUX_CUTOFFS and run `aeroflux run`."),
        ("T-9h", "all", "; the cutoffs are T-0, T-45min, T-2h, T-6h, T-24h."),
    ],
)
def test_a_cutoff_is_offered_where_the_lake_has_it(
    open_page: Open, whole_data: Path, named: str, chosen: str, told: str | None
) -> None:
    app = open_page(whole_data, cutoff=named)
    assert app.selectbox(key="cutoff").options == ["all", "T-2h"]
    assert app.selectbox(key="cutoff").value == chosen
    text = _texts(app)
    assert f"this lake is not made at {named} (made: T-2h){told}" in text or told is None
    assert "No model is measured yet" not in text
    # It is told until a cutoff is chosen: the address itself loses what it named.
    app.run()
    assert ("this lake is not made at" in _texts(app)) == bool(told)
    app.selectbox(key="cutoff").select("all" if named == "T-2h" else "T-2h").run()
    assert "this lake is not made at" not in _texts(app)


def test_a_miss_is_a_message(open_page: Open, whole_data: Path) -> None:
    app = open_page(whole_data, LOOKUP, tail="N8731B", date="2024-06-10")
    assert "No N8731B on 2024-06-10" in app.warning[0].value


def test_a_flight_without_a_tail_has_no_day(open_page: Open, whole_data: Path) -> None:
    app = open_page(whole_data, LOOKUP, carrier="DL", number="7", date="2024-06-10")
    assert "tail not reported" in _texts(app)


def test_lookup_in_half_a_lake(open_page: Open, half_data: Path) -> None:
    text = _texts(open_page(half_data, LOOKUP, tail="N101DL", date="2024-06-10"))
    assert "DL101 ATL → BOS" in text
    assert "No predictions for 2024" in text
    assert "Simulated" in text


def test_lookup_without_airports_keeps_the_clocks_and_drops_the_map(open_page: Open, tmp_path: Path) -> None:
    put(Lake(tmp_path / "lake"), CLEANED_FLIGHTS, flight_rows(), {"year": 2024})
    app = open_page(tmp_path, LOOKUP, tail="N101DL", date="2024-06-10")
    shown = {metric.label: metric.value for metric in app.metric}
    assert shown["Departed"] == "07:05"
    assert "the airports table is missing" in _texts(app)
    # Nothing says where the rows came from, so that the settings do: simulated.
    assert "Simulated" in _texts(app)
