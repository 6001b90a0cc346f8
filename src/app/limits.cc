#include "app/limits.h"

#include <algorithm>
#include <array>
#include <chrono>

#include "log/idempotency.h"

namespace tailrace::app {
namespace {

using config::LimitUnit;
using std::chrono::milliseconds;

// Where a limit of the file goes.
struct Binding {
  std::string_view setting;
  std::string_view area;
  std::string_view code;
  int64_t (*get)(const PartLimits&);
  void (*set)(PartLimits&, int64_t);
};

#define TR_LIMIT(SETTING, AREA, FILE, MEMBER)                                                                        \
  Binding {                                                                                                          \
    SETTING, AREA, FILE ":" #MEMBER, [](const PartLimits& limits) { return ToNumber(limits.MEMBER); },               \
        [](PartLimits& limits, int64_t value) { Assign(limits.MEMBER, value); }                                      \
  }

int64_t ToNumber(milliseconds value) { return value.count(); }
template <typename T>
int64_t ToNumber(T value) {
  return static_cast<int64_t>(value);
}
void Assign(milliseconds& to, int64_t value) { to = milliseconds(value); }
template <typename T>
void Assign(T& to, int64_t value) {
  to = static_cast<T>(value);
}

constexpr std::array kBindings = {
    TR_LIMIT("header_max", "HTTP", "server/options.h", server.header_bytes_max),
    TR_LIMIT("body_max", "HTTP", "server/options.h", server.body_bytes_max),
    TR_LIMIT("bodies_max", "HTTP", "server/options.h", server.bytes_in_flight_max),
    TR_LIMIT("answers_max", "HTTP", "server/options.h", server.answer_bytes_max),
    TR_LIMIT("ingest_delay_target", "HTTP", "server/options.h", server.ingest_delay_target),
    TR_LIMIT("connections_max", "HTTP", "server/options.h", server.connections_max),
    TR_LIMIT("records_per_request_max", "HTTP", "server/options.h", server.records_per_request_max),
    TR_LIMIT("header_timeout", "HTTP", "server/options.h", server.header_timeout),
    TR_LIMIT("body_timeout", "HTTP", "server/options.h", server.body_timeout),
    TR_LIMIT("body_rate_min", "HTTP", "server/options.h", server.body_bytes_per_second_min),
    TR_LIMIT("idle_timeout", "HTTP", "server/options.h", server.idle_timeout),
    TR_LIMIT("write_timeout", "HTTP", "server/options.h", server.write_timeout),
    TR_LIMIT("stop_grace", "HTTP", "server/options.h", server.stop_grace),
    TR_LIMIT("queries_waiting_max", "reads", "server/options.h", server.reads_waiting_max),
    TR_LIMIT("query_timeout", "reads", "server/options.h", server.query_timeout),
    TR_LIMIT("query_rows_max", "reads", "server/options.h", server.query_rows_max),
    TR_LIMIT("query_answer_max", "reads", "server/options.h", server.query_bytes_max),
    TR_LIMIT("tile_rows_max", "reads", "server/options.h", server.tile_rows_max),
    TR_LIMIT("tile_cache_max", "reads", "server/options.h", server.tile_cache_bytes_max),
    TR_LIMIT("tile_groups_max", "reads", "server/options.h", server.tile_groups_max),
    TR_LIMIT("waits_max", "reads", "server/options.h", server.waits_max),
    TR_LIMIT("wait_timeout_max", "reads", "server/options.h", server.wait_timeout_max),
    TR_LIMIT("tails_max", "reads", "server/options.h", server.tails_max),
    TR_LIMIT("tail_lag_max", "reads", "server/options.h", server.tail_lag_records_max),
    TR_LIMIT("log_in_flight_max", "log", "log/options.h", log.in_flight_bytes_max),
    TR_LIMIT("batch_rows_max", "engine", "engine/stream_feed.h", feed.batch_rows_max),
    TR_LIMIT("batch_max", "engine", "engine/stream_feed.h", feed.batch_bytes_max),
    TR_LIMIT("lake_vacuum_after", "lake", "lake/delta_table.h", lake_table.vacuum_after_ms),
    TR_LIMIT("document_max", "documents", "documents/sqlite_document_store.h", documents.document_bytes_max),
};
static_assert(kBindings.size() == 29, "one for each of config::LimitKeys()");

#undef TR_LIMIT

constexpr int64_t kKiB = int64_t{1} << 10;
constexpr int64_t kMiB = int64_t{1} << 20;
constexpr int64_t kGiB = int64_t{1} << 30;

using enum LimitUnit;

// A request must fit into what is set aside for all of them, with what is made of it.
constexpr int64_t kBodiesPerBudget = 2;
// Of an idle connection: two buffers of 16 KiB, and itself.
constexpr int64_t kBytesPerConnection = 36 * kKiB;

// Of what batches may take, what stored rows may hold back for one commit.
constexpr int64_t kRowsPerBatches = 2;

void TakeShares(const MemoryBudget& memory, PartLimits& limits) {
  limits.server.bytes_in_flight_max = static_cast<size_t>(memory.bodies);
  limits.server.answer_bytes_max = static_cast<size_t>(memory.answers);
  limits.server.body_bytes_max = std::min(limits.server.body_bytes_max, static_cast<size_t>(memory.bodies / kBodiesPerBudget));
  limits.server.query_bytes_max = std::min(limits.server.query_bytes_max, static_cast<size_t>(memory.answers));
  limits.server.connections_max = std::min(limits.server.connections_max, static_cast<size_t>(memory.connections / kBytesPerConnection));
  limits.log.in_flight_bytes_max = memory.log_in_flight;
  limits.log.idempotency_keys_total_max =
      std::min(limits.log.idempotency_keys_total_max, memory.log_keys / int64_t{log::IdempotencyWindow::kBytesPerKey});
  limits.documents.cache_bytes_max = static_cast<size_t>(memory.document_cache);
  limits.feed.batch_bytes_max = static_cast<size_t>(memory.batch);
  limits.rows.bytes_max = std::min(limits.rows.bytes_max, static_cast<size_t>(memory.batches / kRowsPerBatches));
}

}  // namespace

PartLimits LimitsOf(const config::Pipeline& pipeline, int64_t machine_bytes) {
  PartLimits limits;
  limits.memory = DivideMemory(pipeline, machine_bytes);
  TakeShares(limits.memory, limits);
  for (const Binding& binding : kBindings) {
    const auto written = pipeline.server.limits.find(binding.setting);
    if (written != pipeline.server.limits.end()) binding.set(limits, written->second);
  }
  return limits;
}

std::vector<LimitRow> AllLimits(const PartLimits& limits) {
  static constexpr std::array kFixed = {
      LimitRow{"HTTP", "server/doors/record_reader.cc:kIdempotencyKeyBytesMax", "", kBytes, 256, false, "an Idempotency-Key", "400"},
      LimitRow{"HTTP", "server/doors/aws_shape.h:kPartitionKeyCharactersMax", "", kCount, 256, false, "characters of a partition key at the doors of Kinesis", "400"},
      LimitRow{"HTTP", "server/console/console.cc:kFileBytesMax", "", kBytes, 32 * kMiB, false, "a file of the console, expanded", "500"},
      LimitRow{"HTTP", "server/doors/envelope.h:kWrapperMembersMax", "", kCount, 64, false, "members of an object that wraps records at the doors of Kafka and Kinesis", "400"},
      LimitRow{"HTTP", "server/doors/aws_door.cc:kReadBodyBytesMax", "", kBytes, 64 * kKiB, false, "a request of a Kinesis client that only asks", "413"},
      LimitRow{"HTTP", "server/doors/kinesis_reads.h:kGetRecordsMax", "", kCount, 10'000, false, "records of a GetRecords", "the rest comes next"},
      LimitRow{"HTTP", "server/doors/kinesis_reads.h:kGetRecordsBytesMax", "", kBytes, 10 * kMiB, false, "the same in bytes of its answer, beside the last record", "the rest comes next"},
      LimitRow{"HTTP", "server/options.h:errors_listed_max", "", kCount, 100, false, "refused records that an answer names", "the rest is counted"},
      LimitRow{"HTTP", "server/doors/ingest_lane.cc:kBytesReadHereMax", "", kBytes, 128 * kKiB, false, "a body that is read on the connection's own thread", "read on another"},
      LimitRow{"HTTP", "server/admin/settings_door.h:kCheckedBytesMax", "", kBytes, kMiB, false, "a pipeline file that `POST /pipeline/check` takes", "413"},
      LimitRow{"HTTP", "server/admin/settings_door.h:kCheckTimeout", "", kMilliseconds, 10'000, false, "how long it may take to check it", "504"},
      LimitRow{"HTTP", "server/admin/settings_door.h:kChecksWaitingMax", "", kCount, 8, false, "files that wait to be checked", "503"},
      LimitRow{"HTTP", "server/admin/settings_door.h:kKeyNamesMax", "", kCount, 1'000, false, "parts that a key of `POST /keys` is limited to", "400"},
      LimitRow{"HTTP", "app/data_sizes.h:kFilesMeasuredMax", "", kCount, 1'000'000, false, "files of the data folder that `GET /settings` measures", "the rest is left out, and told"},
      LimitRow{"HTTP", "server/options.h:kept_bytes_max", "", kBytes, 16 * kMiB, false, "buffers that idle connections keep beyond 16 KiB each", "given back"},
      LimitRow{"HTTP", "server/http/chunk_reader.cc:kSizeLineBytesMax", "", kBytes, 4 * kKiB, false, "a chunk's size line, with its extensions", "400"},
      LimitRow{"HTTP", "server/http/chunk_reader.cc:kTrailerBytesMax", "", kBytes, 4 * kKiB, false, "the trailer behind the last chunk", "400"},
      LimitRow{"HTTP", "server/http/connection_refusals.cc:kSkipBytesMax", "", kBytes, kMiB, false, "the rest of a refused body, read so that the connection lives on", "closed"},
      LimitRow{"HTTP", "server/http/loop.cc:kSocketsInARoundMax", "", kCount, 16'384, false, "ready connections taken at a time", "the rest comes next"},
      LimitRow{"HTTP", "server/http/content_coding.cc:kZstdWindowLogMax", "", kCount, 23, false, "log2 of the window of a zstd body", "400"},
      LimitRow{"HTTP", "server/http/connection.cc:kReceivesAtATime", "", kCount, 16, false, "reads of one connection before others have their turn", "goes on later"},
      LimitRow{"reads", "server/options.h:wait_timeout", "", kMilliseconds, 5'000, false, "`wait_for` without `timeout`", "504"},
      LimitRow{"reads", "server/streams/audit_reads.cc:kRecountTimeout", "", kCount, 12, false, "hours that a recount may take", "504"},
      LimitRow{"reads", "server/options.h:records_page_max", "", kCount, 10'000, false, "`limit` of a stream's records", "400"},
      LimitRow{"reads", "server/options.h:documents_page_max", "", kCount, 1'000, false, "`limit` of a collection's documents", "400"},
      LimitRow{"reads", "server/options.h:tail_chunk_bytes_max", "", kBytes, 256 * kKiB, false, "what a live tail reads and sends at a time", "the rest comes next"},
      LimitRow{"reads", "server/http/event_pipe.h:kWaitingBytesMax", "", kBytes, 256 * kKiB, false, "events of a rebuild that its client has not taken", "the rebuild waits"},
      LimitRow{"reads", "server/admin/rebuild_door.cc:kDifferencesMax", "", kCount, 1'000, false, "differences that a rebuild over HTTP tells", "the rest is counted"},
      LimitRow{"reads", "documents/document_table.h:kPageBytesMax", "", kBytes, 64 * kMiB, false, "bytes of a page of documents", "`next` comes earlier"},
      LimitRow{"reads", "documents/sqlite_document_store.cc:kFindLimitMax", "", kCount, 10'000, false, "documents that a lookup returns", "`next`"},
      LimitRow{"reads", "server/queries/chart_sink.h:kChartBarsMax", "", kCount, 500, false, "bars of a picture", "the other rows are counted below"},
      LimitRow{"reads", "server/queries/chart_sink.h:kChartNameCharactersMax", "", kCount, 48, false, "characters that name a bar", "cut; more of it shows under the mouse"},
      LimitRow{"reads", "server/queries/chart_sink.h:kChartTitleCharactersMax", "", kCount, 400, false, "characters that show under the mouse", "cut"},
      LimitRow{"reads", "server/graph/part_history.h:kHistorySamplesMax", "", kCount, 360, false, "samples of a part's numbers, one every 5 seconds", "the oldest go"},
      LimitRow{"SQL of users", "sql/syntax.cc:kSqlBytesMax", "", kBytes, 256 * kKiB, false, "a statement", "400"},
      LimitRow{"SQL of users", "sql/syntax.cc:kTreeDepthMax", "", kCount, 1'000, false, "depth of its syntax tree", "400"},
      LimitRow{"SQL of users", "sql/syntax_relations.cc:kViewDepthMax", "", kCount, 64, false, "views within views", "400"},
      LimitRow{"SQL of users", "sql/gate.h:kUserRelationsMax", "", kCount, 32, false, "relations that it names", "400"},
      LimitRow{"SQL of users", "sql/gate.h:kUserElementsMax", "", kCount, 10'000'000, false, "elements of a list that it makes", "400"},
      LimitRow{"records", "model/json_tokens.h:kJsonDepthMax", "", kCount, 64, false, "nesting of JSON", "refused"},
      LimitRow{"records", "model/csv_parser.h:kCsvRowBytesMax", "", kBytes, kMiB, false, "a row of CSV", "refused"},
      LimitRow{"records", "model/decimal.h:kDecimalWidthMax", "", kCount, 38, false, "digits of a decimal", "refused"},
      LimitRow{"records", "model/decimal.h:kExponentMax", "", kCount, 1'000'000, false, "exponent of a number", "refused"},
      LimitRow{"dead letters", "engine/letter_index.h:names_max", "", kCount, 2'000'000, false, "open letters that can be listed and sent again, of a stream", "counted; listed once others are done"},
      LimitRow{"dead letters", "engine/letter_index.h:groups_max", "", kCount, 10'000, false, "faults told apart, of a stream", "the rest of a stage is one"},
      LimitRow{"dead letters", "engine/redrive.h:kFailuresMax", "", kCount, 100, false, "letters that a redrive names as failed", "the rest is counted"},
      LimitRow{"dead letters", "engine/dead_letters.h:kExamplesMax", "", kCount, 100, false, "faults shown with an example", "without one"},
      LimitRow{"dead letters", "engine/dead_letters.h:kExampleBytesMax", "", kBytes, 300, false, "an example", "cut"},
      LimitRow{"dead letters", "engine/fault_name.h:kFaultNameBytesMax", "", kBytes, 300, false, "the name of a fault", "cut"},
      LimitRow{"keys", "control/key_store.h:kKeysMax", "", kCount, 10'000, false, "API keys", "refused"},
      LimitRow{"keys", "control/key_store.h:kKeyNameBytesMax", "", kBytes, 100, false, "the name of a key", "refused"},
      LimitRow{"keys", "auth/jwks.h:kJwksBytesMax", "", kBytes, kMiB, false, "a JWKS document", "refused"},
      LimitRow{"keys", "auth/jwks.h:kJwksKeysMax", "", kCount, 100, false, "keys in a JWKS document", "refused"},
      LimitRow{"keys", "crypto/public_key.h:kRsaBitsMax", "", kCount, 8'192, false, "bits of an RSA key", "refused"},
      LimitRow{"keys", "app/token_keys.h:kTokenKeysTimeout", "", kCount, 10, false, "seconds that fetching a JWKS document may take", "the keys known stay"},
      LimitRow{"keys", "app/doorkeeper.cc:kTokensRememberedMax", "", kCount, 10'000, false, "checked tokens remembered", "checked again"},
      LimitRow{"keys", "server/http/gate.h:kCredentialBytesMax", "", kBytes, 8 * kKiB, false, "a key or token of a request", "401"},
      LimitRow{"keys", "auth/sigv4.h:kSignatureSkewMax", "", kCount, 15, false, "minutes that the clock of a client that signs may be off", "401"},
      LimitRow{"keys", "auth/sigv4.h:kSignedHeadersMax", "", kCount, 64, false, "header fields that a signature may cover", "401"},
      LimitRow{"keys", "auth/sigv4.cc:kAccessKeyBytesMax", "", kBytes, 128, false, "the id of an access key in a request", "401"},
      LimitRow{"log", "log/options.h:segment_bytes", "", kBytes, 64 * kMiB, false, "a segment", "a new one begins"},
      LimitRow{"log", "log/options.h:batch_bytes_max", "", kBytes, kMiB, false, "requests written and synced together; one may be larger", "the rest comes next"},
      LimitRow{"log", "log/options.h:zeroed_batch_bytes_max", "", kBytes, 128 * kKiB, false, "a batch for which a segment is zeroed ahead", "written without"},
      LimitRow{"log", "log/options.h:compressed_batch_bytes_min", "", kBytes, 128 * kKiB, false, "a batch from which on it is compressed", "written as it is below"},
      LimitRow{"log", "log/options.h:kRequestBytesMax", "", kBytes, 256 * kMiB, false, "what one request brings to a partition", "413"},
      LimitRow{"log", "log/options.h:idempotency_keys_max", "", kCount, 1'000'000, false, "idempotency keys that a partition remembers", "the oldest go"},
      LimitRow{"log", "log/options.h:idempotency_keys_total_max", "", kCount, 4'000'000, false, "the same of all partitions; fewer where `server.memory` is below 9 GiB", "each gets an equal share"},
      LimitRow{"log", "log/options.h:idempotency_age_max", "", kMilliseconds, 24 * 3'600'000, false, "how long it remembers them", "the oldest go"},
      LimitRow{"log", "log/options.h:recycled_segments_max", "", kCount, 1, false, "zeroed segments kept for later use", "deleted"},
      LimitRow{"log", "log/log.cc:kSegmentBytesMax", "", kBytes, kGiB, false, "a segment, as it may be set", "refused at start"},
      LimitRow{"log", "log/options.h:kPartitionsMax", "", kCount, 1'024, false, "partitions that a log may have", "refused at start"},
      LimitRow{"log", "log/record_batch.h:kBatchBytesMax", "", kBytes, kGiB, false, "a batch on disk", "damage"},
      LimitRow{"log", "log/compression.h:kUnpackedBytesMax", "", kBytes, 256 * kMiB, false, "a compressed batch, once expanded", "damage"},
      LimitRow{"log", "log/checked_file.h:kCheckedFileBytesMax", "", kBytes, kGiB, false, "a small file of the log", "damage"},
      LimitRow{"log", "log/segment_index_files.h:kIndexBytesMax", "", kBytes, 64 * kMiB, false, "an index", "not used"},
      LimitRow{"log", "log/gap.h:kLostRecordsMax", "", kCount, 10'000'000, false, "lost records that one gap stands for", "not repaired"},
      LimitRow{"log", "log/repair.cc:kQuarantinesMax", "", kCount, 1'000, false, "files in quarantine of one name", "an error"},
      LimitRow{"log", "log/segment_store.h:kOpenSegmentsMax", "", kCount, 4, false, "sealed segments that a partition keeps open", "closed"},
      LimitRow{"engine", "base/endurance.h:try_for", "", kMilliseconds, 30'000, false, "what fails for a passing reason (memory, disk, locks) is tried again at short intervals", "it stops with its reason, the others go on"},
      LimitRow{"engine", "base/endurance.h:pause", "", kMilliseconds, 10'000, false, "until what has stopped so is tried once more, by itself", "again after as long"},
      LimitRow{"engine", "engine/rebuild.cc:kCatchUpRoundsMax", "", kCount, 8, false, "rounds in which a rebuild catches up beside the live one", "the live one waits"},
      LimitRow{"engine", "engine/worker.h:queue_batches_max", "", kCount, 2, false, "batches before each of tables and documents", "the reader waits"},
      LimitRow{"engine", "engine/worker.h:queue_bytes_max", "", kBytes, 32 * kMiB, false, "the same in bytes", "the reader waits"},
      LimitRow{"engine", "engine/worker.h:kRowsQueueBatchesMax", "", kCount, 8, false, "batches before stored rows", "the reader waits"},
      LimitRow{"engine", "engine/worker.h:kRowsQueueBytesMax", "", kBytes, 64 * kMiB, false, "the same in bytes", "the reader waits"},
      LimitRow{"engine", "ports/warehouse.h:kStoredRowGroup", "", kCount, 122'880, false, "rows of a commit of stored rows", "the rest comes next"},
      LimitRow{"engine", "engine/rows_keeper.h:bytes_max", "", kBytes, 64 * kMiB, false, "the same in bytes; 64 MiB or less where `server.memory` is below 1.1 GiB", "the rest comes next"},
      LimitRow{"engine", "engine/rows_keeper.h:wait_max", "", kMilliseconds, 500, false, "how long rows are held back for a larger commit", "it is made"},
      LimitRow{"engine", "engine/rows_keeper.h:many_wait_max", "", kMilliseconds, 1'000, false, "the same where 20,000 rows or more are held", "it is made"},
      LimitRow{"engine", "engine/ordered_reader.cc:kReadBytes", "", kBytes, 2 * kMiB, false, "what is read of a partition at a time", "the rest comes next"},
      LimitRow{"documents", "documents/reader_pool.h:kIdleReadersMax", "", kCount, 16, false, "idle connections kept", "closed"},
      LimitRow{"documents", "documents/json_reader.h:kDepthMax", "", kCount, 512, false, "nesting of a document", "a dead letter"},
      LimitRow{"documents", "sqlite/sqlite.cc:kBusyTimeoutMs", "", kMilliseconds, 5'000, false, "waiting for a lock of SQLite", "tried again"},
      LimitRow{"warehouse", "warehouse/query_runner.h:kIdleConnectionsMax", "", kCount, 8, false, "idle connections kept", "closed"},
      LimitRow{"other servers", "ports/outbound_http.h:answer_bytes_max", "", kBytes, 16 * kMiB, false, "an answer, as unpacked", "an error"},
      LimitRow{"other servers", "http_client/curl_http.h:kHeaderBytesMax", "", kBytes, 64 * kKiB, false, "the header of an answer", "an error"},
      LimitRow{"other servers", "ports/outbound_http.h:connect_timeout", "", kMilliseconds, 10'000, false, "finding and reaching a server", "tried again"},
      LimitRow{"other servers", "ports/outbound_http.h:redirects_max", "", kCount, 5, false, "redirects of a request", "an error"},
      LimitRow{"other servers", "ports/outbound_http.h:tries_max", "", kCount, 4, false, "tries of a request", "the last outcome counts"},
      LimitRow{"other servers", "http_client/retrying_http.h:kRetryDelayMax", "", kMilliseconds, 60'000, false, "from one try to the next, unless Retry-After says more", "no longer"},
      LimitRow{"other servers", "http_client/retrying_http.h:kRetryAfterMax", "", kMilliseconds, 300'000, false, "a Retry-After that is waited for", "no further try"},
      LimitRow{"lake", "lake/raw_file.h:kRawFileBytesMax", "", kBytes, kGiB, false, "a raw file, packed, that is read", "damage"},
      LimitRow{"lake", "lake/raw_file.cc:kLineBytesMax", "", kBytes, kGiB, false, "a line of a raw file", "damage"},
      LimitRow{"lake", "lake/raw_manifest.cc:kCutBytesMax", "", kBytes, 4 * kKiB, false, "the record of where a raw file ends", "damage"},
      LimitRow{"lake", "lake/raw_store.cc:kOpenFilesMax", "", kCount, 4, false, "raw files kept open between two reads, their packed bytes in memory", "the oldest is closed"},
      LimitRow{"lake", "lake/folder_object_store.cc:kBesideMax", "", kCount, 8, false, "files that crashes may leave beside one object", "written over"},
      LimitRow{"lake", "lake/column_type.cc:kDepthMax", "", kCount, 64, false, "nesting of a column's type", "the table is not written"},
      LimitRow{"lake", "lake/delta_log.cc:kActionsBytesMax", "", kBytes, kGiB, false, "a commit or a kept state of a Delta table", "an error"},
      LimitRow{"lake", "lake/parquet_files.cc:kMemoryBytesMax", "", kBytes, 256 * kMiB, false, "memory for looking into and merging Parquet files", "tried again"},
      LimitRow{"lake", "lake/parquet_files.cc:kStatBytesMax", "", kBytes, 64, false, "a text in the statistics of a file", "left out"},
      LimitRow{"lake", "lake/delta_table.cc:kSmallFilesMax", "", kCount, 16, false, "files below 16 MiB in a partition of a Delta table", "merged"},
      LimitRow{"lake", "lake/delta_table.cc:kConflictsMax", "", kCount, 5, false, "commits to a Delta table that others were faster with, in a row", "tried again later"},
      LimitRow{"sources", "sources/row_format.h:kRowBytesMax", "", kBytes, 16 * kMiB, false, "a row of a file", "a dead letter"},
      LimitRow{"sources", "sources/input_file.h:kHeadBytesMax", "", kBytes, 4 * kKiB, false, "of a file's beginning, by which it is known again", "not looked at"},
      LimitRow{"sources", "sources/parquet_item.cc:kParquetMemoryBytes", "", kBytes, 512 * kMiB, false, "memory for a Parquet file being read", "the source stops with the reason"},
      LimitRow{"sources", "sources/delta_source.cc:kDeltaMemoryBytes", "", kBytes, 512 * kMiB, false, "memory for a file of a Delta table being read", "the source stops with the reason"},
      LimitRow{"sources", "sources/delta_table.h:kDeltaFilesMax", "", kCount, 1'000'000, false, "files of a Delta table", "refused"},
      LimitRow{"sources", "sources/delta_table.h:kDeltaCommitBytesMax", "", kBytes, 256 * kMiB, false, "a commit in the log of a Delta table", "refused"},
      LimitRow{"sources", "sources/xml_reader.h:kXmlDepthMax", "", kCount, 256, false, "elements of an XML document within each other", "the file is read to there, with the reason"},
      LimitRow{"sources", "sources/xml_reader.h:kXmlRecordDepthMax", "", kCount, 60, false, "elements of an XML record within each other", "a dead letter"},
      LimitRow{"sources", "sources/xml_reader.h:kXmlNodesMax", "", kCount, 100'000, false, "elements and attributes of an XML record", "a dead letter"},
      LimitRow{"sources", "sources/generate_source.cc:kGenerateMemoryBytes", "", kBytes, 256 * kMiB, false, "memory for generated rows", "the source stops with the reason"},
      LimitRow{"sources", "sources/generate_source.cc:kRowsAtOnceMax", "", kCount, 8'192, false, "rows made at a time", "the rest comes next"},
      LimitRow{"sources", "sources/generate_source.cc:kRowsMax", "", kCount, int64_t{1} << 53, false, "rows of a `generate` source in all", "refused"},
      LimitRow{"sources", "config/spec_poll.h:tries_max", "", kCount, 4, false, "tries of a poll, unless `tries` says otherwise", "a dead letter"},
      LimitRow{"sources", "config/spec_poll.h:answer_bytes_max", "", kBytes, 16 * kMiB, false, "an answer to a poll, unless `answer_max` says otherwise", "a dead letter"},
      LimitRow{"sources", "config/spec_poll.h:pages_max", "", kCount, 1'000, false, "pages of one poll, unless `pages.max` says otherwise", "a dead letter, and the rest is not asked for"},
      LimitRow{"sources", "sources/poll_answer.h:kPollRecordsMax", "", kCount, 1'000'000, false, "records of an answer", "a dead letter"},
      LimitRow{"sources", "sources/poll_source.cc:kRowsPerDueMax", "", kCount, int64_t{1} << 30, false, "records of all answers to polls of one due time", "a dead letter"},
      LimitRow{"sources", "sources/poll_spool.h:kPollValidatorsMax", "", kCount, 10'000, false, "ETags remembered, of a source", "asked for whole"},
      LimitRow{"sources", "sources/poll_spool.cc:kSpoolFileBytesMax", "", kBytes, 4 * kGiB, false, "a spooled answer", "damage"},
      LimitRow{"sources", "databases/cursor_reader.cc:kSameValueBytesMax", "", kBytes, 64 * kMiB, false, "rows of a database with one value of the cursor", "the source stops with the reason"},
      LimitRow{"sources", "databases/database.h:kConnectSeconds", "", kCount, 5, false, "seconds to reach a database", "tried again later"},
      LimitRow{"sources", "databases/connect.h:kPeerSilenceSeconds", "", kCount, 60, false, "seconds that a database may be silent on the wire", "a new connection"},
      LimitRow{"sources", "databases/database_source.cc:kPauseMax", "", kMilliseconds, 60'000, false, "between attempts to reach a database", "tried again"},
      LimitRow{"sources", "engine/source_pump.cc:kBatchBytes", "", kBytes, kMiB, false, "what a source hands over at a time", "the rest comes next"},
      LimitRow{"pipeline file", "config/reading.h:kEntriesMax", "", kCount, 2'000, false, "streams, tables, views and the like, each", "refused"},
      LimitRow{"pipeline file", "config/reading.h:kNameBytesMax", "", kBytes, 100, false, "a name", "refused"},
      LimitRow{"pipeline file", "config/key_table.h:kPartitionsMax", "", kCount, 256, false, "partitions of a stream", "refused"},
      LimitRow{"pipeline file", "config/spec_dashboards.h:kTilesMax", "", kCount, 100, false, "tiles of a dashboard", "refused"},
      LimitRow{"pipeline file", "config/key_table.h:kGenerateRowsMax", "", kCount, int64_t{1} << 53, false, "rows of a `generate` source", "refused"},
      LimitRow{"pipeline file", "config/key_table.h:kPollEachMax", "", kCount, 10'000, false, "entries of `each`", "refused"},
      LimitRow{"pipeline file", "config/key_table.h:kPollPagesMax", "", kCount, 100'000, false, "`pages.max`", "refused"},
      LimitRow{"pipeline file", "config/key_table.h:kPollPageSizeMax", "", kCount, 1'000'000, false, "`pages.size`", "refused"},
      LimitRow{"pipeline file", "config/key_table.h:kPollTriesMax", "", kCount, 20, false, "`tries` of a poll", "refused"},
      LimitRow{"pipeline file", "config/read_poll.h:kPollTimeoutMax", "", kMilliseconds, 3'600'000, false, "`timeout` of a poll", "refused"},
      LimitRow{"pipeline file", "config/read_poll.h:kPollAnswerBytesMax", "", kBytes, 256 * kMiB, false, "`answer_max` of a poll", "refused"},
      LimitRow{"pipeline file", "config/read_streams.cc:kFieldsMax", "", kCount, 2'000, false, "fields of a schema", "refused"},
      LimitRow{"pipeline file", "config/sql_check.cc:kSqlBytesMax", "", kBytes, 256 * kKiB, false, "an SQL text", "refused"},
      LimitRow{"pipeline file", "config/sql_check.cc:kViewUsesMax", "", kCount, 500, false, "uses of views within views", "refused"},
      LimitRow{"pipeline file", "config/read_lake.cc:kRollBytesMax", "", kBytes, 512 * kMiB, false, "`roll_size` of the lake", "refused"},
      LimitRow{"pipeline file", "config/read_lake.cc:kCommitBytesMax", "", kBytes, 4 * kGiB, false, "`commit_size` of the lake", "refused"},
      LimitRow{"pipeline file", "config/read_lake.cc:kAfterMsMax", "", kMilliseconds, 86'400'000, false, "`roll_after` and `commit_after` of the lake", "refused"},
      LimitRow{"lake", "lake/delta_table.h:merge_from_bytes", "", kBytes, 8 * kMiB, false, "a partition of a table in the lake that is replaced whole when it has changed", "only the files whose rows have changed"},
      LimitRow{"lake", "lake/delta_table.h:file_bytes", "", kBytes, 64 * kMiB, false, "about, a file of a table in the lake", "cut into several"},
      LimitRow{"pipeline file", "config/secret_values.cc:kValueBytesMax", "", kBytes, 4 * kKiB, false, "a value from outside the file that is hidden in addresses", "shown"},
      LimitRow{"pipeline file", "config/routes.cc:kPathBytesMax", "", kBytes, 200, false, "a route", "refused"},
      LimitRow{"pipeline file", "config/substitution.cc:kFileBytesMax", "", kBytes, kMiB, false, "a `${file:...}`", "refused"},
      LimitRow{"pipeline file", "config/substitution.cc:kReplacedBytesMax", "", kBytes, 16 * kMiB, false, "all texts together, once replaced", "refused"},
      LimitRow{"pipeline file", "config/yaml.h:bytes_max", "", kBytes, 10 * kMiB, false, "the file", "refused"},
      LimitRow{"pipeline file", "config/yaml.h:depth_max", "", kCount, 64, false, "nesting of the file", "refused"},
      LimitRow{"pipeline file", "config/yaml.h:nodes_max", "", kCount, 250'000, false, "values in the file, aliases counted as what they stand for", "refused"},
      LimitRow{"pipeline file", "config/yaml.cc:kOpenBracketsMax", "", kCount, 10'000, false, "open brackets", "refused"},
      LimitRow{"pipeline file", "config/key_table.h:kCrashAfterMax", "", kCount, 1'000'000, false, "`crash_after` of a test", "refused"},
      LimitRow{"schedules", "schedule/schedule.h:kEveryMax", "", kMilliseconds, int64_t{366} * 24 * 3'600'000, false, "a period of `every`", "refused"},
      LimitRow{"schedules", "schedule/cron.h:kCronBytesMax", "", kBytes, 1'000, false, "a line of `cron`", "refused"},
      LimitRow{"schedules", "schedule/catch_up.h:kCatchUpMax", "", kCount, 1'000, false, "due times that are made up for at once", "the older ones are missed"},
      LimitRow{"schedules", "schedule/template.h:kTemplateBytesMax", "", kBytes, kMiB, false, "a text with times and names to fill in", "refused"},
      LimitRow{"jobs", "app/jobs.h:kJobsAtOnceMax", "", kCount, 4, false, "jobs that run at a time", "the others wait"},
      LimitRow{"jobs", "engine/job_desk.h:kRunsWaitingMax", "", kCount, 1'000, false, "runs of a job that wait", "skipped, and recorded so; asked for by hand: 507"},
      LimitRow{"jobs", "engine/job_desk.h:kBackfillRunsMax", "", kCount, 10'000, false, "due times that backfills of a job wait for", "507; of one alone: 400"},
      LimitRow{"jobs", "engine/job_desk.h:kInterruptionsMax", "", kCount, 3, false, "times that a run is taken up again after the server ended during it", "it fails"},
      LimitRow{"jobs", "engine/job_desk_runs.cc:kTellTriesMax", "", kCount, 8, false, "attempts to tell of a failed run", "recorded in its log"},
      LimitRow{"jobs", "engine/job_steps.cc:kRowsCountedMax", "", kCount, 1'000, false, "rows of an alert or a message that are counted", "counted no further"},
      LimitRow{"jobs", "engine/alert_desk.cc:kAlertQueryTimeout", "", kMilliseconds, 30'000, false, "a look at an alert", "it keeps its state, and says so"},
      LimitRow{"jobs", "engine/run_relation.cc:kRunsReadMax", "", kCount, 100'000, false, "rows of `tailrace.runs`", "the newest"},
      LimitRow{"jobs", "ports/run_store.h:kRunsKeptMax", "", kCount, 1'000, false, "runs of a job that are kept", "the oldest go, once they are over"},
      LimitRow{"jobs", "control/run_table.h:kRunLogLinesMax", "", kCount, 1'000, false, "lines of a run's log", "left out"},
      LimitRow{"jobs", "control/run_table.h:kRunLogLineBytesMax", "", kBytes, 4'096, false, "a line of it", "cut"},
      LimitRow{"jobs", "server/admin/job_routes.h:kRunsShownMax", "", kCount, 1'000, false, "`limit` of a job's runs", "400"},
      LimitRow{"jobs", "engine/alert_desk.h:kSilenceMax", "", kMilliseconds, int64_t{30} * 86'400'000, false, "how long an alert may be silenced", "400"},
      LimitRow{"jobs", "server/admin/job_routes.cc:kSilenceReasonBytesMax", "", kBytes, 1'000, false, "the reason of a silence", "400"},
      LimitRow{"jobs", "server/admin/job_routes.cc:kDueTimesShownMax", "", kCount, 50, false, "due times of a range that are named", "counted alone"},
      LimitRow{"jobs", "app/command_step.h:kCommandOutputMax", "", kBytes, 4'096, false, "what is kept of a program's output", "left out"},
      LimitRow{"jobs", "app/command_step.h:kCommandGrace", "", kMilliseconds, 3'000, false, "a program that is to end, from SIGTERM to SIGKILL", "killed with its process group"},
      LimitRow{"pipeline file", "config/sql_dashboards.cc:kUnknownColumnsMax", "", kCount, 20, false, "unknown columns of one SQL of a dashboard that are told at once", "the others at the next check"},
      LimitRow{"pipeline file", "config/read_jobs.cc:kHttpTimeoutMaxMs", "", kMilliseconds, 3'600'000, false, "`timeout` of an http step", "refused"},
      LimitRow{"pipeline file", "config/job_nodes.h:kJobTimeoutMaxMs", "", kMilliseconds, int64_t{7} * 86'400'000, false, "durations of jobs and alerts", "refused"},
      LimitRow{"pipeline file", "config/key_table.h:kRetriesMax", "", kCount, 100, false, "retries of a job", "refused"},
      LimitRow{"pipeline file", "config/key_table.h:kCatchUpRunsMax", "", kCount, 1'000, false, "due times that a job makes up for", "refused"},
      LimitRow{"pipeline file", "config/key_table.h:kVolumeMax", "", kCount, int64_t{1} << 53, false, "records that a `volume` names", "refused"},
      LimitRow{"pipeline file", "config/report.h:kDiagnosticsMax", "", kCount, 200, false, "mistakes that are told", "the rest is counted"},
      LimitRow{"commands", "app/http_client.h:kHeaderBytesMax", "", kBytes, 64 * kKiB, false, "the header of a server's answer", "an error"},
      LimitRow{"commands", "app/json_value.h:kJsonDepthMax", "", kCount, 256, false, "nesting of a server's answer", "an error"},
      LimitRow{"commands", "app/http_client.h:kBodyBytesMax", "", kBytes, kGiB, false, "a server's answer to a command", "an error"},
      LimitRow{"HTTP", "app/live_exports.h:kExportsMax", "", kCount, 2, false, "exports under way (`POST /export`)", "503"},
      LimitRow{"commands", "app/file_export.cc:kFoldersMax", "", kCount, 1'000, false, "folders of a partitioned export to CSV or JSONL", "refused"},
      LimitRow{"HTTP", "ports/row_message.h:kRowMessageRowsMax", "", kCount, int64_t{1} << 20, false, "rows that `load` sends at a time", "400"},
      LimitRow{"HTTP", "ports/row_message.h:kRowMessageNameBytesMax", "", kBytes, 8 * kKiB, false, "the path of a file that `load` reads", "400"},
      LimitRow{"HTTP", "engine/load_desk.h:kItemsMax", "", kCount, 64, false, "files that are loaded at a time", "503"},
      LimitRow{"commands", "app/server_load.cc:kAwayMax", "", kMilliseconds, 30'000, false, "how long `load` waits for a server that went away", "an error; again goes on"},
      LimitRow{"commands", "app/server_load.cc:kPostBytesMax", "", kBytes, kMiB, false, "what `load` posts to a server at a time", "the rest comes next"},
      LimitRow{"commands", "app/letter_door.cc:kRedriveTimeout", "", kCount, 1, false, "hours that `dlq redrive` may take without a server", "ends; again sends the rest"},
      LimitRow{"commands", "app/commands/dlq.cc:kLettersShownMax", "", kCount, 10'000, false, "letters that `dlq show` shows", "cut there"},
      LimitRow{"commands", "app/peers.h:kReachTimeout", "", kMilliseconds, 5'000, false, "`doctor` waits for a server that the file names", "told as out of reach"},
      LimitRow{"commands", "app/peers.cc:kReachedAtOnceMax", "", kCount, 32, false, "of them that it asks at a time", "the rest comes next"},
      LimitRow{"commands", "app/rebuild_report.h:kDifferencesMax", "", kCount, 1'000, false, "differences that `rebuild --diff` shows", "the rest is counted"},
      LimitRow{"commands", "app/query_door.cc:kRowsMax", "", kCount, 100'000, false, "rows of `sql` without a server", "cut there, and told"},
  };
  std::vector<LimitRow> rows;
  for (const Binding& binding : kBindings) {
    const config::LimitKey& key = *config::FindLimitKey(binding.setting);
    rows.push_back({binding.area, binding.code, key.name, key.unit, binding.get(limits), key.default_value == 0, key.help, key.beyond});
  }
  rows.insert(rows.end(), kFixed.begin(), kFixed.end());
  return rows;
}

std::vector<LimitRow> ByArea(const std::vector<LimitRow>& rows) {
  std::vector<std::string_view> areas;
  for (const LimitRow& row : rows) {
    if (std::find(areas.begin(), areas.end(), row.area) == areas.end()) areas.push_back(row.area);
  }
  std::vector<LimitRow> sorted;
  for (const std::string_view area : areas) {
    for (const LimitRow& row : rows) {
      if (row.area == area) sorted.push_back(row);
    }
  }
  return sorted;
}

std::string_view UnitText(config::LimitUnit unit) {
  switch (unit) {
    case config::LimitUnit::kCount:
      return "count";
    case config::LimitUnit::kBytes:
      return "bytes";
    case config::LimitUnit::kBytesPerSecond:
      return "bytes/s";
    case config::LimitUnit::kMilliseconds:
      return "time";
  }
  return "";
}

}  // namespace tailrace::app
