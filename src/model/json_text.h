// JSON as text: written, cut into its parts, and checked, without a tree of values.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/json_tokens.h"

namespace tailrace {

// Appends `text` (UTF-8) as a JSON string with its quotes.
void AppendJsonString(std::string_view text, std::string* out);

// Appends the same without the quotes.
void AppendJsonEscaped(std::string_view text, std::string* out);

// Turns line breaks outside strings into spaces, in place, so that a record is one line. Those inside strings stay:
// they are not JSON, and must not become it.
void ReplaceLineBreaks(char* json, size_t size);

// Where and why a text is not one JSON value.
struct JsonError {
  size_t byte = 0;
  std::string reason;   // "a string that does not end"
};

// Nullopt when `text` is one JSON value. Escaped NULs, lone surrogates and depth beyond kJsonDepthMax are errors too.
std::optional<JsonError> CheckJson(std::string_view text);

// A part of a larger text.
struct JsonPart {
  std::string_view text;
  size_t byte = 0;     // where it begins
  int64_t line = 0;    // from 1; 0 when not counted
};

// How far a scan for the end of one value got.
enum class JsonScan { kValue, kIncomplete, kBroken };

// Finds the end of the value that begins at `text[at]`, by its brackets and quotes alone: what is inside is not
// checked.
// `*end` is behind it. kIncomplete: `text` ends first (a number or word that touches the end counts as incomplete).
JsonScan ScanJsonValue(std::string_view text, size_t at, size_t* end);

// The elements of a JSON array, by brackets and quotes alone; each is to be checked by whoever decodes it. kInvalid,
// with the byte: no array, or it does not end, or something follows it. After `count_max` elements it looks no further.
Result<std::vector<JsonPart>> SplitJsonArray(std::string_view text, size_t count_max = SIZE_MAX);

// The lines of NDJSON without their ends, the first `count_max`; blank ones are left out.
std::vector<JsonPart> SplitLines(std::string_view text, size_t count_max = SIZE_MAX);

// The steps of a JSON pointer that may hold `*`, unescaped. (A field by the name `*` cannot be asked for.)
std::vector<std::string> JsonPatternSteps(std::string_view pattern);

// One JSON value whose parts can be looked up by JSON pointer (RFC 6901).
// Threads: one. Ownership: views the text given to Parse.
class JsonDocument {
 public:
  // Nullopt when all of `text` is one JSON value.
  std::optional<JsonError> Parse(std::string_view text);

  // Raw text of the part, "" for the whole. Nullopt when there is none. Of a repeated field the first.
  std::optional<std::string_view> Find(std::string_view pointer) const;

  // The parts that a pattern names, in the order of the text, the first `count_max`. A pattern is a JSON pointer in
  // which a step `*` stands for each element of a list or each value of an object: /trips/tripOption/*. kInvalid, with
  // the pointer: a part before the first `*` is missing or null, or a `*` or a further step meets a scalar. Behind a `*`
  // a missing or null part is no part and no fault.
  Result<std::vector<JsonPart>> FindAll(std::string_view pattern, size_t count_max = SIZE_MAX) const;

 private:
  JsonTokens tokens_;
};

}  // namespace tailrace
