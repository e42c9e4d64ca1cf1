"""Downloads: from a server on this machine, verified, kept only if right, never left half done."""

import shutil
import socket
import threading
from dataclasses import replace
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from zipfile import ZipFile

import numpy as np
import pytest

from qfusion_core import InputError, QfusionError
from qfusion_datasets.covertype import Covertype
from qfusion_datasets.fashion_mnist import FashionMNIST
from qfusion_datasets.obtain import EXTRACTS
from qfusion_datasets.steel import SteelPlatesFaults


def published_as_extract(dataset):
    """The data set as if the publisher had published the extract: the loader is the real one."""
    source = replace(dataset.source, sha256=dataset.source.extract_sha256)
    return type(dataset.__name__, (dataset,), {"source": source})


DATASETS = [published_as_extract(kind) for kind in (Covertype, FashionMNIST, SteelPlatesFaults)]
COVERTYPE = DATASETS[0]


class Handler(SimpleHTTPRequestHandler):
    def do_GET(self):
        self.server.requested.append(self.path)
        super().do_GET()

    def send_header(self, keyword, value):
        if keyword == "Content-Length":
            value = str(int(value) + self.server.withheld)
        super().send_header(keyword, value)

    def log_message(self, *args):
        pass


@pytest.fixture
def server(tmp_path):
    """Serves what the publishers offer, packed as they pack it."""
    site = tmp_path / "site"
    shutil.copytree(EXTRACTS / "fashion_mnist", site)
    with ZipFile(site / "covertype.zip", "w") as archive:
        archive.writestr("covtype.info", "text")
        archive.write(EXTRACTS / "covertype" / "covtype.data.gz", "covtype.data.gz")
    with ZipFile(site / "steel+plates+faults.zip", "w") as archive:
        archive.write(EXTRACTS / "steel_plates_faults" / "Faults.NNA", "Faults.NNA")
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=site)) as httpd:
        httpd.requested, httpd.withheld, httpd.site = [], 0, site
        httpd.url = f"http://127.0.0.1:{httpd.server_port}/"
        thread = threading.Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield httpd
        httpd.shutdown()
        thread.join()


@pytest.fixture(autouse=True)
def cache(monkeypatch, tmp_path):
    monkeypatch.delenv("QFUSION_DATA", raising=False)
    monkeypatch.setenv("QFUSION_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    return tmp_path / "cache"


def load(dataset, **options):
    return dataset(dataset.Options(**options)).load(seed=0)


def failure(kind, dataset, **options):
    with pytest.raises(QfusionError) as caught:
        load(dataset, **options)
    assert type(caught.value) is kind
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("dataset", DATASETS, ids=lambda dataset: dataset.name)
def test_a_data_set_is_downloaded_once_and_then_read_from_the_cache(dataset, server, cache):
    first = load(dataset, url=server.url)
    names = dataset.source.downloads
    assert server.requested == [f"/{name}" for name in names]
    again = load(dataset)
    assert len(server.requested) == len(names)
    np.testing.assert_array_equal(first.train.x, again.train.x)
    np.testing.assert_array_equal(first.train.x, load(dataset, extract=True).train.x)
    assert [path.name for path in cache.iterdir()] == [dataset.source.folder]


def test_other_contents_than_published_are_refused_and_not_kept(server, cache):
    source = Covertype.source  # the real one: the server offers no more than the extract
    assert failure(QfusionError, Covertype, url=server.url) == (
        f"could not download covertype.zip: {server.url}: what it sent: expected a table of "
        f"sha256 {source.sha256}, got sha256 {source.extract_sha256}; put what the publisher "
        f"offers into {cache / 'covertype'}, or set QFUSION_DATA to a folder that holds covertype/"
    )
    assert list(cache.iterdir()) == []


def test_a_connection_that_ends_early_leaves_nothing(server, cache):
    server.withheld = 7
    size = (server.site / "covertype.zip").stat().st_size
    message = failure(QfusionError, COVERTYPE, url=server.url)
    assert f"{server.url}: connection ended after {size} of {size + 7} bytes;" in message
    assert list(cache.iterdir()) == []


def test_a_damaged_archive_is_refused(server, cache):
    archive = server.site / "covertype.zip"
    archive.write_bytes(archive.read_bytes()[:-40])
    message = failure(QfusionError, COVERTYPE, url=server.url)
    assert "got a file that cannot be read (File is not a zip file);" in message
    assert list(cache.iterdir()) == []


def test_a_second_server_is_asked_where_the_first_one_fails(server, cache):
    urls = (f"{server.url}absent/", server.url)
    dataset = type("Mirrored", (COVERTYPE,), {"source": replace(COVERTYPE.source, urls=urls)})
    assert load(dataset).train.x.shape[1] == 54
    assert server.requested == ["/absent/covertype.zip", "/covertype.zip"]


def test_a_file_that_is_not_there_is_an_error_with_the_reason(server, cache):
    (server.site / "t10k-labels-idx1-ubyte.gz").unlink()
    message = failure(QfusionError, DATASETS[1], url=server.url)
    assert f"{server.url}: HTTP Error 404: File not found; put what" in message
    assert list(cache.iterdir()) == []


def test_a_server_that_does_not_answer_is_given_up(cache):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        assert f"{url}: timed out; put" in failure(QfusionError, COVERTYPE, url=url, timeout=0.1)
    assert "Connection refused" in failure(QfusionError, COVERTYPE, url=url)


def test_a_damaged_cache_is_refused_and_says_what_to_delete(server, cache):
    load(COVERTYPE, url=server.url)
    archive = cache / "covertype" / "covertype.zip"
    archive.write_bytes(archive.read_bytes()[:100])
    message = failure(InputError, COVERTYPE, url=server.url)
    assert message.endswith(f"; delete {cache / 'covertype'} to download it again")


def test_a_cache_that_cannot_be_written_is_an_error(cache, monkeypatch):
    cache.write_text("a file")
    message = failure(InputError, COVERTYPE, url="http://127.0.0.1:9/")
    assert message.startswith(f"cache folder {cache}: cannot be written: ")
    assert message.endswith("; set QFUSION_CACHE to another folder")


def test_processes_that_download_at_once_all_succeed(server, cache):
    results, threads = [], []
    for _ in range(4):
        threads.append(
            threading.Thread(target=lambda: results.append(load(COVERTYPE, url=server.url)))
        )
        threads[-1].start()
    for thread in threads:
        thread.join()
    assert len(results) == 4
    assert [path.name for path in cache.iterdir()] == ["covertype"]


def test_the_cache_is_the_users_cache_folder_if_not_named(monkeypatch, tmp_path, server):
    monkeypatch.delenv("QFUSION_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "home"))
    load(COVERTYPE, url=server.url)
    assert (tmp_path / "home" / "qfusion" / "covertype" / "covertype.zip").is_file()
