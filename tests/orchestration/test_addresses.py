"""The password in Dagster's PostgreSQL address is never told, however the address is written or mistyped."""

import logging
from pathlib import Path

import pytest

from aeroflux_assets.cli import dagster_home
from aeroflux_assets.defs.addresses import UNREADABLE, shown
from aeroflux_assets.defs.instance import instance_of_home
from aeroflux_assets.errors import SettingsError
from aeroflux_assets.settings import Settings


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("postgresql://u:hunter2@db.example:5432/dagster", "db.example:5432/dagster"),
        ("postgresql://u@db.example/dagster?sslmode=require", "db.example/dagster"),
        ("postgresql://db.example:5432/d?user=u&password=hunter2", "db.example:5432/d"),
        ("postgresql:///d?host=db.example&password=hunter2", "/d"),
        ("postgresql://u:hunter2@[::1]:5432/d", "::1:5432/d"),
        # Without its @HOST: what stands for the port may be the password.
        ("postgresql://dagster:hunter2/x", UNREADABLE),
        ("postgresql://dagster:12345/x", "dagster/x"),
        ("postgresql://u:hun@ter2@host/d", UNREADABLE),
        ("postgresql://u:12/hunter2@host/d", UNREADABLE),
        ("postgresql://u:12?hunter2@host/d", UNREADABLE),
        ("postgresql://u:12#hunter2@host/d", UNREADABLE),
        ("postgresql://u:[hunter2@host/d", UNREADABLE),
        ("host=db.example password=hunter2", UNREADABLE),
        ("u:hunter2@host/d", UNREADABLE),
    ],
)
def test_of_an_address_its_place_is_shown_and_nothing_else(url: str, place: str) -> None:
    assert shown(url).place == place


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://u:hunter%21+2@host/d",
        "postgresql://host/d?user=u&password=hunter%21+2",
        "postgresql://u@host/d?sslpassword=hunter%21+2",
    ],
)
def test_the_drivers_words_lose_the_password_in_every_form_of_it(url: str) -> None:
    words = "refused: hunter%21+2, hunter!+2, hunter! 2; database d does not exist"
    said = shown(url).without_secrets(words, otherwise="OperationalError")
    assert "hunter" not in said
    assert said.endswith("; database d does not exist")


def test_the_drivers_words_are_kept_from_an_address_that_cannot_be_read() -> None:
    assert (
        shown("postgresql://dagster:hunter2/x").without_secrets("no: hunter2", "ValueError") == "ValueError"
    )


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://dagster:hunter2/x",
        "postgresql://127.0.0.1:9/d?user=u&password=hunter2",
        "postgresql://u:hun@ter2@127.0.0.1:9/d",
        "postgresql://u:h/un@ter2@127.0.0.1:9/d",
        "postgresql://u:hunter2@127.0.0.1:hunter2/d",
        "host=127.0.0.1 port=9 password=hunter2",
    ],
)
def test_a_storage_that_cannot_be_used_is_told_without_the_password(
    url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setenv("DAGSTER_POSTGRES_URL", url)
    monkeypatch.setenv("DAGSTER_HOME", str(dagster_home(Settings(data=tmp_path))))
    monkeypatch.setattr("dagster_postgres.utils.time.sleep", lambda _: None)

    with (
        caplog.at_level(logging.DEBUG),
        pytest.raises(SettingsError, match="DAGSTER_POSTGRES_URL") as refused,
    ):
        instance_of_home()

    for part in ("hun", "ter2"):
        assert part not in str(refused.value)
        assert part not in caplog.text
