"""Tables and images: read, checked column by column, split."""
