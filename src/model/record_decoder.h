// Checks one record against a schema and hands out its typed values, in one pass over its JSON text.
// The same code decides at the door, in file sources, in bulk loads and at every replay.
//
// What a type takes, beside what its name says:
//   int                 17850.0 and 1.2e3, but not 17850.5
//   decimal             any digits that the scale holds; 2.50 is 2.5
//   timestamp(s|ms|us)  a number, with a fraction down to a microsecond
//   scalars but string  also a string whose whole text is such a value, because rows of CSV are texts; there numbers may
//   and json            have leading zeros and a plus, and booleans are true, false (in any letter case), 1, 0
//   json                any value
// A repeated field is a fault, at every level but inside json. Unknown fields of a nested struct are a fault under
// kReject, else dropped (`_record` still has them).
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <tl/expected.hpp>

#include "base/result.h"
#include "model/fault.h"
#include "model/row_sink.h"
#include "model/schema.h"

namespace tailrace {

// Threads: one thread at a time; make one per thread (Clone is cheap).
class RecordDecoder {
 public:
  // Bytes that must be readable after a record's text.
  static constexpr size_t kPadding = 64;

  // `key` names the field whose canonical text decides the partition; empty for none. kInvalid: no such field, or its
  // type is json or nested.
  static Result<RecordDecoder> Compile(const Schema& schema, std::string_view key);

  RecordDecoder(RecordDecoder&&) noexcept;
  RecordDecoder& operator=(RecordDecoder&&) noexcept;
  ~RecordDecoder();

  RecordDecoder Clone() const;

  // `json` is one JSON object, followed by at least kPadding readable bytes. With a null `row` the record is only
  // checked; else a row is begun and filled, for the caller to commit. On a fault the row has been abandoned.
  tl::expected<void, Fault> Decode(std::string_view json, RowSink* row);

  // Canonical text of the last decoded record's key (as Kafka's string keys); nullopt when null or no key is set.
  // Valid until the next Decode.
  std::optional<std::string_view> key() const;

 private:
  struct Impl;
  explicit RecordDecoder(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace tailrace
