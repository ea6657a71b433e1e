"""Which names are settings, and which of the places of a value wins."""

import pytest
from scrapy.settings import Settings

from imgprint import config
from imgprint.errors import InputError
from imgprint.setting_check import ENVIRONMENT_ONLY, prepare_settings

# Names


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("IMGPRINT_TIMEOT", "IMGPRINT_TIMEOUT"),
        ("IMGPRINT_MINSIZE", "IMGPRINT_MIN_SIZE"),
        ("IMGPRINT_HASH_LIST", "IMGPRINT_HASHLIST"),
        ("IMGPRINT_TOR_PROXY", "IMGPRINT_TOR_PROXIES"),
    ],
)
def test_an_unknown_name(name, near):
    said = rf"{name} is not a setting: did you mean {near}\?$"
    with pytest.raises(InputError, match=rf"^{said}"):
        prepare_settings(Settings({name: "5"}))
    with pytest.raises(InputError, match=rf"^the environment variable {said}"):
        prepare_settings(Settings(), {name: "5"})


def test_names_that_are_nobody_s_business():
    prepare_settings(
        Settings(dict.fromkeys(["OTHER_TIMEOT"], 1)), {"IMGPRINT": "", "HOME": "/"}
    )
    prepare_settings(Settings(), dict.fromkeys(ENVIRONMENT_ONLY, "1"))
    with pytest.raises(InputError, match="give it as an environment variable"):
        prepare_settings(Settings(dict.fromkeys(["IMGPRINT_COMPILED"], "0")))


# The environment


def test_order_of_the_places():
    environment = {"IMGPRINT_MIN_SIZE": "3"}
    settings = Settings()
    for priority, given in (("project", 1), ("spider", 2)):
        settings.set("IMGPRINT_MIN_SIZE", given, priority)
        prepare_settings(settings, environment)
        assert config.MIN_SIZE.read(settings) == 3
    settings.set("IMGPRINT_MIN_SIZE", "4", "cmdline")
    prepare_settings(settings, environment)
    assert config.MIN_SIZE.read(settings) == 4


def test_a_wrong_value_of_the_environment():
    with pytest.raises(InputError, match=r"^IMGPRINT_MIN_SIZE=much: give "):
        prepare_settings(Settings(), {"IMGPRINT_MIN_SIZE": "much"})
