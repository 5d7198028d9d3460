"""Checkpoints by name, and downloads from a fake hub: offered first, resumed, cancelled, checked."""

from __future__ import annotations

import hashlib
import http.server
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from mouseview import resources
from mouseview.inference import catalog
from mouseview.inference.catalog import RELEASED, DownloadOffer, resolve
from mouseview.model.errors import Cancelled, CheckpointError

COMMIT = "0123456789abcdef0123456789abcdef01234567"
CONTENT = bytes(range(256)) * 20_000  # five chunks


@dataclass
class FakeHub:
    """What the server does, and which ranges it was asked for (None: all of the file)."""

    content: bytes = CONTENT
    etag: str = hashlib.sha256(CONTENT).hexdigest()
    licence: str | None = "other-licence"
    stop_after: int | None = None
    ranges: bool = True
    fetched: list[str | None] = field(default_factory=list)

    def handler(self) -> type[http.server.BaseHTTPRequestHandler]:
        hub = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, format: str, *args: object) -> None:
                """Quiet."""

            def do_HEAD(self) -> None:
                self._file(with_body=False)

            def do_GET(self) -> None:
                if self.path.partition("?")[0] == f"/api/models/{RELEASED.repo}":
                    card = {"license": hub.licence} if hub.licence else {}
                    body = json.dumps({"id": RELEASED.repo, "sha": COMMIT, "cardData": card, "siblings": []}).encode()
                    self.send_response(200)
                    self.send_header("Content-Type", "application/json")
                    self.send_header("Content-Length", str(len(body)))
                    self.end_headers()
                    self.wfile.write(body)
                else:
                    self._file(with_body=True)

            def _file(self, with_body: bool) -> None:
                if not self.path.startswith(f"/{RELEASED.repo}/resolve/") or not self.path.endswith(RELEASED.path):
                    self.send_response(404)
                    self.send_header("Content-Length", "0")
                    self.end_headers()
                    return
                asked = self.headers.get("Range") if hub.ranges else None
                start = int(asked.removeprefix("bytes=").rstrip("-")) if asked and with_body else 0
                self.send_response(206 if start else 200)
                self.send_header("ETag", f'"{hub.etag}"')
                self.send_header("X-Repo-Commit", COMMIT)
                self.send_header("Content-Length", str(len(hub.content) - start))
                self.end_headers()
                if with_body:
                    hub.fetched.append(self.headers.get("Range"))
                    self.wfile.write(hub.content[start : hub.stop_after])
                    if hub.stop_after is not None:
                        self.close_connection = True

        return Handler


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeHub]:
    fake = FakeHub()
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), fake.handler())
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setenv("MOUSEVIEW_CACHE", str(tmp_path / "cache"))
    for proxy in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(proxy, raising=False)
    yield fake
    server.shutdown()
    server.server_close()
    thread.join()


def _accept(_offer: DownloadOffer) -> bool:
    return True


def _files(tmp_path: Path) -> list[Path]:
    return [file for file in (tmp_path / "cache").rglob("*") if file.is_file()]


def test_the_offer_shows_size_and_licence_before_anything_is_fetched(hub: FakeHub, tmp_path: Path) -> None:
    offers: list[DownloadOffer] = []

    def decline(offer: DownloadOffer) -> bool:
        offers.append(offer)
        return False

    with pytest.raises(Cancelled):
        resolve("openfacelift", decline)
    (offer,) = offers
    assert offer.size_bytes == offer.remaining_bytes == len(CONTENT)
    assert "other-licence" in offer.licence
    assert "research" in offer.licence
    assert offer.page.endswith(RELEASED.repo)
    assert offer.revision == COMMIT
    assert hub.fetched == []
    assert _files(tmp_path) == []


def test_a_licence_that_is_not_stated_is_said_to_be_so(hub: FakeHub) -> None:
    hub.licence = None
    offers: list[DownloadOffer] = []
    with pytest.raises(Cancelled):
        resolve(f"hf:{RELEASED.repo}/{RELEASED.path}", lambda offer: bool(offers.append(offer)))
    assert offers[0].licence == "the hub states no licence"


def test_an_accepted_download_arrives_once(hub: FakeHub, tmp_path: Path) -> None:
    said: list[float] = []
    path = resolve("openfacelift", _accept, lambda fraction, _: said.append(fraction))
    assert path.read_bytes() == CONTENT
    assert path.name == "ckpt_0000000000021125.pt"
    assert said == sorted(said)
    assert said[-1] == 1.0
    assert resolve("openfacelift") == path  # now without asking
    assert resolve(f"hf:{RELEASED.repo}/{RELEASED.path}") == path
    assert hub.fetched == [None]
    assert _files(tmp_path) == [path]
    assert [entry.path for entry in catalog.entries() if entry.name == "openfacelift"] == [path]


@pytest.mark.parametrize("ranges", [True, False])
def test_a_cancelled_download_resumes(ranges: bool, hub: FakeHub) -> None:
    hub.ranges = ranges
    said: list[float] = []
    with pytest.raises(Cancelled):
        resolve("openfacelift", _accept, lambda fraction, _: said.append(fraction), lambda: len(said) == 2)
    offers: list[DownloadOffer] = []
    path = resolve("openfacelift", lambda offer: offers.append(offer) or True)
    assert path.read_bytes() == CONTENT
    assert offers[0].remaining_bytes == len(CONTENT) - (2 << 20)
    assert hub.fetched == [None, f"bytes={2 << 20}-"]


def test_a_connection_that_breaks_is_an_error_and_resumes(hub: FakeHub) -> None:
    hub.stop_after = 3_000_000
    with pytest.raises(CheckpointError, match="broke off") as caught:
        resolve("openfacelift", _accept)
    assert "resumes" in caught.value.remedy
    hub.stop_after = None
    assert resolve("openfacelift", _accept).read_bytes() == CONTENT
    assert hub.fetched[1] is not None


def test_a_damaged_download_is_removed(hub: FakeHub, tmp_path: Path) -> None:
    hub.content = CONTENT[:-1] + b"!"
    with pytest.raises(CheckpointError, match="checksum"):
        resolve("openfacelift", _accept)
    assert _files(tmp_path) == []


def test_without_anyone_to_ask_nothing_is_contacted(hub: FakeHub) -> None:
    with pytest.raises(CheckpointError, match="not agreed") as caught:
        resolve("openfacelift")
    assert RELEASED.repo in caught.value.remedy
    assert hub.fetched == []


def test_a_file_the_hub_does_not_have_is_an_error(hub: FakeHub) -> None:
    with pytest.raises(CheckpointError, match="cannot be looked up"):
        resolve(f"hf:{RELEASED.repo}/other.pt", _accept)


def test_a_hub_out_of_reach_is_an_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setenv("MOUSEVIEW_CACHE", str(tmp_path))
    with pytest.raises(CheckpointError, match="cannot be looked up") as caught:
        resolve("openfacelift", _accept)
    assert "connection" in caught.value.remedy


@pytest.mark.parametrize(
    "name", ["hf:", "hf:owner/repo", "hf:owner/repo/", "hf:owner/repo/../../secret", "hf:a/b/c\\d", "hf:../b/c.pt"]
)
def test_names_that_are_no_file_of_a_repository_are_refused(name: str) -> None:
    with pytest.raises(CheckpointError, match="names no file"):
        resolve(name, _accept)


@pytest.mark.parametrize("name", ["mouse-9000", "missing/run", "weights.pt", ""])
def test_what_is_neither_path_nor_name_lists_the_known_names(
    name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    if name == "":
        assert resolve(name) == Path()  # the folder we are in, as for every path
        return
    with pytest.raises(CheckpointError) as caught:
        resolve(name)
    assert "openfacelift" in caught.value.remedy


def test_bundled_checkpoints_are_found_by_their_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "mouse-1"
    folder.mkdir()
    (tmp_path / "unfinished").mkdir()
    (folder / "model.safetensors").write_bytes(b"")
    monkeypatch.setattr(resources, "path", lambda _name: tmp_path)
    assert resolve("mouse-1") == folder
    assert [entry.name for entry in catalog.entries()] == ["mouse-1", "openfacelift"]


def test_a_path_wins_over_a_name(tmp_path: Path) -> None:
    assert resolve(str(tmp_path)) == tmp_path
