"""The names of attributes, properties and relations that hold images, or never do."""

from __future__ import annotations


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Attributes that never hold an image, or are read by a rule of their element.
IGNORED = _names("""
    class id name title alt href src srcset sizes width height rel type target role
    lang dir style content poster background data srcdoc imagesrcset imagesizes media
    download placeholder label loading decoding tabindex itemprop itemtype itemscope
    property xlink:href lowsrc dynsrc longdesc usemap action method for charset
    integrity crossorigin datetime colspan rowspan align valign border d points viewbox
    fill stroke transform xmlns cite ping aria-label aria-hidden aria-labelledby
    aria-expanded aria-controls aria-describedby
""")
# Those without any rule at all; an element with no others is not looked at.
PLAIN = IGNORED - _names("""
    href xlink:href src srcset imagesrcset content data style poster background
    itemprop property lowsrc dynsrc longdesc
""")
PLAIN_LINK = (PLAIN | {"href"}) - {"type"}
# The last word of names whose values are text: data-title="IMG_1.jpg".
TEXT_WORDS = _names("""
    alt title name filename caption label description desc text id class key slug
    download placeholder tooltip type
""")
LAZY_SRC = _names("""
    data-src data-lazy-src data-lazy data-lazyload data-original data-ll-src
    data-flickity-lazyload data-bg data-bg-src data-background data-background-image
    data-bg-hidpi data-bg-multi data-bg-multi-hidpi data-src-small data-src-medium
    data-src-large data-full-src data-fullsrc data-large-file data-medium-file
    data-orig-file data-large_image data-large-image data-zoom-image data-image data-img
    data-img-url data-img-src data-image-src data-image-url data-iurl data-hi-res
    data-highres data-hires data-hi-res-src data-retina data-src-retina
    data-fallback-src data-defer-src data-deferred data-delayed-url data-cfsrc
    data-pagespeed-lazy-src data-pagespeed-high-res-src data-ezsrc data-opt-src
    nitro-lazy-src data-lazy-background data-thumb data-thumbnail data-poster
    data-pswp-src data-src-webp data-actualsrc data-raw-src data-url-original
    data-interchange data-iesrc v-lazy lazy-src ng-src data-ng-src data-src-mobile
    data-src-desktop data-lazy-img
""")
# Attributes of an image element that may hold a page's URL.
NO_PICTURES = ("href", "link", "page", "product")
# Texts in place of an image's URL.
WORDS = _names("undefined null none false true nan")
# Of images only when on an image; elsewhere of pages, sizes, switches.
AMBIGUOUS = _names("""
    data-url data-full data-large data-zoom data-echo data-normal data-2x data-href
    data-download-href file zoomfile data-source data-file data-link
""")
LAZY_SRCSET = _names("""
    data-srcset data-original-set data-originalset data-lazy-srcset data-bgset
    data-flickity-lazyload-srcset data-src-set data-lazy-set nitro-lazy-srcset
    data-cfsrcset data-opt-srcset data-ezsrcset lazy-srcset
""")
# Elements whose data-src is a page, a program or a film.
MEDIA = _names("""
    iframe frame script video audio source track embed object link
""")
META = _names("""
    og:image og:image:url og:image:secure_url twitter:image twitter:image:src
    twitter:image0 image thumbnail thumbnailurl msapplication-tileimage
    msapplication-square70x70logo msapplication-square150x150logo
    msapplication-wide310x150logo msapplication-square310x310logo vk:image
    sailthru.image.full sailthru.image.thumb parsely-image-url article:image
    primaryimageofpage logo photo screenshot product:image
""")
ITEM_PROPERTIES = _names("""
    image thumbnail thumbnailurl logo photo screenshot primaryimageofpage
    og:image schema:image schema:logo schema:thumbnailurl
""")
IMAGE_RELS = _names("""
    icon apple-touch-icon apple-touch-icon-precomposed mask-icon fluid-icon
    image_src apple-touch-startup-image thumbnail preview touch-startup-image
    android-icon favicon
""")
# Properties of schema.org and of the state of shops and sites.
JSON_IMAGES = _names("""
    image images imageurl image_url logo thumbnail thumbnailurl thumbnail_url photo
    primaryimageofpage screenshot poster posterurl featuredimage featured_image
    originalimage og_image ogimage
""")
JSON_URLS = _names("url contenturl src href source")
JSON_TEXTS = _names("""
    name filename file_name title alt caption description @id
""")
# CSS whose url() is no image: fonts, sheets, behaviours, SVG effects.
CSS_OTHERS = _names("""
    @import @namespace @document @-moz-document @charset src behavior -moz-binding
    filter -webkit-filter backdrop-filter clip-path -webkit-clip-path offset-path
    marker marker-start marker-mid marker-end fill stroke
""")
