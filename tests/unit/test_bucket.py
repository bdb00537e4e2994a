"""A lake by address: writers that are killed, models, and what one is told when the place does not answer."""

import http.server
import subprocess
import sys
import textwrap
import threading
from datetime import datetime

import polars as pl
import pytest

from aeroflux_assets import lake as lake_module
from aeroflux_assets.bucket import BucketStore
from aeroflux_assets.contracts.base import Column, Contract
from aeroflux_assets.errors import AerofluxError, SettingsError, StoreError
from aeroflux_assets.lake import Lake
from aeroflux_assets.settings import load_settings
from aeroflux_assets.store import opened

THINGS = Contract(
    name="things",
    room="cleaned",
    description="a table by year",
    partitioned_by=("year",),
    columns=(Column("n", pl.Int64(), "a number"), Column("when", pl.Datetime("us"), "a time")),
)
PART = {"year": 2008}


def rows(*numbers: int) -> pl.LazyFrame:
    when = [datetime(2008, 1, 1, 12)] * len(numbers)
    return pl.LazyFrame({"n": numbers, "when": when}, schema=THINGS.schema)


def names(lake: Lake) -> set[str]:
    return {each.key.rsplit("/", 1)[1] for each in lake.store.listed(lake.key("things", PART))}


# ---- commits ----------------------------------------------------------------------------------------------
def test_a_writer_that_is_killed_leaves_the_old_table_and_its_files_go_with_a_later_commit(
    bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake = Lake(f"{bucket}/lake")
    first = lake.write(THINGS, rows(1), PART)
    script = f"""
        import os, signal
        import polars as pl
        from aeroflux_assets.lake import Lake
        from test_bucket import PART, THINGS, rows
        with Lake("{bucket}/lake").writer(THINGS, PART) as writer:
            writer.add(rows(2))
            os.kill(os.getpid(), signal.SIGKILL)
        """
    code = textwrap.dedent(
        f"import sys; sys.path.insert(0, {__file__.rsplit('/', 1)[0]!r})"
    ) + textwrap.dedent(script)
    died = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, timeout=60)
    assert died.returncode == -9, died.stderr.decode()[-800:]

    assert len(names(lake)) == 3  # the pointer, the old file, the stray one
    assert lake.scan("things", [PART]).collect()["n"].to_list() == [1]

    monkeypatch.setattr(lake_module, "ABANDONED_S", -60)  # a bucket's times cannot be set back: the limit can
    second = lake.write(THINGS, rows(3), PART)
    assert names(lake) == {"_current.json", *first.files, *second.files}


def test_two_lakes_in_one_bucket_do_not_see_each_other(bucket: str) -> None:
    one, other = Lake(f"{bucket}/lake"), Lake(f"{bucket}/lake2/lake")
    one.write(THINGS, rows(1), PART)
    assert other.tables() == []
    other.write(THINGS, rows(2), PART)
    assert (one.tables(), other.tables()) == (["things"], ["things"])
    assert one.scan("things").collect()["n"].to_list() == [1]


def test_what_stands_for_a_commit_changes_with_it(bucket: str) -> None:
    lake = Lake(f"{bucket}/lake")
    tags = []
    for number in (1, 2):
        lake.write(THINGS, rows(number), PART)
        tags += [stored.tag for _, stored in lake.pointers("things")]
    assert len(set(tags)) == 2


# ---- DuckDB -----------------------------------------------------------------------------------------------
def test_many_row_groups_read_by_several_threads_are_the_rows_that_were_written(bucket: str) -> None:
    lake = Lake(f"{bucket}/lake")
    numbers = pl.LazyFrame({"n": range(400_000)}).with_columns(when=pl.lit(datetime(2008, 1, 1)))
    lake.write(THINGS, [numbers, numbers], PART)
    with lake.connect() as con:
        con.execute("SET threads = 8")
        for _ in range(3):
            found = con.execute("SELECT count(*), sum(n), max(year) FROM things").fetchone()
            assert found == (800_000, 2 * sum(range(400_000)), 2008)


def test_one_database_serves_lakes_of_several_connections(bucket: str) -> None:
    lakes = [Lake(f"{bucket}/{name}/lake") for name in ("one", "other")]
    with lakes[0].open_duckdb() as con:
        for number, lake in enumerate(lakes):
            lake.write(THINGS, rows(number), PART)
            with con.cursor() as cursor:
                lake.store.register(cursor)
                (file,) = lake.files("things")
                assert cursor.execute(f"SELECT n FROM read_parquet('{file}')").fetchall() == [(number,)]


def test_a_file_is_read_by_ranges(bucket: str) -> None:
    store = BucketStore(f"{bucket}/p")
    store.put("letters", b"abcdefgh")
    with opened(f"{bucket}/p/letters") as file:
        assert (file.read(2), file.seek(-3, 2), file.read(), file.read(1)) == (b"ab", 5, b"fgh", b"")
        buffer = bytearray(4)
        file.seek(6)
        assert (file.readinto(buffer), bytes(buffer)) == (2, b"gh\0\0")


# ---- what one is told -------------------------------------------------------------------------------------
def test_a_bucket_that_does_not_exist_is_one_clear_error_for_readers_and_writers(bucket: str) -> None:
    lake = Lake("s3://no-such-bucket/p/lake")
    for ask in (
        lambda: lake.tables(),
        lambda: lake.has("things", PART),
        lambda: lake.scan("things"),
        lambda: lake.commit_of("things", PART),
        lambda: lake.write(THINGS, rows(1), PART),
        lambda: lake.connect(),
    ):
        with pytest.raises(StoreError) as refused:
            ask()
        for part in ("s3://no-such-bucket/p", "NoSuchBucket", "make the bucket", "AEROFLUX_DATA"):
            assert part in str(refused.value)
        assert "\n" not in str(refused.value)


def test_a_wrong_key_is_one_clear_error(bucket: str, monkeypatch: pytest.MonkeyPatch) -> None:
    lake = Lake(f"{bucket}/lake")
    lake.write(THINGS, rows(1), PART)
    monkeypatch.setattr("moto.settings.INITIAL_NO_AUTH_ACTION_COUNT", 0)
    for ask in (
        lambda: lake.tables(),
        lambda: lake.scan("things", [PART]),
        lambda: lake.write(THINGS, rows(1), PART),
    ):
        with pytest.raises(StoreError, match=r"InvalidAccessKeyId.*AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY"):
            ask()


def test_a_key_that_is_refused_in_the_middle_of_a_write_is_the_same_error(
    bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake = Lake(f"{bucket}/lake")

    def refused_halfway() -> None:
        with lake.writer(THINGS, PART) as writer:
            writer.add(rows(1))
            monkeypatch.setattr("moto.settings.INITIAL_NO_AUTH_ACTION_COUNT", 0)
            writer.add(rows(2))

    with pytest.raises(StoreError, match=r"-1\.parquet cannot be used: .*InvalidAccessKeyId"):
        refused_halfway()


def test_an_endpoint_that_does_not_answer_is_named(bucket: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    with pytest.raises(StoreError, match=r"AWS_ENDPOINT_URL='http://127\.0\.0\.1:9'"):
        Lake(f"{bucket}/lake").tables()


def test_digits_in_a_files_name_are_no_refusal(bucket: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    store = BucketStore(f"{bucket}/lake")
    for name in ("5d403e0401.parquet", "2f0c-403.parquet", "403/401"):
        with pytest.raises(StoreError, match="check the endpoint") as told:
            store.read(name)
        assert "AWS_ACCESS_KEY_ID" not in str(told.value)


def answering(status: int) -> type[http.server.BaseHTTPRequestHandler]:
    """A server that answers whatever it is asked with a status and no word."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def answer(self) -> None:
            self.rfile.read(int(self.headers.get("content-length", 0)))
            self.send_response(status)
            self.send_header("content-length", "0")
            self.end_headers()

        do_GET = do_HEAD = do_PUT = do_POST = answer

        def log_message(self, *_: object) -> None:
            pass

    return Handler


@pytest.mark.parametrize("status", [401, 403])
def test_a_refusal_without_a_word_of_why_is_one_of_the_keys(
    bucket: str, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), answering(status)) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.server_port}")
        lake = Lake(f"{bucket}/lake")
        for ask in (
            lambda: lake.tables(),
            lambda: lake.has("things", PART),
            lambda: lake.store.put("a", b""),
            lambda: lake.writer(THINGS, PART).add(rows(1)),
        ):
            with pytest.raises(StoreError, match="check the keys"):
                ask()
        server.shutdown()


@pytest.mark.parametrize("address", ["s3://", "s3:///prefix", "ftp://bucket/prefix", "S3://bucket"])
def test_an_address_that_is_none_is_refused_with_what_is_allowed(address: str) -> None:
    with pytest.raises(SettingsError, match=r"AEROFLUX_DATA='.*s3://BUCKET/PREFIX"):
        load_settings({"AEROFLUX_DATA": address})


def test_an_address_takes_lake_and_models_and_leaves_the_rest_at_home(tmp_path: object) -> None:
    settings = load_settings({"AEROFLUX_DATA": "s3://bucket/p/", "AEROFLUX_HOME": str(tmp_path)})
    assert settings.lake == "s3://bucket/p/lake"
    assert str(settings.data) == str(tmp_path)
    assert str(settings.cache).startswith(str(tmp_path))
    assert load_settings(settings.environment()) == settings
    assert (
        load_settings({"AEROFLUX_HOME": "/elsewhere", "AEROFLUX_DATA": str(tmp_path)}).lake
        == settings.data / "lake"
    )


def test_a_lake_by_address_has_no_folders() -> None:
    with pytest.raises(AerofluxError, match="no folders"):
        Lake("s3://bucket/lake").folder("things", PART)
