"""The ways in of records: our own door, and those of other systems, each asked and answered as its clients know it."""
import base64
import dataclasses
import json


@dataclasses.dataclass
class Told:
    """What an answer says, the same for every door. `open`: of some record it says that it is not stored, or not known to be."""

    accepted: int = 0
    rejected: int = 0
    offsets: list = dataclasses.field(default_factory=list)  # {"partition", "first", "last"}
    open: bool = False

    def place(self, partition, offset):
        self.accepted += 1
        self.offsets.append({"partition": partition, "first": offset, "last": offset})


def _streams(status, body):
    if status not in (200, 207, 422):
        return None
    said = json.loads(body)
    return Told(said["accepted"], said["rejected"], said["offsets"])


def _kafka(status, body):
    if status != 200:
        return None
    told = Told()
    for one in json.loads(body)["offsets"]:
        if one["error_code"] is None:
            told.place(one["partition"], one["offset"])
        elif one["error_code"] == 1:
            told.rejected += 1
        else:
            told.open = True
    return told


def _kinesis(status, body):
    if status != 200:
        return None
    told, said = Told(), json.loads(body)
    failed = 0
    for one in said["Records"]:
        if "SequenceNumber" in one:
            told.place(int(one["ShardId"].split("-")[1]), int(one["SequenceNumber"]))
            continue
        failed += 1
        if one["ErrorCode"] == "InvalidArgumentException":
            told.rejected += 1
        else:
            told.open = True
    assert said["FailedRecordCount"] == failed, said
    return told


def _json_lines(records):
    return "".join(json.dumps(record) + "\n" for record in records), {"Content-Type": "application/x-ndjson"}


def _json_list(records):
    return json.dumps(records), {"Content-Type": "application/json"}


def _kafka_json(records):
    return json.dumps({"records": [{"value": record} for record in records]}), {"Content-Type": "application/vnd.kafka.json.v2+json"}


def _kafka_binary(records):
    values = [{"key": "a2V5", "value": _base64(record)} for record in records]
    return json.dumps({"records": values}), {"Content-Type": "application/vnd.kafka.binary.v2+json"}


def _gateway(records):
    wrapped = [{"Data": json.dumps(record) if i % 2 else record, "PartitionKey": str(i)} for i, record in enumerate(records)]
    return json.dumps({"Records": wrapped}), {"Content-Type": "application/json"}


def _aws(records):
    wrapped = [{"Data": _base64(record), "PartitionKey": str(i)} for i, record in enumerate(records)]
    return (json.dumps({"StreamName": "events", "Records": wrapped}),
            {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": "Kinesis_20131202.PutRecords"})


def _base64(record):
    return base64.b64encode(json.dumps(record).encode()).decode()


@dataclasses.dataclass(frozen=True)
class Door:
    method: str
    path: str
    write: object        # records to (body, headers)
    read: object         # (status, body) to Told; None: an answer for the whole request
    repeat_header: str = "Idempotency-Key"
    says_replayed: bool = False


OWN = {"json": Door("POST", "/streams/{stream}", _json_list, _streams, says_replayed=True),
       "ndjson": Door("POST", "/streams/{stream}", _json_lines, _streams, says_replayed=True)}
DOORS = OWN | {"kafka": Door("POST", "/topics/{stream}", _kafka_json, _kafka),
               "kafka binary": Door("POST", "/topics/{stream}", _kafka_binary, _kafka),
               "kinesis gateway": Door("PUT", "/streams/{stream}/records", _gateway, _kinesis),
               "kinesis": Door("POST", "/", _aws, _kinesis, "amz-sdk-invocation-id")}

# Of a whole request: what says that nothing was kept, or is not known to be. With its key it is sent again.
TRY_AGAIN = (429, 500, 503, 507)
THROTTLED = "ProvisionedThroughputExceededException"


def is_open(status, body):
    return status in TRY_AGAIN or (status == 400 and THROTTLED in body.decode(errors="replace"))
