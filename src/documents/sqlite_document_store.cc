#include "documents/sqlite_document_store.h"

#include <algorithm>
#include <map>
#include <mutex>
#include <numeric>
#include <span>
#include <utility>

#include "base/crash_point.h"
#include "documents/catalog.h"
#include "documents/document_cache.h"
#include "documents/merge.h"
#include "documents/reader_pool.h"
#include "model/definition.h"

namespace tailrace::documents {
namespace {

constexpr std::string_view kShadowSuffix = "@shadow";
constexpr size_t kFindLimitMax = 10'000;

std::string ShadowName(std::string_view collection) { return std::string(collection).append(kShadowSuffix); }

Error Unknown(std::string_view collection) {
  return Error::NotFound("there is no collection " + std::string(collection));
}

// What readers know of a collection; the writer replaces it after each commit.
struct PublishedCollection {
  TableShape shape;
  Positions positions;
};

using Published = std::map<std::string, std::shared_ptr<const PublishedCollection>, std::less<>>;

// A collection as the writer has it open.
struct OpenCollection {
  CollectionPlan plan;
  CollectionInfo info;
  DocumentTableWriter table;
  bool changed = false;  // the plan is another one than the table was made by
  std::vector<std::string> reasons = {};  // why
};

class SqliteDocumentStore final : public JournaledDocuments {
 public:
  SqliteDocumentStore(const SqliteDocumentStoreOptions& options, std::unique_ptr<sqlite::Connection> connection)
      : options_(options),
        writer_(std::move(connection)),
        catalog_(*writer_),
        cache_(options.cache_bytes_max),
        readers_(options.path) {}
  // Leaves no log behind: a program other than this one would bring it into the file without checksums. What fails costs the next start.
  ~SqliteDocumentStore() override { (void)writer_->Execute("PRAGMA wal_checkpoint(TRUNCATE)"); }

  Result<std::vector<CollectionState>> Adopt(const std::vector<CollectionPlan>& plans) override;
  Result<Flow> Apply(std::string_view collection, const std::vector<DocumentChange>& changes,
               const ConsumedStep& step) override;
  Status Replace(std::string_view collection, const std::vector<DocumentChange>& documents) override;
  Result<Document> Get(std::string_view collection, std::string_view key) override;
  Result<DocumentPage> Find(std::string_view collection, const DocumentQuery& query) override;
  Result<Positions> CollectionPositions(std::string_view collection) override;
  Status BeginShadow(std::string_view collection) override;
  Status FinishShadow(std::string_view collection) override;
  Result<std::vector<JournaledCommit>> Commits(std::string_view name) override;

 private:
  using Changes = std::vector<DocumentChange>;

  // Writer.
  Result<OpenCollection*> Opened(std::string_view collection);
  Status DropShadows(std::map<std::string, CollectionInfo, std::less<>>* stored);
  Result<OpenCollection> Create(std::string_view name, const CollectionPlan& plan);
  void Keep(std::string name, OpenCollection collection);
  Status WriteChanges(OpenCollection& collection, const Changes& changes);
  Status WriteDocument(OpenCollection& collection, const Changes& changes, std::span<const size_t> of_key);
  Result<JsonObject> Load(OpenCollection& collection, std::string_view key);
  Result<std::string> MergedText(OpenCollection& collection, const Changes& changes, std::span<const size_t> of_key);
  void Publish(const std::string& name, const CollectionInfo& info);
  void Unpublish(const std::string& name);

  // Readers.
  std::shared_ptr<const PublishedCollection> Lookup(std::string_view collection);
  template <typename T, typename Read>
  Result<T> WithTable(std::string_view collection, const Read& read);

  const SqliteDocumentStoreOptions options_;

  // Touched by the writer's thread only.
  std::unique_ptr<sqlite::Connection> writer_;
  Catalog catalog_;
  DocumentCache cache_;
  JsonReader json_;
  std::map<std::string, OpenCollection, std::less<>> collections_;

  // Provides its own synchronization.
  ReaderPool readers_;

  std::mutex mutex_;
  Published published_;  // protected by mutex_
};

// The places of `changes` in the order of their keys, and for one key in the order given.
std::vector<size_t> ByKey(const std::vector<DocumentChange>& changes) {
  std::vector<size_t> places(changes.size());
  std::iota(places.begin(), places.end(), size_t{0});
  std::stable_sort(places.begin(), places.end(), [&](size_t a, size_t b) { return changes[a].key < changes[b].key; });
  return places;
}

Result<std::vector<CollectionState>> SqliteDocumentStore::Adopt(const std::vector<CollectionPlan>& plans) {
  TR_RETURN_IF_ERROR(catalog_.Open());
  TR_TRY(auto stored, catalog_.Load());
  TR_TRY(sqlite::Transaction transaction, sqlite::Transaction::Begin(*writer_));
  TR_RETURN_IF_ERROR(DropShadows(&stored));
  std::vector<CollectionState> states;
  std::vector<OpenCollection> opened;
  for (const CollectionPlan& plan : plans) {
    auto found = stored.find(plan.name);
    if (found == stored.end()) {
      TR_TRY(OpenCollection collection, Create(plan.name, plan));
      opened.push_back(std::move(collection));
    } else {
      TR_TRY(DocumentTableWriter table, DocumentTableWriter::Prepare(*writer_, found->second.shape));
      DefinitionChange change = CompareDefinitions(found->second.fingerprint, plan.fingerprint);
      if (!change.must_rebuild && found->second.fingerprint != plan.fingerprint) {
        TR_RETURN_IF_ERROR(catalog_.SetFingerprint(found->second.shape.id, plan.fingerprint));
        found->second.fingerprint = plan.fingerprint;
      }
      opened.push_back({plan, found->second, std::move(table), change.must_rebuild, std::move(change.reasons)});
      opened.back().info.positions.resize(static_cast<size_t>(plan.partitions));
    }
    const CollectionInfo& info = opened.back().info;
    states.push_back({plan.name, info.positions, opened.back().changed, info.letters, info.flow, info.commits,
                      info.counted_from, opened.back().reasons});
  }
  TR_RETURN_IF_ERROR(transaction.Commit());
  for (OpenCollection& collection : opened) {
    std::string name = collection.plan.name;
    Keep(std::move(name), std::move(collection));
  }
  return states;
}

// A shadow left by a rebuild that did not end is of no use: the next one starts anew.
Status SqliteDocumentStore::DropShadows(std::map<std::string, CollectionInfo, std::less<>>* stored) {
  for (auto at = stored->begin(); at != stored->end();) {
    if (!at->first.ends_with(kShadowSuffix)) {
      ++at;
      continue;
    }
    TR_RETURN_IF_ERROR(catalog_.Drop(at->second));
    at = stored->erase(at);
  }
  return {};
}

Result<OpenCollection> SqliteDocumentStore::Create(std::string_view name, const CollectionPlan& plan) {
  CollectionInfo info;
  info.shape.fields = plan.index;
  info.fingerprint = plan.fingerprint;
  info.positions.resize(static_cast<size_t>(plan.partitions));
  TR_RETURN_IF_ERROR(catalog_.Create(name, &info));
  TR_TRY(DocumentTableWriter table, DocumentTableWriter::Prepare(*writer_, info.shape));
  return OpenCollection{plan, std::move(info), std::move(table), false};
}

void SqliteDocumentStore::Keep(std::string name, OpenCollection collection) {
  Publish(name, collection.info);
  collections_.insert_or_assign(std::move(name), std::move(collection));
}

Result<OpenCollection*> SqliteDocumentStore::Opened(std::string_view collection) {
  auto found = collections_.find(collection);
  if (found == collections_.end()) return Fail(Unknown(collection));
  return &found->second;
}

Result<Flow> SqliteDocumentStore::Apply(std::string_view collection, const Changes& changes,
                                        const ConsumedStep& step) {
  TR_TRY(OpenCollection * open, Opened(collection));
  if (open->changed) {
    return Fail(Error::Conflict("collection " + std::string(collection) +
                                " was built by another definition: rebuild it first"));
  }
  if (step.positions.size() != open->info.positions.size()) {
    return Fail(Error::Invalid("collection " + std::string(collection) + " reads a stream with " +
                               std::to_string(open->info.positions.size()) + " partitions"));
  }
  CollectionInfo after = open->info;
  ++after.commits;
  after.positions = step.positions;
  after.letters = step.letters.value_or(after.letters);
  after.flow += step.flow;
  TR_TRY(sqlite::Transaction transaction, sqlite::Transaction::Begin(*writer_));
  Status written = WriteChanges(*open, changes);
  if (written) written = catalog_.AddCommit(after, step.time_ms);
  TR_CRASH_POINT("documents.written");
  if (written) written = transaction.Commit();
  TR_CRASH_POINT("documents.committed");
  if (!written) {
    // What was put there since BEGIN is not what the file holds.
    cache_.Clear();
    return Fail(written.error().With("collection " + std::string(collection)));
  }
  open->info = std::move(after);
  Publish(std::string(collection), open->info);
  return open->info.flow;
}

Status SqliteDocumentStore::WriteChanges(OpenCollection& collection, const Changes& changes) {
  std::vector<size_t> places = ByKey(changes);
  for (size_t begin = 0; begin < places.size();) {
    size_t end = begin + 1;
    while (end < places.size() && changes[places[end]].key == changes[places[begin]].key) ++end;
    Status written = WriteDocument(collection, changes, std::span(places).subspan(begin, end - begin));
    if (!written) return Fail(written.error().With("document \"" + std::string(changes[places[begin]].key) + "\""));
    begin = end;
  }
  return {};
}

Status SqliteDocumentStore::WriteDocument(OpenCollection& collection, const Changes& changes,
                                          std::span<const size_t> of_key) {
  const DocumentChange& last = changes[of_key.back()];
  if (last.indexed.size() != collection.info.shape.fields.size()) {
    return Fail(Error::Invalid("expected " + std::to_string(collection.info.shape.fields.size()) +
                               " indexed fields, found " + std::to_string(last.indexed.size())));
  }
  TR_TRY(std::string text, MergedText(collection, changes, of_key));
  if (text.size() > options_.document_bytes_max) {
    return Fail(Error::Invalid("would be larger than " + std::to_string(options_.document_bytes_max) + " bytes"));
  }
  return collection.table.Write({last.key, text, &last.indexed});
}

Result<std::string> SqliteDocumentStore::MergedText(OpenCollection& collection, const Changes& changes,
                                                    std::span<const size_t> of_key) {
  if (collection.plan.merge == MergeMode::kReplace) return json_.ReadValue(changes[of_key.back()].document);
  std::string_view key = changes[of_key.front()].key;
  TR_TRY(JsonObject document, Load(collection, key));
  for (size_t place : of_key) {
    TR_RETURN_IF_ERROR(MergeChange(collection.plan.merge, changes[place].document, json_, &document));
  }
  std::string text;
  document.AppendText(&text);
  cache_.Put(collection.info.shape.id, key, std::move(document));
  return text;
}

Result<JsonObject> SqliteDocumentStore::Load(OpenCollection& collection, std::string_view key) {
  if (auto cached = cache_.Take(collection.info.shape.id, key)) return std::move(*cached);
  TR_TRY(std::optional<std::string> text, collection.table.Read(key));
  if (!text) return JsonObject();
  return json_.ReadObject(*text);
}

Status SqliteDocumentStore::Replace(std::string_view collection, const Changes& documents) {
  TR_TRY(OpenCollection * open, Opened(collection));
  TR_TRY(sqlite::Transaction transaction, sqlite::Transaction::Begin(*writer_));
  TR_RETURN_IF_ERROR(catalog_.Drop(open->info));
  TR_TRY(OpenCollection fresh, Create(collection, open->plan));
  fresh.info.positions = open->info.positions;
  fresh.info.commits = open->info.commits + 1;
  Status written = catalog_.AddCommit(fresh.info, 0);
  if (written) written = WriteChanges(fresh, documents);
  if (written) written = transaction.Commit();
  if (!written) {
    cache_.Clear();
    return Fail(written.error().With("collection " + std::string(collection)));
  }
  Keep(std::string(collection), std::move(fresh));
  return {};
}

Status SqliteDocumentStore::BeginShadow(std::string_view collection) {
  TR_TRY(OpenCollection * open, Opened(collection));
  std::string name = ShadowName(collection);
  auto old = collections_.find(name);
  TR_TRY(sqlite::Transaction transaction, sqlite::Transaction::Begin(*writer_));
  if (old != collections_.end()) TR_RETURN_IF_ERROR(catalog_.Drop(old->second.info));
  TR_TRY(OpenCollection shadow, Create(name, open->plan));
  TR_RETURN_IF_ERROR(transaction.Commit());
  Keep(std::move(name), std::move(shadow));
  return {};
}

Status SqliteDocumentStore::FinishShadow(std::string_view collection) {
  TR_TRY(OpenCollection * open, Opened(collection));
  std::string name = ShadowName(collection);
  TR_TRY(OpenCollection * shadow, Opened(name));
  TR_TRY(sqlite::Transaction transaction, sqlite::Transaction::Begin(*writer_));
  TR_RETURN_IF_ERROR(catalog_.Drop(open->info));
  TR_RETURN_IF_ERROR(catalog_.Rename(shadow->info.shape.id, collection));
  TR_CRASH_POINT("documents.swap_written");
  TR_RETURN_IF_ERROR(transaction.Commit());
  TR_CRASH_POINT("documents.swapped");
  OpenCollection moved = std::move(*shadow);
  collections_.erase(name);
  Unpublish(name);
  Keep(std::string(collection), std::move(moved));
  return {};
}

void SqliteDocumentStore::Publish(const std::string& name, const CollectionInfo& info) {
  auto published = std::make_shared<const PublishedCollection>(PublishedCollection{info.shape, info.positions});
  std::lock_guard lock(mutex_);
  published_.insert_or_assign(name, std::move(published));
}

void SqliteDocumentStore::Unpublish(const std::string& name) {
  std::lock_guard lock(mutex_);
  published_.erase(name);
}

std::shared_ptr<const PublishedCollection> SqliteDocumentStore::Lookup(std::string_view collection) {
  std::lock_guard lock(mutex_);
  auto found = published_.find(collection);
  return found == published_.end() ? nullptr : found->second;
}

// Calls `read` with the collection's table and shape. When the writer has put another table in its place and not yet
// published it, the file itself is asked.
template <typename T, typename Read>
Result<T> SqliteDocumentStore::WithTable(std::string_view collection, const Read& read) {
  auto published = Lookup(collection);
  if (published == nullptr) return Fail(Unknown(collection));
  TR_TRY(std::unique_ptr<Reader> reader, readers_.Take());
  Result<T> result = read(reader->Table(published->shape), published->shape);
  if (!result && result.error().code() == ErrorCode::kNotFound) {
    // By a connection without a memory of the old tables.
    TR_TRY(reader, readers_.Open());
    result = reader->InSnapshot<T>(collection, read);
  }
  readers_.Return(std::move(reader));
  return result;
}

Result<Document> SqliteDocumentStore::Get(std::string_view collection, std::string_view key) {
  TR_TRY(std::optional<Document> document,
         WithTable<std::optional<Document>>(
             collection, [&](DocumentTableReader& table, const TableShape&) { return table.Get(key); }));
  if (!document) {
    return Fail(
        Error::NotFound("collection " + std::string(collection) + " has no document \"" + std::string(key) + "\""));
  }
  return std::move(*document);
}

Result<DocumentPage> SqliteDocumentStore::Find(std::string_view collection, const DocumentQuery& query) {
  DocumentQuery bounded = query;
  bounded.limit = std::clamp(query.limit, size_t{1}, kFindLimitMax);
  return WithTable<DocumentPage>(
      collection, [&](DocumentTableReader& table, const TableShape& shape) -> Result<DocumentPage> {
        if (query.field.empty()) return table.Find(bounded, std::nullopt);
        auto field = std::find(shape.fields.begin(), shape.fields.end(), query.field);
        if (field == shape.fields.end()) {
          return Fail(Error::Invalid("collection " + std::string(collection) + " has no index on " + query.field));
        }
        return table.Find(bounded, static_cast<size_t>(field - shape.fields.begin()));
      });
}

Result<Positions> SqliteDocumentStore::CollectionPositions(std::string_view collection) {
  auto published = Lookup(collection);
  if (published == nullptr) return Fail(Unknown(collection));
  return published->positions;
}

Result<std::vector<JournaledCommit>> SqliteDocumentStore::Commits(std::string_view name) {
  TR_TRY(std::unique_ptr<Reader> reader, readers_.Take());
  auto commits = reader->Commits(name);
  readers_.Return(std::move(reader));
  return commits;
}

}  // namespace

Result<std::unique_ptr<JournaledDocuments>> OpenSqliteDocumentStore(const SqliteDocumentStoreOptions& options) {
  TR_TRY(auto connection, sqlite::Connection::Open({options.path, false, options.file_bytes_max}));
  return std::make_unique<SqliteDocumentStore>(options, std::move(connection));
}

}  // namespace tailrace::documents
