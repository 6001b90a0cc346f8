#include "ports/row_message.h"

#include <charconv>

namespace tailrace {
namespace {

constexpr std::string_view kFirstLine = "tailrace-rows 1\n";
constexpr std::string_view kAsJson = "=";

void AppendLine(std::initializer_list<int64_t> numbers, std::string* out) {
  for (const int64_t number : numbers) {
    char digits[24];
    out->append(digits, std::to_chars(digits, digits + sizeof digits, number).ptr);
    out->push_back(' ');
  }
  out->back() = '\n';
}

void AppendRow(const SourceRow& row, std::string* out) {
  const bool same = row.fault.empty() && row.raw == row.json;
  const std::string_view json = row.fault.empty() ? row.json : std::string_view();
  AppendLine({row.place, row.line, static_cast<int64_t>(json.size())}, out);
  out->back() = ' ';
  *out += same ? kAsJson : std::to_string(row.raw.size());
  *out += ' ';
  AppendLine({static_cast<int64_t>(row.fault.size())}, out);
  *out += json;
  if (!same) *out += row.raw;
  *out += row.fault;
  *out += '\n';
}

// Reads the message from its front.
class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  Result<int64_t> Number(char end) {
    int64_t number = 0;
    const char* const last = text_.data() + text_.size();
    const auto parsed = std::from_chars(text_.data(), last, number);
    if (parsed.ec != std::errc() || parsed.ptr == last || *parsed.ptr != end || number < 0) return Wrong("a number");
    Drop(static_cast<size_t>(parsed.ptr - text_.data()) + 1);
    return number;
  }

  Result<std::string_view> Text(int64_t bytes) {
    if (static_cast<size_t>(bytes) > text_.size()) return Wrong("a text of " + std::to_string(bytes) + " bytes");
    const std::string_view text = text_.substr(0, static_cast<size_t>(bytes));
    Drop(text.size());
    return text;
  }

  Result<std::string> Name(int64_t bytes) {
    if (bytes > static_cast<int64_t>(kRowMessageNameBytesMax)) return Wrong("a name that is no longer than it may be");
    TR_TRY(const std::string_view text, Text(bytes));
    return std::string(text);
  }

  // Whether the mark stands here; steps over it.
  bool Take(std::string_view mark) {
    const bool found = text_.starts_with(mark);
    if (found) Drop(mark.size());
    return found;
  }

  bool at_end() const { return text_.empty(); }

  tl::unexpected<Error> Wrong(const std::string& wanted) const {
    return Fail(Error::Invalid("rows as `load` sends them: at byte " + std::to_string(at_) + " should stand " + wanted));
  }

 private:
  void Drop(size_t bytes) {
    text_.remove_prefix(bytes);
    at_ += bytes;
  }

  std::string_view text_;
  size_t at_ = 0;
};

Result<SourceRow> ReadRow(Reader& reader) {
  SourceRow row;
  TR_TRY(row.place, reader.Number(' '));
  TR_TRY(row.line, reader.Number(' '));
  TR_TRY(const int64_t json, reader.Number(' '));
  int64_t raw = -1;
  if (!reader.Take("= ")) {
    TR_TRY(raw, reader.Number(' '));
  }
  TR_TRY(const int64_t fault, reader.Number('\n'));
  TR_TRY(row.json, reader.Text(json));
  row.raw = row.json;
  if (raw >= 0) {
    TR_TRY(row.raw, reader.Text(raw));
  }
  TR_TRY(row.fault, reader.Name(fault));
  if (!reader.Take("\n")) return reader.Wrong("the end of a row");
  if (row.fault.empty() == row.json.empty()) return reader.Wrong("a row that is either JSON or a fault, before this");
  return row;
}

}  // namespace

void AppendRowMessage(const RowMessage& message, std::string* out) {
  const SourceBatch& batch = message.batch;
  const auto size = [](const std::string& text) { return static_cast<int64_t>(text.size()); };
  *out += kFirstLine;
  AppendLine({message.start, batch.next, static_cast<int64_t>(batch.rows.size()), size(batch.item), size(batch.item_name),
              size(batch.detail), size(message.schema)},
             out);
  *out += batch.item + batch.item_name + batch.detail + message.schema + '\n';
  for (const SourceRow& row : batch.rows) AppendRow(row, out);
}

Result<RowMessage> ParseRowMessage(std::string_view text) {
  Reader reader(text);
  RowMessage message;
  SourceBatch& batch = message.batch;
  if (!reader.Take(kFirstLine)) return reader.Wrong("`tailrace-rows 1`");
  TR_TRY(message.start, reader.Number(' '));
  TR_TRY(batch.next, reader.Number(' '));
  TR_TRY(const int64_t rows, reader.Number(' '));
  TR_TRY(const int64_t item, reader.Number(' '));
  TR_TRY(const int64_t name, reader.Number(' '));
  TR_TRY(const int64_t detail, reader.Number(' '));
  TR_TRY(const int64_t schema, reader.Number('\n'));
  TR_TRY(batch.item, reader.Name(item));
  TR_TRY(batch.item_name, reader.Name(name));
  TR_TRY(batch.detail, reader.Name(detail));
  TR_TRY(message.schema, reader.Name(schema));
  if (!reader.Take("\n") || batch.item.empty()) return reader.Wrong("the name of an item, before this");
  if (rows < 1 || rows > static_cast<int64_t>(kRowMessageRowsMax)) return reader.Wrong("as many rows as there may be, before this");
  int64_t place = message.start;
  for (int64_t i = 0; i < rows; ++i) {
    TR_TRY(SourceRow row, ReadRow(reader));
    if (row.place < place || row.place >= batch.next) return reader.Wrong("a row whose place follows the one before, before this");
    place = row.place;
    batch.rows.push_back(std::move(row));
  }
  if (!reader.at_end()) return reader.Wrong("the end");
  return message;
}

}  // namespace tailrace
