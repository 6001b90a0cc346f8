// JSON whose strings hold `{name}` and `{due...}`.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"
#include "schedule/template.h"

namespace tailrace {

// What one request is about.
struct PollValues {
  schedule::TemplateValues texts;                    // with the time `due`
  std::map<std::string, std::string, std::less<>> json;  // the same values as JSON
};

// A string that is one `{name}` and nothing else becomes the value as it is, so that numbers stay numbers; names of
// members stay as they are. Threads: a value.
class JsonTemplate {
 public:
  // kInvalid: not JSON, or what is wrong with the template of a string.
  static Result<JsonTemplate> Parse(std::string_view json);
  Result<std::string> Render(const PollValues& values) const;

 private:
  struct Value {
    std::string name;
  };
  // JSON as it stands, a string to fill in, or a value.
  using Piece = std::variant<std::string, schedule::Template, Value>;
  std::vector<Piece> pieces_;
};

}  // namespace tailrace
