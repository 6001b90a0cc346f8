#include "sources/poll_template.h"

#include <algorithm>
#include <cctype>

#include "model/json_text.h"
#include "model/json_tokens.h"

namespace tailrace {
namespace {

// The name in a text that is `{name}`; empty when it is something else.
std::string OnlyName(std::string_view text) {
  if (text.size() < 3 || text.front() != '{' || text.back() != '}') return "";
  const std::string_view name = text.substr(1, text.size() - 2);
  const bool plain = std::all_of(name.begin(), name.end(), [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; });
  return plain && name != "due" ? std::string(name) : "";
}

}  // namespace

Result<JsonTemplate> JsonTemplate::Parse(std::string_view json) {
  if (const auto broken = CheckJson(json)) return Fail(Error::Invalid(broken->reason));
  JsonTokens tokens;
  if (!tokens.Index(json)) return Fail(Error::Invalid("not JSON"));
  JsonTemplate made;
  size_t copied = 0;  // of `json`
  for (size_t i = 0; i < tokens.size(); ++i) {
    if (tokens.kind(i) != '"' || tokens.kind(i + 1) == ':') continue;
    std::string text;
    if (UnescapeJson(tokens.string_content(i), &text) != JsonFault::kNone) return Fail(Error::Invalid("not JSON"));
    if (text.find_first_of("{}") == std::string::npos) continue;
    made.pieces_.emplace_back(std::string(json.substr(copied, tokens.offset(i) - copied)));
    copied = tokens.offset(i) + tokens.token(i).size();
    if (std::string name = OnlyName(text); !name.empty()) {
      made.pieces_.emplace_back(Value{std::move(name)});
      continue;
    }
    TR_TRY(auto filled, schedule::Template::Parse(text));
    made.pieces_.emplace_back(std::move(filled));
  }
  made.pieces_.emplace_back(std::string(json.substr(copied)));
  return made;
}

Result<std::string> JsonTemplate::Render(const PollValues& values) const {
  std::string out;
  for (const Piece& piece : pieces_) {
    if (const auto* plain = std::get_if<std::string>(&piece)) {
      out += *plain;
    } else if (const auto* text = std::get_if<schedule::Template>(&piece)) {
      TR_TRY(const std::string filled, text->Render(values.texts));
      AppendJsonString(filled, &out);
    } else {
      const std::string& name = std::get<Value>(piece).name;
      const auto found = values.json.find(name);
      if (found == values.json.end()) return Fail(Error::Invalid("there is no value " + name));
      out += found->second;
    }
  }
  return out;
}

}  // namespace tailrace
