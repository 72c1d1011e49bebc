"""Values and frames between the processes: what goes in comes out, and nothing else ever comes out."""

import collections
import copy
import json
import math
import os
import socket
import struct
import threading
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seglab.grading.processes import wire
from seglab.grading.processes.channel import Channel, OutOfTime
from seglab.grading.processes.wire import Decoder, Record, WireError, encode


def refuse(value, arrays):
    raise TypeError(type(value).__name__)


def there_and_back(value):
    arrays = []
    node = json.loads(json.dumps(encode(value, arrays, refuse)))
    return Decoder([array.copy() for array in arrays])(node)


plain = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text()
    | st.complex_numbers(allow_nan=False)
    | st.binary(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=4).map(tuple)
        | st.dictionaries(st.text(max_size=5) | st.integers(), inner, max_size=4)
        | st.frozensets(st.integers() | st.text(max_size=3), max_size=4)
    ),
    max_leaves=20,
)


@settings(max_examples=150, deadline=None)
@given(plain)
def test_plain_values_come_back_with_their_types(value):
    back = there_and_back(value)
    assert back == value and type(back) is type(value)


@pytest.mark.parametrize("dtype", sorted(wire.DTYPES))
@pytest.mark.parametrize("shape", [(), (0, 3), (2, 3), (1, 1, 2)])
def test_arrays_come_back_alone_in_memory(dtype, shape):
    array = np.arange(math.prod(shape)).reshape(shape).astype(dtype)
    back = there_and_back(array)
    assert type(back) is np.ndarray and back.dtype == array.dtype and back.shape == shape
    assert back.flags["C_CONTIGUOUS"] and back.flags.writeable
    np.testing.assert_array_equal(back, array)


def test_odd_arrays_become_ordinary_ones():
    class Sly(np.ndarray):
        def __eq__(self, other):
            return True

    sly = np.arange(3).view(Sly)
    assert type(there_and_back(sly)) is np.ndarray
    swapped = np.arange(3, dtype=">i4")
    assert there_and_back(swapped).dtype == np.dtype("<i4")
    overlapping = np.lib.stride_tricks.as_strided(np.arange(4), (3, 2), (8, 8))
    np.testing.assert_array_equal(there_and_back(overlapping), [[0, 1], [1, 2], [2, 3]])
    transposed = np.arange(6).reshape(2, 3).T
    assert there_and_back(transposed).flags["C_CONTIGUOUS"]
    texts = np.array([["cat", "dog"]])
    assert there_and_back(texts).tolist() == [["cat", "dog"]] and there_and_back(texts).dtype == texts.dtype


def test_subclasses_lose_their_methods():
    class Always(int):
        def __eq__(self, other):
            return True

        __hash__ = int.__hash__

    class Shout(str):
        def __eq__(self, other):
            return True

        __hash__ = str.__hash__

    assert type(there_and_back(Always(3))) is int and there_and_back(Always(3)) != 4
    assert type(there_and_back(Shout("a"))) is str and there_and_back(Shout("a")) != "b"
    assert type(there_and_back(collections.Counter("aab"))) is dict
    assert type(there_and_back(np.str_("a"))) is str
    assert isinstance(there_and_back(np.float32(2)), np.float32)


def test_named_tuples_keep_names_and_nothing_else():
    class Place(collections.namedtuple("Place", "row column")):
        def __eq__(self, other):
            return True

        __hash__ = tuple.__hash__

    back = there_and_back(Place(1, 2))
    assert type(back) is Record and back == (1, 2) and back != (1, 3) and (back.row, back.column) == (1, 2)
    with pytest.raises(AttributeError):
        _ = back.depth
    assert there_and_back(back).column == 2
    Lot = collections.namedtuple("Lot", "count index")
    assert (there_and_back(Lot(3, 4)).count, there_and_back(Lot(3, 4)).index) == (3, 4)
    assert back.count(2) == 1 and back.index(2) == 1
    assert back._asdict() == {"row": 1, "column": 2} and back._replace(row=5) == (5, 2)
    assert copy.deepcopy(back) == back and copy.copy(back).row == 1
    with pytest.raises(ValueError, match="depth"):
        back._replace(depth=1)


@pytest.mark.parametrize("name", ["__array_interface__", "__array_struct__", "__array__", "_fields", "__class__", "_x"])
def test_no_field_has_a_name_that_libraries_ask_for(name):
    address = np.arange(3).ctypes.data
    value = ["dict", [["data", ["tuple", [address, False]]], ["shape", ["tuple", [3]]], ["typestr", "<i8"]]]
    with pytest.raises(WireError, match="names"):
        Decoder([])(["record", [["list", [name]], ["list", [value]]]])
    forged = Record(["row"], [1])
    forged.__dict__["_fields"] = (name,)
    if name not in dir(tuple) and name != "_fields":
        assert not hasattr(forged, name)


def test_objects_go_to_the_special_way_and_never_through():
    for value in (object(), np.array([object()]), np.array([(1, 2.0)], "i4,f4"), range(3), np.datetime64("2020")):
        with pytest.raises(TypeError):
            there_and_back(value)


HOSTILE_NODES = {
    "a dict instead of a list": {"a": 1},
    "three parts": ["list", [], 1],
    "unknown tag": ["pickle", "abc"],
    "no such array": ["array", 7],
    "negative index": ["array", -1],
    "text as index": ["array", "0"],
    "scalar with a shape": ["scalar", 0],
    "list that is none": ["list", "abc"],
    "dict of triples": ["dict", [[1, 2, 3]]],
    "unhashable key": ["dict", [[["list", []], 1]]],
    "unhashable item": ["set", [["list", []]]],
    "complex of text": ["complex", ["1", "2"]],
    "complex of three": ["complex", [1.0, 2.0, 3.0]],
    "integer of letters": ["int", "zz"],
    "integer too long": ["int", "0x" + "f" * 6000],
    "slice of four": ["slice", [1, 2, 3, 4]],
    "record with too few names": ["record", [["list", ["a"]], ["list", [1, 2]]]],
    "record with a bad name": ["record", [["list", ["a b"]], ["list", [1]]]],
    "text array of numbers": ["text", [[1], "U1", [1]]],
    "text array, wrong count": ["text", [[3], "U1", ["a"]]],
    "text array, huge items": ["text", [[2], "U9999999", ["a", "b"]]],
    "text array, objects": ["text", [[1], "O", ["a"]]],
    "text array, huge shape": ["text", [[1 << 40], "U1", []]],
}


@pytest.mark.parametrize("name", HOSTILE_NODES)
def test_malformed_nodes_are_refused(name):
    with pytest.raises(WireError):
        Decoder([np.arange(3)])(HOSTILE_NODES[name])


def test_depth_and_count_are_bounded():
    deep = 1
    for _ in range(wire.MAX_DEPTH + 2):
        deep = ["list", [deep]]
    with pytest.raises(WireError, match="deep"):
        Decoder([])(deep)
    with pytest.raises(WireError, match="large"):
        Decoder([])(["list", [0] * (wire.MAX_NODES + 1)])


def test_keys_made_to_collide_are_refused():
    modulus = (1 << 61) - 1  # integers that differ by a multiple of it have one hash
    colliding = [["int", hex(1 + k * modulus)] for k in range(100)]
    for node in (["set", colliding], ["dict", [[key, 0] for key in colliding]]):
        begun = time.perf_counter()
        with pytest.raises(WireError, match="collide"):
            Decoder([])(node)
        assert time.perf_counter() - begun < 1
    assert len(there_and_back(set(range(5000)))) == 5000


def test_lone_surrogates_do_not_survive():
    assert Decoder([])("\ud800").encode()


# Frames


def pair(**options):
    near, far = socket.socketpair()
    return Channel(near, **options), far


def frame(head, *bodies):
    raw = json.dumps(head).encode() if isinstance(head, dict | list) else head
    return struct.pack("<I", len(raw)) + raw + b"".join(bodies)


def test_messages_cross_whole():
    near, far = socket.socketpair()
    one, other = Channel(near), Channel(far)
    large = np.random.default_rng(0).random((512, 1024))
    sender = threading.Thread(target=one.send, args=({"op": "call"}, ["array", 0], [large, np.zeros((0, 2))]))
    sender.start()
    head, arrays = other.receive(time.monotonic() + 10)
    sender.join()
    assert head["op"] == "call" and arrays[1].shape == (0, 2)
    np.testing.assert_array_equal(arrays[0], large)


BAD_FRAMES = {
    "no JSON": frame(b"not json"),
    "a list": frame([1]),
    "no arrays": frame({"node": 1}),
    "arrays that are text": frame({"arrays": "abc"}),
    "header too large": struct.pack("<I", 1 << 31),
    "nested a million deep": frame(b"[" * 1_000_000),
    "a million lists": frame(b'{"arrays": [], "node": [' + b"[]," * 900_000 + b"[]]}"),
    "objects": frame({"arrays": [["|O", [1]]]}),
    "a void dtype": frame({"arrays": [["|V8", [1]]]}),
    "negative size": frame({"arrays": [["<f8", [-1]]]}),
    "a size of true": frame({"arrays": [["<f8", [True]]]}),
    "a size of text": frame({"arrays": [["<f8", ["1"]]]}),
    "terabytes": frame({"arrays": [["<f8", [1 << 30, 1 << 10]]]}),
    "many that are large together": frame({"arrays": [["<f8", [1 << 22]]] * 3}),
    "empty, with huge sizes": frame({"arrays": [["<f8", [0] + [1 << 30] * 5]]}),
    "too many axes": frame({"arrays": [["<f8", [1] * 40]]}),
    "too many arrays": frame({"arrays": [["<f8", [0]]] * 10_001}),
}


@pytest.mark.parametrize("name", BAD_FRAMES)
def test_bad_frames_are_refused_before_memory_is_taken(name):
    channel, far = pair()
    threading.Thread(target=lambda: [far.sendall(BAD_FRAMES[name]), far.close()], daemon=True).start()
    with pytest.raises((WireError, EOFError)):
        channel.receive(time.monotonic() + 10)


def test_booleans_are_zero_or_one():
    channel, far = pair()
    far.sendall(frame({"arrays": [["|b1", [3]]]}, b"\x00\x02\xff"))
    _, (array,) = channel.receive(time.monotonic() + 5)
    assert array.view(np.uint8).tolist() == [0, 1, 1]


def test_who_drips_or_keeps_silent_runs_out_of_time():
    channel, far = pair()
    far.sendall(b"\x01\x00")
    with pytest.raises(OutOfTime):
        channel.receive(time.monotonic() + 0.1)
    assert not issubclass(OutOfTime, OSError)
    with pytest.raises(OutOfTime):  # nobody reads on the other side
        channel.send({}, ["array", 0], [np.zeros(1 << 22)], time.monotonic() + 0.1)
    far.close()
    with pytest.raises((EOFError, ConnectionError)):
        channel.receive(time.monotonic() + 5)


def test_what_is_watched_is_drained_meanwhile():
    reader, writer = os.pipe()
    drained = []

    def drain():
        drained.append(os.read(reader, 100))
        return bool(drained[-1])

    channel, far = pair(watch={reader: drain})
    os.write(writer, b"said")
    os.close(writer)
    threading.Timer(0.2, far.sendall, [frame({"arrays": [], "node": 5})]).start()
    head, _ = channel.receive(time.monotonic() + 5)
    assert head["node"] == 5 and drained == [b"said", b""]
    os.close(reader)
