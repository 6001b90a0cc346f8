#include "documents/catalog.h"

#include <algorithm>
#include <charconv>
#include <utility>

namespace tailrace::documents {
namespace {

constexpr char kCreateCatalog[] =
    "CREATE TABLE collections(id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE, fingerprint TEXT NOT "
    "NULL);"
    "CREATE TABLE fields(collection INTEGER, place INTEGER, name TEXT NOT NULL, PRIMARY KEY(collection, place)) "
    "WITHOUT ROWID;";

constexpr char kCreateCommits[] =
    "CREATE TABLE commits(collection INTEGER, number INTEGER, time_ms INTEGER NOT NULL, positions TEXT NOT NULL, letters "
    "INTEGER NOT NULL, read INTEGER NOT NULL, emitted INTEGER NOT NULL, filtered INTEGER NOT NULL, dead_lettered INTEGER "
    "NOT NULL, PRIMARY KEY(collection, number)) WITHOUT ROWID;";

// Of layout 1, which had the positions and no counters. A collection over views has consumed nothing, and has no positions.
constexpr char kTakeOverPositions[] =
    "INSERT INTO commits SELECT collection, 0, 0, group_concat(next, ' '), 0, 0, 0, 0, 0 FROM (SELECT collection, next FROM "
    "positions ORDER BY collection, partition) GROUP BY collection;"
    "DROP TABLE positions;";

std::string TextOf(const Positions& positions) {
  std::string text;
  for (const Offset next : positions) text += (text.empty() ? "" : " ") + std::to_string(next.value);
  return text;
}

Positions PositionsOf(std::string_view text) {
  Positions positions;
  while (!text.empty()) {
    Offset next;
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), next.value);
    positions.push_back(next);
    text.remove_prefix(std::min(text.size(), static_cast<size_t>(parsed.ptr - text.data()) + 1));
  }
  return positions;
}

}  // namespace

Result<int64_t> Catalog::Version() {
  TR_TRY(sqlite::Statement version, connection_->Prepare("PRAGMA user_version"));
  TR_TRY(bool row, version.Step());
  return row ? version.Int(0) : 0;
}

Status Catalog::Open() {
  TR_TRY(int64_t version, Version());
  if (version == kFormatVersion) return {};
  if (version != 0 && version != 1) {
    return Fail(Error::Invalid("the documents file has layout " + std::to_string(version) + ", this program writes " +
                               std::to_string(kFormatVersion)));
  }
  TR_TRY(sqlite::Transaction transaction, sqlite::Transaction::Begin(*connection_));
  if (version == 0) TR_RETURN_IF_ERROR(connection_->Execute(kCreateCatalog));
  TR_RETURN_IF_ERROR(connection_->Execute(kCreateCommits));
  if (version == 1) TR_RETURN_IF_ERROR(connection_->Execute(kTakeOverPositions));
  TR_RETURN_IF_ERROR(connection_->Execute("PRAGMA user_version=" + std::to_string(kFormatVersion)));
  return transaction.Commit();
}

Result<std::map<std::string, CollectionInfo, std::less<>>> Catalog::Load() {
  std::map<std::string, CollectionInfo, std::less<>> collections;
  std::map<int64_t, CollectionInfo*> by_id;
  TR_TRY(sqlite::Statement rows, connection_->Prepare("SELECT id, name, fingerprint FROM collections"));
  while (true) {
    TR_TRY(bool row, rows.Step());
    if (!row) break;
    CollectionInfo& info = collections[std::string(rows.Text(1))];
    info.shape.id = rows.Int(0);
    info.fingerprint = rows.Text(2);
    by_id[info.shape.id] = &info;
  }
  Error orphan = Error::Corruption("documents: the catalogue speaks of a collection that is not there");
  TR_TRY(sqlite::Statement fields,
         connection_->Prepare("SELECT collection, name FROM fields ORDER BY collection, place"));
  while (true) {
    TR_TRY(bool row, fields.Step());
    if (!row) break;
    auto owner = by_id.find(fields.Int(0));
    if (owner == by_id.end()) return Fail(orphan);
    owner->second->shape.fields.emplace_back(fields.Text(1));
  }
  // Of the row with the largest number, as SQLite has it for a lone max().
  TR_TRY(sqlite::Statement commits,
         connection_->Prepare("SELECT collection, max(number), positions, letters, read, emitted, filtered, dead_lettered FROM "
                              "commits GROUP BY collection"));
  while (true) {
    TR_TRY(bool row, commits.Step());
    if (!row) break;
    auto owner = by_id.find(commits.Int(0));
    if (owner == by_id.end()) return Fail(orphan);
    CollectionInfo& info = *owner->second;
    info.commits = commits.Int(1);
    info.positions = PositionsOf(commits.Text(2));
    info.letters = Offset{commits.Int(3)};
    info.flow = {commits.Int(4), commits.Int(5), commits.Int(6), commits.Int(7)};
  }
  TR_TRY(sqlite::Statement counted,
         connection_->Prepare("SELECT collection, positions FROM commits WHERE number = 0"));
  while (true) {
    TR_TRY(bool row, counted.Step());
    if (!row) break;
    auto owner = by_id.find(counted.Int(0));
    if (owner == by_id.end()) return Fail(orphan);
    owner->second->counted_from = PositionsOf(counted.Text(1));
  }
  return collections;
}

Result<std::vector<JournaledCommit>> Catalog::Journal(std::string_view collection) {
  TR_TRY(sqlite::Statement rows,
         connection_->Prepare("SELECT name, number, time_ms, positions, letters, read, emitted, filtered, dead_lettered FROM commits JOIN "
                              "collections ON id = collection WHERE (?1 = '' AND name NOT LIKE '%@shadow') OR name = ?1 ORDER BY name, number"));
  rows.BindText(1, collection);
  std::vector<JournaledCommit> journal;
  while (true) {
    TR_TRY(const bool row, rows.Step());
    if (!row) return journal;
    JournaledCommit& commit = journal.emplace_back();
    commit.name = rows.Text(0);
    commit.number = rows.Int(1);
    commit.time_ms = rows.Int(2);
    commit.positions = PositionsOf(rows.Text(3));
    commit.letters = Offset{rows.Int(4)};
    commit.flow = {rows.Int(5), rows.Int(6), rows.Int(7), rows.Int(8)};
  }
}

Status Catalog::Create(std::string_view name, CollectionInfo* info) {
  TR_TRY(sqlite::Statement add,
         connection_->Prepare("INSERT INTO collections(name, fingerprint) VALUES(?1, ?2) RETURNING id"));
  add.BindText(1, name);
  add.BindText(2, info->fingerprint);
  TR_TRY(bool row, add.Step());
  if (!row) return Fail(Error::Internal("documents: no id for collection " + std::string(name)));
  info->shape.id = add.Int(0);
  add.Reset();
  TR_TRY(sqlite::Statement field, connection_->Prepare("INSERT INTO fields VALUES(?1, ?2, ?3)"));
  for (size_t i = 0; i < info->shape.fields.size(); ++i) {
    field.BindInt(1, info->shape.id);
    field.BindInt(2, static_cast<int64_t>(i));
    field.BindText(3, info->shape.fields[i]);
    TR_RETURN_IF_ERROR(field.Run());
  }
  return connection_->Execute(CreateTableSql(info->shape));
}

Status Catalog::Drop(const CollectionInfo& info) {
  std::string id = std::to_string(info.shape.id);
  TR_RETURN_IF_ERROR(connection_->Execute(DropTableSql(info.shape.id)));
  return connection_->Execute("DELETE FROM commits WHERE collection = " + id +
                              "; DELETE FROM fields WHERE collection = " + id +
                              "; DELETE FROM collections WHERE id = " + id);
}

Status Catalog::Rename(int64_t id, std::string_view name) {
  TR_TRY(sqlite::Statement rename, connection_->Prepare("UPDATE collections SET name = ?2 WHERE id = ?1"));
  rename.BindInt(1, id);
  rename.BindText(2, name);
  return rename.Run();
}

Status Catalog::SetFingerprint(int64_t id, std::string_view fingerprint) {
  TR_TRY(sqlite::Statement set, connection_->Prepare("UPDATE collections SET fingerprint = ?2 WHERE id = ?1"));
  set.BindInt(1, id);
  set.BindText(2, fingerprint);
  return set.Run();
}

Status Catalog::AddCommit(const CollectionInfo& info, int64_t time_ms) {
  TR_TRY(sqlite::Statement add, connection_->Prepare("INSERT INTO commits VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)"));
  add.BindInt(1, info.shape.id);
  add.BindInt(2, info.commits);
  add.BindInt(3, time_ms);
  const std::string positions = TextOf(info.positions);
  add.BindText(4, positions);
  add.BindInt(5, info.letters.value);
  add.BindInt(6, info.flow.read);
  add.BindInt(7, info.flow.emitted);
  add.BindInt(8, info.flow.filtered);
  add.BindInt(9, info.flow.dead_lettered);
  TR_RETURN_IF_ERROR(add.Run());
  if (info.commits % kCommitsKept != 0) return {};
  TR_TRY(sqlite::Statement drop, connection_->Prepare("DELETE FROM commits WHERE collection = ?1 AND number > 0 AND number <= ?2"));
  drop.BindInt(1, info.shape.id);
  drop.BindInt(2, info.commits - kCommitsKept);
  return drop.Run();
}

}  // namespace tailrace::documents
