"""Texts of schemas that come out of docstrings, said alike by every Python."""

import inspect
from typing import Any


def described(schema: Any) -> Any:  # noqa: ANN401 - any JSON
    """The same schema; its descriptions without the indentation that docstrings have in source.

    The compiler takes it off from Python 3.13 on, so the published documents would depend on who runs them.
    """
    if isinstance(schema, dict):
        return {name: _member(name, value) for name, value in schema.items()}
    if isinstance(schema, (list, tuple)):
        return [described(value) for value in schema]
    return schema


def _member(name: str, value: Any) -> Any:  # noqa: ANN401 - any JSON
    is_text = name == "description" and isinstance(value, str)
    return inspect.cleandoc(value) if is_text else described(value)
