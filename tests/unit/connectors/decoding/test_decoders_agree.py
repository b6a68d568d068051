"""Both decoders make the same batches and the same errors of the same bytes, however the bytes are cut."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from results import Result, mutated, random_result, results
from wires import Outcome, cut, decode_all

from dataduct.connectors.decoding import RowDecoder, State, compiled_is_built, mysql_decoder, postgres_decoder

PROTOCOLS = ["mysql", "copy", "messages"]
needs_compiled = pytest.mark.skipif(not compiled_is_built(), reason="the compiled decoder is not built")


def decoder(result: Result, protocol: str, *, compiled: bool) -> RowDecoder:
    if protocol == "mysql":
        return mysql_decoder(result.columns, compiled=compiled)
    return postgres_decoder(result.columns, framed=protocol == "messages", compiled=compiled)


def outcome(result: Result, protocol: str, data: bytes, *, compiled: bool, whole: bool = False) -> Outcome:
    pieces = [data] if whole else cut(data, result.cuts)
    return decode_all(decoder(result, protocol, compiled=compiled), pieces, result.max_rows)


def assert_same(left: Outcome, right: Outcome) -> None:
    assert left.error == right.error
    assert (left.state, left.stopped_at) == (right.state, right.stopped_at)
    assert left.refused == right.refused
    assert left.stored() == right.stored()


@needs_compiled
@pytest.mark.parametrize("protocol", PROTOCOLS)
@settings(max_examples=30)
@given(data=st.data())
def test_well_formed_results_decode_to_the_same_batches(protocol: str, data: st.DataObject) -> None:
    result = data.draw(results(protocol))
    python = outcome(result, protocol, result.data, compiled=False)
    assert python.error is None
    assert python.state is State.END
    assert_same(outcome(result, protocol, result.data, compiled=True), python)


@pytest.mark.parametrize("compiled", [False, pytest.param(True, marks=needs_compiled)])
@pytest.mark.parametrize("protocol", PROTOCOLS)
@settings(max_examples=20)
@given(data=st.data())
def test_the_cuts_do_not_matter(protocol: str, compiled: bool, data: st.DataObject) -> None:
    result = data.draw(results(protocol))
    whole = outcome(result, protocol, result.data, compiled=compiled, whole=True)
    assert_same(outcome(result, protocol, result.data, compiled=compiled), whole)
    bytewise = decode_all(
        decoder(result, protocol, compiled=compiled),
        [result.data[i : i + 1] for i in range(min(len(result.data), 400))] + [result.data[400:]],
        result.max_rows,
    )
    assert_same(bytewise, whole)


@needs_compiled
@pytest.mark.parametrize("protocol", PROTOCOLS)
@settings(max_examples=80)
@given(rng=st.randoms(use_true_random=True))
def test_broken_bytes_give_the_same_errors(protocol: str, rng: random.Random) -> None:
    result = random_result(rng, protocol)
    data = mutated(rng, result.data)
    python = outcome(result, protocol, data, compiled=False)
    assert_same(outcome(result, protocol, data, compiled=True), python)
    assert_same(outcome(result, protocol, data, compiled=False, whole=True), python)


@needs_compiled
@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_the_compiled_decoder_survives_thousands_of_broken_results(protocol: str) -> None:
    rng = random.Random(f"survives {protocol}")
    endings = set()
    for _ in range(130):
        result = random_result(rng, protocol)
        for data in [
            *(mutated(rng, result.data) for _ in range(8)),
            rng.randbytes(60),
            result.data[:19] + rng.randbytes(90),
        ]:
            found = outcome(result, protocol, data, compiled=True)
            for batch in found.batches:
                batch.validate(full=True)
            endings.add(found.error.split()[0] if found.error else found.state)
    assert len(endings) > 8


@needs_compiled
@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_every_truncation_waits_for_more(protocol: str) -> None:
    rng = random.Random(f"truncation {protocol}")
    for _ in range(3):
        result = random_result(rng, protocol)
        end = len(result.data) - (2 if protocol == "copy" else 5)
        for size in range(min(end, 300)):
            assert (
                outcome(result, protocol, result.data[:size], compiled=True, whole=True).state is State.MORE
            )
