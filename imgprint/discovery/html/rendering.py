"""What a browser runs in a page so that all of its images can be found."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

from imgprint.discovery.html.page import image_candidates

if TYPE_CHECKING:
    from collections.abc import Iterator

FEW = 5
"""A page with scripts and fewer images than this is worth a browser."""

# Before any script of the page: closed shadow roots are seen when they are made.
BEFORE = """() => {
  const roots = [], attach = Element.prototype.attachShadow;
  Element.prototype.attachShadow = function (options) {
    const root = attach.call(this, options);
    roots.push(root);
    return root;
  };
  Object.defineProperty(window, '__imgprint_roots', {value: roots});
}"""

# To the end of the page and of what grows while scrolling, in bounded steps.
SCROLL = """async () => {
  const wait = (ms) => new Promise((done) => setTimeout(done, ms));
  const height = () => document.documentElement.scrollHeight;
  for (let step = 0, still = 0; step < 60 && still < 3; step++) {
    const before = height();
    window.scrollTo(0, window.scrollY + window.innerHeight);
    await wait(60);
    const end = window.scrollY + window.innerHeight >= height() - 2;
    still = end && height() === before ? still + 1 : 0;
  }
  for (const node of document.querySelectorAll('*')) {
    if (node.scrollWidth > node.clientWidth + 50 && node.clientWidth > 50) {
      node.scrollLeft = node.scrollWidth;
    }
  }
  await wait(120);
  window.scrollTo(0, 0);
}"""

# The document with all shadow roots as templates, and what its styles show.
COLLECT = """() => {
  const roots = [...(window.__imgprint_roots || [])];
  const walk = (scope) => {
    for (const node of scope.querySelectorAll('*')) {
      nodes.push(node);
      if (node.shadowRoot && !roots.includes(node.shadowRoot)) {
        roots.push(node.shadowRoot);
      }
    }
  };
  const nodes = [], images = new Set();
  walk(document);
  for (let i = 0; i < roots.length && nodes.length < 50000; i++) walk(roots[i]);
  const names = ['backgroundImage', 'listStyleImage', 'borderImageSource',
                 'maskImage', 'content'];
  const base = document.baseURI;
  for (const node of nodes.slice(0, 20000)) {
    for (const pseudo of [null, '::before', '::after']) {
      const style = getComputedStyle(node, pseudo);
      for (const name of names) {
        for (const match of (style[name] || '').matchAll(/url\\("([^"]*)"\\)/g)) {
          images.add(match[1]);
        }
      }
    }
    if (node.currentSrc && node.tagName === 'IMG') images.add(node.currentSrc);
  }
  const options = {shadowRoots: roots, serializableShadowRoots: true};
  const page = document.documentElement;
  const html = page.getHTML ? page.getHTML(options) : page.innerHTML;
  return {html: '<!DOCTYPE html><html>' + html, images: [...images], base: base};
}"""


def needs_browser(root: Any, url: str) -> bool:
    """Return whether the page has scripts and few images.

    Icons and what is meant for other sites are no images here.
    """
    if not any(_is_program(node) for node in root.iter("script")):
        return False
    return len(list(islice(_shown(root, url), FEW))) < FEW


def _is_program(node: Any) -> bool:
    kind = (node.get("type") or "").strip().lower()
    return "javascript" in kind or kind in ("", "module")


def _shown(root: Any, url: str) -> Iterator[str]:
    for candidate in image_candidates(root, url):
        if candidate.element not in ("meta", "link", "json-ld", "script"):
            yield candidate.url
