from itemadapter import ItemAdapter

from imgprint.content.sparse import SparseBytes
from imgprint.items import ImageRecord


def test_content_is_neither_exported_nor_shown():
    item = ImageRecord("u")
    item.content = SparseBytes(6)
    item.content.add(0, b"secret")
    assert "content" not in ItemAdapter(item).asdict()
    assert "secret" not in repr(item)
