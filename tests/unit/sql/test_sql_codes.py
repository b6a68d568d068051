import re
from pathlib import Path

import dataduct.sql
from dataduct.codes.sql import ENTRIES


def test_every_code_raised_in_the_package_is_in_the_catalogue_and_the_other_way_round() -> None:
    package = Path(dataduct.sql.__file__).parent
    database = package.parent / "database"
    files = [*package.glob("*.py"), *database.glob("*.py"), package.parent / "engine" / "table_scripts.py"]
    raised = {code for file in files for code in re.findall(r'"(DD4\d\d)"', file.read_text("utf-8"))}
    assert raised == {entry.code for entry in ENTRIES}
    assert [entry.code for entry in ENTRIES] == sorted(entry.code for entry in ENTRIES)
