"""Download one file from the Hugging Face hub: offered first, resumable, cancellable, checked when it is complete.

huggingface_hub finds the file (endpoint, revision, token, checksum); the bytes are fetched here, because since its
version 2 huggingface_hub deletes a partial download instead of resuming it.
"""

from __future__ import annotations

import hashlib
import http
import http.client
import os
import re
import shutil
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from mouseview.inference.cache import cache_folder
from mouseview.model.errors import Cancelled, CheckpointError

_CHUNK = 1 << 20
_TIMEOUT_S = 30.0
_SHA256 = re.compile(r"[0-9a-f]{64}")
_DEFAULT_ENDPOINT = "https://huggingface.co"

Progress = Callable[[float, str], None]


@dataclass(frozen=True)
class HubFile:
    """repo: owner/name.  path: inside the repository.  licence_note: what we know beside the hub's own label."""

    repo: str
    path: str
    licence_note: str = ""


@dataclass(frozen=True)
class DownloadOffer:
    """What the user is shown before anything is downloaded.

    size_bytes: of the file.  remaining_bytes: what an earlier download left to fetch.  page: where the licence stands.
    """

    file: HubFile
    revision: str
    size_bytes: int
    remaining_bytes: int
    licence: str
    page: str
    destination: Path

    @property
    def terms(self) -> tuple[str, ...]:
        """What a user has to know before agreeing, a line each: file and size, licence, where it goes."""
        note = f" ({self.file.licence_note})" if self.file.licence_note else ""
        return (
            f"{self.file.repo}: {self.file.path}, {self.size_bytes / 1e9:.2f} GB, "
            f"{self.remaining_bytes / 1e9:.2f} GB to download",
            f"licence: {self.licence or 'not stated'}{note}; see {self.page}",
            f"to: {self.destination}",
        )


Consent = Callable[[DownloadOffer], bool]


@dataclass(frozen=True)
class _Found:
    revision: str
    size: int
    etag: str
    location: str
    headers: dict[str, str]
    licence: str


def downloaded(file: HubFile) -> Path | None:
    """The file if it is on this machine: from us, or in the cache that huggingface_hub's other users share."""
    own = sorted(_home(file).glob(f"*/{_escaped(file.path)}"), key=lambda path: path.stat().st_mtime)
    if own:
        return own[-1]
    from huggingface_hub import try_to_load_from_cache

    shared = try_to_load_from_cache(file.repo, file.path)
    return Path(shared) if isinstance(shared, str) else None


def download(
    file: HubFile,
    consent: Consent | None,
    progress: Progress | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Path:
    """Fetch the file after ``consent`` to the offer; what an earlier call left is resumed. progress: 0..1 and words.

    Raises ``CheckpointError`` (no consent, no connection, damaged, disk full) or ``Cancelled``.
    """
    if consent is None:
        raise CheckpointError(
            "is not on this machine, and downloading it was not agreed to",
            place=f"hf:{file.repo}/{file.path}",
            remedy=f"agree to the download when asked, or get the file from {_page(file)} and give its path",
        )
    found = _find(file)
    destination = _home(file) / found.revision[:40] / file.path
    part = destination.with_name(f".{destination.name}.{hashlib.sha256(found.etag.encode()).hexdigest()[:12]}.part")
    done = part.stat().st_size if part.is_file() else 0
    offer = DownloadOffer(
        file, found.revision, found.size, max(found.size - done, 0), found.licence, _page(file), destination
    )
    if not consent(offer):
        raise Cancelled("the download was declined", place=f"hf:{file.repo}/{file.path}")
    destination.parent.mkdir(parents=True, exist_ok=True)
    if shutil.disk_usage(destination.parent).free < offer.remaining_bytes:
        raise CheckpointError(
            f"the disk is too full for {offer.remaining_bytes >> 20} MiB",
            place=str(destination.parent),
            remedy="free space, or set MOUSEVIEW_CACHE to a folder on another disk",
        )
    try:
        _fetch(found, part, progress, cancelled)
    except (OSError, http.client.HTTPException) as error:
        raise CheckpointError(
            f"the download broke off: {error}",
            place=found.location.partition("?")[0],
            remedy="check the connection and run it again: it resumes where it stopped",
        ) from error
    if progress is not None:
        progress(1.0, "checking the download")
    _verify(part, found, file)
    os.replace(part, destination)
    return destination


def _find(file: HubFile) -> _Found:
    # both names are public in huggingface_hub 1 and 2; imported here because the import takes a quarter of a second
    from huggingface_hub import HfApi, get_hf_file_metadata, hf_hub_url
    from huggingface_hub.utils import build_hf_headers

    endpoint = _endpoint()
    try:
        api = HfApi(endpoint=endpoint)
        card: Any = api.model_info(file.repo).card_data
        metadata = get_hf_file_metadata(hf_hub_url(file.repo, file.path, endpoint=endpoint), endpoint=endpoint)
    except Exception as error:  # its error classes differ between versions and between http libraries
        raise CheckpointError(
            f"cannot be looked up: {type(error).__name__}: {str(error)[:300]}",
            place=f"{endpoint}/{file.repo}/{file.path}",
            remedy=f"check the connection, or get the file from {_page(file)} and give its path",
        ) from error
    if not (metadata.size and metadata.commit_hash and metadata.etag):
        raise CheckpointError("the hub tells no size, revision or checksum", place=f"hf:{file.repo}/{file.path}")
    licence = card.get("license") if card is not None else None
    stated = f"licence: {licence}" if licence else "the hub states no licence"
    same_host = urlsplit(metadata.location).netloc == urlsplit(endpoint).netloc
    return _Found(
        revision=metadata.commit_hash,
        size=metadata.size,
        etag=metadata.etag,
        location=metadata.location,
        headers=build_hf_headers() if same_host else {},  # the user's token belongs to the hub alone
        licence=f"{stated}. {file.licence_note}".strip(". ") if file.licence_note else stated,
    )


def _fetch(found: _Found, part: Path, progress: Progress | None, cancelled: Callable[[], bool] | None) -> None:
    done = part.stat().st_size if part.is_file() else 0
    if done > found.size:
        part.unlink()
        done = 0
    if done == found.size:
        return
    if urlsplit(found.location).scheme not in {"http", "https"}:
        raise ConnectionError(f"the hub points to {found.location[:80]!r}")
    request = urllib.request.Request(found.location)
    for name, value in found.headers.items():
        request.add_unredirected_header(name, value)  # a token must not follow to another host
    if done:
        request.add_header("Range", f"bytes={done}-")
    with urllib.request.urlopen(request, timeout=_TIMEOUT_S) as response:
        if done and response.status != http.HTTPStatus.PARTIAL_CONTENT:
            done = 0  # the server sends all of it again
        with open(part, "ab" if done else "wb") as file:
            while done < found.size:
                if cancelled is not None and cancelled():
                    raise Cancelled("the download was cancelled; it resumes next time")
                chunk = response.read(min(_CHUNK, found.size - done))
                if not chunk:
                    raise ConnectionError(f"the server stopped after {done} of {found.size} bytes")
                file.write(chunk)
                done += len(chunk)
                if progress is not None:
                    progress(done / found.size, f"downloading: {done >> 20} of {found.size >> 20} MiB")
            file.flush()
            os.fsync(file.fileno())


def _verify(part: Path, found: _Found, file: HubFile) -> None:
    """Large files of the hub carry their SHA-256 as etag."""
    if not _SHA256.fullmatch(found.etag):
        return
    with open(part, "rb") as content:
        digest = hashlib.file_digest(content, "sha256").hexdigest()
    if digest != found.etag:
        part.unlink()
        raise CheckpointError(
            "the download is damaged: its checksum differs from the hub's, and it has been removed",
            place=f"hf:{file.repo}/{file.path}",
            remedy="run it again",
        )


def _endpoint() -> str:
    return os.environ.get("HF_ENDPOINT", _DEFAULT_ENDPOINT).rstrip("/")


def _page(file: HubFile) -> str:
    return f"{_endpoint()}/{file.repo}"


def _home(file: HubFile) -> Path:
    return cache_folder("hub") / file.repo.replace("/", "--")


def _escaped(path: str) -> str:
    return re.sub(r"([\[*?])", r"[\1]", path)
