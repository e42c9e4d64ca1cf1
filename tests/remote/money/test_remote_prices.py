"""A vendor's price list, and the user's own in its place."""

import pytest

from qfusion_core import InputError, Options, read_prices, trust


class Prices(Options):
    usd_per_shot: float
    source: str


@pytest.fixture
def packaged(tmp_path, monkeypatch):
    folder = tmp_path / "plugin"
    folder.mkdir()
    path = folder / "prices.yaml"
    path.write_text("usd_per_shot: 0.5\nsource: packaged\n")
    monkeypatch.chdir(tmp_path)
    return path


def test_the_packaged_list(packaged):
    assert read_prices(Prices, packaged, "toy") == Prices(usd_per_shot=0.5, source="packaged")


@pytest.mark.parametrize("place", ["variable", "here", "user"])
def test_the_users_list_takes_its_place(packaged, tmp_path, monkeypatch, place):
    path = {
        "variable": tmp_path / "mine.yaml",
        "here": tmp_path / "prices.yaml",
        "user": tmp_path / "config" / "qfusion" / "prices.yaml",
    }[place]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("toy: {usd_per_shot: 0.25}\nother: {whatever: 1}\n")
    if place == "variable":
        monkeypatch.setenv("QFUSION_PRICES", str(path))
    elif place == "here":
        trust(path)
    found = read_prices(Prices, packaged, "toy")
    assert found.usd_per_shot == 0.25
    assert found.source == "your file says usd_per_shot 0.25, the packaged list 0.5; packaged"
    path.write_text("toy: {usd_per_shot: 0.75}\n")
    if place == "here":
        trust(path)
    assert read_prices(Prices, packaged, "toy") == Prices(usd_per_shot=0.75, source="packaged")
    assert read_prices(Prices, packaged, "third").usd_per_shot == 0.5


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("toy: {usd_per_shto: 1}", "prices.yaml:1:7: toy: unknown key 'usd_per_shto', did you"),
        ("toy: {usd_per_shot: many}", "prices.yaml:1:21: toy.usd_per_shot: should be a valid"),
        ("toy: {usd_per_shot: .nan}", "prices.yaml:1:21: toy.usd_per_shot: should be a finite"),
        ("toy: {usd_per_shot: '3'}", "prices.yaml:1:21: toy.usd_per_shot: should be a valid"),
        ("toy: {usd_per_shot: true}", "prices.yaml:1:21: toy.usd_per_shot: should be a valid"),
        ("toy: 3", "prices.yaml:1:6: toy: expected a mapping of prices"),
    ],
)
def test_a_wrong_list_is_refused_at_the_place(packaged, tmp_path, monkeypatch, text, message):
    (tmp_path / "prices.yaml").write_text(text)
    monkeypatch.setenv("QFUSION_PRICES", str(tmp_path / "prices.yaml"))
    with pytest.raises(InputError) as refused:
        read_prices(Prices, packaged, "toy")
    assert message in str(refused.value)


def test_a_named_list_that_is_not_there(packaged, monkeypatch):
    monkeypatch.setenv("QFUSION_PRICES", "/none.yaml")
    with pytest.raises(InputError, match=r"QFUSION_PRICES=/none.yaml: no such file; correct or"):
        read_prices(Prices, packaged, "toy")
