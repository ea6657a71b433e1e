from math import inf, nan

import pytest

from imgprint.report.double_numbers import finite


@pytest.mark.parametrize("value", [inf, -inf, nan, 10**400, -(10**400)])
def test_a_number_that_no_double_is_becomes_none(value):
    assert finite({"a": [1, {"b": value}]}) == {"a": [1, {"b": None}]}


@pytest.mark.parametrize("value", [0, 1.5, 2**60, True, None, "inf", ["a"], {"a": 1}])
def test_other_values_stay(value):
    assert finite(value) == value
