"""Run in the judge's environment: a client generated from the interface's own file, steered line by line.

python client.py PROTO SOCKET
"""

import base64
import importlib
import json
import sys
import tempfile
from pathlib import Path

import grpc
from grpc_tools import protoc


def main(proto: str, socket: str) -> None:
    made = tempfile.mkdtemp()
    source = Path(proto)
    line = ["protoc", f"-I{source.parent}", f"--python_out={made}", f"--grpc_python_out={made}", source.name]
    if protoc.main(line):
        raise SystemExit("protoc")
    sys.path.insert(0, made)
    api, stubs = (importlib.import_module(f"{source.stem}_pb2{end}") for end in ("", "_grpc"))
    stub = stubs.KeyManagementServiceStub(grpc.insecure_channel(f"unix:{socket}"))
    for asked in sys.stdin:
        name, members = json.loads(asked)
        raw = {key: base64.b64decode(value) for key, value in members.items()}
        text = {key: value.decode() for key, value in raw.items() if key in {"uid", "key_id"}}
        request = getattr(api, f"{name}Request")(**{**raw, **text})
        try:
            answer = getattr(stub, name)(request, timeout=30)
        except grpc.RpcError as refused:
            said = {"code": refused.code().name, "details": refused.details()}
        else:
            said = {field.name: told(value) for field, value in answer.ListFields()}
            said["annotations"] = len(getattr(answer, "annotations", ()))
            said["is_all_known"] = (
                answer.SerializeToString() == type(answer)(**plain(answer)).SerializeToString()
            )
        sys.stdout.write(json.dumps(said) + "\n")
        sys.stdout.flush()


def plain(answer: object) -> dict[str, object]:
    """The known members alone: what is unknown in the bytes is lost on the way."""
    return {field.name: value for field, value in answer.ListFields()}


def told(value: object) -> str:
    raw = value if isinstance(value, bytes) else str(value).encode()
    return base64.b64encode(raw).decode()


if __name__ == "__main__":
    main(*sys.argv[1:])
