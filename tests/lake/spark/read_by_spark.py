"""Called by ./run: tables in the lake as Spark reads them, held against what SQL answers; an older version too."""
import datetime
import json
import os
import pathlib
import sys
import tempfile
from decimal import Decimal

from pyspark.sql import SparkSession

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from program import run, run_sql  # noqa: E402

PIPELINE = """
pipeline: shop
streams:
  orders: {schema: {id: int, country: string?, price: "decimal(12,3)", moment: timestamp, tags: "[string]?", big: int}}
sources:
  files: {type: file, path: "parts/*.jsonl", format: jsonl, into: orders}
tables:
  lines: {sql: "SELECT id, country, price, moment, tags FROM orders WHERE id % 10 <> 0"}
  sums: {sql: "SELECT country, count(*) AS n, sum(price) AS price, sum(big) AS big, max(moment) AS newest FROM orders GROUP BY ALL"}
  newest: {sql: "SELECT id % 100 AS slot, id, country FROM orders", unique: [slot]}
lake:
  tables: {lines: {format: delta, partition_by: [country]}, sums: {format: delta}, newest: {format: delta}}
"""
PARTS, ROWS = 14, 300  # enough versions for a checkpoint


def spark_session(scratch):
    builder = SparkSession.builder.master("local[2]").appName("tailrace").config("spark.ui.enabled", "false").config("spark.ui.showConsoleProgress", "false")
    builder = builder.config("spark.sql.shuffle.partitions", "2").config("spark.databricks.delta.snapshotPartitions", "2")
    builder = builder.config("spark.driver.bindAddress", "127.0.0.1").config("spark.driver.host", "127.0.0.1").config("spark.sql.session.timeZone", "UTC")
    builder = builder.config("spark.jars", os.environ["TAILRACE_DELTA_JARS"]).config("spark.sql.warehouse.dir", f"{scratch}/warehouse")
    builder = builder.config("spark.sql.extensions", "io.delta.sql.DeltaSparkSessionExtension")
    return builder.config("spark.sql.catalog.spark_catalog", "org.apache.spark.sql.delta.catalog.DeltaCatalog").getOrCreate()


def plain(value):
    if isinstance(value, datetime.datetime):
        return value.astimezone(datetime.timezone.utc).isoformat()
    if isinstance(value, (Decimal, int)):
        return str(Decimal(value).normalize())
    return [plain(item) for item in value] if isinstance(value, list) else value


def of_spark(frame):
    return sorted(json.dumps({name: plain(value) for name, value in row.asDict().items()}, sort_keys=True) for row in frame.collect())


def of_sql(folder, table):
    """As `of_spark` has it: times by the names of the columns, numbers exact."""
    rows = json.loads(run_sql(folder, f"SELECT * FROM {table}"), parse_float=Decimal)
    for row in rows:
        for name in ("moment", "newest"):
            if name in row:
                row[name] = datetime.datetime.fromisoformat(row[name].replace("Z", "+00:00"))
        for name in ("n", "price", "big"):
            if name in row:
                row[name] = Decimal(row[name])
    return sorted(json.dumps({name: plain(value) for name, value in row.items()}, sort_keys=True) for row in rows)


def main():
    with tempfile.TemporaryDirectory() as scratch:
        folder = pathlib.Path(scratch, "shop")
        (folder / "parts").mkdir(parents=True)
        (folder / "pipeline.yaml").write_text(PIPELINE)
        then = {}
        for part in range(PARTS):
            rows = [{"id": i, "country": ("France", "a/b %=c", None, "España")[i % 4], "price": f"{i % 977}.125", "big": 2**62,
                     "moment": f"2026-01-01T00:{i // 60 % 60:02}:{i % 60:02}.{i % 1000:03}456Z", "tags": None if i % 3 else ["a", str(i)]}
                    for i in range(part * ROWS, (part + 1) * ROWS)]
            (folder / "parts" / f"{part:02}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
            run(folder, "run", "--once")
            if part == 12:
                then = {table: of_sql(folder, table) for table in ("lines", "sums", "newest")}
        spark = spark_session(scratch)
        spark.sparkContext.setLogLevel("ERROR")
        for table, before in then.items():
            path = str(folder / ".tailrace" / "lake" / "tables" / table)
            frame = spark.read.format("delta").load(path)
            expected = of_sql(folder, table)
            assert of_spark(frame) == expected, f"{table}: {frame.count()} rows and not {len(expected)}, or others"
            history = spark.sql(f"DESCRIBE HISTORY delta.`{path}`").select("version", "operation").collect()
            writes = [row["version"] for row in history if row["operation"] == "WRITE"]
            old = spark.read.format("delta").option("versionAsOf", writes[0] - 1 if writes[0] - 1 in {row["version"] for row in history} else writes[1]).load(path)
            assert of_spark(old) == before, f"{table}: the version before is another one"
            print(f"{table}: {frame.count()} rows, {len(history)} versions", flush=True)
        lines = spark.read.format("delta").load(str(folder / ".tailrace" / "lake" / "tables" / "lines"))
        assert str(lines.schema["moment"].dataType) == "TimestampType()" and str(lines.schema["price"].dataType) == "DecimalType(12,3)", lines.schema
        assert lines.where("country = 'France' AND id > 4000").count() == len([row for row in lines.collect() if row["country"] == "France" and row["id"] > 4000])
        print(f"Spark {spark.version} reads what SQL answers")
        spark.stop()


if __name__ == "__main__":
    main()
