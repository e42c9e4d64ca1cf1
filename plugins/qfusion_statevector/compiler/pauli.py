"""Pauli words as bit masks."""

from __future__ import annotations

from typing import NamedTuple


class Pauli(NamedTuple):
    """``i^p X^x Z^z``: bit q of the masks belongs to wire q, Z acts before X.

    On a basis state: ``P|k> = i^p (-1)^parity(k & z) |k ^ x>``. A Hermitian word has
    ``p = |x & z| mod 2``, up to its sign: Y is ``i X Z``.
    """

    x: int = 0
    z: int = 0
    p: int = 0

    def __mul__(self, other: Pauli) -> Pauli:  # type: ignore[override]
        """The product, with ``Z^a X^b = (-1)^parity(a & b) X^b Z^a``.

        >>> Pauli(z=1) * Pauli(x=1) == Pauli(x=1, z=1, p=2)
        True
        """
        swaps = (self.z & other.x).bit_count()
        return Pauli(self.x ^ other.x, self.z ^ other.z, (self.p + other.p + 2 * swaps) % 4)

    def commutes(self, other: Pauli) -> bool:
        """Two words commute or anticommute: their symplectic product says which.

        >>> Pauli(x=0b11).commutes(Pauli(z=0b11)), Pauli(x=1).commutes(Pauli(z=1))
        (True, False)
        """
        return ((self.x & other.z).bit_count() + (self.z & other.x).bit_count()) % 2 == 0

    @property
    def sign(self) -> int:
        """Of a Hermitian word, against the one with ``p = |x & z| mod 2``."""
        return 1 - (self.p & 2)

    @property
    def unsigned(self) -> Pauli:
        """The word without its sign."""
        return self._replace(p=self.p & 1)


def parity(mask: int) -> int:
    """1 if an odd number of bits is set, else 0."""
    return mask.bit_count() & 1
