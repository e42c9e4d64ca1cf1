"""Which servers are asked for data out of a run folder, and how much they may send."""

import gzip
import io
import socket
import threading
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from zipfile import ZIP_DEFLATED, ZipFile

import pytest

from qfusion_core import InputError, QfusionError
from qfusion_datasets.addresses import is_private
from qfusion_datasets.covertype import CLASSES, Covertype
from qfusion_datasets.obtain import EXTRACTS
from qfusion_datasets.unpacking import unpacked


class Small(Covertype):
    """As if the extract were what the publisher has."""

    source = replace(Covertype.source, sha256=Covertype.source.extract_sha256)


def archive(name: str, content: bytes) -> bytes:
    packed = io.BytesIO()
    with ZipFile(packed, "w", ZIP_DEFLATED) as zipped:
        zipped.writestr(name, content)
    return packed.getvalue()


SOUND = archive("covtype.data.gz", (EXTRACTS / "covertype" / "covtype.data.gz").read_bytes())


@contextmanager
def serving(content: bytes = SOUND, *, moved: str | None = None):
    asked = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_response(302 if moved else 200)
            if moved:
                self.send_header("Location", moved)
            self.end_headers()
            try:
                self.wfile.write(content)
            except OSError:
                pass

        def log_message(self, *args):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/", asked
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture(autouse=True)
def cache(monkeypatch, tmp_path):
    monkeypatch.delenv("QFUSION_DATA", raising=False)
    monkeypatch.setenv("QFUSION_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("no_proxy", "*")
    return tmp_path / "cache"


def again(url, *, kind=Small, **allowed):
    return kind(kind.Options(url=url)).load_again(seed=0, class_names=CLASSES, **allowed)


def failure(error, action):
    with pytest.raises(QfusionError) as caught:
        action()
    assert type(caught.value) is error
    assert str(caught.value).isprintable()
    return str(caught.value)


def test_an_address_of_a_run_folder_is_not_asked_unless_it_is_allowed(cache):
    with serving() as (url, asked):
        said = failure(InputError, lambda: again(url))
        assert url in said
        assert "--allow-url" in said
        assert asked == []
        assert not cache.exists()
        assert again(url, allow_url=True).class_names == CLASSES
        assert asked == ["/covertype.zip"]
        assert failure(InputError, lambda: again(url)) == said  # nor once it is there
        assert asked == ["/covertype.zip"]


def test_an_address_that_the_user_names_is_asked():
    with serving() as (url, asked):
        Small(Small.Options(url=url)).load(seed=0)
        assert asked == ["/covertype.zip"]


def test_the_address_of_the_publisher_may_stand_in_a_run_folder():
    with serving() as (url, asked):
        kind = type("Known", (Small,), {"source": replace(Small.source, urls=(url,))})
        again(url.rstrip("/"), kind=kind)
        assert asked == ["/covertype.zip"]


@pytest.mark.parametrize(
    "host", ["169.254.169.254", "10.0.0.1", "192.168.1.1", "[fd00::1]", "[::ffff:10.0.0.1]"]
)
def test_a_private_address_of_a_run_folder_is_not_asked_at_all(host, cache):
    said = failure(InputError, lambda: again(f"http://{host}/x", allow_url=True))
    assert "in a private network" in said
    assert "QFUSION_DATA" in said
    assert not cache.exists()


def test_a_public_address_is_not_private(monkeypatch):
    assert not is_private("https://1.1.1.1/")

    def unknown(*words, **more):
        raise socket.gaierror("no such name")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)  # a test asks nobody for a name
    assert not is_private("https://host.invalid/")


@pytest.mark.parametrize("place", ["http://169.254.169.254/latest/", "ftp://127.0.0.1/x"])
def test_a_server_does_not_send_on_into_a_private_network(place):
    with serving(moved=place) as (url, _):
        said = failure(QfusionError, lambda: Small(Small.Options(url=url)).load(seed=0))
        assert f"sends on to {place}" in said


def test_a_download_without_end_is_cut_off(monkeypatch):
    few = type("Few", (Small,), {"source": replace(Small.source, most_received=10_000)})
    with serving(bytes(1_000_000)) as (url, _):
        said = failure(QfusionError, lambda: few(few.Options(url=url)).load(seed=0))
        assert "sends more than 10,000 bytes" in said


@pytest.mark.parametrize("name", ["covtype.data", "covtype.data.gz"])
def test_an_archive_inflates_to_no_more_than_the_data_set_has(name, tmp_path):
    content = bytes(3_000_000)
    content = gzip.compress(content) if name.endswith(".gz") else content
    (tmp_path / "a.zip").write_bytes(archive(name, content))
    assert (tmp_path / "a.zip").stat().st_size < 10_000
    with pytest.raises(ValueError, match="more than 1,000,000 bytes once unpacked"):
        unpacked(tmp_path, "covtype.data", 1_000_000)
    assert len(unpacked(tmp_path, "covtype.data", 3_000_000)) == 3_000_000


def test_what_an_archive_leads_to_is_one_line():
    raw = bytearray(archive("covtype.data", b"1\n"))
    raw[6] |= 1  # encrypted
    raw[raw.rindex(b"PK\x01\x02") + 8] |= 1
    with serving(bytes(raw)) as (url, _):
        said = failure(QfusionError, lambda: Small(Small.Options(url=url)).load(seed=0))
        assert "a file that cannot be read (" in said
