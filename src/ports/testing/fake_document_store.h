// A DocumentStore in memory, for tests of what stands above it.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "ports/document_store.h"

namespace tailrace::testing {

// What a fake store keeps; shared by the stores opened over it one after another, as a file would be.
struct FakeDocuments {
  struct Stored {
    std::string json;
    std::vector<std::optional<std::string>> indexed;
  };
  struct Collection {
    CollectionPlan plan;  // that it was made by
    Positions positions;
    std::map<std::string, Stored> documents;
    Offset letters = {};
    Flow flow = {};
    int64_t commits = 0;
  };

  std::map<std::string, Collection, std::less<>> collections;
  // The next Apply or Replace fails with it, once, and keeps nothing.
  std::optional<Error> fail_next;
};

// Threads: thread-safe.
class FakeDocumentStore final : public DocumentStore {
 public:
  explicit FakeDocumentStore(std::shared_ptr<FakeDocuments> disk = std::make_shared<FakeDocuments>())
      : disk_(std::move(disk)) {}

  FakeDocuments& disk() { return *disk_; }

  Result<std::vector<CollectionState>> Adopt(const std::vector<CollectionPlan>& plans) override;
  Result<Flow> Apply(std::string_view collection, const std::vector<DocumentChange>& changes,
                     const ConsumedStep& step) override;
  Status Replace(std::string_view collection, const std::vector<DocumentChange>& documents) override;
  Result<Document> Get(std::string_view collection, std::string_view key) override;
  Result<DocumentPage> Find(std::string_view collection, const DocumentQuery& query) override;
  Result<Positions> CollectionPositions(std::string_view collection) override;
  Status BeginShadow(std::string_view collection) override;
  Status FinishShadow(std::string_view collection) override;

 private:
  Result<FakeDocuments::Collection*> Opened(std::string_view collection);
  std::optional<Error> TakeFailure();

  std::mutex mutex_;
  std::shared_ptr<FakeDocuments> disk_;                         // protected by mutex_
  std::map<std::string, CollectionPlan, std::less<>> adopted_;  // protected by mutex_
};

}  // namespace tailrace::testing
