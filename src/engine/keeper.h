// Two ways in which a batch becomes something durable: tables and documents (the third: rows_keeper.h). Each commits its rows together
// with the positions.
#pragma once

#include <functional>
#include <map>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "engine/bisect.h"
#include "engine/dead_letter.h"
#include "engine/progress.h"
#include "engine/shadow_refusals.h"
#include "engine/standing.h"
#include "engine/stream_feed.h"
#include "engine/worker.h"
#include "ports/document_store.h"
#include "ports/warehouse.h"

namespace tailrace::engine {

// What keepers share. Ownership: borrows all.
struct KeeperServices {
  Warehouse& warehouse;
  DocumentStore& documents;
  DeadLetterWriter& dead_letters;
  Progress& progress;
  Clock& clock;
  std::function<void(std::string_view stream)> committed;  // after each commit that readers can see
  ShadowRefusals* refusals = nullptr;                      // what shadows refuse; null: there are none
  EnduranceLimits endurance = {};
  std::function<void()> stopped = {};                      // something has, for a while
};

// The name that a shadow stands in for; other names as they are.
std::string_view WithoutShadow(std::string_view name);

// Writes dead letters for these rows of a batch.
Status RejectRows(const KeeperServices& services, const DecodedBatch& batch, Stage stage, const std::string& materialization,
                  const std::vector<RefusedRow>& refused);

// Threads of the keepers: their worker's. What an error stops, and for how long, is said in Standing: positions stay, so nothing is lost.
class TableKeeper {
 public:
  explicit TableKeeper(KeeperServices services)
      : services_(std::move(services)), standing_("table", services_.progress, services_.clock, services_.endurance, services_.stopped) {}
  // Tables of one batch commit together, so they stop together; a shadow has batches of its own.
  void Take(const WorkItem& item, const std::stop_token& stop);
  Standing& standing() { return standing_; }

 private:
  struct Attempt {
    const DecodedBatch& batch;
    const std::vector<std::string>& names;
    RowRange range;
    size_t committed = 0;                                    // rows that need not be tried again
    std::map<std::string, std::vector<RefusedRow>> refused;  // by table
  };

  Status CommitRange(Attempt& attempt);
  Status CommitOnce(Attempt& attempt, std::string* blamed);
  Status CommitHalves(Attempt& attempt);
  Status Blame(Attempt& attempt, const std::string& table, const Error& error);
  void Advance(const Attempt& attempt, const WarehouseCommit& commit, const std::vector<Flow>& flows);

  KeeperServices services_;
  Standing standing_;
};

struct CollectionRules {
  MergeMode merge = MergeMode::kReplace;
};

class CollectionKeeper {
 public:
  CollectionKeeper(KeeperServices services, std::map<std::string, CollectionRules, std::less<>> rules)
      : services_(std::move(services)),
        standing_("collection", services_.progress, services_.clock, services_.endurance, services_.stopped),
        rules_(std::move(rules)) {}
  void Take(const WorkItem& item, const std::stop_token& stop);
  Standing& standing() { return standing_; }

 private:
  Status Keep(const DecodedBatch& batch, const std::string& name);
  // Documents whose JSON the merge cannot take, their rows ascending.
  std::vector<RefusedRow> NotMergeable(const std::string& name, const std::vector<ProjectedDocument>& projected) const;
  Result<std::vector<ProjectedDocument>> ProjectAll(const DecodedBatch& batch, const std::string& name,
                                                    std::vector<RefusedRow>* refused);

  KeeperServices services_;
  Standing standing_;
  const std::map<std::string, CollectionRules, std::less<>> rules_;
};

}  // namespace tailrace::engine
