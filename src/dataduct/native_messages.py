"""What native libraries write to standard error on their own."""

import os
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_STANDARD_ERROR = 2
_FONT_WARNING = b"Fontconfig warning:"
_capturing = threading.Lock()


@contextmanager
def without_font_warnings() -> Iterator[None]:
    """Keep warnings about the machine's font configuration off standard error while the block runs.

    The fontconfig that comes with pygraphviz may be older than the configuration it finds, and says so of each
    element it does not know. Every other line written meanwhile, by any thread, is passed on when the block ends.
    """
    with _capturing, tempfile.TemporaryFile() as captured:
        if sys.stderr is not None:
            sys.stderr.flush()
        try:
            original = os.dup(_STANDARD_ERROR)
        except OSError:
            yield
            return
        os.dup2(captured.fileno(), _STANDARD_ERROR)
        try:
            yield
        finally:
            os.dup2(original, _STANDARD_ERROR)
            os.close(original)
            captured.seek(0)
            others = b"".join(line for line in captured if not line.startswith(_FONT_WARNING))
            while others:
                others = others[os.write(_STANDARD_ERROR, others) :]
