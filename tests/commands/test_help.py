"""``scrapy --help`` and the help of each command say all there is to say."""

import argparse

import pytest

from tests.support.crawling import scrapy
from tests.support.documents import command_names, command_of


@pytest.mark.parametrize("name", command_names())
def test_help_is_complete(name):
    command, parser = command_of(name)
    short, long = command.short_desc(), command.long_desc()
    assert 20 < len(short) <= 72
    assert not short.endswith(".")
    assert len(long) > len(short), "more than the short description"
    assert long.endswith(".")
    for action in parser._actions:
        what = action.option_strings or action.dest
        assert action.help, what
        assert action.help is argparse.SUPPRESS or len(action.help) > 8, what
        if action.nargs != 0 and action.option_strings and not action.choices:
            assert action.metavar, what
    shown = parser.format_help()
    assert shown.startswith(f"usage: scrapy {name}")


def test_scrapy_lists_all_commands(tmp_path):
    done = scrapy("--help", cwd=tmp_path)
    assert done.returncode == 0
    for name in command_names():
        line = f"  {name:<13} {command_of(name)[0].short_desc()}\n"
        assert line in done.stdout


def test_a_command_shows_its_help(tmp_path):
    done = scrapy("audit", "--help", cwd=tmp_path)
    assert done.returncode == 0
    assert done.stdout.startswith("Usage\n=====\n  scrapy audit [options] urls.txt\n")
    assert "--fail-on" in done.stdout
