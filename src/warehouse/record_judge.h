// RecordJudge over a DuckDB instance of its own, in memory: the SELECTs as they are written, not as tables keep them.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "ports/record_judge.h"

namespace tailrace::warehouse {

struct RecordJudgeOptions {
  size_t memory_bytes_max = 0;                // 0: DuckDB's own default
  std::vector<std::string> objects_needed;    // collections whose merge takes JSON objects alone
};

// Of the plan's tables and projections.
Result<std::unique_ptr<RecordJudge>> OpenRecordJudge(const WarehousePlan& plan, RecordJudgeOptions options);

}  // namespace tailrace::warehouse
