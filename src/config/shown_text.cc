#include "config/shown_text.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <set>
#include <utility>
#include <vector>

#include "config/report.h"
#include "config/source_text.h"
#include "config/yaml.h"

namespace tailrace::config {
namespace {

constexpr std::string_view kHidden = "…";
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

std::string Lowered(std::string_view text) {
  std::string lowered;
  for (const char c : text) {
    if (c >= 'A' && c <= 'Z') lowered += static_cast<char>(c + 'a' - 'A');
    else if (c != '-' && c != '_') lowered += c;
  }
  return lowered;
}

// `api_key`, `X-Api-Key`, `Authorization`, `client_secret` ... but not `token_url`, `key` or `keys`.
bool NamesSecret(std::string_view key) {
  constexpr std::array<std::string_view, 13> kParts = {"password", "passwd",    "passphrase", "secret",     "bearer", "authorization", "cookie",
                                                       "apikey",   "accesskey", "credential", "privatekey", "sigkey", "signature"};
  const std::string name = Lowered(key);
  const auto is_in = [&](std::string_view part) { return name.find(part) != std::string::npos; };
  return std::any_of(kParts.begin(), kParts.end(), is_in) || name.ends_with("token");
}

// What is left of a text without its ${...}, of which those with a default stay.
std::string WithoutSubstitutions(std::string_view text) {
  std::string rest;
  for (size_t at = 0; at < text.size();) {
    const size_t open = text.find("${", at);
    const size_t close = open == std::string_view::npos ? open : text.find('}', open);
    if (close == std::string_view::npos) return rest + std::string(text.substr(at));
    rest += text.substr(at, open - at);
    const std::string_view inner = text.substr(open, close + 1 - open);
    const size_t mark = inner.find(":-");
    if (mark != std::string_view::npos && mark + 3 < inner.size()) rest += inner;
    at = close + 1;
  }
  return rest;
}

// Whether something of the text is a secret itself, and not only its name.
bool HoldsLiteral(std::string_view text) {
  std::string rest = Lowered(WithoutSubstitutions(text));
  for (const std::string_view scheme : {"bearer ", "basic ", "token "}) {
    if (rest.starts_with(scheme)) rest.erase(0, scheme.size());
  }
  return rest.find_first_not_of(" \t\r\n") != std::string::npos;
}

class Hider {
 public:
  explicit Hider(std::string_view file) : file_(file) {}

  void Look(const Node& node, std::string_view key, bool is_secret, int depth) {
    if (depth == 0 || !looked_.emplace(&node, is_secret).second) return;
    if (node.kind == NodeKind::kScalar) {
      if (is_secret && HoldsLiteral(node.text)) return Hide(node.begin, node.end);
      return LookIntoAddress(node);
    }
    for (const Node* item : node.items) Look(*item, key, is_secret, depth - 1);
    const bool is_auth = key == "auth";
    const Node* type = node.Value("type");
    const bool is_webhook = type != nullptr && type->text == "webhook";
    for (const Entry& entry : node.entries) {
      const std::string& name = entry.key->text;
      const bool hides = NamesSecret(name) || (is_auth && name == "value") || (is_webhook && name == "url");
      Look(*entry.value, name, is_secret || hides, depth - 1);
    }
  }

  // A line that somebody has taken out, `# password: hunter2`: what follows the key. A `#` within a text is taken for one too, which hides more.
  void LookIntoComments() {
    for (size_t mark = file_.find('#'); mark != std::string_view::npos; mark = file_.find('#', mark + 1)) {
      if (mark > 0 && !IsBlank(file_[mark - 1])) continue;
      const size_t end = std::min(file_.find('\n', mark), file_.size());
      for (size_t colon = file_.find(": ", mark); colon < end; colon = file_.find(": ", colon + 1)) {
        size_t name = colon;
        while (name > mark && (std::isalnum(static_cast<unsigned char>(file_[name - 1])) != 0 || file_[name - 1] == '_' || file_[name - 1] == '-')) --name;
        const size_t value = std::min(file_.find_first_not_of(" \t", colon + 1), end);
        if (NamesSecret(file_.substr(name, colon - name)) && HoldsLiteral(file_.substr(value, end - value))) Hide(value, end);
      }
    }
  }

  ShownText Shown() {
    std::sort(places_.begin(), places_.end());
    ShownText shown;
    size_t at = 0;
    for (const auto& [begin, end] : places_) {
      if (begin < at) continue;
      shown.text += file_.substr(at, begin - at);
      shown.text += kHidden;
      at = end;
      ++shown.hidden;
    }
    shown.text += file_.substr(at);
    return shown;
  }

 private:
  static bool IsBlank(char c) { return c == ' ' || c == '\t' || c == '\n'; }

  void Hide(size_t begin, size_t end) {
    if (begin < end && end <= file_.size()) places_.emplace_back(begin, end);
  }

  // scheme://user:PASSWORD@host, ?api_key=SECRET&...
  void LookIntoAddress(const Node& node) {
    if (node.end > file_.size() || node.begin >= node.end) return;
    const std::string_view written = file_.substr(node.begin, node.end - node.begin);
    for (size_t scheme = written.find("://"); scheme != std::string_view::npos; scheme = written.find("://", scheme + 3)) {
      const size_t host = scheme + 3;
      const size_t end = std::min(written.find_first_of("/?# \n\"'", host), written.size());
      const size_t at = written.substr(0, end).rfind('@');
      const size_t colon = written.find(':', host);
      if (at == std::string_view::npos || at < host || colon > at) continue;
      if (HoldsLiteral(written.substr(colon + 1, at - colon - 1))) Hide(node.begin + colon + 1, node.begin + at);
    }
    for (size_t mark = written.find_first_of("?&"); mark != std::string_view::npos; mark = written.find_first_of("?&", mark + 1)) {
      const size_t equals = written.find_first_of("=&# \n", mark + 1);
      if (equals == std::string_view::npos || written[equals] != '=' || !NamesSecret(written.substr(mark + 1, equals - mark - 1))) continue;
      const size_t end = std::min(written.find_first_of("&# \n\"'", equals), written.size());
      if (HoldsLiteral(written.substr(equals + 1, end - equals - 1))) Hide(node.begin + equals + 1, node.begin + end);
    }
  }

  const std::string_view file_;
  std::vector<std::pair<size_t, size_t>> places_;
  std::set<std::pair<const Node*, bool>> looked_;  // an alias is the node that it names
};

}  // namespace

ShownText ShownTextOf(std::string_view text) {
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  const SourceText source{std::string(text)};
  Report report(source, "");
  const Tree tree = ParseYaml(source, YamlLimits{}, report);
  if (tree.root == nullptr || report.has_errors()) return {};
  Hider hider(source.text());
  hider.Look(*tree.root, "", false, static_cast<int>(YamlLimits{}.depth_max) + 1);
  hider.LookIntoComments();
  return hider.Shown();
}

}  // namespace tailrace::config
