"""The model: preprocessing, both encoders, the fusion and the head."""
