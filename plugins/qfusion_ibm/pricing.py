"""Prices of IBM's machines: a data file, which the user can override."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import qfusion_core
from qfusion_core import ListedPrice, Price, PriceSource, PriceSpan, Range, read_prices
from qfusion_ibm.execution_counts import CircuitRuns
from qfusion_ibm.options import Options
from qfusion_ibm.zne import FACTORS

_PACKAGED = Path(__file__).with_name("prices.yaml")


class PriceList(qfusion_core.Options):
    """What `prices.yaml` holds; the file says what each is."""

    overhead_seconds: PriceSpan
    execution_seconds: PriceSpan
    mitigation: tuple[PriceSpan, PriceSpan, PriceSpan]
    usd_per_second: PriceSpan
    source: str
    date: str

    @classmethod
    def read(cls) -> PriceList:
        """The packaged list, or the user's."""
        return read_prices(cls, _PACKAGED, "ibm")

    def price(self, executions: int, options: Options) -> Price:
        """Of one job of the program ``estimator``, which does not tell how much more it runs.

        Args:
            executions: Rows times measurement settings.
            options: Of the device: shots of each execution, and what is run more to mitigate.
        """
        more = self.mitigation[2 if options.zne else int(options.trex)]
        if options.zne and options.zne_noise_factors:
            times = len(options.zne_noise_factors) / len(FACTORS)
            more = PriceSpan(low=more.low * times, high=more.high * times)
        return self._price(executions, executions * options.draws, more)

    def counted(self, runs: CircuitRuns) -> Price:
        """Of one job of the program ``executor``: all that is run is known."""
        return self._price(runs.executions, runs.executions * runs.draws, PriceSpan(low=1, high=1))

    def _price(self, executions: int, total: int, more: PriceSpan) -> Price:
        seconds = Range(
            self.overhead_seconds.low + self.execution_seconds.low * total * more.low,
            self.overhead_seconds.high + self.execution_seconds.high * total * more.high,
        )
        source = ListedPrice(self.source, self.date)
        return Price(executions, total, 1, seconds, self.usd(seconds), (source,))

    def after_dry_run(self, price: Price, machine: str, seconds: float) -> Price:
        """Of a job, of which IBM has told the seconds today."""
        exact = Range(seconds, seconds)
        dry_run = PriceSource(f"IBM's dry run of {machine}", datetime.now(UTC).date().isoformat())
        rate = PriceSource(self.source, self.date)
        return Price(price.executions, price.shots, 1, exact, self.usd(exact), (dry_run, rate))

    def usd(self, seconds: Range) -> Range:
        """US dollars for time on a machine; which plan pays is not known here."""
        rate = self.usd_per_second
        return Range(seconds.low * rate.low, seconds.high * rate.high)
