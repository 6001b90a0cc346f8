// Parts of a JSON value by JSON pointer (RFC 6901), and by pointers with `*`.
#include <algorithm>
#include <charconv>

#include "model/json_text.h"

namespace tailrace {
namespace {

// Index a step of a pointer names in a list: digits without leading zeros.
std::optional<size_t> ListIndex(std::string_view step) {
  if (step.empty() || (step.size() > 1 && step[0] == '0')) return std::nullopt;
  size_t index = 0;
  auto [end, error] = std::from_chars(step.data(), step.data() + step.size(), index);
  if (error != std::errc() || end != step.data() + step.size()) return std::nullopt;
  return index;
}

std::string UnescapePointerStep(std::string_view step) {
  std::string name;
  for (size_t i = 0; i < step.size(); ++i) {
    bool escaped = step[i] == '~' && i + 1 < step.size();
    name += escaped ? (step[++i] == '1' ? '/' : '~') : step[i];
  }
  return name;
}

// Steps into the container at token `*i`; false when it has no such part. The text is checked JSON.
bool StepInto(const JsonTokens& tokens, const std::string& name, size_t* i) {
  bool is_object = tokens.kind(*i) == '{';
  std::optional<size_t> index = ListIndex(name);
  if (!is_object && (tokens.kind(*i) != '[' || !index)) return false;
  size_t place = 0;
  for (++*i; tokens.kind(*i) != '}' && tokens.kind(*i) != ']'; ++place) {
    bool found = index == place;
    if (is_object) {
      std::string key;
      found = UnescapeJson(tokens.string_content(*i), &key) == JsonFault::kNone && key == name;
      *i += 2;
    }
    if (found) return true;
    if (SkipJsonValue(tokens, i, 0) != JsonFault::kNone) return false;
    if (tokens.kind(*i) == ',') ++*i;
  }
  return false;
}

std::string EscapedPointerStep(std::string_view step) {
  std::string escaped;
  for (char c : step) {
    if (c == '~')
      escaped += "~0";
    else if (c == '/')
      escaped += "~1";
    else
      escaped += c;
  }
  return escaped;
}

// Collects what a pattern names, part by part in the order of the text.
class PatternSearch {
 public:
  PatternSearch(const JsonTokens& tokens, std::string_view pattern, size_t count_max)
      : tokens_(tokens), steps_(JsonPatternSteps(pattern)), count_max_(count_max) {}

  // Looks below the value at token `i`, which `step` steps have led to.
  Status Below(size_t i, size_t step) {
    if (parts_.size() == count_max_) return {};
    if (step == steps_.size()) return Take(i);
    if (steps_[step] == "*") return Each(i, step);
    size_t at = i;
    if (!StepInto(tokens_, steps_[step], &at)) return Missing(i, step);
    path_.push_back(steps_[step]);
    Status outcome = Below(at, step + 1);
    path_.pop_back();
    return outcome;
  }

  std::vector<JsonPart> parts() && { return std::move(parts_); }

 private:
  Status Take(size_t i) {
    size_t end = i;
    if (SkipJsonValue(tokens_, &end, 0) != JsonFault::kNone) return Fault("no value");
    parts_.push_back({JsonSlice(tokens_, i, end), tokens_.offset(i), 0});
    return {};
  }

  Status Each(size_t i, size_t step) {
    bool is_object = tokens_.kind(i) == '{';
    if (!is_object && tokens_.kind(i) != '[') return Missing(i, step);
    ++starred_;
    size_t place = 0;
    for (++i; tokens_.kind(i) != '}' && tokens_.kind(i) != ']'; ++place) {
      std::string name = std::to_string(place);
      if (is_object) {
        name.clear();
        if (UnescapeJson(tokens_.string_content(i), &name) != JsonFault::kNone)
          return Fault("a name that cannot be read");
        i += 2;
      }
      path_.push_back(std::move(name));
      TR_RETURN_IF_ERROR(Below(i, step + 1));
      path_.pop_back();
      if (SkipJsonValue(tokens_, &i, 0) != JsonFault::kNone) return Fault("no value");
      if (tokens_.kind(i) == ',') ++i;
    }
    --starred_;
    return {};
  }

  // Where a container lacks a part, or null stands for it.
  Status Missing(size_t i, size_t step) const {
    bool is_container = tokens_.kind(i) == '{' || tokens_.kind(i) == '[';
    bool is_null = tokens_.token(i) == "null";
    if (!is_container && !is_null)
      return Fault(steps_[step] == "*" ? "neither a list nor an object"
                                       : "has no parts, and /" + steps_[step] + " is wanted");
    if (starred_ > 0) return {};
    if (is_null) return Fault("null, and parts of it are wanted");
    return Fault("has no part " + EscapedPointerStep(steps_[step]));
  }

  Status Fault(const std::string& reason) const {
    std::string pointer;
    for (const std::string& step : path_) pointer += "/" + EscapedPointerStep(step);
    return Fail(Error::Invalid((pointer.empty() ? "the value" : pointer) + ": " + reason));
  }

  const JsonTokens& tokens_;
  const std::vector<std::string> steps_;
  const size_t count_max_;
  int starred_ = 0;                // steps with `*` on the way here
  std::vector<std::string> path_;  // the way here
  std::vector<JsonPart> parts_;
};

}  // namespace

std::vector<std::string> JsonPatternSteps(std::string_view pattern) {
  std::vector<std::string> steps;
  while (!pattern.empty() && pattern.front() == '/') {
    size_t next = std::min(pattern.find('/', 1), pattern.size());
    steps.push_back(UnescapePointerStep(pattern.substr(1, next - 1)));
    pattern.remove_prefix(next);
  }
  return steps;
}

std::optional<std::string_view> JsonDocument::Find(std::string_view pointer) const {
  size_t begin = 0;
  while (!pointer.empty()) {
    if (pointer.front() != '/') return std::nullopt;
    size_t next = pointer.find('/', 1);
    std::string name = UnescapePointerStep(pointer.substr(1, next == std::string_view::npos ? next : next - 1));
    if (!StepInto(tokens_, name, &begin)) return std::nullopt;
    pointer = next == std::string_view::npos ? std::string_view() : pointer.substr(next);
  }
  size_t end = begin;
  if (SkipJsonValue(tokens_, &end, 0) != JsonFault::kNone) return std::nullopt;
  return JsonSlice(tokens_, begin, end);
}

Result<std::vector<JsonPart>> JsonDocument::FindAll(std::string_view pattern, size_t count_max) const {
  PatternSearch search(tokens_, pattern, count_max);
  TR_RETURN_IF_ERROR(search.Below(0, 0));
  return std::move(search).parts();
}

}  // namespace tailrace
