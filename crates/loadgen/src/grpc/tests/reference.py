"""Makes `known.binpb`, `lacking.binpb` and `reference.json` beside it: the descriptors of the two .proto files, and
messages as Google's own implementation writes and reads them.

    pip install grpcio-tools protobuf && python reference.py
"""

import json
import pathlib
import sys

from google.protobuf import descriptor_pb2, descriptor_pool, json_format, message_factory
import grpc_tools
from grpc_tools import protoc

HERE = pathlib.Path(__file__).parent

CASES = [
    {},
    {"aDouble": 1.5, "aFloat": 0.1, "anInt64": "-9223372036854775808", "aUint64": "18446744073709551615"},
    {"a_double": "NaN", "a_float": "-Infinity", "an_int32": -1, "a_uint32": 4294967295},
    {"aFixed64": "1", "aFixed32": 2, "anSfixed32": -3, "anSfixed64": "-4", "anSint32": -5, "anSint64": "-6"},
    {"aBool": True, "aString": "h\u00e9 \"q\"\n\u4e16", "someBytes": "AP/+", "aColour": "BLUE"},
    {"aColour": 77, "palette": ["RED", "BLUE", 5, "COLOUR_UNSPECIFIED"]},
    {"anInner": {"text": "a", "next": {"next": {}}}, "inners": [{}, {"text": "b"}]},
    {"packed": [1, -1, 300], "unpacked": [4, 5], "words": ["", "x"]},
    {"counts": {"a": 1, "b": 0}, "byNumber": {"7": {"text": "seven"}}, "colours": {"true": "RED"}},
    {"maybe": 0, "left": ""},
    {"right": 0, "another-name": "r"},
    {"at": "2026-01-31T12:00:00.250Z", "took": "-1.000000001s", "wrapped": ""},
    {"at": "1969-12-31T23:59:59.999999999Z", "took": "315576000000s"},
    {"free": {"list": [1, "two", {"three": True}], "n": None, "o": {}}, "anyValue": [None, 0.5]},
    {"anyValue": None, "mask": "a.fooBar,b", "nothing": {}},
    {"anInt32": 1e3, "anInt64": 12, "aUint32": "7"},
]

BAD = [
    {"anInt32": 2147483648},
    {"anInt32": 1.5},
    {"aUint32": -1},
    {"aBool": "true"},
    {"aString": 1},
    {"aColour": "GREEN"},
    {"unknown": 1},
    {"packed": 1},
    {"counts": {"a": "x"}},
    {"byNumber": {"x": {}}},
    {"left": "", "right": 1},
    {"at": "yesterday"},
    {"took": "1.5"},
    {"anInner": "x"},
    {"aFloat": 1e39},
]


def main():
    included = pathlib.Path(grpc_tools.__file__).parent / "_proto"
    run = ["protoc", f"-I{HERE}", f"-I{included}"]
    both = ["everything.proto", "old.proto"]
    assert protoc.main([*run, "--include_imports", f"--descriptor_set_out={HERE}/known.binpb", *both]) == 0
    assert protoc.main([*run, f"--descriptor_set_out={HERE}/lacking.binpb", "everything.proto"]) == 0
    files = descriptor_pb2.FileDescriptorSet.FromString((HERE / "known.binpb").read_bytes())
    pool = descriptor_pool.DescriptorPool()
    for file in files.file:
        pool.Add(file)
    of = message_factory.GetMessageClass(pool.FindMessageTypeByName("everything.All"))
    good = []
    for case in CASES:
        message = json_format.Parse(json.dumps(case), of())
        data = message.SerializeToString(deterministic=True)
        told = json_format.MessageToDict(message, always_print_fields_with_no_presence=True)
        good.append({"json": case, "hex": data.hex(), "told": told})
    for case in BAD:
        try:
            json_format.Parse(json.dumps(case), of())
        except json_format.ParseError:
            continue
        sys.exit(f"accepted: {case}")
    (HERE / "reference.json").write_text(json.dumps({"good": good, "bad": BAD}, indent=1) + "\n")


main()
