import re
from pathlib import Path

import dataduct.engine
from dataduct.codes import catalogue
from dataduct.codes.running import ENTRIES


def test_every_code_the_engine_uses_is_explained() -> None:
    (directory,) = dataduct.engine.__path__
    used = {
        code
        for path in Path(directory).rglob("*.py")
        for code in re.findall(r'"(DD\d{3})"', path.read_text())
    }
    explained = {entry.code for entry in ENTRIES}
    assert used <= catalogue().keys()
    assert explained <= used | {"DD801", "DD902"}
    assert explained <= catalogue().keys()
