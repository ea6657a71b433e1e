"""Types of settings by themselves; tests/test_config.py has the settings."""

from pathlib import PurePath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imgprint import setting_types as types
from imgprint.setting_types import Setting

TYPES = (
    types.WholeNumber(0, "bytes"),
    types.Seconds(),
    types.Switch(),
    types.OptionalSwitch(),
    types.Choice(("a", "b")),
    types.Choices(("a", "b")),
    types.Text("a path"),
    types.Path("a path"),
    types.Database(),
    types.SwitchOrPath("`1`, `0` or a path"),
    types.HttpUrl("URL"),
    types.NetworkList(),
    types.ProxyList(),
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=4,
)


def test_no_type_is_left_out():
    described = {name for name, cls in vars(types).items() if hasattr(cls, "parse")}
    assert {type(each).__name__ for each in TYPES} == described - {"SettingType"}


@pytest.mark.parametrize("kind", TYPES, ids=lambda kind: type(kind).__name__)
@given(value=VALUES)
def test_whatever_is_given_there_is_a_value_or_advice(kind, value):
    assert isinstance(kind.shown(value), str)
    parsed, advice = None, "give "
    try:
        parsed = kind.parse(value)
    except ValueError as error:
        advice = str(error)
    assert "give " in advice
    # A value that was read is read as the same again, if it is not "nothing".
    assert parsed is None or kind.parse(parsed if parsed != () else "") == parsed


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (types.Database(), "mysql://me:secret@host/x"),
        (types.HttpUrl("URL"), "ftp://hooks.example/T0/secret0123456789?secret"),
        (types.HttpUrl("URL"), "ftp://me:secret@a.example/"),
        (types.ProxyList(), "socks5h://me:secret@tor:9050"),
        (types.WholeNumber(0, "bytes"), "http://me:secret@a.example/"),
    ],
)
def test_errors_show_no_secrets(kind, value):
    setting = Setting("IMGPRINT_X", "", kind, None, "", "")
    with pytest.raises(ValueError, match=r"^IMGPRINT_X=.*give ") as caught:
        setting.read({"IMGPRINT_X": value})
    assert "secret" not in str(caught.value)


def test_a_path_may_be_a_path():
    path = PurePath("a/b")
    for kind in (types.Text("a path"), types.Path("a path"), types.SwitchOrPath("")):
        assert kind.parse(path) == "a/b"


@pytest.mark.parametrize(
    ("value", "number"), [(7, 7), ("7", 7), (7.0, 7), (True, 1), (" 7 ", 7)]
)
def test_whole_numbers(value, number):
    assert types.WholeNumber(1, "bytes").parse(value) == number


@pytest.mark.parametrize("value", ["7.5", 7.5, 0, 2**31, "", None, [7], b"x", "1e3"])
def test_other_numbers(value):
    with pytest.raises(ValueError, match=r"^give a whole number of 1 to 2147483647$"):
        types.WholeNumber(1, "bytes").parse(value)
