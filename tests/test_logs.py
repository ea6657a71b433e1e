import logging
import sys

from imgprint.logs import in_one_line


def record(message, *args):
    try:
        raise OSError(111, "Connection refused")
    except OSError:
        info = sys.exc_info()
    return logging.LogRecord("x", logging.ERROR, "f.py", 1, message, args, info)


def test_the_exception_replaces_the_traceback():
    shown = record("Error storing %s", "a.json")
    assert in_one_line(shown)
    text = logging.Formatter().format(shown)
    assert text == "Error storing a.json: [Errno 111] Connection refused"


def test_what_is_said_is_not_said_twice():
    shown = record("Error: %s", OSError(111, "Connection refused"))
    in_one_line(shown)
    assert logging.Formatter().format(shown).count("refused") == 1


def test_other_records_stay_as_they_are():
    shown = logging.LogRecord("x", logging.INFO, "f.py", 1, "hello %s", ("you",), None)
    assert in_one_line(shown)
    assert shown.getMessage() == "hello you"
