// A Warehouse that runs no SQL: it keeps which records each materialisation got, and does what a test tells it to.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "ports/warehouse.h"

namespace tailrace::testing {

struct FakeRecord {
  PartitionId partition;
  Offset offset;
  Seq seq;
  std::string record;
};

// What a fake warehouse keeps; shared by those opened over it one after another, as a file would be. Touch it while no
// call runs.
struct FakeWarehouseDisk {
  struct Kept {
    std::string stream;
    MaterializationKind kind = MaterializationKind::kTable;
    std::string fingerprint;
    Positions positions;
    std::vector<FakeRecord> records;
    Offset letters = {};
    Flow flow = {};
    int64_t commits = 0;
  };

  std::map<std::string, Kept, std::less<>> kept;

  // Which materialisation cannot take which record; asked by Commit, Evaluate and Project.
  std::function<bool(std::string_view name, const FakeRecord& record)> refuses;
  // Which records a materialisation takes and makes nothing of; none unless set.
  std::function<bool(std::string_view name, const FakeRecord& record)> filters;
  // Asked before each Commit; an error fails it and keeps nothing.
  std::function<Status(const WarehouseCommit& commit)> before_commit;
  // Answers Query.
  std::function<Result<QuerySummary>(const QueryRequest& request, ResultSink& sink)> answer;
  // Makes a document; by default the record under its offset.
  std::function<ProjectedDocument(const FakeRecord& record)> project;
};

// Threads: thread-safe.
class FakeWarehouse final : public Warehouse {
 public:
  explicit FakeWarehouse(std::shared_ptr<FakeWarehouseDisk> disk = std::make_shared<FakeWarehouseDisk>())
      : disk_(std::move(disk)) {}

  FakeWarehouseDisk& disk() { return *disk_; }

  Result<std::vector<MaterializationState>> Adopt(const WarehousePlan& plan) override;
  Result<std::unique_ptr<StreamBatch>> NewBatch(std::string_view stream) override;
  CommitResult Commit(const WarehouseCommit& commit) override;
  Status Evaluate(std::string_view table, const StreamBatch& batch, const Trial& trial, RowRange* suspects) override;
  Result<std::vector<ProjectedDocument>> Project(std::string_view collection, const StreamBatch& batch, const Trial& trial,
                                                 RowRange* suspects) override;
  Result<QuerySummary> Query(const QueryRequest& request, ResultSink& sink, std::stop_token stop) override;
  Status BeginShadow(std::string_view table) override;
  Status FinishShadow(std::string_view table) override;
  Status Maintain(bool idle) override;

 private:
  using Kept = FakeWarehouseDisk::Kept;

  void AdoptOne(const Kept& fresh, const std::string& name, std::vector<MaterializationState>* states);
  void Take(const WarehouseCommit& commit, const std::string& name, Kept* kept) const;
  // The first row that it refuses.
  std::optional<size_t> Refuses(std::string_view name, const StreamBatch& batch, const Trial& trial) const;

  std::mutex mutex_;
  std::shared_ptr<FakeWarehouseDisk> disk_;               // protected by mutex_
  WarehousePlan plan_;                                    // protected by mutex_
  std::map<std::string, Kept, std::less<>> definitions_;  // what an empty shadow of each is; protected by mutex_
};

}  // namespace tailrace::testing
