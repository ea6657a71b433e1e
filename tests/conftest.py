import logging
import os
from importlib.util import find_spec
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.support.crawling import validate_feeds

# How fast a machine is, is nothing that a test finds out.
settings.register_profile(
    "imgprint", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("imgprint")

ROOT = Path(__file__).parent.parent
SHARED = ROOT.parent / "shared"
NO_SHARED = (
    "../shared is absent: it holds sample images that can't be in this repository"
)

needs_pdq = pytest.mark.skipif(
    find_spec("pdqhash") is None,
    reason="pdqhash is missing: pip install -r requirements-pdq.txt",
)

_skipped: list[str] = []


@pytest.fixture(scope="session")
def shared() -> Path:
    """The directory of sample images beside the checkout."""
    if not SHARED.is_dir():
        pytest.skip(NO_SHARED)
    return SHARED


@pytest.fixture(autouse=True)
def every_feed_is_valid(request):
    """What crawls of a test left in its ``tmp_path`` is as the schema says."""
    if "tmp_path" not in request.fixturenames:
        yield
        return
    folder = request.getfixturevalue("tmp_path")
    yield
    validate_feeds(folder)


@pytest.fixture(autouse=True)
def log_records_are_as_before():
    """An add-on that a test enables changes how this process makes log records."""
    factory = logging.getLogRecordFactory()
    yield
    logging.setLogRecordFactory(factory)


def pytest_runtest_logreport(report):
    if report.skipped and NO_SHARED not in str(report.longrepr):
        _skipped.append(report.nodeid)


def pytest_sessionfinish(session):
    """Where all is installed (IMGPRINT_NO_SKIP=1), a skipped test is a failure."""
    if _skipped and os.environ.get("IMGPRINT_NO_SKIP"):
        session.exitstatus = 1


def pytest_terminal_summary(terminalreporter):
    for nodeid in _skipped:
        terminalreporter.write_line(f"NOT TESTED HERE: {nodeid}", red=True)
