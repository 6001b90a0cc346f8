// The SELECT of a `generate` source: over the row number alone, with the columns that its stream wants.
#include <algorithm>

#include "config/nearest.h"
#include "config/sql_checker.h"
#include "config/sql_words.h"
#include "sql/function_list.h"
#include "sql/gate.h"

namespace tailrace::config {
namespace {

// The row number stands beside the SELECT, so that it needs no FROM.
constexpr std::string_view kBefore = "SELECT made.* FROM (SELECT 0::BIGINT AS i) AS row_number, LATERAL (\n";
constexpr std::string_view kAfter = "\n) AS made";

bool SameName(std::string_view a, std::string_view b) { return Folded(a) == Folded(b); }

// now(), random() and the like, and those that SQL writes without brackets.
bool Changes(const SqlWord& word) {
  if (word.quoted || word.parameter || word.is_label) return false;
  const std::string name = Folded(word.text);
  if (!word.called && !name.starts_with("current_") && !name.starts_with("localtime")) return false;
  const auto kind = sql::KindOfFunction(name);
  return !word.called || kind == sql::FunctionKind::kVolatile || kind == sql::FunctionKind::kNow;
}

}  // namespace

// What the stream would refuse of every row.
void SqlCheck::CheckGeneratedFields(const StreamSpec& stream, const Columns& columns, const SqlPlace& place) {
  std::vector<std::string> fields;
  for (const Field& field : stream.schema.fields) fields.push_back(field.name);
  for (const sql::ResultColumn& column : columns) {
    const bool known = std::find(fields.begin(), fields.end(), column.name) != fields.end();
    if (known || stream.schema.unknown_fields != UnknownFields::kReject) continue;
    place.Tell(
        0,
        "the stream " + Quoted(stream.name) + " has no field " + Quoted(column.name) + Suggestion(column.name, fields),
        reading_);
  }
  for (const Field& field : stream.schema.fields) {
    const bool made = std::any_of(columns.begin(), columns.end(),
                                  [&](const sql::ResultColumn& c) { return SameName(c.name, field.name); });
    if (made || field.type.nullable) continue;
    place.Tell(
        0, "the stream " + Quoted(stream.name) + " wants a column " + Quoted(field.name) + ", " + TypeText(field.type),
        reading_);
  }
}

void SqlCheck::CheckGenerate(const SourceSpec& source, const GenerateSourceSpec& generate) {
  if (generate.sql.empty()) return;
  const SqlPlace place(reading_, "sources." + source.name);
  const auto select = sql::Select::Parse(generate.sql);
  if (!select) return place.Tell(select.error(), reading_);
  for (const sql::RelationRef& ref : select->Relations()) {
    return place.Tell(ref.position,
                      "a generate source reads nothing but the row number i, and this reads " + Quoted(ref.name),
                      reading_);
  }
  if (const auto refused = sql::RefuseUserSelect(*select, [](std::string_view) { return false; }))
    return place.Tell(*refused, reading_);
  for (const SqlWord& word : SqlWords(generate.sql)) {
    if (!Changes(word)) continue;
    return place.Tell(
        word.position,
        Quoted(word.text) +
            " changes from call to call, and a generate source must give the same rows again after a restart",
        reading_);
  }
  auto columns = scratch_->Describe(std::string(kBefore) + generate.sql + std::string(kAfter));
  if (!columns) {
    sql::SqlError error = columns.error();
    if (error.position) error.position = std::max(*error.position, kBefore.size()) - kBefore.size();
    return place.Tell(error, reading_);
  }
  if (source.into.size() != 1 || !source.into[0].pointer.empty()) return;
  const Relation* relation = reading_.catalog.Find(source.into[0].stream);
  const StreamSpec* stream = Stream(source.into[0].stream);
  if (stream != nullptr && relation != nullptr && !relation->broken) CheckGeneratedFields(*stream, *columns, place);
}

}  // namespace tailrace::config
