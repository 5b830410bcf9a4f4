"""Files of models with something else in them."""

import hashlib
import json
import struct

from safetensors.numpy import load as parse
from safetensors.numpy import save as serialise


def rewritten(content, change):
    """A file whose header, of safetensors and of ours, was changed; the checksum stays."""
    (size,) = struct.unpack("<Q", content[:8])
    described = json.loads(content[8 : 8 + size])
    header = json.loads(described["__metadata__"]["aurita"])
    text = change(described, header)
    if text is None:
        described["__metadata__"]["aurita"] = json.dumps(header)
        text = json.dumps(described)
    return struct.pack("<Q", len(text)) + text.encode() + content[8 + size :]


def forged(content, change):
    """A file with something else in it, and a right checksum."""
    (size,) = struct.unpack("<Q", content[:8])
    header = json.loads(json.loads(content[8 : 8 + size])["__metadata__"]["aurita"])
    described, arrays = json.loads(header["object"]), parse(content)
    found = change(described, arrays)
    text = json.dumps(described) if found is None else found
    digest = hashlib.sha256(json.dumps([header["format"], header["version"]]).encode() + text.encode())
    for name in sorted(arrays):
        digest.update(f"{name} {arrays[name].dtype.str} {arrays[name].shape}".encode() + arrays[name].tobytes())
    return serialise(arrays, {"aurita": json.dumps({**header, "object": text, "checksum": digest.hexdigest()})})


def node(described, kind):
    """The first description of a kind of object."""
    found = [described]
    for node in found:
        if isinstance(node, dict) and kind in node:
            return node[kind]
        found.extend(node.values() if isinstance(node, dict) else node if isinstance(node, list) else ())
    raise KeyError(kind)
