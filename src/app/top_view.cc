#include "app/top_view.h"

#include <fmt/format.h>

#include <utility>

#include "app/console.h"
#include "app/table_text.h"

namespace tailrace::app {
namespace {

JsonValue Text(std::string_view text) {
  JsonValue cell;
  cell.kind = JsonValue::Kind::kString;
  cell.text = text;
  return cell;
}

JsonValue Digits(std::string digits) {
  JsonValue cell;
  cell.kind = JsonValue::Kind::kNumber;
  cell.text = std::move(digits);
  return cell;
}

JsonValue Count(int64_t count) { return Digits(Grouped(count)); }

const std::vector<JsonValue>& ItemsOf(const JsonValue& status, std::string_view name) {
  static const std::vector<JsonValue> kNone;
  const JsonValue* list = status.Find(name);
  return list == nullptr ? kNone : list->items;
}

QueryAnswer Columns(std::initializer_list<std::string_view> names) {
  QueryAnswer table;
  for (const std::string_view name : names) table.columns.push_back({std::string(name), ""});
  return table;
}

}  // namespace

JsonValue TopView::Rate(const std::string& name, int64_t now, double seconds) {
  seeing_[name] = now;
  const auto before = seen_.find(name);
  if (before == seen_.end() || seconds <= 0) return {};
  return Count(static_cast<int64_t>(static_cast<double>(now - before->second) / seconds + 0.5));
}

std::string TopView::Streams(const JsonValue& status, double seconds, size_t width_max) {
  QueryAnswer table = Columns({"stream", "records", "per second"});
  for (const JsonValue& stream : ItemsOf(status, "streams")) {
    const std::string name(stream.TextOf("name"));
    int64_t end = 0;
    for (const JsonValue& partition : ItemsOf(stream, "ends")) end += partition.Int();
    table.rows.push_back({Text(name), Count(stream.IntOf("records")), Rate("stream " + name, end, seconds)});
  }
  return AlignedTable(table, width_max);
}

std::string TopView::Kept(const JsonValue& status, double seconds, size_t width_max) {
  QueryAnswer table = Columns({"kept", "kind", "from", "per second", "behind", "seconds", "refused", "state"});
  for (const JsonValue& kept : ItemsOf(status, "materializations")) {
    const std::string name(kept.TextOf("name"));
    const std::string_view kind = kept.TextOf("kind");
    int64_t position = 0;
    for (const JsonValue& partition : ItemsOf(kept, "positions")) position += partition.Int();
    const std::string_view trouble = kept.TextOf("trouble");
    table.rows.push_back({Text(name), Text(kind), Text(kept.TextOf("stream")),
                          Rate(fmt::format("{} {}", kind, name), position, seconds), Count(kept.IntOf("lag")),
                          Digits(std::string(kept.TextOf("lag_seconds"))), Count(kept.IntOf("rejected")),
                          Text(trouble.empty() ? "ok" : trouble)});
  }
  return AlignedTable(table, width_max);
}

std::string TopView::Show(const JsonValue& status, std::chrono::steady_clock::time_point at, size_t width_max) {
  const double seconds = seen_.empty() ? 0 : std::chrono::duration<double>(at - before_).count();
  seeing_.clear();
  std::string text = Streams(status, seconds, width_max);
  text += "\n" + Kept(status, seconds, width_max);
  seen_ = std::exchange(seeing_, {});
  before_ = at;
  return text;
}

}  // namespace tailrace::app
