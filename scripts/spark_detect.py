"""Find campaigns with the Spark session that is there: for spark-submit, a notebook, a Databricks or EMR job.

spark-submit --master local[2] scripts/spark_detect.py TRAFFIC --out RESULT --work FOLDER
"""

from __future__ import annotations

import argparse
import tomllib
from pathlib import Path

from pyspark.sql import SparkSession

import hydrometer as hy


def main() -> None:
    """Run one detection and print what was found."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("traffic", help="a folder, an address, table:NAME, delta:PLACE or iceberg:PLACE")
    parser.add_argument("--out", type=Path, required=True, help="folder of the driver's machine for the result")
    parser.add_argument("--work", default="", help="folder for the time of the run that all machines see")
    parser.add_argument("--accounts", default="", help="the table of accounts, where TRAFFIC is one table")
    parser.add_argument("--site-key", type=Path, help="the secret that keys all fingerprints of texts")
    parser.add_argument("--settings", type=Path, help="TOML as `hydrometer settings` prints it")
    arguments = parser.parse_args()

    settings = tomllib.loads(arguments.settings.read_text("utf-8")) if arguments.settings else {}
    named = {name: place for name, place in (("work", arguments.work), ("accounts", arguments.accounts)) if place}
    session = SparkSession.builder.appName("hydrometer").getOrCreate()
    result = hy.detect(
        arguments.traffic,
        arguments.out,
        {**settings, "spark": {**settings.get("spark", {}), **named}},
        site_key=arguments.site_key,
        session=session,
    )
    for campaign in result:
        print(f"{campaign.id}: {campaign.accounts} accounts, {campaign.exchanges} exchanges")
    print(f"{len(result)} campaigns; report in {arguments.out / 'report.html'}")
    session.stop()


if __name__ == "__main__":
    main()
