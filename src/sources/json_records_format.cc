// Records inside JSON documents, found while the text goes by: only the containers on the way to them are remembered.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <vector>

#include "model/json_text.h"
#include "sources/json_rows.h"
#include "sources/row_format.h"

namespace tailrace {
namespace {

// What an entry of a container is to the pattern.
enum class Match { kNone, kWay, kRecord };

class JsonRecordsFormat final : public RowFormat {
 public:
  JsonRecordsFormat(std::string_view records, size_t row_bytes_max)
      : steps_(JsonPatternSteps(records)), row_bytes_max_(row_bytes_max) {}

  Result<std::optional<size_t>> ReadPreamble(const TextBlock& block) override { return ByteOrderMarkSize(block); }

  Result<BlockUse> ReadRows(const TextBlock& block, RowBatch* rows) override {
    BlockUse use;
    while (true) {
      const size_t at = SkipSpace(block.text, use.bytes);
      Use(block, at, &use);
      if (at == block.text.size()) {
        if (!block.final || levels_.empty()) return use;
        return Wrong(block, use, "the document does not end", *rows);
      }
      TR_TRY(const Step step, levels_.empty() ? Document(block, use, rows) : Inside(block, use, rows));
      if (step.end == use.bytes) return use;
      Use(block, step.end, &use);
      // What the text so far has led to is remembered only now that it is used.
      if (step.opens) levels_.push_back({block.text[step.end - 1] == '{', Expects::kFirst, false, 0});
      if (step.closes) levels_.pop_back();
    }
  }

  std::string State() const override;
  void Resume(int64_t lines, const std::string& state) override;

 private:
  enum class Expects : char { kFirst = 'f', kEntry = 'e', kComma = 'c' };

  // A container on the way; entries of levels_[i] are held against steps_[i].
  struct Level {
    bool is_object = false;
    Expects expects = Expects::kFirst;
    bool found = false;  // an entry that the step names
    int64_t index = 0;   // of the next element of a list
  };

  // One step through the text: up to `end`, where it may open or close a container on the way. `end` where it began:
  // more text is needed, or rows are to go first.
  struct Step {
    size_t end = 0;
    bool opens = false;
    bool closes = false;
  };

  static size_t SkipSpace(std::string_view text, size_t at) {
    while (at < text.size() && JsonTokens::IsJsonSpace(text[at])) ++at;
    return at;
  }

  void Use(const TextBlock& block, size_t end, BlockUse* use) {
    const std::string_view used = block.text.substr(use->bytes, end - use->bytes);
    lines_ += std::count(used.begin(), used.end(), '\n');
    use->bytes = end;
  }

  Match MatchOf(size_t depth) const { return depth == steps_.size() ? Match::kRecord : Match::kWay; }

  Result<Step> Document(const TextBlock& block, const BlockUse& use, RowBatch* rows) {
    return Value(block, use, use.bytes, MatchOf(0), rows);
  }

  // An entry, a comma or the end of the innermost container.
  Result<Step> Inside(const TextBlock& block, const BlockUse& use, RowBatch* rows) {
    Level& level = levels_.back();
    const char c = block.text[use.bytes];
    const bool ends = c == (level.is_object ? '}' : ']');
    if (ends && level.expects != Expects::kEntry) return Close(block, use, *rows);
    if (level.expects == Expects::kComma) {
      if (c != ',') return WrongStep(block, use, "neither a comma nor the end", *rows);
      level.expects = Expects::kEntry;
      return Step{use.bytes + 1};
    }
    size_t value = use.bytes;
    bool named = IsNamed(std::to_string(level.index));
    if (level.is_object) {
      if (c != '"') return WrongStep(block, use, "no name of a field", *rows);
      size_t end = 0;
      if (ScanJsonValue(block.text, use.bytes, &end) != JsonScan::kValue) return More(block, use, *rows);
      value = SkipSpace(block.text, end);
      if (value == block.text.size()) return More(block, use, *rows);
      if (block.text[value] != ':') return WrongStep(block, use, "no `:` behind a name", *rows);
      value = SkipSpace(block.text, value + 1);
      if (value == block.text.size()) return More(block, use, *rows);
      std::string name;
      const std::string_view content = block.text.substr(use.bytes + 1, end - use.bytes - 2);
      named = UnescapeJson(content, &name) == JsonFault::kNone && IsNamed(name);
    }
    TR_TRY(const Step step, Value(block, use, value, named ? MatchOf(levels_.size()) : Match::kNone, rows));
    if (step.end == use.bytes) return step;
    level.expects = Expects::kComma;
    level.found = level.found || named;
    ++level.index;
    return step;
  }

  bool IsNamed(std::string_view name) const {
    const std::string& step = steps_[levels_.size() - 1];
    return step == "*" || step == name;
  }

  Result<Step> Close(const TextBlock& block, const BlockUse& use, const RowBatch& rows) {
    const auto steps = steps_.begin() + static_cast<std::ptrdiff_t>(levels_.size());
    const bool behind_star = std::find(steps_.begin(), steps, "*") != steps;
    if (!behind_star && !levels_.back().found)
      return WrongStep(block, use, Way(levels_.size() - 1) + ": has no part " + steps_[levels_.size() - 1], rows);
    return Step{use.bytes + 1, false, true};
  }

  // The value that begins at `at`; the step begins where the block is used up to.
  Result<Step> Value(const TextBlock& block, const BlockUse& use, size_t at, Match match, RowBatch* rows) {
    const char c = block.text[at];
    if (match == Match::kWay && (c == '{' || c == '[')) return Step{at + 1, true, false};
    size_t end = 0;
    JsonScan scan = ScanJsonValue(block.text, at, &end);
    const bool is_word = c != '{' && c != '[' && c != '"';
    if (scan == JsonScan::kIncomplete && block.final && levels_.empty() && is_word) {
      end = block.text.size();
      scan = JsonScan::kValue;
    }
    if (scan == JsonScan::kBroken) return WrongStep(block, use, "no value", *rows);
    if (scan == JsonScan::kIncomplete) return More(block, use, *rows);
    const std::string_view value = block.text.substr(at, end - at);
    if (match == Match::kWay) {
      const auto last = steps_.begin() + static_cast<std::ptrdiff_t>(levels_.size());
      const bool behind_star = std::find(steps_.begin(), last, "*") != last;
      if (value != "null" || !behind_star)
        return WrongStep(block, use, Way(levels_.size()) + ": neither a list nor an object", *rows);
    }
    if (match == Match::kRecord) {
      const std::string_view before = block.text.substr(use.bytes, at - use.bytes);
      const auto line = lines_ + 1 + std::count(before.begin(), before.end(), '\n');
      AddJsonRow(value, false, block.place + static_cast<int64_t>(at), line, rows);
    }
    return Step{end};
  }

  // The way to a place `depth` containers deep, as the pattern has it.
  std::string Way(size_t depth) const {
    std::string way;
    for (size_t i = 0; i < depth; ++i) way += "/" + steps_[i];
    return way.empty() ? "the document" : way;
  }

  Result<Step> More(const TextBlock& block, const BlockUse& use, const RowBatch& rows) const {
    if (block.final) return WrongStep(block, use, "a value that does not end", rows);
    if (block.text.size() - use.bytes > row_bytes_max_)
      return WrongStep(block, use, "a value " + LimitText(row_bytes_max_), rows);
    return Step{use.bytes};
  }

  // Rows found so far go first; the fault comes again with the next block.
  static Result<Step> WrongStep(const TextBlock& block, const BlockUse& use, const std::string& what,
                                const RowBatch& rows) {
    if (!rows.empty()) return Step{use.bytes};
    return Fail(Error::Invalid(what + " at byte " + std::to_string(block.place + static_cast<int64_t>(use.bytes))));
  }
  static Result<BlockUse> Wrong(const TextBlock& block, const BlockUse& use, const std::string& what,
                                const RowBatch& rows) {
    TR_TRY(const Step step, WrongStep(block, use, what, rows));
    (void)step;
    return use;
  }

  const std::vector<std::string> steps_;
  const size_t row_bytes_max_;
  std::vector<Level> levels_;
};

// A letter for the container, one for what may come, one for what was found, and the index: `{c1.4[f0.0`.
std::string JsonRecordsFormat::State() const {
  std::string state = "-";
  for (const Level& level : levels_) {
    state += fmt::format("{}{}{}{}.", level.is_object ? '{' : '[', static_cast<char>(level.expects),
                         level.found ? 1 : 0, level.index);
  }
  return state;
}

void JsonRecordsFormat::Resume(int64_t lines, const std::string& state) {
  lines_ = lines;
  levels_.clear();
  for (size_t at = 1; at + 3 < state.size();) {
    Level level;
    level.is_object = state[at] == '{';
    level.expects = static_cast<Expects>(state[at + 1]);
    level.found = state[at + 2] == '1';
    const size_t end = std::min(state.find('.', at), state.size());
    (void)std::from_chars(state.data() + at + 3, state.data() + end, level.index);
    levels_.push_back(level);
    at = end + 1;
  }
  // More containers than steps cannot have been on the way.
  if (levels_.size() > steps_.size()) levels_.resize(steps_.size());
}

}  // namespace

std::unique_ptr<RowFormat> MakeJsonRecordsFormat(std::string_view records, size_t row_bytes_max) {
  return std::make_unique<JsonRecordsFormat>(records, row_bytes_max);
}

}  // namespace tailrace
