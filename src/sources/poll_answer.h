// What becomes of the answer to a poll: rows, and where the next page is.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "config/spec_poll.h"
#include "ports/outbound_http.h"

namespace tailrace {

// One record, or one answer that holds none.
struct PollRow {
  std::string json;
  std::string raw;    // of a fault: the answer's bytes
  std::string fault;  // empty: `json` is a record, which is yet to be checked
};

struct PollPage {
  std::vector<PollRow> rows;
  std::string next;         // what asks for the page behind: a number, a cursor or an address; empty: this was the last
  uint64_t fingerprint = 0;  // of its records, as they came
  size_t records = 0;
};

// Records of an answer that may be cut out of it; more are a fault.
inline constexpr size_t kPollRecordsMax = 1'000'000;

// The records of an answer with `kept` and `added` put in, in its order. An answer that is not what was promised (its
// status is not 2xx, it is not JSON, nothing is where the records should be) is one faulty row with its bytes. A list
// that is missing or null where what should hold it is there, below the top, is empty, and so is an answer of status 204.
PollPage ReadPollAnswer(const OutboundAnswer& answer, const config::PollSourceSpec& spec,
                        const std::vector<std::pair<std::string, std::string>>& added);

// FNV-1a, 64 bits (draft-eastlake-fnv), of the bytes behind those that made `seed`.
uint64_t Fingerprint(std::string_view bytes, uint64_t seed = 0xcbf29ce484222325U);

// One faulty row.
PollPage FaultyPage(std::string fault, std::string raw);

// `asked` is what asked for this page ("" for the first one). kInvalid: the answer names a next page that may not be
// asked: another origin's.
Result<std::string> NextPollPage(const OutboundAnswer& answer, const PollPage& page, const config::PollPages& pages, std::string_view asked);

}  // namespace tailrace
