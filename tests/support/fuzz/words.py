"""Words that programs have failed at."""

# Between bars, so that a list is short to read.
HOSTS = (
    "..|.|www..x|.x|x.|\ufffd.x|א1.x|ß.x|[::1|[::1]|[fe80::1%25eth0]|0x7f.1|127.1|a b"
)
HOSTS += (
    "|2130706433|xn--|xn--a|xn--ä|-a-.x|_x|%41|%|%zz|a\0b|@|:|a:b@c|x:99999|x:-1|x:"
)
HOSTS += "|x:8o|\u2100.x|\uff11\uff12\uff17.0.0.1"
HOSTS = [*HOSTS.split("|"), "a" * 64 + ".x", "é" * 70, "a" * 300]
NUMBERS = (
    "|0|-1|+1|1e5|0x10|00|18446744073709551615|18446744073709551616|1.5|NaN|\u0663"
)
NUMBERS += "|1_000| 7 |7,7|7, 8|²|2147483648|-0"
NUMBERS = [*NUMBERS.split("|"), "0" * 5000 + "7", *("9" * n for n in (18, 19, 4301))]
CODINGS = (
    "gzip|gzip, gzip|deflate|br|zstd|x-gzip|identity|chunked|\xff|gz\0ip|,||gzip;q=1"
)
CODINGS = (CODINGS + "|compress|aes128gcm|GZIP,\xfe").split("|")
CHARSETS = "utf-8|utf-16|utf-16le|utf-32|utf-7|idna|punycode|undefined|hex|base64|rot13"
CHARSETS += "|zip|cp037|koi8-r|shift_jis|iso-2022-kr|x-user-defined|unicode_escape|big5"
CHARSETS += (
    "|raw_unicode_escape|utf_8_sig|\xff||'|\"|mbcs|none|utf-8; charset=utf-16|gb18030"
)
CHARSETS = CHARSETS.split("|")
TYPES = (
    "image/jpeg|image/png|image/svg+xml|image/|image|/||text/html|text/plain|text/css"
)
TYPES += "|application/xml|application/json|text/xml|application/xhtml+xml|\xff/\xff"
TYPES += "|multipart/byteranges|multipart/byteranges; boundary=|video/mp4"
TYPES += '|multipart/byteranges; boundary=a|multipart/byteranges; boundary="'
TYPES = (TYPES + "|application/octet-stream|multipart/mixed; boundary=B").split("|")
SCHEMES = "http://|https://|//|http:/|http:|HTTP://|ftp://|data:,|file:///|javascript:"
SCHEMES = (SCHEMES + "|blob:|mailto:|http:\\\\|ws://|://|").split("|")
DATES = "Thu, 01 Jan 1970 00:00:00 GMT|yesterday|99999|-1|\xff|120|0.5"
DATES += "|Fri, 31 Dec 99999 23:59:59 GMT|Mon, 01 Jan 0001 00:00:00 +9999"
DATES = DATES.split("|")
NAMES = "Content-Length|Content-Range|Content-Type|Content-Encoding|Transfer-Encoding"
NAMES += "|Location|Retry-After|ETag|Last-Modified|X-Robots-Tag|Repr-Digest|Digest|Link"
NAMES += (
    "|Content-MD5|Refresh|Set-Cookie|Content-Disposition|Connection|Server|Vary|Age"
)
NAMES += "|Onion-Location|Date|Accept-Ranges|x-goog-hash|x-amz-meta-md5|Trailer"
NAMES = NAMES.split("|")
STATUSES = (
    "HTTP/1.1 200 OK|HTTP/1.1 206 Partial|HTTP/1.0 200 OK|HTTP/1.1 999 x|ICY 200 OK"
)
STATUSES += "|HTTP/9.9 200 OK|HTTP/1.1 20 x|HTTP/1.1 -1 x|HTTP/1.1  200|HTTP/1.1 200|"
STATUSES += (
    "|HTTP/1.1 2OO OK|http/1.1 200 OK|HTTP/1.1 200 \xff\0|HTTP/1.1 0200 OK|HTTP/2 200"
)
STATUSES += "|HTTP/1.1 103 Hints|HTTP/1.1 304 Same|HTTP/1.1 416 No|HTTP/1.1 429 Busy"
STATUSES = (STATUSES + "|HTTP/1.1 503 Later|HTTP/1.1 206").split("|")
TEXTS = (
    "|\0|\xff\xfe|\ud800|\\ud800|&#xD800;|&#0;|&#x110000;|\u2028|\x85|'|\"|<|>|<!--|-->"
)
TEXTS += (
    "|<![CDATA[|]]>|</|/>|{|}|[|\\|\\u|\\x|%|%u0041|\t| |,|;|url(|url('|@import '|/*|*/"
)
TEXTS += (
    "|<script>|</script>|<style>|<base href='http://../'>|<template>|<svg>|srcset='"
)
TEXTS += "|src=|style='background:url(|data:image/png;base64,|data:|w|1x|-1w|<noscript>"
TEXTS += "|<meta http-equiv=refresh content='0;url=|<meta charset=punycode>|<plaintext>"
TEXTS += (
    "|<iframe srcdoc='|<frameset>|<math>|<select>|<?xml version='1.0' encoding='x'?>"
)
TEXTS += (
    "|<!DOCTYPE a [<!ENTITY b 'c'>]>|&b;|<a href='http://[/a.jpg'>|{width}|NaN|\u202e"
)
TEXTS += "|<img src='//[::/a.jpg'>|<image>|<object data=|=?utf-8?b?"
TEXTS = TEXTS.split("|")
TEXTS += ["A" * 5000, "\n" * 50, "]" * 50, "[" * 3000, "(" * 500, "\U0001f600" * 40]
