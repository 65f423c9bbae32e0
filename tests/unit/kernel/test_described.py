import msgspec

from custodes.kernel.described import described

BEFORE_3_13 = "What it is.\n\n    And more,\n      set in."


def test_a_docstring_loses_its_indentation_wherever_it_stands():
    schema = {"description": BEFORE_3_13, "anyOf": [{"description": BEFORE_3_13}], "minimum": 1}
    text = "What it is.\n\nAnd more,\n  set in."
    assert described(schema) == {"description": text, "anyOf": [{"description": text}], "minimum": 1}


def test_a_member_called_description_is_no_text():
    schema = {"properties": {"description": {"type": "string"}}, "required": ["description"]}
    assert described(schema) == schema


def test_what_every_python_says_of_a_struct_is_the_same():
    class Shape(msgspec.Struct):
        """One line.

        And another.
        """

        size: int

    (made,) = msgspec.json.schema_components([Shape])[1].values()
    assert described(made)["description"] == "One line.\n\nAnd another."
