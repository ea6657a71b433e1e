"""One host in many notations, and what looks like a host and can't be one."""

WIDE = {i: i + 0xFEE0 for i in range(0x21, 0x7F)}
CIRCLED = {ord("a") + i: 0x24D0 + i for i in range(26)}
CIRCLED_CAPITALS = {ord("a") + i: 0x24B6 + i for i in range(26)}
BOLD = {ord("a") + i: 0x1D41A + i for i in range(26)}
SCRIPT = {ord("a") + i: 0x1D4EA + i for i in range(26)}
MONOSPACED = {ord("a") + i: 0x1D68A + i for i in range(26)}
SUBSCRIPT = str.maketrans(
    "aeioxhklmnpst",
    "\u2090\u2091\u1d62\u2092\u2093\u2095\u2096\u2097\u2098\u2099\u209a\u209b\u209c",
)
SUPERSCRIPT = str.maketrans("inoe", "\u2071\u207f\u1d52\u1d49")
ALPHABETS = (WIDE, CIRCLED, CIRCLED_CAPITALS, BOLD, SCRIPT, MONOSPACED)
ALPHABETS += (SUBSCRIPT, SUPERSCRIPT)
# Labels that Python's codec for names refuses, so that w3lib leaves a host alone:
# written from right to left, with a digit or a mark at the end.
LEFTWARD = ("\u05d01", "\u0628\u0661", "\u0628\u064b", "\u078b\u07a8", "\u0710\u0730")
DOTS = ("\u3002", "\uff0e", "\uff61", "%2E", "%E3%80%82")


def escaped(text: str) -> str:
    return "".join(f"%{byte:02X}" for byte in text.encode())


def notations(name: str, top: str) -> list[str]:
    """Return over 60 notations of hosts that are *name*.*top* or below it.

    They differ in the label that is before them, in alphabet, dots, case, escapes,
    and in characters that stand for nothing.
    """
    found = [f"{name}.{top.translate(letters)}" for letters in ALPHABETS]
    for label in LEFTWARD:
        found += [f"{label}.{name}.{top.translate(letters)}" for letters in ALPHABETS]
    found += [f"\u05d01.{name}{dot}{top.translate(WIDE)}" for dot in DOTS]
    found += [f"{name}{dot}{top}" for dot in DOTS]
    first, rest = top[0], top[1:]
    found += [
        f"{name}.{top.upper()}",
        f"{name.upper()}.{top}.",
        f"www.{name}.{top.translate(WIDE)}.",
        f"\u05d01.{name}.{top}",
        f"\u05d01.{name.upper()}.{top.upper()}",
        f"\u05d01.{name}.{top.translate(WIDE).upper()}\uff0e",
        f"{name}.{escaped(first)}{rest}",
        f"{name}.{escaped(top)}",
        f"{name}.{escaped(top.translate(WIDE))}",
        f"{escaped(name)}.{top}",
        f"\u05d01.{name}.{escaped(top.translate(CIRCLED))}",
        f"{name}.{first}\u00ad{rest}",
        f"\u05d01.{name}.{first}\u00ad{rest}",
        f"{name}.{first}\u200b{rest}",
        f"\u05d01.{name}.{first}\u2060{rest}",
        f"{name}.{first}\ufe0f{rest}",
        f"{name}.{first}\u200d{rest}",
        f"\u00df.{name}.{top.translate(WIDE)}",
        f"\u03c2.{name}.{top.translate(WIDE)}",
        f"\U0001f980.{name}.{top.translate(WIDE)}",
        f"a_b.{name}.{top.translate(WIDE)}",
        f"-a.{name}.{top.translate(WIDE)}",
        f"xn--1-zhc.{name}.{top}",
        f"{'x' * 63}.{name}.{top.translate(WIDE)}",
    ]
    assert len(found) == len({*found}) >= 60
    return found


ADDRESS = "127.0.0.16"
ADDRESSES = [
    "127.0.0.16",
    "127.0.0.16.",
    "127.16",
    "127.0.16",
    "0x7f000010",
    "0X7F000010",
    "0x7f.0.0.0x10",
    "0x7f.0x10",
    "0177.0.0.020",
    "0177.16",
    "017700000020",
    "2130706448",
    "0x07f.0.0.16",
    "%31%32%37.0.0.16",
    "127%2E0%2E0%2E16",
    "127\u30020\uff0e0\uff6116",
    "127.0.0.16".translate(WIDE),
    "0x7f000010".translate(WIDE),
    "\u2460\u2461\u2466.0.0.\u2460\u2465",
    "127.0.0.1\u00ad6",
    "0x7f.1%36",
]

NOT_HOSTS = [
    "..",
    ".",
    "www..x",
    ".x",
    "a..",
    "x" * 64 + ".example",
    ".".join(["abc"] * 64),
    "\u05d0a.example",
    "\ufffd.example",
    "\u00ad",
    "a b.example",
    "a%20b.example",
    "a%00.example",
    "a%2Fb.example",
    "a%40b.example",
    "a%3A80.example",
    "a%252Eexample",
    "%FF.example",
    "%",
    "[::g]",
    "[127.0.0.1]",
    "[v1.a]",
    "[::1",
    "a<b.example",
    "a\\b.example",
    "one.xn--onion-",
    "xn--.example",
    "%41" * 2000,
]
