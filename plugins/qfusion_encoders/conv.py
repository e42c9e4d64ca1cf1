"""A small convolutional network for images."""

from __future__ import annotations

from typing import ClassVar

from jaxtyping import Float
from torch import Tensor, nn

from qfusion_core import ClassicalEncoder, InputError
from qfusion_encoders.options import ConvOptions


class Conv(ClassicalEncoder):
    """Blocks of 3x3 convolution, batch normalisation, 2x2 max pooling and ReLU, then a projection.

    Raises:
        InputError: The input is no image, or is too small to be halved once per block.
    """

    name: ClassVar[str] = "conv"
    Options = ConvOptions

    def __init__(self, options: ConvOptions, *, input_shape: tuple[int, ...]) -> None:
        super().__init__(options, input_shape=input_shape)
        blocks = len(options.channels)
        if len(input_shape) != 3 or min(input_shape[1:]) < 2**blocks:
            raise InputError(
                f"classical encoder 'conv': expected images [channels, height, width] of at least "
                f"{2**blocks} pixels a side for {blocks} blocks, got {list(input_shape)}; "
                "use 'mlp' for tables, or fewer channels"
            )
        widths = (input_shape[0], *options.channels)
        height, width = (size // 2**blocks for size in input_shape[1:])
        self.blocks = nn.Sequential(*map(_block, widths[:-1], widths[1:]))
        self.spatial = options.tokens == "spatial"
        places = height * width
        self.output_shape = (places if self.spatial else 1, options.dim)
        self.projection = nn.Sequential(
            nn.Dropout(options.dropout),
            nn.Linear(widths[-1] * (1 if self.spatial else places), options.dim),
            nn.ReLU(),
        )

    def forward(
        self, x: Float[Tensor, "batch channels height width"]
    ) -> Float[Tensor, "batch c_tokens dim"]:
        """One token per image, or one per place, row by row."""
        maps = self.blocks(x).flatten(2)
        tokens: Tensor = self.projection(maps.mT if self.spatial else maps.flatten(1).unsqueeze(1))
        return tokens


def _block(channels: int, following: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(channels, following, kernel_size=3, padding=1, bias=False),
        nn.BatchNorm2d(following),
        nn.MaxPool2d(2),
        nn.ReLU(),  # after the pooling: the same values at a quarter of the work
    )
