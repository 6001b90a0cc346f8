// Records of XML documents: the same rows whether a document comes at once or in pieces, each of them JSON on one line that says of which
// bytes of the document it was made.
#include <algorithm>
#include <string>

#include "fuzz.h"
#include "model/json_text.h"
#include "sources/xml_reader.h"

namespace tailrace::fuzz {
namespace {

constexpr size_t kInputBytesMax = 8 << 10;
constexpr size_t kRowBytesMaxHere = 64;

Schema SomeSchema() {
  Schema schema;
  Type text;
  text.nullable = true;
  Type list;
  list.kind = TypeKind::kList;
  list.fields = {{"", text}};
  schema.fields = {{"a", text}, {"b", list}};
  return schema;
}

std::string All(std::string_view text, size_t step, size_t row_bytes_max, int64_t from) {
  XmlReader reader("/*/n", SomeSchema(), row_bytes_max, from);
  std::string seen;
  int64_t behind = 0;
  for (size_t at = 0;; at += step) {
    const Copy piece(text.substr(std::min(at, text.size()), step));
    XmlRows rows;
    const bool final = at + step >= text.size();
    const Status fed = reader.Feed(piece.text(), final, &rows);
    for (const SourceRow& row : rows.Take()) {
      Require(row.place >= from && row.place >= behind, "places ascend");
      behind = row.place + static_cast<int64_t>(row.raw.size());
      RequireSame(text.substr(static_cast<size_t>(row.place), row.raw.size()), row.raw, "a row's bytes are those at its place");
      Require(row.fault.empty() != row.json.empty(), "a row is JSON or a fault");
      if (row.fault.empty()) Require(!CheckJson(row.json) && row.json.find('\n') == std::string_view::npos, "a row is JSON on one line");
      seen += std::to_string(row.place) + ":" + std::to_string(row.line) + " " + (row.fault.empty() ? std::string(row.json) : row.fault) + "\n";
    }
    Require(reader.next() >= behind, "nothing that is given out lies behind where reading goes on");
    if (!fed || final) return seen + (fed ? "" : "ended\n");
  }
}

}  // namespace

void Run(std::string_view input) {
  if (input.size() > kInputBytesMax) return;
  Choices choices(input);
  const size_t step = choices.Byte() % 16 + 1;
  const size_t row_bytes_max = step % 4 == 0 ? kRowBytesMaxHere : size_t{1} << 20;
  const auto from = static_cast<int64_t>(step % 3 == 0 ? choices.Byte() : 0);
  const std::string_view text = choices.rest();
  const std::string whole = All(text, text.size() + 1, row_bytes_max, from);
  // A tag that is longer than a row is refused as soon as it is seen to be, which depends on the pieces.
  if (row_bytes_max > kInputBytesMax) RequireSame(whole, All(text, step, row_bytes_max, from), "the pieces in which a document comes change nothing");
  else All(text, step, row_bytes_max, from);
}

}  // namespace tailrace::fuzz
