from dataclasses import fields
from typing import Any, get_type_hints

import pytest
from itemadapter import ItemAdapter

from imgprint.content.sparse import SparseBytes
from imgprint.items import ImageRecord, Sighting


@pytest.mark.parametrize("item", [ImageRecord, Sighting])
def test_every_field_is_documented(item):
    hints = get_type_hints(
        item,
        include_extras=True,
        localns={"SparseBytes": SparseBytes, "Description": Any},
    )
    for field in fields(item):
        assert hints[field.name].__metadata__[0], field.name


def test_content_is_neither_exported_nor_shown():
    item = ImageRecord("u")
    item.content = SparseBytes(6)
    item.content.add(0, b"secret")
    assert "content" not in ItemAdapter(item).asdict()
    assert "secret" not in repr(item)
