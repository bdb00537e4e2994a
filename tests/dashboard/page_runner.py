"""Runs a page as Streamlit does, over a data folder."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

APP = Path(__file__).resolve().parents[2] / "dashboard" / "streamlit_app.py"
SECONDS = 30


def open_page(
    monkeypatch: pytest.MonkeyPatch, data: Path | str, page: str | None = None, **params: str | Sequence[str]
) -> AppTest:
    """A page over a data folder or an address; a mirror's unless the commits say otherwise. No exception is let by."""
    for name in ("AEROFLUX_SOURCE", "AEROFLUX_YEARS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AEROFLUX_DATA", str(data))
    app = AppTest.from_file(str(APP), default_timeout=SECONDS)
    for name, value in params.items():
        app.query_params[name] = value if isinstance(value, str) else list(value)
    app.run()
    if page is not None:
        app.switch_page(page).run()
    assert not app.exception, app.exception
    return app


def texts(app: AppTest) -> str:
    """Everything on the page that is text."""
    kinds = (app.title, app.header, app.markdown, app.caption, app.info, app.warning, app.error, app.success)
    return "\n".join(str(element.value) for kind in kinds for element in kind)


def shown(app: AppTest) -> dict[str, str]:
    """The metrics of the page: label to value."""
    return {metric.label: metric.value for metric in app.metric}
