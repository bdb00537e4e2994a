"""What the console script answers to settings and arguments that cannot be, before any work."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from aeroflux_assets.cli import app
from aeroflux_assets.errors import SettingsError

MONTHS = ("--train", "2021-01", "--test", "2021-02")


@pytest.mark.parametrize(
    "command", [("home",), ("run",), ("serve",), ("evaluate", *MONTHS), ("search", "--trials", "1")]
)
def test_a_data_folder_that_cannot_be_made_is_told_as_its_setting(
    command: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "data"

    def refused(self: Path, *_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied", str(self))

    monkeypatch.setattr(Path, "mkdir", refused)
    monkeypatch.setenv("AEROFLUX_DATA", str(place))

    done = CliRunner().invoke(app, command)

    assert isinstance(done.exception, SettingsError), done.exception
    for part in (f"AEROFLUX_DATA='{place}'", "Permission denied", "To do"):
        assert part in str(done.exception)


@pytest.mark.parametrize("option", ["--dashboard-port", "--dagster-port"])
@pytest.mark.parametrize("port", ["0", "70000", "-1"])
def test_a_port_that_is_none_is_refused_with_those_that_are(option: str, port: str) -> None:
    done = CliRunner().invoke(app, ["serve", option, port])

    assert done.exit_code == 2
    assert "1<=x<=65535" in done.output
