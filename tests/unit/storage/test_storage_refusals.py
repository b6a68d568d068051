"""What the storage says when a file is in the way, and about rows of another width."""

import pytest

from dataduct.errors import DataError, StorageError
from dataduct.model.operations import FileFormat
from dataduct.storage.delimited import open_delimited
from dataduct.storage.local import LocalStorage


def test_a_file_where_a_directory_should_be(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(StorageError) as refused:
        LocalStorage(tmp_path / "file" / "data").local_path("courses", "part")
    assert refused.value.code == "DD743"
    assert refused.value.hint is not None
    assert "`storage.path`" in refused.value.hint


@pytest.mark.parametrize(
    ("row", "shown"),
    [("2\tb\\N", "'2', 'bN'"), ("\\N\t", "NULL, ''"), ("1\t" + "x" * 500, "'1', '" + "x" * 194 + "…")],
)
def test_a_row_of_another_width_is_shown(tmp_path, row, shown):
    (tmp_path / "rows.tsv").write_text(f"1\ta\tA\n{row}\n")
    with pytest.raises(DataError) as refused:
        open_delimited([str(tmp_path / "rows.tsv")], "tsv", FileFormat()).read_all()
    assert refused.value.message.endswith("row 2: 2 fields found, 3 expected")
    assert refused.value.details == (shown,)
