"""What starting a crawl does not wait for."""

import subprocess
import sys

from tests.conftest import ROOT


def test_no_pixels_numpy_and_queue_without_need():
    code = (
        "import sys\n"
        "from scrapy.utils.misc import walk_modules_iter\n"
        "list(walk_modules_iter('imgprint.commands'))\n"
        "import imgprint.addon, imgprint.spiders.images\n"
        "unwanted = {'numpy', 'pdqhash', 'procrastinate', 'psycopg'}\n"
        "assert not unwanted & sys.modules.keys()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr.decode()
