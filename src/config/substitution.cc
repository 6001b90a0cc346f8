#include "config/substitution.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>

#include "base/result.h"
#include "base/utf8.h"
#include "config/scalar_origin.h"

namespace tailrace::config {
namespace {

constexpr size_t kFileBytesMax = size_t{1} << 20;
constexpr size_t kReplacedBytesMax = size_t{16} << 20;  // in all texts together
constexpr std::string_view kOpen = "${";
constexpr std::string_view kLiteralOpen = "$${";
constexpr std::string_view kFilePrefix = "file:";
constexpr std::string_view kDefaultMark = ":-";

bool IsVariableName(std::string_view name) {
  if (name.empty() || (name[0] >= '0' && name[0] <= '9')) return false;
  return std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  });
}

Result<std::string> ReadSecretFile(const std::filesystem::path& path) {
  std::error_code code;
  if (!std::filesystem::is_regular_file(path, code)) return Fail(Error::NotFound("no such file"));
  if (std::filesystem::file_size(path, code) > kFileBytesMax || code)
    return Fail(Error::Invalid("the file is larger than 1 MB"));
  std::ifstream file(path, std::ios::binary);
  if (!file) return Fail(Error::Unavailable("the file cannot be read"));
  std::string text((std::istreambuf_iterator<char>(file)), {});
  if (text.ends_with('\n')) text.pop_back();
  if (text.ends_with('\r')) text.pop_back();
  return text;
}

class Substituter {
 public:
  Substituter(const SubstitutionSources& sources, Report& report) : sources_(sources), report_(report) {}
  void Replace(Node& node);

 private:
  struct Value {
    std::string text;
    bool secret;
  };

  Result<Value> ValueOf(std::string_view inner) const;
  Result<Value> FromOutside(std::string value) const;

  const SubstitutionSources& sources_;
  Report& report_;
  size_t replaced_bytes_ = 0;
};

Result<Substituter::Value> Substituter::FromOutside(std::string value) const {
  if (FirstNonUtf8(value) || value.find('\0') != std::string::npos)
    return Fail(Error::Invalid("its value is not UTF-8 text"));
  return Value{std::move(value), true};
}

// `inner` is what stands between the braces. Errors say what is wrong with it, without its value.
Result<Substituter::Value> Substituter::ValueOf(std::string_view inner) const {
  if (inner.starts_with(kFilePrefix)) {
    if (!sources_.look_outside) return Fail(Error::Unavailable("not looked at"));
    const std::filesystem::path path(std::string(inner.substr(kFilePrefix.size())));
    TR_TRY(std::string text, ReadSecretFile(std::filesystem::path(sources_.folder) / path));
    return FromOutside(std::move(text));
  }
  const size_t mark = inner.find(kDefaultMark);
  const std::string_view name = inner.substr(0, mark);
  if (!IsVariableName(name))
    return Fail(Error::Invalid("not the name of a variable (\"$${\" stands for a literal \"${\")"));
  std::optional<std::string> value;
  if (sources_.look_outside && sources_.options.environment) value = sources_.options.environment(name);
  const bool take_default = mark != std::string_view::npos && (!value || value->empty());
  if (take_default) return Value{std::string(inner.substr(mark + kDefaultMark.size())), false};
  if (!value && !sources_.look_outside) return Fail(Error::Unavailable("not looked at"));
  if (!value) {
    return Fail(Error::NotFound("not set in the environment (\"${" + std::string(name) + ":-x}\" gives it a default)"));
  }
  return FromOutside(std::move(*value));
}

void Substituter::Replace(Node& node) {
  if (node.text.find(kOpen) == std::string::npos) return;
  const std::string written = node.text;
  std::string text;
  std::vector<Replacement> replacements;
  const auto refuse = [&](size_t at, const std::string& message) {
    report_.Error(ScalarOrigin(node, report_.source()).WrittenFileOffset(at), message);
    node.broken = true;
  };
  size_t at = 0;
  while (at < written.size()) {
    const size_t open = written.find(kOpen, at);
    if (open == std::string::npos) break;
    text.append(written, at, open - at);
    if (open > at && written[open - 1] == '$') {
      text.pop_back();
      replacements.push_back({text.size(), kOpen.size(), open - 1, kLiteralOpen.size(), false});
      text += kOpen;
      at = open + kOpen.size();
      continue;
    }
    const size_t close = written.find('}', open);
    if (close == std::string::npos) return refuse(open, "\"${\" without its \"}\"");
    const std::string_view inner = std::string_view(written).substr(open + kOpen.size(), close - open - kOpen.size());
    if (inner.find(kOpen) != std::string_view::npos) return refuse(open, "\"${...}\" does not nest");
    auto value = ValueOf(inner);
    if (!value && value.error().code() == ErrorCode::kUnavailable && !sources_.look_outside) {
      node.broken = true;
      return;
    }
    if (!value) {
      refuse(open, "${" + std::string(inner.substr(0, inner.find(kDefaultMark))) + "}: " + value.error().message());
      value = Value{};
    }
    replaced_bytes_ += value->text.size();
    if (replaced_bytes_ > kReplacedBytesMax) return refuse(open, "the values of ${...} make more than 16 MB");
    replacements.push_back({text.size(), value->text.size(), open, close + 1 - open, value->secret});
    text += value->text;
    at = close + 1;
  }
  text.append(written, at, std::string::npos);
  node.text = std::move(text);
  node.written = written;
  node.replacements = std::move(replacements);
}

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

}  // namespace

void Substitute(const Tree& tree, const SubstitutionSources& sources, Report& report) {
  Substituter substituter(sources, report);
  for (Node* node : ReachableNodes(tree)) {
    if (node->kind == NodeKind::kScalar && !node->is_key && !node->broken) substituter.Replace(*node);
  }
}

std::string WithoutValues(std::string message, const Node& node) {
  for (const Replacement& replacement : node.replacements) {
    if (replacement.length == 0 || !replacement.secret) continue;
    const std::string_view value = std::string_view(node.text).substr(replacement.begin, replacement.length);
    const std::string_view written =
        std::string_view(node.written).substr(replacement.written_begin, replacement.written_length);
    const auto same = [](char a, char b) { return Lower(a) == Lower(b); };
    for (size_t from = 0; from < message.size();) {
      const auto start = message.begin() + static_cast<std::ptrdiff_t>(from);
      const auto found = std::search(start, message.end(), value.begin(), value.end(), same);
      if (found == message.end()) break;
      const auto at = static_cast<size_t>(found - message.begin());
      message.replace(at, value.size(), written);
      from = at + written.size();
    }
  }
  return message;
}

}  // namespace tailrace::config
