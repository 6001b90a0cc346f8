// The relations that every pipeline has: tailrace.audit, tailrace.lag, tailrace.dead_letters. A further one is a function beside them, and a line in the list.
#pragma once

#include <functional>
#include <vector>

#include "engine/auditor.h"
#include "ports/system_relation.h"

namespace tailrace::engine {

// Null as long as there is none; asked by each query.
using FindAuditor = std::function<Auditor*()>;

std::vector<SystemRelation> SystemRelations(const FindAuditor& auditor);

}  // namespace tailrace::engine
