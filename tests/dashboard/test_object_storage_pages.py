"""The pages over a lake in a bucket."""

from pathlib import Path

import pytest
from page_runner import open_page, shown, texts

from aeroflux_assets.lake import Lake
from aeroflux_assets.store import store_at


@pytest.fixture
def address(whole: Lake, bucket: str) -> str:
    """The tiny lake, copied file by file into a bucket."""
    store, data = store_at(f"{bucket}/desk"), Path(whole.root).parent
    for file in data.rglob("*"):
        if file.is_file():
            store.put(str(file.relative_to(data)), file.read_bytes())
    return f"{bucket}/desk"


@pytest.mark.parametrize("page", ["overview", "health", "lookup"])
def test_a_page_shows_of_a_bucket_what_it_shows_of_a_disk(
    whole: Lake, address: str, monkeypatch: pytest.MonkeyPatch, page: str
) -> None:
    file = f"app_pages/{page}.py"
    disk = open_page(monkeypatch, Path(whole.root).parent, file)
    cloud = open_page(monkeypatch, address, file)
    assert shown(cloud) == shown(disk)
    assert texts(cloud).replace(address, str(Path(whole.root).parent)) == texts(disk)


def test_an_empty_bucket_and_a_missing_one_are_said(bucket: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert f"No flights in {bucket}/lake" in texts(open_page(monkeypatch, bucket)).replace("**", "")
    said = open_page(monkeypatch, "s3://no-such-bucket").error[0].value
    assert "The lake cannot be read: s3://no-such-bucket" in said
    assert "make the bucket first" in said
