#include "config/sql_words.h"

#include "config/catalog.h"

namespace tailrace::config {
namespace {

bool IsWordStart(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (static_cast<unsigned char>(c) & 0x80) != 0;
}
bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsWordPart(char c) { return IsWordStart(c) || IsDigit(c); }
bool IsSpace(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

class Scanner {
 public:
  explicit Scanner(std::string_view sql) : sql_(sql) {}
  std::vector<SqlWord> Scan();

 private:
  bool At(std::string_view text) const { return sql_.substr(at_, text.size()) == text; }
  void SkipLineComment() { at_ = std::min(sql_.find('\n', at_), sql_.size()); }
  void SkipBlockComment();
  std::string TakeQuoted(char quote, bool backslash);
  void TakeDollar();
  void TakeWord();
  void Add(std::string text, size_t position, bool quoted, bool parameter);

  std::string_view sql_;
  size_t at_ = 0;
  int depth_ = 0;
  char last_ = ' ';  // last character that is no space
  std::vector<SqlWord> words_;
};

void Scanner::SkipBlockComment() {
  int open = 0;
  do {
    if (At("/*")) {
      ++open;
      at_ += 2;
    } else if (At("*/")) {
      --open;
      at_ += 2;
    } else {
      ++at_;
    }
  } while (open > 0 && at_ < sql_.size());
}

// A doubled quote stands for itself.
std::string Scanner::TakeQuoted(char quote, bool backslash) {
  std::string text;
  for (++at_; at_ < sql_.size(); ++at_) {
    if (backslash && sql_[at_] == '\\') {
      ++at_;
    } else if (sql_[at_] == quote) {
      if (at_ + 1 >= sql_.size() || sql_[at_ + 1] != quote) break;
      ++at_;
    }
    if (at_ < sql_.size()) text += sql_[at_];
  }
  at_ = std::min(at_ + 1, sql_.size());
  return text;
}

void Scanner::Add(std::string text, size_t position, bool quoted, bool parameter) {
  SqlWord word{std::move(text), position, depth_, quoted, parameter, false, false};
  word.is_label = last_ == '.' || (!words_.empty() && IsKeyword(words_.back(), "as") && last_ == 's');
  size_t next = at_;
  while (next < sql_.size() && IsSpace(sql_[next])) ++next;
  word.called = next < sql_.size() && sql_[next] == '(';
  words_.push_back(std::move(word));
}

// $name, $1, or a text between $tag$ and $tag$.
void Scanner::TakeDollar() {
  const size_t start = at_++;
  while (at_ < sql_.size() && IsWordPart(sql_[at_])) ++at_;
  const std::string_view tag = sql_.substr(start, at_ - start);
  if (at_ < sql_.size() && sql_[at_] == '$') {
    const std::string mark = std::string(tag) + "$";
    const size_t end = sql_.find(mark, at_ + 1);
    at_ = end == std::string_view::npos ? sql_.size() : end + mark.size();
  } else if (tag.size() > 1) {
    Add(std::string(tag.substr(1)), start, false, true);
  }
  last_ = '$';
}

void Scanner::TakeWord() {
  const size_t start = at_;
  while (at_ < sql_.size() && IsWordPart(sql_[at_])) ++at_;
  const std::string_view text = sql_.substr(start, at_ - start);
  if ((text == "e" || text == "E") && at_ < sql_.size() && sql_[at_] == '\'') {
    TakeQuoted('\'', true);
    last_ = '\'';
    return;
  }
  Add(std::string(text), start, false, false);
  last_ = IsKeyword(words_.back(), "as") ? 's' : 'x';
}

std::vector<SqlWord> Scanner::Scan() {
  while (at_ < sql_.size()) {
    const char c = sql_[at_];
    if (IsSpace(c)) {
      ++at_;
    } else if (At("--")) {
      SkipLineComment();
    } else if (At("/*")) {
      SkipBlockComment();
    } else if (c == '\'') {
      TakeQuoted('\'', false);
      last_ = c;
    } else if (c == '"') {
      const size_t start = at_;
      std::string text = TakeQuoted('"', false);
      Add(std::move(text), start, true, false);
      last_ = 'x';
    } else if (c == '$') {
      TakeDollar();
    } else if (IsWordStart(c)) {
      TakeWord();
    } else {
      if (c == '(') ++depth_;
      if (c == ')') --depth_;
      ++at_;
      // The letters behind a number belong to it.
      while (IsDigit(c) && at_ < sql_.size() && IsWordPart(sql_[at_])) ++at_;
      last_ = c;
    }
  }
  return std::move(words_);
}

}  // namespace

std::vector<SqlWord> SqlWords(std::string_view sql) { return Scanner(sql).Scan(); }

bool IsKeyword(const SqlWord& word, std::string_view keyword) {
  return !word.quoted && !word.parameter && !word.is_label && word.text.size() == keyword.size() &&
         Folded(word.text) == Folded(keyword);
}

}  // namespace tailrace::config
