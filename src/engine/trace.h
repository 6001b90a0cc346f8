// Where one record is now.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/ids.h"

namespace tailrace::engine {

enum class Fate { kInFlight, kEmitted, kFiltered, kDeadLettered, kFailsNow };

std::string_view FateName(Fate fate);

struct TracedCommit {
  int64_t number = 0;        // of the materialisation, from 1
  std::string time;          // RFC 3339
};

struct TracedMaterialization {
  std::string kind;
  std::string name;
  Fate fate = Fate::kInFlight;
  std::string reason;        // of a dead letter, or why it would fail now
  std::optional<TracedCommit> commit;  // of tables and stored rows, while the journal of commits holds it
  std::vector<std::string> keys;       // of the documents that it has a part in
};

struct Trace {
  std::string stream;
  PartitionId partition;
  Offset offset;
  Seq seq;
  int64_t ingested_at_ms = 0;
  std::optional<std::string> key;
  std::string record;        // its bytes
  std::vector<TracedMaterialization> materializations;
};

}  // namespace tailrace::engine
