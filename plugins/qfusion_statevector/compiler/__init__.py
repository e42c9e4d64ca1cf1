"""From a traced circuit to a product of Pauli rotations; one idea in each file."""
