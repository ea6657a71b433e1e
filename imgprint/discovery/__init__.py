"""Where a page's images are: document in, image candidates out. No I/O."""

from imgprint.discovery.candidate import Candidate
from imgprint.discovery.html.page import image_candidates
from imgprint.discovery.urls.sites import site_of

__all__ = ["Candidate", "image_candidates", "site_of"]
