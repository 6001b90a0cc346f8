// What every Source promises, run by the fake and by every real one:
//
//   INSTANTIATE_TEST_SUITE_P(Csv, SourceContract, testing::Values(SourceFactory{[] { return ...; }}));
//
// Include it in exactly one source file of a test program.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "model/record_decoder.h"
#include "ports/source.h"

namespace tailrace {

// Some input of a few dozen rows at least that does not change, with a faulty row among them where the format knows
// any.
class SourceHarness {
 public:
  virtual ~SourceHarness() = default;
  // Reads it from the beginning, as a process that has just started does.
  virtual Result<std::unique_ptr<Source>> Open() = 0;
  // How many rows it has, faulty ones too.
  virtual size_t RowCount() const = 0;
};

struct SourceFactory {
  std::function<std::unique_ptr<SourceHarness>()> make;
};

class SourceContract : public testing::TestWithParam<SourceFactory> {
 protected:
  using Positions = std::map<std::string, ResumePoint, std::less<>>;

  struct Reading {
    std::vector<std::string> rows;                        // as text, with all that is known of each
    std::vector<std::pair<size_t, Positions>> borders;    // rows so far, and the positions then
  };

  SourceContract() : harness_(GetParam().make()) {}

  static std::string Text(const SourceBatch& batch, const SourceRow& row) {
    return batch.item + " " + std::to_string(row.place) + " " + std::to_string(row.line) + " [" +
           std::string(row.json) + "] [" + std::string(row.raw) + "] " + row.fault;
  }

  // Reads to the end from `positions` on.
  Reading ReadFrom(Positions positions, size_t bytes_max) {
    Reading reading;
    auto source = harness_->Open();
    EXPECT_TRUE(source) << source.error().message();
    if (!source) return reading;
    ResumeLookup lookup = [&](std::string_view item) -> std::optional<ResumePoint> {
      auto found = positions.find(item);
      if (found == positions.end()) return std::nullopt;
      return found->second;
    };
    // A source that never ends must not hang the tests.
    for (int calls = 0; calls < 100'000; ++calls) {
      auto batch = (*source)->Next(bytes_max, lookup, {});
      EXPECT_TRUE(batch) << batch.error().message();
      if (!batch || batch->end) return reading;
      CheckPlaces(*batch);
      for (const SourceRow& row : batch->rows) reading.rows.push_back(Text(*batch, row));
      positions[batch->item] = {batch->next, batch->detail};
      reading.borders.emplace_back(reading.rows.size(), positions);
    }
    ADD_FAILURE() << "the source does not end";
    return reading;
  }

  void CheckPlaces(const SourceBatch& batch) {
    for (size_t i = 0; i < batch.rows.size(); ++i) {
      EXPECT_LT(batch.rows[i].place, batch.next);
      EXPECT_LE(batch.rows[i == 0 ? 0 : i - 1].place, batch.rows[i].place);
    }
  }

  static constexpr size_t kLarge = 1 << 20;
  std::unique_ptr<SourceHarness> harness_;
};

TEST_P(SourceContract, ReadsEveryRowOnce) {
  Reading reading = ReadFrom({}, kLarge);
  EXPECT_EQ(reading.rows.size(), harness_->RowCount());
  std::map<std::string, int> seen;
  for (const std::string& row : reading.rows) EXPECT_EQ(++seen[row], 1) << row;
}

TEST_P(SourceContract, BatchSizeDoesNotChangeTheRows) {
  Reading whole = ReadFrom({}, kLarge);
  for (size_t bytes_max : {1, 10, 100, 1000, 10'000}) EXPECT_EQ(ReadFrom({}, bytes_max).rows, whole.rows) << bytes_max;
}

TEST_P(SourceContract, GoesOnAtEveryBatchBorder) {
  Reading whole = ReadFrom({}, 1);
  ASSERT_GT(whole.borders.size(), 0u);
  for (const auto& [done, positions] : whole.borders) {
    std::vector<std::string> rest(whole.rows.begin() + static_cast<std::ptrdiff_t>(done), whole.rows.end());
    ASSERT_EQ(ReadFrom(positions, 200).rows, rest) << "after " << done << " rows";
  }
}

TEST_P(SourceContract, RowsAreOneLineOfJsonWithPaddingBehind) {
  auto source = harness_->Open();
  ASSERT_TRUE(source) << source.error().message();
  size_t rows = 0;
  while (true) {
    auto batch = (*source)->Next(kLarge, [](std::string_view) { return std::nullopt; }, {});
    ASSERT_TRUE(batch) << batch.error().message();
    if (batch->end) break;
    for (const SourceRow& row : batch->rows) {
      ++rows;
      EXPECT_EQ(row.json.empty(), !row.fault.empty());
      if (!row.fault.empty()) continue;
      EXPECT_EQ(row.json.find('\n'), std::string_view::npos);
      // Read, so that a sanitizer sees where there is none.
      unsigned sum = 0;
      for (size_t i = 0; i < RecordDecoder::kPadding; ++i)
        sum += static_cast<unsigned char>(row.json.data()[row.json.size() + i]);
      EXPECT_GE(sum, 0u);
    }
  }
  EXPECT_EQ(rows, harness_->RowCount());
}

TEST_P(SourceContract, StopEndsACall) {
  auto source = harness_->Open();
  ASSERT_TRUE(source) << source.error().message();
  std::stop_source stop;
  stop.request_stop();
  auto batch = (*source)->Next(kLarge, [](std::string_view) { return std::nullopt; }, stop.get_token());
  if (batch) {
    EXPECT_TRUE(batch->rows.empty());
    EXPECT_FALSE(batch->end);
  } else {
    EXPECT_EQ(batch.error().code(), ErrorCode::kCancelled);
  }
}

}  // namespace tailrace
