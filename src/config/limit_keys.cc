#include "config/limit_keys.h"

#include <algorithm>
#include <array>

#include "config/quantity.h"

namespace tailrace::config {
namespace {

constexpr int64_t kKiB = int64_t{1} << 10;
constexpr int64_t kMiB = int64_t{1} << 20;
constexpr int64_t kGiB = int64_t{1} << 30;
constexpr int64_t kSecond = 1'000;
constexpr int64_t kHour = 3'600 * kSecond;

using enum LimitUnit;

constexpr std::array kKeys = {
    LimitKey{"header_max", kBytes, 16 * kKiB, kKiB, kMiB, "request line and header fields", "431"},
    LimitKey{"body_max", kBytes, 64 * kMiB, kKiB, 256 * kMiB, "a request's body, as sent, and again once expanded", "413"},
    LimitKey{"bodies_max", kBytes, 0, kMiB, 1024 * kGiB, "bodies of all requests being read and answered, with what was made of them", "503"},
    LimitKey{"answers_max", kBytes, 0, kMiB, 1024 * kGiB, "answers that their clients have not taken yet", "503"},
    LimitKey{"ingest_delay_target", kMilliseconds, 20, 1, kHour, "an append waiting for others; four times the shortest answer, where that is more", "503"},
    LimitKey{"connections_max", kCount, 10'000, 1, 1'000'000, "connections; never more than open files allow", "503, then closed"},
    LimitKey{"records_per_request_max", kCount, 1'000'000, 1, 100'000'000, "records in a request", "413"},
    LimitKey{"header_timeout", kMilliseconds, 10 * kSecond, 100, kHour, "from a header's first byte to its end", "408, closed"},
    LimitKey{"body_timeout", kMilliseconds, 30 * kSecond, 100, kHour, "a body, and as long again as body_rate_min allows", "408, closed"},
    LimitKey{"body_rate_min", kBytesPerSecond, 32 * kKiB, 1, kGiB, "what a slow client must send in a second", "408, closed"},
    LimitKey{"idle_timeout", kMilliseconds, 75 * kSecond, 100, 24 * kHour, "between two requests of a connection", "closed"},
    LimitKey{"write_timeout", kMilliseconds, 30 * kSecond, 100, kHour, "a client that takes no byte of its answer", "closed"},
    LimitKey{"stop_grace", kMilliseconds, 10 * kSecond, 0, kHour, "requests being answered when the server stops", "closed"},
    LimitKey{"queries_waiting_max", kCount, 64, 0, 100'000, "queries waiting for a reader", "503"},
    LimitKey{"query_timeout", kMilliseconds, 30 * kSecond, 10, 24 * kHour, "a query", "504"},
    LimitKey{"query_rows_max", kCount, 100'000, 1, 100'000'000, "rows of an answer", "cut there, `truncated` says so"},
    LimitKey{"query_answer_max", kBytes, 64 * kMiB, kKiB, kGiB, "bytes of an answer", "413"},
    LimitKey{"tile_rows_max", kCount, 10'000, 1, 1'000'000, "rows of a dashboard's tile", "cut there, `cut` says so"},
    LimitKey{"tile_cache_max", kBytes, 64 * kMiB, 0, 64 * kGiB, "answers of tiles that are kept until what they read changes", "the least recently used go"},
    LimitKey{"tile_groups_max", kCount, 1'000'000, 0, 1'000'000'000, "groups of rows that are formed ahead for tiles with filters, in memory", "another filter reads the rows"},
    LimitKey{"waits_max", kCount, 1'000, 0, 1'000'000, "requests in `wait_for`", "503"},
    LimitKey{"wait_timeout_max", kMilliseconds, 60 * kSecond, 10, 24 * kHour, "`timeout` of `wait_for`", "400"},
    LimitKey{"tails_max", kCount, 200, 0, 100'000, "live tails at a time", "503"},
    LimitKey{"tail_lag_max", kCount, 100'000, 1, 1'000'000'000, "records that a live tail may be behind", "skips to the end, event `gap`"},
    LimitKey{"log_in_flight_max", kBytes, 0, kMiB, 64 * kGiB, "records handed to the log and not yet synced", "503; sources wait"},
    LimitKey{"batch_rows_max", kCount, 20'000, 1, 1'000'000, "records that tables and documents take at a time", "the rest comes next"},
    LimitKey{"batch_max", kBytes, 0, 64 * kKiB, kGiB, "bytes that tables and documents take at a time", "the rest comes next"},
    LimitKey{"lake_vacuum_after", kMilliseconds, kHour, kSecond, 30 * 24 * kHour, "how long files stay that a version of a table in the lake has removed", "deleted"},
    LimitKey{"document_max", kBytes, 64 * kMiB, kKiB, 512 * kMiB, "a document", "a dead letter"},
};

}  // namespace

std::span<const LimitKey> LimitKeys() { return kKeys; }

const LimitKey* FindLimitKey(std::string_view name) {
  const auto found = std::find_if(kKeys.begin(), kKeys.end(), [&](const LimitKey& key) { return key.name == name; });
  return found == kKeys.end() ? nullptr : &*found;
}

std::string LimitText(LimitUnit unit, int64_t value) {
  switch (unit) {
    case kCount:
      return std::to_string(value);
    case kBytes:
    case kBytesPerSecond:
      return SizeText(value);
    case kMilliseconds:
      return DurationText(value);
  }
  return {};
}

}  // namespace tailrace::config
