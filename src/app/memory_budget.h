// How the memory that the process may use is divided between its parts.
#pragma once

#include <cstddef>
#include <cstdint>

#include "config/spec.h"

namespace tailrace::app {

// Bytes. The shares add up to less than the total: what is left is for the fragments that every allocator loses.
struct MemoryBudget {
  int64_t total = 0;
  int64_t own = 0;             // the program, its threads, compiled SQL
  int64_t warehouse = 0;       // DuckDB over warehouse.duckdb: tables and queries
  int64_t projections = 0;     // DuckDB in memory: documents made from batches
  int64_t sqlite = 0;          // pages of documents.sqlite, over all connections
  int64_t document_cache = 0;
  int64_t bodies = 0;          // of requests, with what was made of them
  int64_t answers = 0;         // that clients have not taken yet
  int64_t connections = 0;     // buffers of idle ones
  int64_t log_in_flight = 0;   // appended and not yet synced
  int64_t log_keys = 0;        // idempotency keys that the log remembers, over all partitions
  int64_t batches = 0;         // on their way from the log to tables and documents, all together
  int64_t batch = 0;           // one of them, as bytes of the log
};

// Of the machine, or of the process's cgroup where that is less.
int64_t MachineMemoryBytes();

// The total is server.memory, else a third of the machine.
MemoryBudget DivideMemory(const config::Pipeline& pipeline, int64_t machine_bytes);

}  // namespace tailrace::app
