"""The command `aurita`.

Nothing here imports numpy, pandas or JAX before a command needs them, so that `aurita --help` answers at once.
"""

from aurita.cli.app import app

__all__ = ["app"]
