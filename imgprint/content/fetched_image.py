"""An image as it was fetched, between its server and its record."""

from __future__ import annotations

from dataclasses import dataclass, field

from imgprint.content.byte_ranges.transfer import Transfer
from imgprint.content.describe import Description, describe


@dataclass(slots=True)
class FetchedImage:
    """The known bytes of an image, and the answer that they came with.

    *status* and *fields* are those of the answer: None and empty for a file that
    no server sent. *fields* has the values of each header field by its lower-case
    name. *description* is what the bytes say, None until they are read.
    """

    transfer: Transfer
    status: int | None = None
    fields: dict[str, list[str]] = field(default_factory=dict)
    description: Description | None = None

    def describe(self) -> Description:
        """Return what the known bytes say. They are read once."""
        if self.description is None:
            self.description = describe(self.transfer.image, final=True)
        return self.description
