from imgprint.commands.fields import documented, markdown
from imgprint.items import ImageRecord
from tests.conftest import ROOT


def test_the_document_is_what_the_code_says():
    # To make it anew: scrapy fields > docs/record.md
    assert (ROOT / "docs" / "record.md").read_text() == markdown()


def test_every_field_is_documented():
    for name, kind, text in documented(ImageRecord):
        assert kind, name
        assert len(text) > 10, name
