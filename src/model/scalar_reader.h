// One scalar type, compiled: from a JSON token, or from a text that holds such a value, to the typed value.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "model/json_tokens.h"
#include "model/row_sink.h"
#include "model/schema.h"
#include "model/time_format.h"

namespace tailrace {

enum class ReadOutcome { kOk, kWrongValue, kNul, kSurrogate, kDepth, kSyntax };

ReadOutcome OutcomeOf(JsonFault fault);

// Threads: one. Ownership: borrows the type, which must outlive this.
class ScalarReader {
 public:
  // The type's format is one that ParseScalarType took.
  explicit ScalarReader(const Type& type);

  // Reads token `i`, which is neither null nor a bracket (json aside, which the decoder walks over itself). Without a
  // sink the value is only checked.
  ReadOutcome Read(const JsonTokens& tokens, size_t i, ValueSink* sink);

  // Reads a text that is not JSON, as a CSV field or a query parameter is.
  bool ReadText(std::string_view text, ValueSink* sink) const { return ReadLiteral(text, true, sink); }

 private:
  // `quoted`: it stood in quotes, so the looser grammar of texts holds.
  bool ReadLiteral(std::string_view text, bool quoted, ValueSink* sink) const;
  bool ReadInt(std::string_view text, bool quoted, ValueSink* sink) const;
  bool ReadDouble(std::string_view text, bool quoted, ValueSink* sink) const;
  bool ReadDecimal(std::string_view text, bool quoted, ValueSink* sink) const;
  bool ReadBool(std::string_view text, bool quoted, ValueSink* sink) const;
  bool ReadDate(std::string_view text, ValueSink* sink) const;
  bool ReadTimestamp(std::string_view text, ValueSink* sink) const;
  bool ReadEpoch(std::string_view text, bool quoted, ValueSink* sink) const;

  const Type& type_;
  std::optional<TimeFormat> format_;
  std::string unescaped_;
};

}  // namespace tailrace
