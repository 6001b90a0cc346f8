// A warehouse whose queries a test answers.
#pragma once

#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "ports/warehouse.h"

namespace tailrace::server {

// Threads: `answer` is called on reader threads.
class ScriptedWarehouse final : public Warehouse {
 public:
  using Answer = std::function<Result<QuerySummary>(const QueryRequest&, ResultSink&, std::stop_token)>;
  Answer answer = [](const QueryRequest&, ResultSink&, std::stop_token) -> Result<QuerySummary> { return QuerySummary{}; };

  Result<QuerySummary> Query(const QueryRequest& request, ResultSink& sink, std::stop_token stop) override {
    return answer(request, sink, std::move(stop));
  }

  Result<std::vector<MaterializationState>> Adopt(const WarehousePlan&) override { return std::vector<MaterializationState>(); }
  Result<std::unique_ptr<StreamBatch>> NewBatch(std::string_view) override { return Fail(Error::Internal("only queries are scripted")); }
  CommitResult Commit(const WarehouseCommit& commit) override { return std::vector<Flow>(commit.names.size()); }
  Status Evaluate(std::string_view, const StreamBatch&, const Trial&, RowRange*) override { return {}; }
  Result<std::vector<ProjectedDocument>> Project(std::string_view, const StreamBatch&, const Trial&, RowRange*) override {
    return std::vector<ProjectedDocument>();
  }
  Status BeginShadow(std::string_view) override { return {}; }
  Status FinishShadow(std::string_view) override { return {}; }
  Status Maintain(bool) override { return {}; }
};

}  // namespace tailrace::server
