#include "config/order_hints.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "config/sql_fault.h"
#include "config/sql_words.h"

namespace tailrace::config {
namespace {

constexpr std::array<std::string_view, 9> kHangOnOrder = {"first", "last", "any_value", "arbitrary", "list", "array_agg", "string_agg", "group_concat", "listagg"};

// A stream of several partitions that a source reads batches into; null: it has none, or a door alone.
const StreamSpec* SpreadStream(const Pipeline& pipeline, std::string_view name) {
  const auto stream = std::find_if(pipeline.streams.begin(), pipeline.streams.end(), [&](const StreamSpec& one) { return one.name == name; });
  if (stream == pipeline.streams.end() || stream->partitions == 1) return nullptr;
  const bool is_read_into = std::any_of(pipeline.sources.begin(), pipeline.sources.end(), [&](const SourceSpec& source) {
    if (std::holds_alternative<HttpSourceSpec>(source.kind) || std::holds_alternative<GenerateSourceSpec>(source.kind)) return false;
    return std::any_of(source.into.begin(), source.into.end(), [&](const Target& target) { return target.stream == name; });
  });
  return is_read_into ? &*stream : nullptr;
}

bool Names(const std::vector<SqlWord>& words, std::string_view column) {
  return std::any_of(words.begin(), words.end(), [&](const SqlWord& word) { return word.depth == 0 && !word.called && Folded(word.text) == Folded(column); });
}

// Whether a comma outside brackets stands between the word and the next. One in a text is taken for one: then a hint too many is given.
bool EndsAnExpression(std::string_view sql, const SqlWord& word, const SqlWord& next) {
  int depth = word.depth;
  for (const char c : sql.substr(word.position, next.position - word.position)) {
    if (c == '(' || c == '[' || c == '{') ++depth;
    if (c == ')' || c == ']' || c == '}') --depth;
    if (c == ',' && depth == 0) return true;
  }
  return false;
}

// Whether what `column` is made of in the SELECT, "expression AS column", names `key`.
bool IsMadeOf(std::string_view sql, std::string_view column, std::string_view key) {
  if (Folded(column) == Folded(key)) return true;
  const std::vector<SqlWord> words = SqlWords(sql);
  for (size_t i = 0; i < words.size(); ++i) {
    if (words[i].depth != 0 || !words[i].is_label || Folded(words[i].text) != Folded(column)) continue;
    for (size_t at = i; at-- > 0 && !EndsAnExpression(sql, words[at], words[at + 1]);) {
      if (Folded(words[at].text) == Folded(key)) return true;
    }
  }
  return false;
}

std::string Hint(const StreamSpec& stream, const std::string& what) {
  const std::string way_out = stream.key.empty() ? "give the stream a key and put it there, or partitions: 1"
                                                 : "put the stream's key " + Quoted(stream.key) + " there, or give it partitions: 1";
  return what + " hangs on the order of rows in several of the " + std::to_string(stream.partitions) + " partitions of " + Quoted(stream.name) +
         ", which for rows of one file, page or query is not fixed after a crash: " + way_out;
}

void WarnOfTable(const TableSpec& table, Reading& reading) {
  const StreamSpec* stream = SpreadStream(reading.pipeline, table.stream);
  if (stream == nullptr) return;
  const SqlPlace place(reading, "tables." + table.name);
  if (!table.unique.empty()) {
    const bool holds_key = !stream->key.empty() && std::any_of(table.unique.begin(), table.unique.end(), [&](const std::string& column) {
      return IsMadeOf(table.sql.text, column, stream->key);
    });
    if (!holds_key) place.Warn(0, Hint(*stream, "which row of a `unique` is the last"), reading);
    return;
  }
  const std::vector<SqlWord> words = SqlWords(table.sql.text);
  const bool groups_by_key = !stream->key.empty() && Names(words, stream->key) && std::any_of(words.begin(), words.end(), [](const SqlWord& word) { return IsKeyword(word, "group"); });
  if (groups_by_key) return;
  for (const SqlWord& word : words) {
    const bool hangs = word.called && !word.quoted && std::find(kHangOnOrder.begin(), kHangOnOrder.end(), Folded(word.text)) != kHangOnOrder.end();
    if (hangs) return place.Warn(word.position, Hint(*stream, Folded(word.text) + "()"), reading);
  }
}

void WarnOfCollection(const CollectionSpec& collection, Reading& reading) {
  const StreamSpec* stream = SpreadStream(reading.pipeline, collection.stream);
  if (stream == nullptr) return;
  if (!stream->key.empty() && IsMadeOf(collection.sql.text, "key", stream->key)) return;
  SqlPlace(reading, "collections." + collection.name).Warn(0, Hint(*stream, "what is merged last into a document"), reading);
}

}  // namespace

void WarnOfOrder(Reading& reading) {
  for (const TableSpec& table : reading.pipeline.tables) WarnOfTable(table, reading);
  for (const CollectionSpec& collection : reading.pipeline.collections) WarnOfCollection(collection, reading);
}

}  // namespace tailrace::config
