# SPDX-License-Identifier: MIT
"""Results on disk, so that a bench that was cut short goes on where it ended.

Each is a JSON file with the key of what it was measured on (input, program, how it was called).  A result with
another key counts as none.
"""
import hashlib
import json
import os


def key(*parts):
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def digest_of(path):
    with open(path, "rb") as f:
        return hashlib.file_digest(f, "sha256").hexdigest()


class Store:
    def __init__(self, directory):
        self.directory = directory

    def path(self, name):
        return os.path.join(self.directory, name + ".json")

    def load(self, name, wanted=None):
        """The result, or None; whichever key it has where none is @wanted."""
        try:
            with open(self.path(name)) as f:
                result = json.load(f)
        except FileNotFoundError:
            return None
        return result if wanted in (None, result["key"]) else None

    def save(self, name, wanted, result):
        path = self.path(name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path + ".new", "w") as f:
            json.dump({"key": wanted, **result}, f, indent=1, sort_keys=True)
            f.write("\n")
        os.replace(path + ".new", path)
        return self.load(name)
