from imgprint.content.byte_ranges.transfer import Transfer
from imgprint.content.fetched_image import FetchedImage
from tests.support.pictures import jpeg


def test_a_description_is_made_once():
    data = jpeg(1, (64, 64))
    transfer = Transfer()
    transfer.image.size = len(data)
    transfer.image.add(0, data)
    fetched = FetchedImage(transfer)
    description = fetched.describe()
    assert (description.format, description.width) == ("jpeg", 64)
    assert fetched.describe() is description


def test_bytes_that_say_nothing():
    transfer = Transfer()
    transfer.image.size = 100
    transfer.image.add(0, bytes(10))
    description = FetchedImage(transfer).describe()
    assert (description.format, description.width) == (None, None)
