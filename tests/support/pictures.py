"""Images that the tests make, of a size that they choose."""

import io
import random

from PIL import Image


def jpeg(seed=0, size=(640, 480), **options):
    """A JPEG of noise, which does not compress: 640x480 gives about 200 KB."""
    noise = random.Random(seed).randbytes(size[0] * size[1])
    image = Image.frombytes("L", size, noise)
    file = io.BytesIO()
    image.save(file, "JPEG", quality=options.pop("quality", 60), **options)
    return file.getvalue()


def padded_jpeg(seed, size):
    """A JPEG of exactly *size* bytes, junk behind the picture included."""
    data = jpeg(seed, (64, 64))
    return data + random.Random(seed).randbytes(size - len(data))
