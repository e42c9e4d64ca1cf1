"""``backends.yaml``, read and opened: named, configured devices."""
