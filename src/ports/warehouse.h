// The SQL store: stored rows of streams, tables kept incrementally, views; and the batch it takes them from.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/flow.h"
#include "model/ids.h"
#include "model/row_sink.h"
#include "model/schema.h"

namespace tailrace {

// Records [begin, end) of a batch.
struct RowRange {
  size_t begin = 0;
  size_t end = 0;
};

// Records of a batch that SQL is to try.
struct Trial {
  RowRange range;
  std::vector<size_t> excluded = {};  // ascending
  size_t rows_at_once = 0;            // it is handed so many at a time, if need be each many times over, so that what comes of it is nothing
                                      // but a verdict; 0: as many as it likes, each once
};

// Typed records of one stream in its order, in the store's own layout, built once and read by every materialisation.
// Threads: built by one thread; read by many once sealed by sharing it as const.
class StreamBatch {
 public:
  virtual ~StreamBatch() = default;
  // Fields by index of the schema; call Stamp after the row's fields and before CommitRow.
  virtual RowSink& rows() = 0;
  virtual void Stamp(PartitionId partition, Offset offset, Seq seq, int64_t ingested_at_ms, std::string_view record) = 0;
  virtual size_t row_count() const = 0;
  virtual size_t byte_count() const = 0;
};

enum class MaterializationKind { kStoredRows, kTable, kCollection };

struct StreamPlan {
  std::string name;
  Schema schema;
  int32_t partitions = 1;
  bool store = true;          // keep its rows, so that it can be queried by its name
  bool needs_record = false;  // some query reads `_record`
};

struct TablePlan {
  std::string name;
  std::string stream;
  std::string sql;                       // views inlined
  std::vector<std::string> unique;       // last record for a key wins
  std::string fingerprint;               // DefinitionText; a change that changes no answer is taken over
};

struct ViewPlan {
  std::string name;
  std::string sql;
};

// A collection over a stream: its SELECT runs over each batch. One over views is an ordinary query and not listed here.
struct ProjectionPlan {
  std::string name;
  std::string stream;
  std::string sql;
};

struct WarehousePlan {
  std::vector<StreamPlan> streams;
  std::vector<TablePlan> tables;
  std::vector<ViewPlan> views;  // in an order in which each reads only earlier ones
  std::vector<ProjectionPlan> projections;
};

struct MaterializationState {
  std::string name;           // of the table; of the stream for its stored rows
  std::string stream;
  MaterializationKind kind = MaterializationKind::kTable;
  Positions positions;        // consumed and committed
  bool changed = false;       // the stored definition is another one: must be rebuilt before it may consume
  Offset letters;             // the next entry of the stream's dead-letter log, from which records are sent again
  Flow flow;                  // of all it has consumed, committed with the positions
  int64_t commits = 0;        // that made it; each has the next number, from 1
  Positions counted_from = {};  // what it consumed below these was not counted, by a version that did not; empty: all was
  std::vector<std::string> reasons = {};  // why, for people
};

struct RowExclusion {
  std::string materialization;
  std::vector<size_t> rows;   // ascending
};

struct BatchPart {
  const StreamBatch* batch = nullptr;
  RowRange range;
};

struct WarehouseCommit {
  const StreamBatch* batch = nullptr;
  RowRange range;
  std::vector<BatchPart> further = {};   // kStoredRows: of the same stream, behind the range, in the same transaction
  MaterializationKind kind = MaterializationKind::kTable;  // kTable: `names` in one transaction; kStoredRows: in its own
  std::vector<std::string> names;
  std::vector<RowExclusion> exclusions;  // records of `batch` that a table's SQL cannot take
  Positions positions;                   // after this commit
  std::optional<Offset> letters = std::nullopt;  // the same of the dead-letter log; nullopt: as before
  int64_t read = 0;                      // records between the positions before and after: the range, and the undecodable
  int64_t undecodable = 0;               // of them, in no row of the batch but in the dead letters
  int64_t time_ms = 0;                   // wall clock, for the journal of commits
};

// A failed commit left nothing behind. `materialization` is set when the data that it was to take is to blame (kInvalid), and only then:
// memory, disk and interrupts are nobody's.
struct CommitError {
  Error error;
  std::string materialization;
};

// By name, in the order of WarehouseCommit::names: what became of all that it has consumed so far.
using CommitResult = tl::expected<std::vector<Flow>, CommitError>;

struct ProjectedDocument {
  std::optional<std::string> key;      // nullopt: filtered
  std::optional<std::string> document; // JSON; nullopt is JSON null
  std::vector<std::optional<std::string>> indexed;  // the remaining columns as text
  int64_t row = 0;                     // of the batch
};

struct ColumnInfo {
  std::string name;
  std::string type;  // DuckDB's spelling
};

struct QueryParameter {
  std::string name;
  std::string value;  // text; bound with `type`
  Type type;
  bool null = false;
};

struct Rollup;

struct QueryRequest {
  std::string sql;
  std::vector<QueryParameter> parameters;
  size_t rows_max = 0;            // 0: no limit
  int64_t now_micros = 0;         // what now() answers
  bool trusted = false;           // SQL of the pipeline file: not put through the gate again
  // Streams, tables and views that SQL which is not trusted may name, in lower case; what a view of them reads is its own affair.
  // Nullopt: all. kNotFound: it names another, or one that there is not.
  std::optional<std::set<std::string>> readable = std::nullopt;
  // Of this SQL, which is trusted: its groups are read instead, and the answer is as of their moment.
  std::shared_ptr<const Rollup> rollup = nullptr;
};

// By stream, what the answer holds.
struct AsOf {
  std::string stream;
  Positions positions;
};

// Takes a result row by row, as text ready for JSON or CSV. Returning false stops the query.
class ResultSink {
 public:
  virtual ~ResultSink() = default;
  virtual bool Begin(std::span<const ColumnInfo> columns) = 0;
  // One value per column: its JSON text (numbers with their digits, times RFC 3339, null).
  virtual bool Row(std::span<const std::string_view> json_values) = 0;
};

struct QuerySummary {
  size_t rows = 0;
  bool truncated = false;  // rows_max was reached
  std::vector<AsOf> as_of;
};

// Threads:    Evaluate, Commit(kTable), the shadows and Maintain on the engine's table thread; Commit(kStoredRows) on a second one; Project on a third;
//             NewBatch on the decoding thread; Query from any.
// Errors:     kInvalid = the data of some record (conversion, range, invalid input) or the SQL; kExhausted = memory or disk; kUnavailable = try again;
//             kCancelled = stopped; kNotFound = no such stream, table or collection; kConflict = built by another definition, to be rebuilt first.
// Durability: what Commit was told is on stable storage when it returns, rows and positions together.
class Warehouse {
 public:
  virtual ~Warehouse() = default;

  // Creates what is missing and tells where everything stands. Once, before all else.
  virtual Result<std::vector<MaterializationState>> Adopt(const WarehousePlan& plan) = 0;

  virtual Result<std::unique_ptr<StreamBatch>> NewBatch(std::string_view stream) = 0;

  // Rows, positions and counters in one. The store counts what its own SQL emits and filters, and the exclusions in the range.
  // Stored rows are kept in groups of so many: a commit of one or more whole groups is cheaper than any other.
  static constexpr size_t kStoredRowGroup = 122'880;
  virtual CommitResult Commit(const WarehouseCommit& commit) = 0;

  // Whether the table's SQL takes these records; keeps nothing. When it does not (kInvalid), `suspects`, unless null, are the records that
  // it was handed last: the fault is most often one of theirs, but may be of an earlier one, or of all together.
  virtual Status Evaluate(std::string_view table, const StreamBatch& batch, const Trial& trial, RowRange* suspects) = 0;

  // Documents in the order of their rows. kInvalid: some record of them cannot be taken; `suspects` as of Evaluate.
  virtual Result<std::vector<ProjectedDocument>> Project(std::string_view collection, const StreamBatch& batch, const Trial& trial,
                                                         RowRange* suspects) = 0;

  // One SELECT in one snapshot; `stop` ends it, a deadline too. Of what the sink has got before an error nothing is taken back.
  virtual Result<QuerySummary> Query(const QueryRequest& request, ResultSink& sink, std::stop_token stop) = 0;

  // Makes an empty shadow of `table` at position 0 (begin; one that is there is dropped), or puts a complete shadow in its place,
  // atomically (finish). A stream's name stands for its stored rows. A shadow that was not finished is gone after a restart.
  // Between the two, Commit and trusted queries take the shadow under the name `table` + kShadowSuffix.
  static constexpr std::string_view kShadowSuffix = "@shadow";
  virtual Status BeginShadow(std::string_view table) = 0;
  virtual Status FinishShadow(std::string_view table) = 0;

  // Compaction and checkpoint. `idle`: nothing is waiting to be committed.
  virtual Status Maintain(bool idle) = 0;
};

}  // namespace tailrace
