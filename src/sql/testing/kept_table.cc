#include "sql/testing/kept_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "base/check.h"

namespace tailrace::sql {
namespace {

Type Of(TypeKind kind) {
  Type type;
  type.kind = kind;
  type.nullable = true;
  return type;
}

Type DecimalOf(uint8_t width, uint8_t scale) {
  Type type = Of(TypeKind::kDecimal);
  type.width = width;
  type.scale = scale;
  return type;
}

Type ListOf(const Type& element) {
  Type type = Of(TypeKind::kList);
  type.fields = {{"element", element}};
  return type;
}

void Must(const Status& status) {
  if (!status) fmt::print(stderr, "{}\n", status.error().message());
  TR_CHECK(status.has_value());
}

// A random number of one row, unlike that of other purposes.
std::string Random(uint64_t seed, int purpose) { return fmt::format("hash(r, {}::UBIGINT, {})", seed, purpose); }

std::string NullOften(uint64_t seed, int purpose, const std::string& expression) {
  return fmt::format("CASE WHEN {} % 5 = 0 THEN NULL ELSE {} END", Random(seed, purpose + 100), expression);
}

std::string RowsSql(uint64_t seed, int row_count, int batch_count) {
  auto random = [&](int purpose) { return Random(seed, purpose); };
  auto often_null = [&](int purpose, const std::string& expression) { return NullOften(seed, purpose, expression); };
  std::vector<std::string> columns = {
      often_null(1, "chr(97 + (" + random(1) + " % 4)::INTEGER)") + " AS k",
      "(" + random(2) + " % 3)::BIGINT AS g",
      often_null(3, "(" + random(3) + " % 11)::BIGINT - 5") + " AS q",
      often_null(4, "(" + random(4) + " >> 1)::BIGINT - 4611686018427387904::BIGINT") + " AS big",
      often_null(5, "((" + random(5) + " % 2000000)::BIGINT - 1000000)::DECIMAL(18,0) / 1000") + "::DECIMAL(12,3) AS m",
      often_null(6, "((" + random(6) + " >> 3)::HUGEINT - 1000000000)::DECIMAL(30,8)") + " AS wide",
      often_null(7, "((" + random(7) + " % 2000000)::DOUBLE - 1000000) / 997") + " AS d",
      often_null(8, "((" + random(8) + " % 2000)::DOUBLE - 1000) * pow(10, (" + random(9) + " % 60)::INTEGER - 30)") +
          " AS w",
      often_null(10, "substr('aäb☃cd', 1 + (" + random(10) + " % 4)::INTEGER, (" + random(11) + " % 4)::INTEGER)") +
          " AS s",
      often_null(12, "TIMESTAMP '2020-01-01' + INTERVAL 1 HOUR * (" + random(12) + " % 30)::INTEGER") + " AS t",
      often_null(13, random(13) + " % 2 = 0") + " AS b",
      often_null(14, "list_transform(range((" + random(14) + " % 4)::BIGINT), x -> ((" + random(15) +
                         " + x::UBIGINT * 7) % 9)::BIGINT)") +
          " AS l",
      often_null(16, "('{\"a\": ' || (" + random(16) + " % 5)::VARCHAR || '}')::JSON") + " AS j",
      "0::INTEGER AS _partition",
      "r AS _offset",
      "r + 1 AS _seq",
      "TIMESTAMP '2021-01-01' + INTERVAL 1 SECOND * r AS _ingested_at",
      "('{\"r\": ' || r || '}')::JSON AS _record",
      fmt::format("(hash(r // (1 + {} % 7), {}::UBIGINT) % {})::INTEGER AS batch", seed, seed, batch_count),
  };
  std::string text;
  for (const std::string& column : columns) text += (text.empty() ? "" : ", ") + column;
  return fmt::format("SELECT {} FROM (SELECT range AS r FROM range({})) ORDER BY r", text, row_count);
}

}  // namespace

Schema KeptTables::RowSchema() {
  Schema schema;
  schema.fields = {{"k", Of(TypeKind::kString)},    {"g", Of(TypeKind::kInt)},    {"q", Of(TypeKind::kInt)},
                   {"big", Of(TypeKind::kInt)},     {"m", DecimalOf(12, 3)},      {"wide", DecimalOf(30, 8)},
                   {"d", Of(TypeKind::kDouble)},    {"w", Of(TypeKind::kDouble)}, {"s", Of(TypeKind::kString)},
                   {"t", Of(TypeKind::kTimestamp)}, {"b", Of(TypeKind::kBool)},   {"l", ListOf(Of(TypeKind::kInt))},
                   {"j", Of(TypeKind::kJson)}};
  return schema;
}

KeptTables::KeptTables(uint64_t seed, int row_count) : random_(seed), batch_count_(1 + static_cast<int>(seed % 9)) {
  DatabaseOptions options;
  options.path = ":memory:";
  options.threads = 1;
  auto database = Database::Open(options);
  TR_CHECK(database.has_value());
  database_ = std::move(*database);
  connection_ = std::move(*database_->Connect());
  Must(connection_->Execute("CREATE TABLE all_rows AS " + RowsSql(seed, row_count, batch_count_)));
  Must(connection_->Execute("CREATE VIEW rows AS SELECT * EXCLUDE (batch, _record) FROM all_rows"));
  auto scratch = Scratch::Open();
  TR_CHECK(scratch.has_value());
  scratch_ = std::move(*scratch);
  Must(scratch_->AddStream("rows", RowSchema()));
}

KeptTables::~KeptTables() = default;

SqlResult<IncrementalPlan> KeptTables::Plan(std::string_view sql, const std::vector<std::string>& unique) {
  return PlanTable({"kept", std::string(sql), "rows", "batch of rows", unique}, *scratch_);
}

Status KeptTables::CreatePhysical(const IncrementalPlan& plan) {
  for (const Partial& partial : plan.partials) {
    std::string columns;
    for (const ResultColumn& column : partial.columns)
      columns += fmt::format("{}{} {}", columns.empty() ? "" : ", ", QuoteIdentifier(column.name),
                             column.type == "\"NULL\"" ? "INTEGER" : column.type);
    TR_RETURN_IF_ERROR(
        connection_->Execute(fmt::format("CREATE TABLE {} ({})", QuoteIdentifier(partial.physical_name), columns)));
  }
  return {};
}

Status KeptTables::Consume(const IncrementalPlan& plan, int batch) {
  TR_RETURN_IF_ERROR(connection_->Execute(fmt::format(
      "CREATE OR REPLACE TEMP VIEW \"batch of rows\" AS SELECT * EXCLUDE (batch) FROM all_rows WHERE batch = {}",
      batch)));
  for (const Partial& partial : plan.partials) {
    TR_RETURN_IF_ERROR(connection_->Execute(
        fmt::format("INSERT INTO {} {}", QuoteIdentifier(partial.physical_name), partial.select_sql)));
  }
  return {};
}

Status KeptTables::Compact(const Partial& partial) {
  if (partial.compact_sql.empty()) return {};
  const std::string name = QuoteIdentifier(partial.physical_name);
  TR_RETURN_IF_ERROR(connection_->Execute(fmt::format("CREATE TABLE folded AS {}", partial.compact_sql)));
  TR_RETURN_IF_ERROR(connection_->Execute("DROP TABLE " + name));
  return connection_->Execute("ALTER TABLE folded RENAME TO " + name);
}

void KeptTables::DropAll(const IncrementalPlan& plan) {
  for (const Partial& partial : plan.partials)
    (void)connection_->Execute("DROP TABLE IF EXISTS " + QuoteIdentifier(partial.physical_name));
}

Result<std::vector<std::string>> KeptTables::Kept(const IncrementalPlan& plan) {
  TR_RETURN_IF_ERROR(CreatePhysical(plan));
  std::vector<int> batches;
  for (int batch = 0; batch < batch_count_; ++batch) batches.push_back(batch);
  std::shuffle(batches.begin(), batches.end(), random_);
  for (const int batch : batches) {
    TR_RETURN_IF_ERROR(Consume(plan, batch));
    for (const Partial& partial : plan.partials)
      if (random_() % 3 == 0) TR_RETURN_IF_ERROR(Compact(partial));
  }
  TR_TRY(std::vector<std::string> rows, Rows(plan.view_sql));
  DropAll(plan);
  return rows;
}

Result<std::vector<std::string>> KeptTables::Direct(std::string_view sql) { return Rows(sql); }

Result<std::vector<std::string>> KeptTables::Rows(std::string_view sql) {
  TR_TRY(const TextResult result, connection_->Query(sql));
  std::vector<std::string> rows;
  for (const auto& values : result.rows) {
    std::string row;
    for (size_t i = 0; i < values.size(); ++i) {
      row += i > 0 ? "\t" : "";
      row += result.columns[i].type == "DOUBLE" && values[i] ? "~" + *values[i] : values[i].value_or("null");
    }
    rows.push_back(std::move(row));
  }
  std::sort(rows.begin(), rows.end());
  return rows;
}

namespace {

std::vector<std::string> Split(const std::string& row) {
  std::vector<std::string> values(1);
  for (char c : row) {
    if (c == '\t')
      values.emplace_back();
    else
      values.back() += c;
  }
  return values;
}

bool SameValue(const std::string& a, const std::string& b, double scale) {
  if (a == b) return true;
  if (a.empty() || b.empty() || a[0] != '~' || b[0] != '~') return false;
  const double x = std::strtod(a.c_str() + 1, nullptr);
  const double y = std::strtod(b.c_str() + 1, nullptr);
  return std::abs(x - y) <= 1e-12 * std::max({scale, std::abs(x), std::abs(y)});
}

bool SameRow(const std::string& a, const std::string& b, double scale) {
  const std::vector<std::string> x = Split(a);
  const std::vector<std::string> y = Split(b);
  if (x.size() != y.size()) return false;
  for (size_t i = 0; i < x.size(); ++i)
    if (!SameValue(x[i], y[i], scale)) return false;
  return true;
}

}  // namespace

std::string Difference(const std::vector<std::string>& kept, const std::vector<std::string>& direct, double scale) {
  if (kept.size() != direct.size()) return fmt::format("{} rows kept, {} direct", kept.size(), direct.size());
  // Doubles may differ in their last digits, so that the order of texts does not pair the rows.
  std::vector<bool> used(direct.size(), false);
  for (size_t i = 0; i < kept.size(); ++i) {
    size_t match = direct.size();
    if (!used[i] && SameRow(kept[i], direct[i], scale)) match = i;
    for (size_t j = 0; j < direct.size() && match == direct.size(); ++j)
      if (!used[j] && SameRow(kept[i], direct[j], scale)) match = j;
    if (match == direct.size()) return fmt::format("kept:   {}\ndirect: {}", kept[i], direct[i]);
    used[match] = true;
  }
  return "";
}

}  // namespace tailrace::sql
