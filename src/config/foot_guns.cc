#include "config/foot_guns.h"

#include <algorithm>
#include <array>

#include "config/sql_words.h"
#include "sql/function_list.h"

namespace tailrace::config {
namespace {

constexpr int32_t kPartitionsWithoutRemark = 16;

constexpr std::array<std::string_view, 9> kKeepEveryValue = {
    "list", "array_agg", "string_agg", "group_concat", "listagg", "median", "quantile_cont", "quantile_disc", "mode"};
constexpr std::array<std::string_view, 4> kDifferForEachRecord = {"_seq", "_offset", "_record", "_ingested_at"};
constexpr std::array<std::string_view, 12> kMoneyWords = {"price", "amount", "cost",    "revenue", "total", "salary",
                                                          "fare",  "money",  "balance", "fee",     "tax",   "payment"};
constexpr std::array<std::string_view, 10> kAcrossRows = {"group",  "having", "distinct", "order",     "limit",
                                                          "offset", "union",  "except",   "intersect", "over"};

template <typename Words>
bool Contains(const Words& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

bool EndsWithMoneyWord(std::string_view name) {
  const std::string folded = Folded(name);
  return std::any_of(kMoneyWords.begin(), kMoneyWords.end(), [&](std::string_view word) {
    return folded.ends_with(word) || folded.starts_with(std::string(word) + "_");
  });
}

void WarnOfMoney(const Node& type, const std::string& name, Reading& reading) {
  if (type.kind == NodeKind::kMapping) {
    for (const Entry& entry : type.entries) WarnOfMoney(*entry.value, entry.key->text, reading);
  } else if (type.kind == NodeKind::kSequence) {
    for (const Node* item : type.items) WarnOfMoney(*item, name, reading);
  } else if ((type.text == "double" || type.text == "double?") && EndsWithMoneyWord(name)) {
    reading.report.Warning(type.begin,
                           Quoted(name) + " looks like money, and sums of doubles are not exact: decimal(12,2)?");
  }
}

bool IsAggregate(const SqlWord& word) {
  if (!word.called || word.quoted || word.parameter) return false;
  const auto kind = sql::KindOfFunction(word.text);
  return kind == sql::FunctionKind::kAggregate || kind == sql::FunctionKind::kAggregatingMacro ||
         kind == sql::FunctionKind::kWindow;
}

}  // namespace

void WarnOfTable(const TableSpec& table, const SqlPlace& place, Reading& reading) {
  const std::vector<SqlWord> words = SqlWords(table.sql.text);
  const bool groups =
      std::any_of(words.begin(), words.end(), [](const SqlWord& word) { return IsKeyword(word, "group"); });
  for (const SqlWord& word : words) {
    const std::string folded = Folded(word.text);
    if (word.called && !word.quoted && Contains(kKeepEveryValue, folded)) {
      place.Warn(word.position, folded + "() keeps every value of a group: this table grows with the stream", reading);
    }
    if (groups && word.depth == 0 && !word.is_label && Contains(kDifferForEachRecord, folded)) {
      place.Warn(word.position, Quoted(word.text) + " makes a group for each record: this table grows with the stream",
                 reading);
    }
  }
}

void WarnOfStreams(const Node& root, Reading& reading) {
  const Node* streams = Find(root, "streams");
  if (streams == nullptr) return;
  for (const Entry& entry : streams->entries) {
    if (const Node* schema = Find(*entry.value, "schema")) WarnOfMoney(*schema, "", reading);
    const Node* partitions = Find(*entry.value, "partitions");
    if (partitions != nullptr && IntegerOr(*entry.value, "partitions", 1) > kPartitionsWithoutRemark) {
      reading.report.Warning(partitions->begin, "each partition has its own files and fsyncs: more than " +
                                                    std::to_string(kPartitionsWithoutRemark) +
                                                    " seldom help one machine");
    }
  }
}

std::optional<std::string> FirstWordAcrossRows(std::string_view sql) {
  for (const SqlWord& word : SqlWords(sql)) {
    const bool keyword =
        std::any_of(kAcrossRows.begin(), kAcrossRows.end(), [&](std::string_view k) { return IsKeyword(word, k); });
    if (keyword || IsAggregate(word)) return word.text;
  }
  return std::nullopt;
}

}  // namespace tailrace::config
