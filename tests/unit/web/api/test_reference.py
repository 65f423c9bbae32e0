import json

from custodes.web.api.app import api
from custodes.web.api.reference import document, markdown


def test_every_endpoint_has_its_section_and_its_path():
    text, paths = markdown(), json.loads(document())["paths"]
    for row in api(None):
        assert f"## `{row.method} {row.path}`" in text
        if row.name != "openapi":
            assert row.method.lower() in paths[row.path.replace(":path", "")]
