"""Put another separator between key and value of each line: `rejoin.py SEPARATOR FIELDS NEW_SEPARATOR`.

The key are the first FIELDS fields. A line with fewer fields is all key and stays as it is.
"""

import os
import sys


def main(separator: str, fields: str, new_separator: str) -> int:
    """Rewrite the lines; return the exit code."""
    old, new, count = separator.encode(), new_separator.encode(), int(fields)
    try:
        for line in sys.stdin.buffer:
            parts = line.split(old, count)
            if len(parts) > count:
                line = old.join(parts[:count]) + new + parts[count]
            sys.stdout.buffer.write(line)
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    except OSError as error:
        sys.stderr.write(f"cannot write: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
