// The rows of the relations that every pipeline has: tailrace.audit and the others of config/system_relations.h.
#pragma once

#include <functional>
#include <string_view>
#include <vector>

#include "engine/auditor.h"
#include "ports/system_relation.h"

namespace tailrace::engine {

// Null as long as there is none; asked by each query.
using FindAuditor = std::function<Auditor*()>;

// Those whose rows the engine has. Whoever else has rows adds his own to the list.
std::vector<SystemRelation> SystemRelations(const FindAuditor& auditor);

// Of the table of names and columns, with nothing behind it yet. The name must be there.
SystemRelation SystemRelationNamed(std::string_view name);

}  // namespace tailrace::engine
