"""The pages in a real browser, driven as a reader drives them; nothing is asked of the network."""

import shutil
import threading
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from browser_desk import MARKS, Desk, drawn, metric, until
from tiny_lake import YEAR

from aeroflux_assets.contracts.cleaned import CLEANED_FLIGHTS
from aeroflux_assets.contracts.summaries_delay import SUMMARY_ROUTES
from aeroflux_assets.lake import Lake
from dashboard.queries import evaluation, performance
from dashboard.queries.selection import Filters

pytestmark = MARKS

PAGES = ("", "eda", "places", "model", "leakage", "impact", "lookup", "tail", "worklist", "health")
WIDE = "document.documentElement.scrollWidth > window.innerWidth + 1"


@pytest.fixture(autouse=True)
def _offline(desk: Desk, desk_data: Path) -> Iterator[None]:
    """Every test begins at the same lake, leaves no page open, and has asked nothing of the network."""
    desk.show(desk_data)
    yield
    for page in desk.context.pages:
        page.close()
    assert desk.outside == []


def test_a_flight_is_looked_up(desk: Desk) -> None:
    page = desk.open("/?cutoff=T-2h")
    page.get_by_role("link", name="Flight lookup").click()
    page.get_by_label("Tail").fill("101dl")
    page.get_by_role("spinbutton", name="day, Date of departure").press_sequentially("10")
    page.get_by_role("button", name="Look up").click()
    page.get_by_role("heading", name="DL101 ATL → BOS").wait_for()
    # Its aircraft flew four legs that day: the second, by the list of matches.
    page.locator("[data-testid=stMain] [data-testid=stSelectbox]").first.click()
    page.get_by_role("option", name="DL102").click()
    page.get_by_role("heading", name="DL102 BOS → ATL").wait_for()
    drawn(page)

    assert metric(page, "Chance of being late") == "28%"
    page.get_by_role("heading", name="Why 28% at T-2h").wait_for()
    page.get_by_text("Eight in ten such flights arrive -9 to +33 minutes from schedule").wait_for()
    page.get_by_role("heading", name="Next legs at risk").wait_for()
    page.get_by_text("inbound DL101 ATL → BOS left 5 min late").first.wait_for()
    page.locator("[data-testid=stDeckGlJsonChart] canvas").first.wait_for()
    words = page.locator(".js-plotly-plot").last.inner_text()
    assert "this flight" in words
    assert "55 min" in words
    # What was found can be sent to someone: the address alone finds it again, cutoff and all.
    page.wait_for_url("**/lookup?*cutoff=T-2h*")
    again = desk.open(page.url.removeprefix(desk.url))
    again.get_by_role("heading", name="DL101 ATL → BOS").wait_for()


def test_filters_change_the_numbers_and_the_address_and_a_link_keeps_both(
    desk: Desk, desk_data: Path
) -> None:
    lake = Lake(desk_data / "lake")
    page = desk.open("/")
    everything = performance.totals(lake, Filters((YEAR - 1, YEAR), None))
    assert metric(page, "Flights") == f"{everything['flights']:,}"

    box = page.get_by_role("combobox", name="Carriers")
    box.press_sequentially("WN")
    box.press("Enter")
    few = performance.totals(lake, Filters((YEAR - 1, YEAR), None, carriers=("WN",)))
    until(page, lambda: metric(page, "Flights"), f"{few['flights']:,}")
    box.press("Escape")  # while its list is open nothing else can be reached
    page.get_by_role("slider").first.press("ArrowRight")
    one = performance.totals(lake, Filters((YEAR,), None, carriers=("WN",)))
    until(page, lambda: metric(page, "Flights"), f"{one['flights']:,}")
    page.wait_for_url("**carriers=WN*")

    assert 0 < one["flights"] < few["flights"] < everything["flights"]
    assert f"years={YEAR}" in page.url
    labels = ("Flights", "Late", "D0", "Completion")
    before = [metric(page, label) for label in labels]
    fresh = desk.open(page.url.removeprefix(desk.url))
    assert [metric(fresh, label) for label in labels] == before


def test_threshold_and_costs_move_the_confusion_matrix_and_the_best_threshold(
    desk: Desk, desk_data: Path
) -> None:
    impact = evaluation.overall(evaluation.impact_of(Lake(desk_data / "lake"), YEAR, "T-2h"), "aeroflux_full")
    at = {row["threshold_pct"]: row for row in impact.iter_rows(named=True)}
    page = desk.open("/impact?threshold=28")
    matrix, worth = page.locator(".js-plotly-plot").nth(0), page.locator(".js-plotly-plot").nth(1)
    page.get_by_role("heading", name="At 28%").wait_for()
    until(page, lambda: _cells(matrix), _counts(at[28]))
    best = _best(worth)

    page.get_by_role("slider", name="Alert at a probability of, %").press("ArrowRight")
    page.get_by_role("heading", name="At 29%").wait_for()
    drawn(page)
    assert _counts(at[29]) != _counts(at[28])
    until(page, lambda: _cells(matrix), _counts(at[29]))
    assert _best(worth) == best
    page.get_by_label("A false alarm costs").fill("5000")
    page.get_by_label("A false alarm costs").press("Enter")
    page.wait_for_url("**alarm=5000*")
    drawn(page)
    until(page, lambda: _best(worth) > best, True)


def _cells(matrix: Any) -> list[int]:
    """The four counts of the confusion matrix, as drawn."""
    texts = matrix.locator(".heatmap-label tspan.line:first-child").all_text_contents()
    return [int(text.replace(",", "")) for text in texts]


def _counts(row: dict[str, int]) -> list[int]:
    return [row["tp"], row["fn"], row["fp"], row["tn"]]


def _best(worth: Any) -> int:
    label = worth.locator(".annotation-text").filter(has_text="best")
    return int(str(label.first.text_content()).split()[1].removesuffix("%"))


def test_a_figures_rows_come_as_csv(desk: Desk, desk_data: Path) -> None:
    page = desk.open("/?carriers=DL")
    with page.expect_download() as coming:
        page.locator(".st-key-by-year_csv button").first.click()
    text = Path(coming.value.path()).read_text("utf-8")

    rows = performance.by_year(Lake(desk_data / "lake"), Filters((YEAR - 1, YEAR), None, carriers=("DL",)))
    assert coming.value.suggested_filename == "aeroflux-by-year.csv"
    assert text == rows.write_csv()
    assert pl.read_csv(StringIO(text))["flights"].to_list() == rows["flights"].to_list()


def test_the_clock_is_switched(desk: Desk) -> None:
    page = desk.open("/lookup?tail=N8731A&date=2024-06-10&number=123")
    page.get_by_text("Times are local to ORD.").wait_for()
    page.get_by_role("radio", name="UTC").click()
    page.get_by_text("Times are UTC.").wait_for()
    page.wait_for_url("**clock=UTC*")


def test_an_address_opens_its_page_on_a_tablet(desk: Desk) -> None:
    addresses = {
        "/tail?tail=n101dl&date=2024-06-10": "Where the minutes came from",
        "/tail?tail=N8731A&date=2024-06-10&span=Week": "Gate to gate",
        "/worklist?moment_day=2024-06-10&moment_time=12:00": "By risk",
        "/health": "What is made",
    }
    for address, title in addresses.items():
        page = desk.open(address, width=820, height=1180)
        page.get_by_role("heading", name=title).wait_for()
        page.locator(".js-plotly-plot").first.wait_for()
        assert not page.evaluate(WIDE), address


def test_hindsight_is_hidden_by_a_switch(desk: Desk) -> None:
    page = desk.open("/worklist?moment_day=2024-06-10&moment_time=12:00")
    became = page.get_by_text("It left 41 min late, arrived 41 min late.")
    became.wait_for()
    page.get_by_text("Show what became of them").click()
    page.wait_for_url("**/worklist?*became=false*")
    became.wait_for(state="detached")


@pytest.mark.parametrize("lack", ["nothing", "flights only"])
def test_every_page_of_a_lake_that_lacks_tables_names_a_command(
    desk: Desk, half_data: Path, tmp_path: Path, lack: str
) -> None:
    desk.show(half_data if lack == "flights only" else tmp_path)
    page = desk.open("/")
    links = page.locator("[data-testid=stSidebarNavLink]")
    assert links.count() == len(PAGES)
    for number in range(len(PAGES)):
        links.nth(number).click()
        title = links.nth(number).inner_text().split("\n")[-1].strip()
        page.get_by_role("heading", name=title, exact=True, level=1).wait_for()
        drawn(page)
        if lack != "nothing" and page.url.endswith(("/lookup", "/tail")):
            continue  # they invite: what a flight of such a lake lacks is told where one is looked up
        told = page.locator("[data-testid=stMain]").inner_text()
        assert "aeroflux run" in told, title


def test_a_flight_of_half_a_lake_says_what_it_lacks(desk: Desk, half_data: Path) -> None:
    desk.show(half_data)
    page = desk.open("/lookup?tail=N101DL&date=2024-06-10&number=101")
    page.get_by_text("No predictions for 2024").wait_for()
    page.get_by_text("AEROFLUX_YEARS=2024 aeroflux run").first.wait_for()


def test_pages_hold_while_their_tables_are_made_again(desk: Desk, desk_data: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    shutil.copytree(desk_data, data)
    desk.show(data)
    lake, enough, made = Lake(data / "lake"), threading.Event(), []

    def make_again() -> None:
        while not enough.wait(0.1):
            for contract in (CLEANED_FLIGHTS, SUMMARY_ROUTES):
                rows = lake.scan(contract.name, [{"year": YEAR}]).collect()
                lake.write(contract, rows, {"year": YEAR})
                made.append(contract.name)

    writer = threading.Thread(target=make_again)
    writer.start()
    try:
        page = desk.open("/lookup?tail=N101DL&date=2024-06-10&number=102")
        page.get_by_role("heading", name="DL102 BOS → ATL").wait_for()
        page = desk.open(f"/?years={YEAR}&years={YEAR}")
        until(page, lambda: metric(page, "Flights"), "40")
        page = desk.open("/places?at=ATL&on=2024-06-10")
        page.get_by_role("heading", name="ATL, Monday 10 June 2024").wait_for()
        for _ in range(5):
            page.get_by_role("radio", name="Arrivals").click()
            drawn(page)
            page.get_by_role("radio", name="Departures").click()
            drawn(page)
    finally:
        enough.set()
        writer.join(10)
    assert len(made) > 10
