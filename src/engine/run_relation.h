// tailrace.runs: the runs of jobs as a relation.
#pragma once

#include <functional>

#include "ports/run_store.h"
#include "ports/system_relation.h"

namespace tailrace::engine {

// `store` is asked by each query; null as long as there is none.
SystemRelation RunsRelation(std::function<RunStore*()> store);

}  // namespace tailrace::engine
