"""Makes the sample world that the package carries: `python scripts/make_sample.py [FOLDER]`.

The sample is small enough to ship, has two operators among most of the honest archetypes, and comes out the same byte
for byte wherever the same versions of NumPy and PyArrow write it.
"""

from __future__ import annotations

import sys
from pathlib import Path

from hydrometer.simulate import OperatorSpec, Scenario, make_world, write_world

SEED = 2026
SAMPLE = Scenario(
    name="sample",
    honest=1_070,
    days=14,
    volume=0.93,
    shares={
        "person": 0.3,
        "product": 0.003,
        "aggregator": 0.004,
        "support": 0.002,
        "backfill": 0.002,
        "nightly": 0.025,
        "drift": 0.004,
        "licensed": 0.005,
    },
    operators=(
        OperatorSpec(
            name="ember",
            accounts=60,
            card="bin",
            bins=2,
            email="digits",
            network="residential",
            networks_per_account=20,
            rhythm="queue",
            jitter=0.3,
            rate=4,
            kinds=("reasoning", "finished_answer"),
            wordings=12,
            system=True,
            pivot=True,
        ),
        OperatorSpec(
            name="quill",
            accounts=70,
            card="unique",
            email="ordinary",
            email_domain="common",
            network="subnet",
            rhythm="human",
            rate=3,
            start_day=2.0,
            stop_day=12.5,
            kinds=("relay", "grading"),
            wordings=6,
            innocent=0.4,
            customers=60,
            beneficiaries=("B", "C"),
        ),
    ),
)

README = f"""# Sample world

A simulated fortnight of a model provider's traffic: about 1,200 accounts and 29,500 exchanges, two operators
(`ember`, `quill`) among honest customers of most kinds. Nobody in it is real: every name, address, card digest and
text was made by a program, and all of it was written for this project.

- `world/` is what `hydrometer detect` reads; `world.truth/` says who was who: `accounts.parquet` (account_id,
  operator, kind; an empty operator means honest) and `exchanges.parquet` (exchange_id, campaign, beneficiary; null
  means innocent).
- Licence: Apache-2.0, like the package.
- Made by `python scripts/make_sample.py` with seed {SEED}; run it again to get the same files.
"""


def main() -> None:
    """Write the sample to the folder named on the command line, or to the one inside the package."""
    package = Path(__file__).resolve().parents[1] / "src" / "hydrometer" / "simulate" / "sample"
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else package
    world = make_world(SAMPLE, SEED)
    write_world(world, folder / "world")
    (folder / "README.md").write_text(README, "utf-8")
    size = sum(path.stat().st_size for path in folder.rglob("*.parquet"))
    print(
        f"{world.accounts.num_rows:,} accounts, {world.exchanges.num_rows:,} exchanges, {size / 1e6:.2f} MB in {folder}"
    )


if __name__ == "__main__":
    main()
