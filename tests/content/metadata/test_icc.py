from hypothesis import given
from hypothesis import strategies as st
from PIL import ImageCms

from imgprint.content.metadata.icc import read_icc

SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def test_read_icc():
    fields = read_icc(SRGB)
    assert fields["name"] == "sRGB built-in"
    assert fields["color_space"] == "RGB"
    assert fields["device_class"] == "mntr"
    assert fields["version"].startswith("4.")


def test_old_description():
    tag = b"desc\0\0\0\0\0\0\0\5Name\0"
    head = bytearray(128)
    head[8:10], head[36:40], head[84:100] = b"\2\x10", b"acsp", bytes(range(16))
    data = bytes(head) + b"\0\0\0\1desc\0\0\0\x90\0\0\0\x11" + tag
    fields = read_icc(data)
    assert (fields["name"], fields["version"]) == ("Name", "2.1")
    assert fields["id"] == bytes(range(16)).hex()


def test_read_icc_truncated():
    for known in range(len(SRGB)):
        fields = read_icc(SRGB[:known])
        assert fields is None or "sRGB built-in".startswith(fields["name"] or "")


@given(st.binary(max_size=200), st.integers(0, 200))
def test_read_icc_survives_junk(junk, cut):
    read_icc(SRGB[: 120 + cut] + junk)
