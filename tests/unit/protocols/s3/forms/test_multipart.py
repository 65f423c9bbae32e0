import pytest

from custodes.kernel.refusal import Refusal
from custodes.protocols.s3.forms.multipart import (
    Field,
    FileBegins,
    FileBytes,
    FileEnds,
    FormReader,
    boundary_of,
)

BODY = (
    b'--b1\r\nContent-Disposition: form-data; name="Key"\r\n\r\nfoo\r\n'
    b'--b1\r\nContent-Disposition: form-data; name="file"; filename="C:\\dir\\a.txt"\r\nContent-Type: text/plain\r\n\r\n'  # noqa: E501 - one document, one line
    b"bar\r\n--b\r\nbaz\r\n--b1\r\n"
    b'Content-Disposition: form-data; name="submit"\r\n\r\nUpload\r\n--b1--\r\n'
)


def read(body: bytes, step: int):
    reader, events = FormReader(b"b1"), []
    for at in range(0, len(body), step):
        events += reader.feed(body[at : at + step])
    reader.finish()
    content = b"".join(event.piece for event in events if isinstance(event, FileBytes))
    return [event for event in events if not isinstance(event, FileBytes)], content


@pytest.mark.parametrize("step", [1, 2, 7, 50, 10_000])
def test_however_it_comes(step):
    events, content = read(BODY, step)
    assert events == [
        Field(name="key", value="foo"),
        FileBegins(filename="a.txt", content_type="text/plain"),
        FileEnds(),
    ]
    assert content == b"bar\r\n--b\r\nbaz"


def test_boundaries():
    assert boundary_of('multipart/form-data; charset=utf-8; boundary="b 1"') == b"b 1"
    assert boundary_of("application/xml") is None


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"x" * 5_000, "form-malformed"),
        (BODY[:60], "form-malformed"),
        (b"--b1\r\n\r\n\r\n", "form-malformed"),
        (b"--b1\r\nContent-Disposition: form-data\r\n\r\n", "form-malformed"),
        (b'--b1\r\nContent-Disposition: form-data; name="a"\r\n\r\n\xff\r\n--b1\r\n', "form-malformed"),
        (b'--b1\r\nContent-Disposition: form-data; name="a"\r\n\r\n' + b"y" * 70_000, "form-too-large"),
        (
            b'--b1\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n' * 101 + b"--b1--",
            "form-malformed",
        ),
    ],
)
def test_what_is_no_form(body, code):
    with pytest.raises(Refusal, match=code):
        read(body, 1_000)
