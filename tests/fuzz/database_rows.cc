// Rows of a database that is read whole: what is handed out is JSON whatever the values are, and a reader that goes on from a noted position
// gives the rest and no other row; a position that is not what was noted, or a table that has changed, is refused.
//
// Bytes: the kinds of two columns, how many rows before the break, then the noted text up to byte 1E, then values, parted by byte 1F; the
// value "\N" is NULL.
#include <algorithm>
#include <string>
#include <vector>

#include "databases/row_reader.h"
#include "fuzz.h"
#include "model/json_text.h"

namespace tailrace::fuzz {
namespace {

constexpr size_t kInputBytesMax = 16 << 10;
constexpr size_t kColumns = 2;
constexpr size_t kKinds = 7;

using Rows = std::vector<std::vector<std::optional<std::string>>>;

class Table final : public Database {
 public:
  Table(std::vector<DatabaseColumn> columns, Rows rows) : columns_(std::move(columns)), rows_(std::move(rows)) {}
  Result<std::vector<DatabaseColumn>> Columns(const std::string&) override { return columns_; }
  Result<std::vector<std::string>> PrimaryKey(const std::string&) override { return std::vector<std::string>{"id"}; }
  Status Query(const std::string&) override {
    at_ = 0;
    return {};
  }
  Result<bool> Next() override { return at_++ < rows_.size(); }
  std::optional<std::string_view> Value(size_t column) override {
    const auto& value = rows_[at_ - 1][column];
    return value ? std::optional<std::string_view>(*value) : std::nullopt;
  }
  std::string QuoteName(std::string_view name) const override { return std::string(name); }
  std::string Expression(const DatabaseColumn& column) const override { return column.name; }
  std::string OrderExpression(const DatabaseColumn& column) const override { return column.name; }
  std::string TimeLiteral(std::string_view text) const override { return std::string(text); }
  void Abort() override {}

 private:
  const std::vector<DatabaseColumn> columns_;
  const Rows rows_;
  size_t at_ = 0;
};

DatabaseTable Spec() {
  DatabaseTable table;
  table.table = "orders";
  for (const char* name : {"id", "name"}) {
    Field field;
    field.name = name;
    field.type.kind = TypeKind::kString;
    table.schema.fields.push_back(std::move(field));
  }
  return table;
}

// Reads up to `count` rows from `point` on, or tells why not.
Result<std::vector<std::string>> Read(const std::vector<DatabaseColumn>& columns, const Rows& rows, const ResumePoint& point, size_t count,
                                      ResumePoint* after) {
  Table table(columns, rows);
  const auto reader = MakeWholeReader(Spec());
  TR_RETURN_IF_ERROR(reader->Resume(point));
  TR_RETURN_IF_ERROR(reader->Connected(table));
  std::vector<std::string> found;
  while (found.size() < count) {
    RowBatch batch;
    TR_TRY(const SourceBatch read, reader->Read(1, &batch, {}));
    for (const SourceRow& row : batch.Take()) found.emplace_back(row.json);
    *after = {read.next, read.detail};
    if (read.end) break;
  }
  return found;
}

}  // namespace

void Run(std::string_view input) {
  if (input.size() > kInputBytesMax) return;
  Choices choices(input);
  std::vector<DatabaseColumn> columns = {{"id", static_cast<ValueKind>(choices.Byte() % kKinds)}, {"name", static_cast<ValueKind>(choices.Byte() % kKinds)}};
  const size_t before = choices.Byte();
  std::string_view rest = choices.rest();
  const size_t end = std::min(rest.find('\x1e'), rest.size());
  const std::string noted(rest.substr(0, end));
  rest.remove_prefix(std::min(end + 1, rest.size()));
  Rows rows;
  while (!rest.empty()) {
    auto& row = rows.emplace_back();
    for (size_t i = 0; i < kColumns; ++i) {
      const size_t size = std::min(rest.find('\x1f'), rest.size());
      const std::string_view value = rest.substr(0, size);
      row.push_back(value == "\\N" ? std::nullopt : std::optional(std::string(value)));
      rest.remove_prefix(std::min(size + 1, rest.size()));
    }
  }
  ResumePoint after, end_point;
  const auto all = Read(columns, rows, {0, ""}, SIZE_MAX, &end_point);
  Require(all.has_value() && all->size() == rows.size(), "each row comes once");
  const auto first = Read(columns, rows, {0, ""}, before, &after);
  Require(first.has_value(), "the first rows come");
  const auto second = Read(columns, rows, after, SIZE_MAX, &end_point);
  Require(second.has_value(), "reading goes on where it was");
  std::vector<std::string> both = *first;
  both.insert(both.end(), second->begin(), second->end());
  Require(both == *all, "no row is left out and none comes twice");
  ResumePoint ignored;
  const auto strange = Read(columns, rows, {static_cast<int64_t>(before), noted}, SIZE_MAX, &ignored);
  if (!strange) {
    const ErrorCode code = strange.error().code();
    Require(code == ErrorCode::kCorruption || code == ErrorCode::kConflict, "a position that is not what was noted is refused");
  }
}

}  // namespace tailrace::fuzz
