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

# One look at the page, and a step down its window and all that scrolls in it: at most
# one screen, without animation. Return whether anything moved or grew.
STEP = """() => {
  const known = window.__imgprint_scrolled ||= new Map();
  let moved = false;
  const step = (node, down, size, room, all, at) => {
    const key = down ? 'top' : 'left';
    if (room < 2 || all <= room + 2) return;
    const seen = known.get(node) || {};
    const grew = all > (seen[key + 'all'] || 0);
    if (at + room < all - 2) {
      node.scrollTo({[key]: at + room * 0.9, behavior: 'instant'});
      const now = down ? size().scrollTop : size().scrollLeft;
      if (now > at) moved = true;
    } else if (grew) {
      moved = true;
    }
    known.set(node, {...seen, [key + 'all']: all});
  };
  const page = document.scrollingElement || document.documentElement;
  step(page, true, () => page, window.innerHeight, page.scrollHeight, page.scrollTop);
  const nodes = [...document.querySelectorAll('*')].slice(0, 20000);
  let count = 0;
  for (const node of nodes) {
    if (node === page || count >= 50) continue;
    const down = node.scrollHeight > node.clientHeight + 50 && node.clientHeight > 50;
    const right = node.scrollWidth > node.clientWidth + 50 && node.clientWidth > 50;
    if (!down && !right) continue;
    const style = getComputedStyle(node);
    const scrolls = (value) => value !== 'visible' && value !== 'clip';
    if (down && scrolls(style.overflowY)) {
      count++;
      const all = node.scrollHeight;
      step(node, true, () => node, node.clientHeight, all, node.scrollTop);
    }
    if (right && scrolls(style.overflowX)) {
      count++;
      const all = node.scrollWidth;
      step(node, false, () => node, node.clientWidth, all, node.scrollLeft);
    }
  }
  return moved;
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
