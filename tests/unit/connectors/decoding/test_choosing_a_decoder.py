"""Which decoder is taken."""

import pyarrow as pa
import pytest

from dataduct.connectors.decoding import (
    Target,
    WireColumn,
    compiled_is_built,
    mysql_decoder,
    postgres_decoder,
)

COLUMNS = [WireColumn("t", Target.UTF8, pa.string(), 253)]


@pytest.mark.skipif(not compiled_is_built(), reason="the compiled decoder is not built")
def test_the_compiled_decoder_is_taken_where_it_was_built(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DATADUCT_PYTHON_DECODERS", raising=False)
    assert type(mysql_decoder(COLUMNS)).__name__ == "CompiledDecoder"
    assert type(postgres_decoder(COLUMNS, framed=True)).__name__ == "CompiledDecoder"


def test_an_environment_variable_takes_the_python_decoder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATADUCT_PYTHON_DECODERS", "1")
    assert type(mysql_decoder(COLUMNS)).__name__ == "PythonMysqlDecoder"
    assert type(postgres_decoder(COLUMNS, framed=True)).__name__ == "PythonCopyMessagesDecoder"
    assert type(postgres_decoder(COLUMNS, framed=False)).__name__ == "PythonCopyDecoder"


def test_the_python_decoder_is_taken_where_none_was_built(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DATADUCT_PYTHON_DECODERS", raising=False)
    monkeypatch.setattr("dataduct.connectors.decoding.decoders.compiled_is_built", lambda: False)
    assert type(mysql_decoder(COLUMNS)).__name__ == "PythonMysqlDecoder"
