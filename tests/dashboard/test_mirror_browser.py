"""The pages in a real browser over real rows: what a reader sees is what was published."""

from collections.abc import Iterator
from typing import Any

import duckdb
import pytest
from browser_desk import MARKS, Desk, drawn, metric, until
from mirror_lake import CUTOFF, DAY, SCORED

from aeroflux_assets.lake import Lake

pytestmark = [*MARKS, pytest.mark.mirror]

PAGES = (
    "/",
    "/eda",
    f"/places?at=ATL&on={DAY}",
    "/model",
    "/leakage",
    "/impact",
    f"/worklist?moment_day={DAY}&moment_time=14:00",
    "/health",
)
SIZES = ((1280, 800), (820, 1180))
WIDE = "document.documentElement.scrollWidth > window.innerWidth + 1"


@pytest.fixture(autouse=True)
def _real(desk: Desk, mirror_lake: Lake) -> Iterator[None]:
    """Every test looks at the real rows, leaves no page open, and has asked nothing of the network."""
    desk.show(mirror_lake.root.parent)
    yield
    for page in desk.context.pages:
        page.close()
    assert desk.outside == []


@pytest.mark.parametrize("size", SIZES, ids=["desk", "tablet"])
def test_every_page_of_real_rows_is_drawn_and_fits(
    desk: Desk, asked: dict[str, Any], size: tuple[int, int]
) -> None:
    of_tail = f"?tail={asked['tail']}&date={DAY}"
    for address in (*PAGES, f"/tail{of_tail}&span=Week", f"/lookup{of_tail}"):
        page = desk.open(address, width=size[0], height=size[1])
        page.locator(".js-plotly-plot .main-svg").first.wait_for()
        assert not page.evaluate(WIDE), address
        assert page.get_by_text("simulated").count() == 0, f"{address} calls real rows simulated"
        page.close()


def test_a_published_flight_is_found_by_the_form(desk: Desk, asked: dict[str, Any]) -> None:
    page = desk.open(f"/?cutoff={CUTOFF.name}")
    page.get_by_role("link", name="Flight lookup").click()
    typed = {
        "Carrier": asked["carrier"].lower(),
        "Flight": f"0{asked['number']}",
        "From": asked["origin"].lower(),
    }
    for label, text in typed.items():
        page.get_by_role("textbox", name=label, exact=True).fill(text)
    for part, value in (("year", DAY.year), ("month", DAY.month), ("day", DAY.day)):
        page.get_by_role("spinbutton", name=f"{part}, Date of departure").press_sequentially(str(value))
    page.get_by_role("button", name="Look up").click()
    title = f"{asked['carrier']}{asked['number']} {asked['origin']} → {asked['dest']}"
    page.get_by_role("heading", name=title).wait_for()
    drawn(page)

    late = f"{asked['arr_delay']:+.0f} min"
    arrived = page.locator("[data-testid=stMetric]").filter(has=page.get_by_text("Arrived", exact=True)).first
    assert late in arrived.inner_text()
    assert asked["tail"] in page.locator("[data-testid=stMain]").inner_text()


def test_filters_count_what_was_published(desk: Desk, raw: duckdb.DuckDBPyConnection) -> None:
    def published(where: str) -> str:
        return f"{raw.sql(f'SELECT count(*) FROM flights WHERE {where}').pl().item():,}"

    page = desk.open(f"/?years={SCORED}&years={SCORED}")
    until(page, lambda: metric(page, "Flights"), published(f"year = {SCORED}"))
    box = page.get_by_role("combobox", name="Carriers")
    box.press_sequentially("DL")
    box.press("Enter")
    until(page, lambda: metric(page, "Flights"), published(f"year = {SCORED} AND carrier = 'DL'"))
    page.wait_for_url("**carriers=DL*")
    fresh = desk.open(page.url.removeprefix(desk.url))
    assert metric(fresh, "Flights") == metric(page, "Flights")
