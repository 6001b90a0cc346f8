#include "ports/testing/fake_document_store.h"

#include <algorithm>
#include <utility>

#include "ports/testing/json_value.h"

namespace tailrace::testing {
namespace {

std::string ShadowName(std::string_view collection) { return std::string(collection) + "@shadow"; }

FakeDocuments::Stored StoredOf(const DocumentChange& change, std::string json) {
  FakeDocuments::Stored stored{std::move(json), {}};
  for (const auto& value : change.indexed)
    stored.indexed.push_back(value ? std::optional<std::string>(*value) : std::nullopt);
  return stored;
}

}  // namespace

Result<FakeDocuments::Collection*> FakeDocumentStore::Opened(std::string_view collection) {
  auto found = disk_->collections.find(collection);
  if (found == disk_->collections.end())
    return Fail(Error::NotFound("there is no collection " + std::string(collection)));
  return &found->second;
}

std::optional<Error> FakeDocumentStore::TakeFailure() { return std::exchange(disk_->fail_next, std::nullopt); }

Result<std::vector<CollectionState>> FakeDocumentStore::Adopt(const std::vector<CollectionPlan>& plans) {
  std::lock_guard lock(mutex_);
  std::vector<CollectionState> states;
  for (const CollectionPlan& plan : plans) {
    FakeDocuments::Collection fresh{plan, Positions(static_cast<size_t>(plan.partitions)), {}};
    auto& collection = disk_->collections.try_emplace(plan.name, std::move(fresh)).first->second;
    adopted_.insert_or_assign(plan.name, plan);
    states.push_back({plan.name, collection.positions, collection.plan.fingerprint != plan.fingerprint, collection.letters,
                      collection.flow, collection.commits});
  }
  return states;
}

Result<Flow> FakeDocumentStore::Apply(std::string_view collection, const std::vector<DocumentChange>& changes,
                                      const ConsumedStep& step) {
  std::lock_guard lock(mutex_);
  TR_TRY(FakeDocuments::Collection * target, Opened(collection));
  if (auto failure = TakeFailure()) return Fail(*failure);
  auto adopted = adopted_.find(collection);
  if (adopted != adopted_.end() && adopted->second.fingerprint != target->plan.fingerprint) {
    return Fail(Error::Conflict("rebuild it first"));
  }
  MergeMode mode = target->plan.merge;
  auto documents = target->documents;
  for (const DocumentChange& change : changes) {
    JsonValue value = JsonValue::Parse(change.document);
    if (mode != MergeMode::kReplace && !value.is_object)
      return Fail(Error::Invalid("the document must be a JSON object"));
    auto known = documents.find(std::string(change.key));
    std::optional<JsonValue> before;
    if (known != documents.end()) before = JsonValue::Parse(known->second.json);
    JsonValue after = Merged(mode, before ? &*before : nullptr, value);
    documents.insert_or_assign(std::string(change.key), StoredOf(change, after.Text()));
  }
  target->documents = std::move(documents);
  target->positions = step.positions;
  target->letters = step.letters.value_or(target->letters);
  target->flow += step.flow;
  ++target->commits;
  return target->flow;
}

Status FakeDocumentStore::Replace(std::string_view collection, const std::vector<DocumentChange>& documents) {
  std::lock_guard lock(mutex_);
  TR_TRY(FakeDocuments::Collection * target, Opened(collection));
  if (auto failure = TakeFailure()) return Fail(*failure);
  target->documents.clear();
  for (const DocumentChange& change : documents) {
    target->documents.insert_or_assign(std::string(change.key),
                                       StoredOf(change, JsonValue::Parse(change.document).Text()));
  }
  target->plan = adopted_.find(collection)->second;
  return {};
}

Result<Document> FakeDocumentStore::Get(std::string_view collection, std::string_view key) {
  std::lock_guard lock(mutex_);
  TR_TRY(FakeDocuments::Collection * target, Opened(collection));
  auto found = target->documents.find(std::string(key));
  if (found == target->documents.end()) return Fail(Error::NotFound("no document " + std::string(key)));
  return Document{found->first, found->second.json};
}

Result<DocumentPage> FakeDocumentStore::Find(std::string_view collection, const DocumentQuery& query) {
  std::lock_guard lock(mutex_);
  TR_TRY(FakeDocuments::Collection * target, Opened(collection));
  const auto& fields = target->plan.index;
  auto field = std::find(fields.begin(), fields.end(), query.field);
  if (!query.field.empty() && field == fields.end()) return Fail(Error::Invalid("no index on " + query.field));
  DocumentPage page;
  for (const auto& [key, stored] : target->documents) {
    if (!query.after.empty() && key <= query.after) continue;
    if (field != fields.end() && stored.indexed.at(static_cast<size_t>(field - fields.begin())) != query.value)
      continue;
    if (page.documents.size() == std::max<size_t>(query.limit, 1)) {
      page.next = page.documents.back().key;
      break;
    }
    page.documents.push_back({key, stored.json});
  }
  return page;
}

Result<Positions> FakeDocumentStore::CollectionPositions(std::string_view collection) {
  std::lock_guard lock(mutex_);
  TR_TRY(FakeDocuments::Collection * target, Opened(collection));
  return target->positions;
}

Status FakeDocumentStore::BeginShadow(std::string_view collection) {
  std::lock_guard lock(mutex_);
  auto adopted = adopted_.find(collection);
  if (adopted == adopted_.end()) return Fail(Error::NotFound("there is no collection " + std::string(collection)));
  const CollectionPlan& plan = adopted->second;
  disk_->collections.insert_or_assign(
      ShadowName(collection), FakeDocuments::Collection{plan, Positions(static_cast<size_t>(plan.partitions)), {}});
  return {};
}

Status FakeDocumentStore::FinishShadow(std::string_view collection) {
  std::lock_guard lock(mutex_);
  TR_TRY(FakeDocuments::Collection * shadow, Opened(ShadowName(collection)));
  disk_->collections.insert_or_assign(std::string(collection), std::move(*shadow));
  disk_->collections.erase(ShadowName(collection));
  return {};
}

}  // namespace tailrace::testing
