// From the checked pipeline to what each store is asked to keep.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "config/spec.h"
#include "ports/document_store.h"
#include "ports/warehouse.h"

namespace tailrace::engine {

WarehousePlan PlanWarehouse(const config::Pipeline& pipeline);

std::vector<CollectionPlan> PlanCollections(const config::Pipeline& pipeline);

// The streams that a view, table or stream is made from, through any number of views.
std::set<std::string> StreamsBehind(const config::Pipeline& pipeline, const std::string& relation);

// A short name for the definition of a table, a collection or (of a stream) its stored rows: another one when any of it changes.
// Empty when there is no such thing.
std::string DefinitionName(const config::Pipeline& pipeline, std::string_view name);

const config::StreamSpec* FindStream(const config::Pipeline& pipeline, std::string_view name);

}  // namespace tailrace::engine
