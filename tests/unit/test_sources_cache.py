"""The manifest: what is recorded is found again, by threads and after a torn line."""

import json
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from aeroflux_assets.sources.cache import MANIFEST, Fetched, Manifest, manifest_of, sha256_of


def a_file(cache: Path, name: str, text: str = "x") -> Fetched:
    path = cache / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return Fetched(path, f"http://host/{name}", sha256_of(path), len(text), 1, "2026-01-01T00:00:00+00:00")


def test_a_record_holds_address_time_bytes_hash_and_rows(tmp_path: Path) -> None:
    fetched = a_file(tmp_path, "host/a.csv", "abc")
    Manifest(tmp_path).put(fetched)
    line = json.loads((tmp_path / MANIFEST).read_text())
    assert line["path"] == "host/a.csv"
    assert line["sha256"] == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert {"address", "bytes", "rows", "fetched_at"} <= set(line)
    assert Manifest(tmp_path).get(fetched.address) == fetched


def test_a_changed_or_missing_file_is_not_known(tmp_path: Path) -> None:
    fetched = a_file(tmp_path, "a.csv")
    manifest = Manifest(tmp_path)
    manifest.put(fetched)
    fetched.path.write_text("longer")
    assert manifest.get(fetched.address) is None
    fetched.path.unlink()
    assert manifest.get(fetched.address) is None
    assert manifest.get("http://host/never") is None


def test_many_threads_may_record(tmp_path: Path) -> None:
    manifest = manifest_of(tmp_path)
    assert manifest_of(tmp_path) is manifest
    files = [a_file(tmp_path, f"{i}.csv") for i in range(200)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(manifest.put, files))
    assert len(Manifest(tmp_path).entries()) == 200


def test_another_process_s_lines_are_seen_and_a_torn_one_is_skipped(tmp_path: Path) -> None:
    here, there = Manifest(tmp_path), Manifest(tmp_path)
    first, second = a_file(tmp_path, "a.csv"), a_file(tmp_path, "b.csv")
    here.put(first)
    assert there.get(first.address) == first
    with (tmp_path / MANIFEST).open("a") as file:
        file.write('{"path": "c.csv", "addr')
    assert there.get(first.address) == first
    here.put(second)
    assert there.get(second.address) == second
    assert [entry.path.name for entry in Manifest(tmp_path).entries()] == ["a.csv", "b.csv"]


def test_a_manifest_that_was_deleted_is_forgotten(tmp_path: Path) -> None:
    manifest, fetched = Manifest(tmp_path), a_file(tmp_path, "a.csv")
    manifest.put(fetched)
    assert manifest.get(fetched.address) == fetched
    (tmp_path / MANIFEST).unlink()
    assert manifest.get(fetched.address) is None
    manifest.put(fetched)
    assert manifest.get(fetched.address) == fetched


def test_a_moved_data_folder_keeps_its_record(tmp_path: Path) -> None:
    fetched = a_file(tmp_path / "old", "host/a.csv")
    Manifest(tmp_path / "old").put(fetched)
    (tmp_path / "old").rename(tmp_path / "new")
    found = Manifest(tmp_path / "new").get(fetched.address)
    assert found is not None
    assert found.path == tmp_path / "new" / "host" / "a.csv"


def test_a_copied_data_folder_keeps_its_record_although_its_times_are_new(tmp_path: Path) -> None:
    fetched = a_file(tmp_path, "host/a.csv", "abc")
    Manifest(tmp_path).put(fetched)
    os.utime(fetched.path, ns=(1, 1))
    assert Manifest(tmp_path).get(fetched.address) == fetched
    # The new time is on record: the bytes are not read a second time.
    assert json.loads((tmp_path / MANIFEST).read_text().splitlines()[-1])["mtime_ns"] == 1
    fetched.path.write_text("abd")
    assert Manifest(tmp_path).get(fetched.address) is None
