// A batch of rows as bytes: how a process that reads rows sends them to another one that takes them (docs/http.md, POST
// /streams/{stream}/load).
//
//   tailrace-rows 1\n
//   START NEXT ROWS ITEM NAME DETAIL SCHEMA\n    the last four: how long each of the texts is
//   item, name, detail, schema\n                 one behind the other
//   PLACE LINE JSON RAW FAULT\n                  each row: how long its texts are; RAW is = where it is the JSON itself
//   json, raw, fault\n
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "ports/source.h"

namespace tailrace {

struct RowMessage {
  SourceBatch batch;   // its end, item_done and trouble do not travel
  int64_t start = 0;   // place at which the batch begins
  std::string schema;  // fingerprint of what the rows were read by
};

inline constexpr std::string_view kRowMessageType = "application/vnd.tailrace.rows";
inline constexpr size_t kRowMessageRowsMax = size_t{1} << 20;
inline constexpr size_t kRowMessageNameBytesMax = 8 << 10;  // each of item, name, detail and schema

void AppendRowMessage(const RowMessage& message, std::string* out);

// The rows view `text`, which must be followed by RecordDecoder::kPadding readable bytes. kInvalid: it is no such message: places that
// do not ascend within the batch, a row that is neither JSON nor a fault, more rows than there may be.
Result<RowMessage> ParseRowMessage(std::string_view text);

}  // namespace tailrace
