// What may be written where: the form of the pipeline file as data. The parser's checks, the JSON Schema and the
// reference of keys in docs/pipeline-file.md are all made from it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "config/report.h"
#include "config/yaml.h"

namespace tailrace::config {

enum class ShapeKind {
  kAny,   // any value
  kText,  // any scalar but null, taken as text
  kInteger,
  kNumber,
  kBool,
  kChoice,  // one of a few words
  kObject,  // fixed keys
  kNames,   // names of the user's own, each with an `element`
  kList,    // of `element`
  kOneOf,   // the alternative that has the form of what is written
};

enum class Since { kNow, kLater };  // kLater: recognised and refused as not yet in this version

struct Shape;

struct Choice {
  std::string_view word;
  std::string_view help;
  Since since = Since::kNow;
  const Shape* object = nullptr;  // of a discriminator: the keys that come with this word
};

struct Key {
  std::string_view name;
  const Shape* shape = nullptr;
  std::string_view help;  // one line, for the schema and the reference
  bool required = false;
  std::string_view default_text = {};  // as it would be written
  Since since = Since::kNow;
  std::string_view later_help = {};  // why it is refused, when there is more to say
};

// Built once, lives as long as the program.
struct Shape {
  ShapeKind kind = ShapeKind::kAny;
  std::string_view definition;         // its name under $defs of the schema; for one that holds itself
  std::string_view expects;            // "a list of names"
  std::vector<Key> keys;               // kObject
  const Shape* others = nullptr;       // kObject: of keys that are not listed; nullptr: there are none
  bool others_later = false;           // kObject: keys that are not listed belong to a later version
  std::string_view discriminator;      // kObject: the key whose choice brings further keys
  bool nullable = false;               // nothing may be written
  const Shape* element = nullptr;      // kNames, kList
  bool names_are_identifiers = false;  // kNames
  size_t count_min = 0;                // kList, kNames
  size_t count_max = 0;                // kList: 0 is no limit
  std::vector<Choice> choices;         // kChoice
  int64_t min = 0;                     // kInteger
  int64_t max = 0;
  std::string_view pattern;                     // kText: a regular expression for the schema, and
  bool (*accepts)(std::string_view) = nullptr;  // the same as code; nullptr: any text
  bool or_integer = false;                      // kText: an integer without a unit may stand there too, from `min` on
  std::vector<const Shape*> alternatives;       // kOneOf: told apart by the form of the value
};

bool IsIdentifier(std::string_view name);
inline constexpr std::string_view kIdentifierPattern = "^[A-Za-z_][A-Za-z0-9_]*$";

// Tells every way in which `node` is not of this shape. Values that are not, and unknown keys, are marked broken.
void CheckShape(Node& node, const Shape& shape, Report& report);

// The keys that `node` may hold, with those that its discriminator brings; empty when that word is wrong.
std::vector<Key> KeysOf(const Shape& shape, const Node& node);

// "an integer from 1 to 256", "one of csv, json", ...
std::string Expectation(const Shape& shape);

}  // namespace tailrace::config
