"""Where the downloaded data sets come from, what they must contain, and whom to credit."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Source:
    """One published data set.

    Attributes:
        title: For messages.
        folder: Its folder under ``QFUSION_DATA`` and in the cache.
        downloads: File names as the publisher serves them.
        urls: Folders that hold them, tried in this order.
        sha256: Of the parsed arrays (`qfusion_datasets.obtain.fingerprint`): publishers pack the
            same data as gz, zip or plain text, and pack anew from time to time.
        extract_sha256: The same for the extract that ships with the plugin.
        most_received: Bytes that one of the downloads may have, about twice what it has.
        most_inflated: Bytes that one of the files in them may have.
        credit: Licence and citation.
    """

    title: str
    folder: str
    downloads: tuple[str, ...]
    urls: tuple[str, ...]
    sha256: str
    extract_sha256: str
    most_received: int
    most_inflated: int
    credit: str

    def describe(self, extract: bool) -> str:
        """For the run folder: what was read, whom to credit, and its checksum."""
        title = f"{self.title}, an EXTRACT for trials only" if extract else self.title
        checksum = self.extract_sha256 if extract else self.sha256
        return f"{title}; {self.credit}; sha256 of the parsed arrays {checksum}"


COVERTYPE = Source(
    title="Covertype",
    folder="covertype",
    downloads=("covertype.zip",),
    urls=("https://archive.ics.uci.edu/static/public/31/",),
    sha256="f0c59f8c79fb5209be288de96dfe1dae587e69f1632929dacbbdaff7c52c1a9f",
    extract_sha256="ddf1c71b3674566c92d35e48047983f51b24da567d4c351135eea3e982b1b188",
    most_received=25_000_000,
    most_inflated=100_000_000,
    credit="UCI Machine Learning Repository; J. Blackard (1998), Covertype, doi:10.24432/C50K5N; "
    "CC BY 4.0; (c) Jock A. Blackard and Colorado State University",
)

STEEL = Source(
    title="Steel Plates Faults",
    folder="steel_plates_faults",
    downloads=("steel+plates+faults.zip",),
    urls=("https://archive.ics.uci.edu/static/public/198/",),
    sha256="6f1db88660b0033ef29dee466112e1893bd9ccff88c1ebe4e1f37fa6cab64678",
    extract_sha256="67bdbd1b9a1ae69278efe6e73ebbcfe137ed00cbec354511571e0bb1cf890fd4",
    most_received=5_000_000,
    most_inflated=5_000_000,
    credit="UCI Machine Learning Repository, provided by Semeion, Rome; M. Buscema, S. Terzi, "
    "W. Tastle (2010), Steel Plates Faults, doi:10.24432/C5J88N; CC BY 4.0",
)

FASHION_MNIST = Source(
    title="Fashion-MNIST",
    folder="fashion_mnist",
    downloads=(
        "train-images-idx3-ubyte.gz",
        "train-labels-idx1-ubyte.gz",
        "t10k-images-idx3-ubyte.gz",
        "t10k-labels-idx1-ubyte.gz",
    ),
    urls=(
        "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
        "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
    ),
    sha256="8035d6b6ebfa3a85bd76bc2f83dc22ffdf47ef3dfd72c2198af2457c730a6a99",
    extract_sha256="58971f0543cff2a1933587c84ef59832b8fdc131fdd1c2a8e2455b0a9d5d9938",
    most_received=60_000_000,
    most_inflated=60_000_000,
    credit="H. Xiao, K. Rasul, R. Vollgraf (2017), arXiv:1708.07747; MIT, (c) 2017 Zalando SE",
)
