"""Kubernetes' KMS plugin interface, version 2: three calls over gRPC, with messages of a few fields.

What it does: reads and writes those messages (protobuf's wire format, by hand: there are six), names key
versions, says a refusal in gRPC's status codes.
What it never does: open a socket, know a key, keep a message.
Start reading: `messages.py`; docs/protocols/kms-v2.md.
"""
