"""Groups, object headers and their messages in HDF5's classic layout: walked once each, never beyond the file.

Layout: The HDF Group, "HDF5 File Format Specification". Numbers are little endian, addresses have eight bytes.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import BinaryIO

from mouseview.formats.keypoints.hdf5_types import Refused

SIGNATURE = b"\x89HDF\r\n\x1a\n"
NOWHERE = (1 << 64) - 1

# kinds of messages
DATASPACE, LINK_INFO, DATATYPE, LINK, EXTERNAL_FILES, LAYOUT, FILTERS, ATTRIBUTE, CONTINUATION, SYMBOL_TABLE = (
    1, 2, 3, 6, 7, 8, 11, 12, 16, 17,
)  # fmt: skip

_MAX_BLOCKS = 1_000
_MAX_BLOCK_BYTES = 1 << 22
_MAX_MESSAGES = 20_000
_MAX_MEMBERS = 1_000
_MAX_NODES = 10_000
_MAX_HEAP_BYTES = 1 << 22
_MAX_LEVEL = 16
_SHARED = 2
_UNUSUAL = "save it in HDF5's classic layout (h5repack, or h5py without libver)"


@dataclass(frozen=True)
class Message:
    kind: int
    data: bytes


@dataclass(frozen=True)
class Node:
    """A node of a tree (version 1). keys[i] belongs to children[i]."""

    level: int
    keys: tuple[bytes, ...]
    children: tuple[int, ...]


class Objects:
    """An open file; every read is checked against its size."""

    def __init__(self, file: BinaryIO, size: int) -> None:
        self._file = file
        self.size = size
        head = self.read(0, 96)
        version = head[8]
        if not head.startswith(SIGNATURE) or version > 1:
            raise Refused(f"a superblock of version {version}: {_UNUSUAL}")
        if head[13:15] != b"\x08\x08":
            raise Refused("addresses of another length than eight bytes")
        base = 24 + 4 * version
        if struct.unpack_from("<Q", head, base)[0] != 0:
            raise Refused("a file within a file")
        self.root: int = struct.unpack_from("<Q", head, base + 40)[0]

    def read(self, at: int, count: int) -> bytes:
        if at < 0 or count < 0 or at + count > self.size:
            raise Refused(f"{count} bytes at {at} of a file of {self.size}")
        self._file.seek(at)
        data = self._file.read(count)
        if len(data) != count:
            raise Refused("the file became shorter while it was read")
        return data

    # ---- object headers ------------------------------------------------------------------------------------------

    def messages(self, address: int) -> list[Message]:
        """All messages of an object."""
        version, count, size = struct.unpack("<BxH4xI4x", self.read(address, 16))
        if version != 1:
            raise Refused(f"an object of the newer layout: {_UNUSUAL}")
        if count > _MAX_MESSAGES:
            raise Refused(f"an object of {count} messages")
        blocks = [(address + 16, size)]
        found: list[Message] = []
        done: set[int] = set()
        for start, length in blocks:  # grows while it is walked
            if len(done) >= _MAX_BLOCKS or start in done or length > _MAX_BLOCK_BYTES:
                raise Refused("an object that is described without end")
            done.add(start)
            data = self.read(start, length)
            at = 0
            while at + 8 <= len(data) and len(found) < count:
                kind, bytes_, flags = struct.unpack_from("<HHB", data, at)
                content = data[at + 8 : at + 8 + bytes_]
                if len(content) != bytes_:
                    raise Refused("a message that is longer than its object")
                if kind == CONTINUATION:
                    blocks.append(struct.unpack_from("<QQ", content))
                if flags & _SHARED and kind in (DATASPACE, DATATYPE, FILTERS):
                    raise Refused("a type that is kept elsewhere in the file")
                found.append(Message(kind, content))
                at += 8 + bytes_
        return found

    # ---- groups --------------------------------------------------------------------------------------------------

    def members(self, messages: list[Message]) -> dict[str, int | None]:
        """Name → address of what a group holds; None for a link, which is not followed."""
        tables = [message for message in messages if message.kind == SYMBOL_TABLE]
        if not tables:
            return self._linked(messages)
        tree, heap = struct.unpack_from("<QQ", tables[0].data)
        names = self._heap(heap)
        found: dict[str, int | None] = {}
        for node in self.leaves(tree, key_bytes=8, kind=0):
            for child in node.children:
                signature, count = struct.unpack("<4sxxH", self.read(child, 8))
                if signature != b"SNOD" or len(found) + count > _MAX_MEMBERS:
                    raise Refused(f"a group of more than {_MAX_MEMBERS} members, or a damaged one")
                entries = self.read(child + 8, 40 * count)
                for offset, address, cached in struct.iter_unpack("<QQI20x", entries):
                    end = names.find(b"\0", offset)
                    if end < 0:
                        raise Refused("a member without a name")
                    found[names[offset:end].decode("utf-8", "replace")] = None if cached == 2 else address
        return found

    def _linked(self, messages: list[Message]) -> dict[str, int | None]:
        """Groups that hold links out of the file list their members as messages."""
        found: dict[str, int | None] = {}
        for message in messages:
            if message.kind == LINK_INFO:
                flags = message.data[1]
                if struct.unpack_from("<Q", message.data, 2 + 8 * (flags & 1))[0] != NOWHERE:
                    raise Refused(f"a group of the newer layout: {_UNUSUAL}")
            elif message.kind == LINK:
                name, address = _link(message.data)
                found[name] = address
        if len(found) > _MAX_MEMBERS:
            raise Refused(f"a group of more than {_MAX_MEMBERS} members")
        return found

    def _heap(self, address: int) -> bytes:
        signature, size, data = struct.unpack("<4s4xQ8xQ", self.read(address, 32))
        if signature != b"HEAP" or size > _MAX_HEAP_BYTES:
            raise Refused("a damaged list of names")
        return self.read(data, size)

    # ---- trees ---------------------------------------------------------------------------------------------------

    def leaves(self, address: int, key_bytes: int, kind: int) -> list[Node]:
        """The lowest nodes of a tree of this kind (0: groups, 1: chunks), each node visited once."""
        found: list[Node] = []
        waiting = [(address, _MAX_LEVEL)]
        done: set[int] = set()
        while waiting:
            at, above = waiting.pop()
            if at in done or len(done) >= _MAX_NODES:
                raise Refused("a tree without end")
            done.add(at)
            node = self._node(at, key_bytes, kind)
            if node.level >= above:
                raise Refused("a tree that does not descend")
            if node.level == 0:
                found.append(node)
            else:
                waiting += [(child, node.level) for child in node.children]
        return found

    def _node(self, address: int, key_bytes: int, kind: int) -> Node:
        signature, stated, level, count = struct.unpack("<4sBBH16x", self.read(address, 24))
        if signature != b"TREE" or stated != kind:
            raise Refused(f"no tree of kind {kind} at {address}")
        step = key_bytes + 8
        data = self.read(address + 24, count * step)
        keys = tuple(data[at : at + key_bytes] for at in range(0, count * step, step))
        children = tuple(struct.unpack_from("<Q", data, at + key_bytes)[0] for at in range(0, count * step, step))
        return Node(level, keys, children)


def _link(data: bytes) -> tuple[str, int | None]:
    """Name and address of a link message; None for one that does not lead to an object of this file."""
    flags = data[1]
    at = 2
    kind = data[at] if flags & 8 else 0
    at += bool(flags & 8) + 8 * bool(flags & 4) + bool(flags & 16)
    width = 1 << (flags & 3)
    length = int.from_bytes(data[at : at + width], "little")
    at += width
    name = data[at : at + length].decode("utf-8", "replace")
    return name, struct.unpack_from("<Q", data, at + length)[0] if kind == 0 else None
