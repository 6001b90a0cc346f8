#include "control/key_store.h"

#include <algorithm>
#include <charconv>
#include <set>

#include "auth/api_key.h"
#include "control/private_file.h"
#include "control/seal_key.h"
#include "crypto/digest.h"
#include "crypto/seal.h"

namespace tailrace::control {
namespace {

constexpr std::string_view kSchema =
    "CREATE TABLE IF NOT EXISTS keys (id TEXT PRIMARY KEY, name TEXT NOT NULL, roles TEXT NOT NULL, things TEXT NOT NULL,"
    " created_ms INTEGER NOT NULL, expires_ms INTEGER NOT NULL, revoked_ms INTEGER NOT NULL, replaced_by TEXT NOT NULL,"
    " hash TEXT NOT NULL, checksum TEXT NOT NULL) WITHOUT ROWID, STRICT";
constexpr std::string_view kColumns = "id, name, roles, things, created_ms, expires_ms, revoked_ms, replaced_by, hash, checksum";

// Before the sealed secret of an access key, where other keys have a hash.
constexpr std::string_view kSealedPrefix = "aes256gcm:";

constexpr int kCountColumn = 10;  // behind those

// Stands for "everything" where things are listed.
constexpr std::string_view kAllThings = "*";
// Stands for "never" where a time is.
constexpr int64_t kNever = 0;

std::string RolesText(const auth::Grant& grant) {
  std::string text;
  for (const auth::Role role : grant.roles) {
    if (!text.empty()) text += ' ';
    text += auth::RoleName(role);
  }
  return text;
}

std::string ThingsText(const auth::Grant& grant) {
  if (!grant.things) return std::string(kAllThings);
  std::string text;
  for (const auth::Thing& thing : *grant.things) {
    if (!text.empty()) text += ' ';
    text += auth::ThingKindName(thing.kind);
    text += ':';
    text += thing.name;
  }
  return text;
}

std::vector<std::string_view> Words(std::string_view text) {
  std::vector<std::string_view> words;
  while (!text.empty()) {
    const size_t end = std::min(text.find(' '), text.size());
    words.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return words;
}

std::optional<auth::Grant> ParseGrant(std::string_view roles, std::string_view things) {
  auth::Grant grant;
  for (const std::string_view word : Words(roles)) {
    const auto role = auth::ParseRole(word);
    if (!role) return std::nullopt;
    grant.roles.insert(*role);
  }
  if (things == kAllThings) return grant;
  grant.things.emplace();
  for (const std::string_view word : Words(things)) {
    const size_t colon = word.find(':');
    if (colon == std::string_view::npos) return std::nullopt;
    const auto kind = auth::ParseThingKind(word.substr(0, colon));
    if (!kind) return std::nullopt;
    grant.things->insert({*kind, std::string(word.substr(colon + 1))});
  }
  return grant;
}

// SQLite does not notice a bit that turned by itself, and here one could make a reader an admin.
std::string ChecksumOf(const KeyRecord& record) {
  std::string text;
  for (const std::string& field :
       {record.id, record.name, RolesText(record.grant), ThingsText(record.grant), std::to_string(record.created_ms),
        std::to_string(record.expires_ms.value_or(kNever)), std::to_string(record.revoked_ms.value_or(kNever)), record.replaced_by,
        record.hash}) {
    text += std::to_string(field.size()) + ':' + field;
  }
  return crypto::HexText(crypto::Sha256(text));
}

std::optional<int64_t> TimeOf(int64_t stored) { return stored == kNever ? std::nullopt : std::optional(stored); }

KeyRecord RecordOf(const sqlite::Statement& row) {
  KeyRecord record;
  record.id = row.Text(0);
  record.name = row.Text(1);
  const auto grant = ParseGrant(row.Text(2), row.Text(3));
  if (grant) record.grant = *grant;
  record.created_ms = row.Int(4);
  record.expires_ms = TimeOf(row.Int(5));
  record.revoked_ms = TimeOf(row.Int(6));
  record.replaced_by = row.Text(7);
  record.hash = row.Text(8);
  record.damaged = !grant || !auth::CheckGrant(*grant) || ChecksumOf(record) != row.Text(9);
  return record;
}

// Rows are never removed, and how many there are is kept in another place of the file: a bit that hides a row, or all of them, must not
// open a door that stays open while there is no key. A file of an older program holds no such number.
Status CheckCount(const std::vector<KeyRecord>& records, int64_t counted) {
  std::set<std::string_view> ids;
  for (const KeyRecord& record : records) ids.insert(record.id);
  if (counted == 0 || static_cast<size_t>(counted) == ids.size()) return {};
  return Fail(Error::Corruption("control.sqlite is damaged: " + std::to_string(counted) + " keys were made, and " + std::to_string(ids.size()) +
                                " are there; restore it from a backup, or take it away and make new keys"));
}

Status MakeApiKey(KeyRecord& record, std::string& text) {
  TR_TRY(auth::ApiKey key, auth::NewApiKey());
  record.id = key.id;
  record.hash = crypto::HexText(crypto::Sha256(key.text));
  text = std::move(key.text);
  return {};
}

// Empty when it is no hexadecimal text.
std::string BytesOfHex(std::string_view text) {
  std::string bytes;
  for (size_t i = 0; i + 1 < text.size(); i += 2) {
    unsigned value = 0;
    const auto parsed = std::from_chars(text.data() + i, text.data() + i + 2, value, 16);
    if (parsed.ec != std::errc() || parsed.ptr != text.data() + i + 2) return {};
    bytes += static_cast<char>(value);
  }
  return bytes;
}

Status CheckName(std::string_view name) {
  if (name.size() > kKeyNameBytesMax) {
    return Fail(Error::Invalid("the name is longer than " + std::to_string(kKeyNameBytesMax) + " bytes"));
  }
  if (std::any_of(name.begin(), name.end(), [](char c) { return static_cast<unsigned char>(c) < ' ' || c == 0x7f; })) {
    return Fail(Error::Invalid("the name holds a control character"));
  }
  return {};
}

}  // namespace

bool KeyRecord::IsAws() const { return hash.starts_with(kSealedPrefix); }

Result<std::unique_ptr<KeyStore>> KeyStore::Open(const std::string& path, Clock& clock) {
  TR_RETURN_IF_ERROR(MakePrivateFile(path));
  TR_TRY(auto connection, sqlite::Connection::Open({.path = path}));
  TR_RETURN_IF_ERROR(connection->Execute(std::string(kSchema)));
  return std::unique_ptr<KeyStore>(new KeyStore(path, std::move(connection), clock));
}

Result<std::vector<KeyRecord>> KeyStore::List() {
  // One statement, so that both are of one moment; where there is no key it has one row without an id.
  TR_TRY(sqlite::Statement rows, connection_->Prepare("SELECT " + std::string(kColumns) + ", (SELECT user_version FROM pragma_user_version)" +
                                                      " FROM (SELECT 1) LEFT JOIN keys ON true ORDER BY created_ms, id"));
  std::vector<KeyRecord> records;
  int64_t counted = 0;
  while (true) {
    TR_TRY(const bool more, rows.Step());
    if (!more) break;
    counted = rows.Int(kCountColumn);
    if (!rows.Text(0).empty()) records.push_back(RecordOf(rows));
  }
  TR_RETURN_IF_ERROR(CheckCount(records, counted));
  return records;
}

Result<KeyRecord> KeyStore::Find(std::string_view id) {
  TR_TRY(sqlite::Statement rows, connection_->Prepare("SELECT " + std::string(kColumns) + " FROM keys WHERE id = ?"));
  rows.BindText(1, id);
  TR_TRY(const bool found, rows.Step());
  if (!found) return Fail(Error::NotFound("there is no key " + std::string(id) + "; `tailrace keys list` shows those there are"));
  return RecordOf(rows);
}

Status KeyStore::Write(const KeyRecord& record) {
  TR_TRY(sqlite::Statement write,
         connection_->Prepare("INSERT OR REPLACE INTO keys (" + std::string(kColumns) + ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"));
  const std::string roles = RolesText(record.grant);
  const std::string things = ThingsText(record.grant);
  const std::string checksum = ChecksumOf(record);
  write.BindText(1, record.id);
  write.BindText(2, record.name);
  write.BindText(3, roles);
  write.BindText(4, things);
  write.BindInt(5, record.created_ms);
  write.BindInt(6, record.expires_ms.value_or(kNever));
  write.BindInt(7, record.revoked_ms.value_or(kNever));
  write.BindText(8, record.replaced_by);
  write.BindText(9, record.hash);
  write.BindText(10, checksum);
  return write.Run();
}

// Within a transaction.
Result<IssuedKey> KeyStore::Insert(KeyRecord record, bool aws) {
  TR_TRY(const auto known, List());
  if (known.size() >= kKeysMax) {
    return Fail(Error::Exhausted("there are " + std::to_string(kKeysMax) + " keys already, and no more are kept"));
  }
  const auto is_taken = [&](const std::string& id) {
    return std::any_of(known.begin(), known.end(), [&](const KeyRecord& other) { return other.id == id; });
  };
  std::string text;
  do {
    TR_RETURN_IF_ERROR(aws ? MakeAccessKey(record, text) : MakeApiKey(record, text));
  } while (is_taken(record.id));
  TR_RETURN_IF_ERROR(Write(record));
  TR_RETURN_IF_ERROR(connection_->Execute("PRAGMA user_version=" + std::to_string(known.size() + 1)));
  return IssuedKey{std::move(record), std::move(text)};
}

// The id is part of what the secret is sealed for, so that no row can be given the secret of another.
Status KeyStore::MakeAccessKey(KeyRecord& record, std::string& secret) const {
  TR_TRY(auth::AccessKey key, auth::NewAccessKey());
  TR_TRY(std::string seal_key, SealKeyBeside(path_));
  const auto sealed = crypto::Seal(seal_key, key.id, key.secret);
  crypto::Wipe(seal_key);
  if (!sealed) return Fail(sealed.error());
  record.id = key.id;
  record.hash = std::string(kSealedPrefix) + crypto::HexText(*sealed);
  secret = std::move(key.secret);
  return {};
}

Result<std::string> KeyStore::SecretOf(const KeyRecord& record) const {
  TR_TRY(std::string seal_key, ReadSealKey(SealKeyPath(path_)));
  auto secret = crypto::Unseal(seal_key, record.id, BytesOfHex(std::string_view(record.hash).substr(kSealedPrefix.size())));
  crypto::Wipe(seal_key);
  return secret;
}

// Commits, and brings the change from SQLite's log into the file: a bit that turns over in the log would take a revocation away. When a
// reader is in the way it is left for the next change.
Status KeyStore::Commit(sqlite::Transaction& transaction) {
  TR_RETURN_IF_ERROR(transaction.Commit());
  (void)connection_->Execute("PRAGMA wal_checkpoint(TRUNCATE)");
  return {};
}

Result<IssuedKey> KeyStore::Add(const NewKeyRequest& request) {
  TR_RETURN_IF_ERROR(auth::CheckGrant(request.grant));
  TR_RETURN_IF_ERROR(CheckName(request.name));
  KeyRecord record;
  record.name = request.name;
  record.grant = request.grant;
  record.created_ms = clock_.Now().millis();
  record.expires_ms = request.expires_ms;
  TR_TRY(auto transaction, sqlite::Transaction::Begin(*connection_));
  TR_TRY(IssuedKey issued, Insert(std::move(record), request.aws));
  TR_RETURN_IF_ERROR(Commit(transaction));
  return issued;
}

Status KeyStore::Revoke(std::string_view id) {
  TR_TRY(auto transaction, sqlite::Transaction::Begin(*connection_));
  TR_TRY(KeyRecord record, Find(id));
  if (record.revoked_ms) return {};
  record.revoked_ms = clock_.Now().millis();
  TR_RETURN_IF_ERROR(Write(record));
  return Commit(transaction);
}

Result<IssuedKey> KeyStore::Rotate(std::string_view id, int64_t overlap_ms) {
  TR_TRY(auto transaction, sqlite::Transaction::Begin(*connection_));
  TR_TRY(KeyRecord old, Find(id));
  const int64_t now_ms = clock_.Now().millis();
  if (!old.IsValidAt(now_ms)) return Fail(Error::Conflict("key " + old.id + " is not valid any more; add a new one"));
  if (!old.replaced_by.empty()) return Fail(Error::Conflict("key " + old.id + " was replaced by " + old.replaced_by + " already"));
  KeyRecord record;
  record.name = old.name;
  record.grant = old.grant;
  record.created_ms = now_ms;
  if (old.expires_ms) record.expires_ms = now_ms + (*old.expires_ms - old.created_ms);
  TR_TRY(IssuedKey issued, Insert(std::move(record), old.IsAws()));
  old.replaced_by = issued.record.id;
  old.expires_ms = std::min(old.expires_ms.value_or(now_ms + overlap_ms), now_ms + overlap_ms);
  TR_RETURN_IF_ERROR(Write(old));
  TR_RETURN_IF_ERROR(Commit(transaction));
  return issued;
}

Result<int64_t> KeyStore::Version() {
  TR_TRY(sqlite::Statement row, connection_->Prepare("PRAGMA data_version"));
  TR_TRY(const bool there, row.Step());
  return there ? row.Int(0) : 0;
}

}  // namespace tailrace::control
