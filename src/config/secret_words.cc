#include "config/secret_words.h"

#include <algorithm>

namespace tailrace::config {
namespace {

constexpr std::string_view kHidden = "…";
// Shorter ones are in many messages by chance.
constexpr size_t kWordBytesMin = 6;
constexpr size_t kValueBytesMin = 4;
// A file's worth of words is a text that is read, not a password.
constexpr size_t kWordsMax = 1000;

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

std::string Lowered(std::string_view text) {
  std::string lowered(text);
  std::transform(lowered.begin(), lowered.end(), lowered.begin(), Lower);
  return lowered;
}

bool IsOfWord(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || static_cast<unsigned char>(c) >= 0x80;
}

bool IsSql(std::string_view lowered) {
  const size_t begin = lowered.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos) return false;
  lowered.remove_prefix(begin);
  return lowered.starts_with("select ") || lowered.starts_with("from ") || lowered.starts_with("with ") || lowered.starts_with("select\n");
}

}  // namespace

SecretWords::SecretWords(const Tree& tree, std::string_view file) {
  const std::string known = Lowered(file);
  for (const Node& node : tree.nodes) {
    for (const Replacement& replacement : node.replacements) {
      if (!replacement.secret) continue;
      const std::string value = Lowered(std::string_view(node.text).substr(replacement.begin, replacement.length));
      if (IsSql(value)) continue;
      if (value.size() >= kValueBytesMin) Add(value, known);
      for (size_t begin = 0; begin < value.size();) {
        size_t end = begin;
        while (end < value.size() && IsOfWord(value[end])) ++end;
        if (end - begin >= kWordBytesMin) Add(value.substr(begin, end - begin), known);
        begin = end + 1;
      }
    }
  }
  // What holds another comes first.
  std::stable_sort(words_.begin(), words_.end(), [](const auto& a, const auto& b) { return a.size() > b.size(); });
}

void SecretWords::Add(std::string word, std::string_view file) {
  const bool is_known = std::find(words_.begin(), words_.end(), word) != words_.end() || file.find(word) != std::string_view::npos;
  if (!is_known && words_.size() < kWordsMax) words_.push_back(std::move(word));
}

std::string SecretWords::Hide(std::string message) const {
  for (const std::string& word : words_) {
    for (size_t at = Lowered(message).find(word); at != std::string::npos; at = Lowered(message).find(word, at + kHidden.size())) {
      message.replace(at, word.size(), kHidden);
    }
  }
  return message;
}

}  // namespace tailrace::config
