#include "documents/catalog.h"

#include <utility>

namespace tailrace::documents {
namespace {

constexpr char kCreateCatalog[] =
    "CREATE TABLE collections(id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE, fingerprint TEXT NOT "
    "NULL);"
    "CREATE TABLE fields(collection INTEGER, place INTEGER, name TEXT NOT NULL, PRIMARY KEY(collection, place)) "
    "WITHOUT ROWID;"
    "CREATE TABLE positions(collection INTEGER, partition INTEGER, next INTEGER NOT NULL, PRIMARY KEY(collection, "
    "partition))"
    " WITHOUT ROWID;";

}  // namespace

Result<int64_t> Catalog::Version() {
  TR_TRY(sqlite::Statement version, connection_->Prepare("PRAGMA user_version"));
  TR_TRY(bool row, version.Step());
  return row ? version.Int(0) : 0;
}

Status Catalog::Open() {
  TR_TRY(int64_t version, Version());
  if (version == kFormatVersion) return {};
  if (version != 0) {
    return Fail(Error::Invalid("the documents file has layout " + std::to_string(version) + ", this program writes " +
                               std::to_string(kFormatVersion)));
  }
  TR_TRY(sqlite::Transaction transaction, sqlite::Transaction::Begin(*connection_));
  TR_RETURN_IF_ERROR(connection_->Execute(kCreateCatalog));
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
  TR_TRY(sqlite::Statement positions,
         connection_->Prepare("SELECT collection, next FROM positions ORDER BY collection, partition"));
  while (true) {
    TR_TRY(bool row, positions.Step());
    if (!row) break;
    auto owner = by_id.find(positions.Int(0));
    if (owner == by_id.end()) return Fail(orphan);
    owner->second->positions.push_back(Offset{positions.Int(1)});
  }
  return collections;
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
  TR_RETURN_IF_ERROR(SetPositions(info->shape.id, info->positions));
  return connection_->Execute(CreateTableSql(info->shape));
}

Status Catalog::Drop(const CollectionInfo& info) {
  std::string id = std::to_string(info.shape.id);
  TR_RETURN_IF_ERROR(connection_->Execute(DropTableSql(info.shape.id)));
  return connection_->Execute("DELETE FROM positions WHERE collection = " + id +
                              "; DELETE FROM fields WHERE collection = " + id +
                              "; DELETE FROM collections WHERE id = " + id);
}

Status Catalog::Rename(int64_t id, std::string_view name) {
  TR_TRY(sqlite::Statement rename, connection_->Prepare("UPDATE collections SET name = ?2 WHERE id = ?1"));
  rename.BindInt(1, id);
  rename.BindText(2, name);
  return rename.Run();
}

Status Catalog::SetPositions(int64_t id, const Positions& positions) {
  TR_TRY(sqlite::Statement set, connection_->Prepare("INSERT INTO positions VALUES(?1, ?2, ?3)"
                                                     " ON CONFLICT DO UPDATE SET next = excluded.next"));
  for (size_t i = 0; i < positions.size(); ++i) {
    set.BindInt(1, id);
    set.BindInt(2, static_cast<int64_t>(i));
    set.BindInt(3, positions[i].value);
    TR_RETURN_IF_ERROR(set.Run());
  }
  return {};
}

}  // namespace tailrace::documents
