"""Find campaigns with the Spark session that is there: for spark-submit, a notebook, a Databricks or EMR job.

spark-submit --master local[2] scripts/spark_detect.py TRAFFIC --out RESULT --work FOLDER
"""

from __future__ import annotations

import argparse
from pathlib import Path

from msgspec.structs import replace
from pyspark.sql import SparkSession

from hydrometer import api
from hydrometer.contract.progress import SilentProgress
from hydrometer.contract.settings import load_settings


def main() -> None:
    """Run one detection and print what was found."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("traffic", help="a folder, an address, table:NAME, delta:PLACE or iceberg:PLACE")
    parser.add_argument("--out", type=Path, required=True, help="folder of the driver's machine for the result")
    parser.add_argument("--work", default="", help="folder for the time of the run that all machines see")
    parser.add_argument("--accounts", default="", help="the table of accounts, where TRAFFIC is one table")
    parser.add_argument("--site-key", type=Path, help="the secret that keys all fingerprints of texts")
    parser.add_argument("--settings", type=Path, help="TOML as `hydrometer settings` prints it")
    asked = parser.parse_args()

    settings = load_settings(asked.settings, engine="spark")
    spark = replace(
        settings.spark, work=asked.work or settings.spark.work, accounts=asked.accounts or settings.spark.accounts
    )
    session = SparkSession.builder.appName("hydrometer").getOrCreate()
    found = api.detect(
        asked.traffic,
        asked.out,
        replace(settings, spark=spark),
        site_key=asked.site_key,
        mapping=None,
        source=None,
        progress=SilentProgress(),
        session=session,
    )
    for campaign in found.campaigns:
        print(f"{campaign.id}: {campaign.accounts} accounts, {campaign.exchanges} exchanges")
    print(f"{len(found.campaigns)} campaigns; report in {asked.out / 'report.html'}")
    session.stop()


if __name__ == "__main__":
    main()
