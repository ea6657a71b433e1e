"""What is known of many images, compared: an index, hash lists, shared sites."""
