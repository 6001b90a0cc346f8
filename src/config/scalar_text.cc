#include "config/scalar_text.h"

#include <algorithm>
#include <optional>

namespace tailrace::config {
namespace {

constexpr uint32_t kReplacementCharacter = 0xFFFD;

bool IsBlank(char c) { return c == ' ' || c == '\t'; }

// The line from `at` on, without its break; `next` is behind the break.
struct Line {
  std::string_view text;
  size_t begin = 0;
  size_t next = 0;
};

Line LineAt(std::string_view file, size_t at, size_t end) {
  const size_t stop = std::min(file.find_first_of("\r\n", at), end);
  size_t next = stop;
  if (next < end && file[next] == '\r') ++next;
  if (next < end && file[next] == '\n') ++next;
  return {file.substr(at, stop - at), at, next};
}

class Output {
 public:
  void Byte(char c, size_t from) {
    out_.text += c;
    out_.origin.push_back(static_cast<uint32_t>(from));
  }
  void Bytes(std::string_view bytes, size_t from) {
    for (size_t i = 0; i < bytes.size(); ++i) Byte(bytes[i], from + i);
  }
  void Breaks(size_t count, size_t from) {
    for (size_t i = 0; i < count; ++i) Byte('\n', from);
  }
  // All bytes of a character come from one place.
  void Character(uint32_t code, size_t from);
  // White space before a line break is dropped, but not what an escape made.
  void TrimBlanks(size_t keep) {
    while (out_.text.size() > keep && IsBlank(out_.text.back())) {
      out_.text.pop_back();
      out_.origin.pop_back();
    }
  }
  size_t size() const { return out_.text.size(); }
  ScalarText Take() { return std::move(out_); }

 private:
  ScalarText out_;
};

void Output::Character(uint32_t code, size_t from) {
  const auto byte = [&](uint32_t value) { Byte(static_cast<char>(value), from); };
  if (code > 0x10FFFF || (code >= 0xD800 && code < 0xE000)) code = kReplacementCharacter;
  if (code < 0x80) {
    byte(code);
  } else if (code < 0x800) {
    byte(0xC0 | (code >> 6));
    byte(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    byte(0xE0 | (code >> 12));
    byte(0x80 | ((code >> 6) & 0x3F));
    byte(0x80 | (code & 0x3F));
  } else {
    byte(0xF0 | (code >> 18));
    byte(0x80 | ((code >> 12) & 0x3F));
    byte(0x80 | ((code >> 6) & 0x3F));
    byte(0x80 | (code & 0x3F));
  }
}

// Plain and quoted scalars: lines are folded, the first and the last keep their outer white space.
class FlowScalar {
 public:
  FlowScalar(std::string_view file, const Node& scalar)
      : file_(file), style_(scalar.style), at_(scalar.begin), end_(scalar.end) {}
  ScalarText Read();

 private:
  bool AtBreak() const { return file_[at_] == '\n' || file_[at_] == '\r'; }
  void Fold(bool escaped);
  void TakeEscape();
  std::optional<uint32_t> Hex(size_t from, size_t digits) const;

  std::string_view file_;
  ScalarStyle style_;
  size_t at_;
  size_t end_;
  size_t escaped_ = 0;  // of the output: what TrimBlanks must keep
  Output out_;
};

// At a line break: takes all breaks and the next line's indentation. One break is a space, n of them n - 1 breaks.
void FlowScalar::Fold(bool escaped) {
  const size_t from = at_;
  if (!escaped) out_.TrimBlanks(escaped_);
  size_t breaks = 0;
  while (at_ < end_ && (AtBreak() || IsBlank(file_[at_]))) {
    if (AtBreak()) {
      ++breaks;
      at_ = LineAt(file_, at_, end_).next;
    } else {
      ++at_;
    }
  }
  if (breaks > 1)
    out_.Breaks(breaks - 1, from);
  else if (!escaped)
    out_.Byte(' ', from);
  escaped_ = out_.size();
}

std::optional<uint32_t> FlowScalar::Hex(size_t from, size_t digits) const {
  uint32_t value = 0;
  if (from + digits > end_) return std::nullopt;
  for (const char c : file_.substr(from, digits)) {
    const bool letter = (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
    if (!letter && (c < '0' || c > '9')) return std::nullopt;
    value = value * 16 + static_cast<uint32_t>(letter ? (c | 0x20) - 'a' + 10 : c - '0');
  }
  return value;
}

struct Escape {
  char letter;
  uint32_t code;
};
constexpr Escape kEscapes[] = {{'0', 0},   {'a', 7},     {'b', 8},    {'t', 9},    {'\t', 9},     {'n', 10},
                               {'v', 11},  {'f', 12},    {'r', 13},   {'e', 27},   {' ', ' '},    {'"', '"'},
                               {'/', '/'}, {'\\', '\\'}, {'N', 0x85}, {'_', 0xA0}, {'L', 0x2028}, {'P', 0x2029}};

void FlowScalar::TakeEscape() {
  const size_t from = at_++;
  if (at_ >= end_) return;
  if (AtBreak()) return Fold(true);
  const char letter = file_[at_++];
  const size_t digits = letter == 'x' ? 2 : letter == 'u' ? 4 : letter == 'U' ? 8 : 0;
  if (digits > 0) {
    uint32_t code = Hex(at_, digits).value_or(kReplacementCharacter);
    at_ = std::min(at_ + digits, end_);
    // Two halves of a character, as JSON writes it.
    const bool high = code >= 0xD800 && code < 0xDC00 && file_.substr(at_, 2) == "\\u";
    const std::optional<uint32_t> low = high ? Hex(at_ + 2, 4) : std::nullopt;
    if (low && *low >= 0xDC00 && *low < 0xE000) {
      code = 0x10000 + ((code - 0xD800) << 10) + (*low - 0xDC00);
      at_ += 6;
    }
    out_.Character(code, from);
  } else {
    const auto known =
        std::find_if(std::begin(kEscapes), std::end(kEscapes), [&](const Escape& e) { return e.letter == letter; });
    out_.Character(known == std::end(kEscapes) ? kReplacementCharacter : known->code, from);
  }
  escaped_ = out_.size();
}

ScalarText FlowScalar::Read() {
  while (at_ < end_) {
    if (AtBreak()) {
      Fold(false);
    } else if (style_ == ScalarStyle::kDoubleQuoted && file_[at_] == '\\') {
      TakeEscape();
    } else {
      out_.Byte(file_[at_], at_);
      at_ += style_ == ScalarStyle::kSingleQuoted && file_.substr(at_, 2) == "''" ? 2 : 1;
    }
  }
  return out_.Take();
}

enum class Chomp { kClip, kStrip, kKeep };

// Literal and folded blocks.
class BlockScalar {
 public:
  BlockScalar(std::string_view file, const Node& scalar) : file_(file), scalar_(scalar) {}
  ScalarText Read();

 private:
  void ReadHeader();
  std::vector<Line> Content() const;
  void Join(const std::vector<Line>& lines);

  std::string_view file_;
  const Node& scalar_;
  size_t indent_ = 0;  // 0: that of the first line with content
  Chomp chomp_ = Chomp::kClip;
  Output out_;
};

// The line before the content: `sql: |2-  # comment`.
void BlockScalar::ReadHeader() {
  size_t end = scalar_.begin;
  while (end > 0 && (file_[end - 1] == '\n' || file_[end - 1] == '\r')) --end;
  const size_t line = end == 0 ? 0 : file_.find_last_of("\r\n", end - 1) + 1;
  std::string_view header = file_.substr(line, end - line);
  const size_t comment = header.find(" #");
  header = header.substr(0, comment);
  const size_t indicator = header.find_last_of("|>");
  if (indicator == std::string_view::npos) return;
  for (const char c : header.substr(indicator + 1)) {
    if (c == '-') chomp_ = Chomp::kStrip;
    if (c == '+') chomp_ = Chomp::kKeep;
    if (c >= '1' && c <= '9') indent_ = scalar_.parent_indent + static_cast<size_t>(c - '0');
  }
}

// Up to the first line that is indented less.
std::vector<Line> BlockScalar::Content() const {
  std::vector<Line> lines;
  size_t indent = indent_;
  for (size_t at = scalar_.begin; at < file_.size();) {
    Line line = LineAt(file_, at, file_.size());
    at = line.next;
    const size_t spaces = std::min(line.text.find_first_not_of(' '), line.text.size());
    if (spaces == line.text.size()) {
      const size_t cut = indent == 0 ? spaces : std::min(indent, spaces);
      lines.push_back({line.text.substr(cut), line.begin + cut, line.next});
      continue;
    }
    if (indent == 0) indent = std::max<size_t>(spaces, 1);
    if (spaces < indent) break;
    lines.push_back({line.text.substr(indent), line.begin + indent, line.next});
  }
  return lines;
}

void BlockScalar::Join(const std::vector<Line>& lines) {
  const bool folded = scalar_.style == ScalarStyle::kFolded;
  const Line* last = nullptr;
  size_t empty = 0;
  const auto keeps_break = [](const Line& line) { return IsBlank(line.text.front()); };
  for (const Line& line : lines) {
    if (line.text.empty()) {
      ++empty;
      continue;
    }
    const size_t from = line.begin;
    if (last == nullptr)
      out_.Breaks(empty, from);
    else if (!folded || keeps_break(*last) || keeps_break(line))
      out_.Breaks(empty + 1, from);
    else if (empty > 0)
      out_.Breaks(empty, from);
    else
      out_.Byte(' ', from);
    out_.Bytes(line.text, line.begin);
    last = &line;
    empty = 0;
  }
  const size_t end = last == nullptr ? scalar_.begin : last->begin + last->text.size();
  const size_t last_break = last != nullptr && last->next > end ? 1 : 0;  // the file may end with the line
  if (chomp_ == Chomp::kKeep) out_.Breaks(empty + last_break, end);
  if (chomp_ == Chomp::kClip) out_.Breaks(last_break, end);
}

ScalarText BlockScalar::Read() {
  ReadHeader();
  Join(Content());
  return out_.Take();
}

}  // namespace

ScalarText ReadScalarText(const Node& scalar, std::string_view file) {
  if (scalar.absent) return {};
  const bool block = scalar.style == ScalarStyle::kLiteral || scalar.style == ScalarStyle::kFolded;
  return block ? BlockScalar(file, scalar).Read() : FlowScalar(file, scalar).Read();
}

}  // namespace tailrace::config
