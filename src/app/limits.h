// Every limit of the program: those that `server.limits` sets, put where they belong, and those that are fixed.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "app/memory_budget.h"
#include "config/limit_keys.h"
#include "config/spec.h"
#include "documents/sqlite_document_store.h"
#include "engine/engine.h"
#include "lake/delta_table.h"
#include "log/options.h"
#include "server/options.h"

namespace tailrace::app {

// What the parts are opened with.
struct PartLimits {
  MemoryBudget memory;
  server::Limits server;
  log::LogOptions log;
  engine::FeedLimits feed;
  engine::RowsGroupLimits rows;
  documents::SqliteDocumentStoreOptions documents;
  lake::DeltaTableOptions lake_table;  // of each; the pipeline says the rest
};

// What the pipeline's file says, the rest by default or as a share of the memory.
PartLimits LimitsOf(const config::Pipeline& pipeline, int64_t machine_bytes);

// One row of the table that `tailrace limits` prints.
struct LimitRow {
  std::string_view area;
  std::string_view code;     // its name in the sources, "FILE:NAME": tests/limits_test.py holds the two against each other
  std::string_view setting;  // below server.limits; empty: fixed
  config::LimitUnit unit = config::LimitUnit::kCount;
  int64_t value = 0;         // in force
  bool is_share = false;     // of server.memory, unless it is set
  std::string_view help;
  std::string_view beyond;
};

// Those that can be set, then those that cannot, by area.
std::vector<LimitRow> AllLimits(const PartLimits& limits);

// Rows of one area stand together, areas in the order in which they first come.
std::vector<LimitRow> ByArea(const std::vector<LimitRow>& rows);

// "count", "bytes", "bytes/s", "time"
std::string_view UnitText(config::LimitUnit unit);

}  // namespace tailrace::app
