#include "control/key_book.h"

#include <condition_variable>

#include "auth/api_key.h"
#include "base/logging.h"
#include "crypto/digest.h"

namespace tailrace::control {
namespace {

Error Unknown() { return Error::Invalid("the key is not known here, or not valid any more"); }

constexpr int64_t kMicrosPerMilli = 1000;
// Compared with when there is no such id, so that it takes as long as when there is.
constexpr std::string_view kNobodysHash = "0000000000000000000000000000000000000000000000000000000000000000";

}  // namespace

Result<std::unique_ptr<KeyBook>> KeyBook::Open(const std::string& path, Clock& clock) {
  TR_TRY(auto store, KeyStore::Open(path, clock));
  std::unique_ptr<KeyBook> book(new KeyBook(std::move(store), clock));
  TR_RETURN_IF_ERROR(book->Refresh());
  return book;
}

KeyBook::~KeyBook() { Stop(); }

void KeyBook::Start() {
  watch_ = std::jthread([this](const std::stop_token& stop) {
    std::mutex mutex;
    std::condition_variable_any woken;
    std::unique_lock lock(mutex);
    bool failing = false;
    while (!woken.wait_for(lock, stop, kKeyWatchInterval, [&] { return stop.stop_requested(); })) {
      const Status read = Refresh();
      if (!read && !failing) LogError("keys_unreadable", {{"error", read.error().message()}, {"keys", "those read before still count"}});
      failing = !read;
    }
  });
}

void KeyBook::Stop() {
  watch_.request_stop();
  if (watch_.joinable()) watch_.join();
}

Status KeyBook::Refresh() {
  TR_TRY(const int64_t version, store_->Version());
  if (version == version_) return {};
  TR_RETURN_IF_ERROR(Read());
  version_ = version;
  return {};
}

Status KeyBook::Read() {
  TR_TRY(const auto records, store_->List());
  auto read = std::make_shared<Entries>();
  const auto before = entries();
  for (const KeyRecord& record : records) {
    if (record.damaged) LogError("key_damaged", {{"id", record.id}, {"effect", "it opens nothing"}});
    read->emplace(record.id, EntryOf(record, *before));
  }
  for (const auto& [id, entry] : *before) {
    const auto now = read->find(id);
    if (now == read->end() || now->second.caller != entry.caller) entry.caller->revoked = true;
  }
  has_keys_.store(!records.empty(), std::memory_order_relaxed);
  const std::lock_guard lock(mutex_);
  entries_ = std::move(read);
  return {};
}

// Requests that go on, such as tails, hold a caller: it stays the same until its key is another.
KeyBook::Entry KeyBook::EntryOf(const KeyRecord& record, const Entries& before) const {
  const auto known = before.find(record.id);
  const bool is_open = !record.IsAws() || (known != before.end() && !known->second.secret.empty());
  if (known != before.end() && known->second.record == record && is_open) return known->second;
  auto caller = std::make_shared<auth::Caller>();
  caller->name = record.name.empty() ? record.id : record.name + " (" + record.id + ")";
  caller->grant = record.grant;
  if (record.expires_ms) caller->expires = WallTime{*record.expires_ms * kMicrosPerMilli};
  Entry entry{record, std::move(caller), {}};
  if (!record.IsAws() || record.damaged) return entry;
  auto secret = store_->SecretOf(record);
  if (secret) {
    entry.secret = std::move(*secret);
  } else {
    LogError("access_key_unreadable", {{"id", record.id}, {"error", secret.error().message()}, {"effect", "it opens nothing"}});
  }
  return entry;
}

std::shared_ptr<const KeyBook::Entries> KeyBook::entries() const {
  const std::lock_guard lock(mutex_);
  return entries_;
}

bool KeyBook::HasValidKey() const {
  const int64_t now_ms = clock_.Now().millis();
  for (const auto& [id, entry] : *entries()) {
    if (entry.record.IsValidAt(now_ms)) return true;
  }
  return false;
}

Result<auth::Signer> KeyBook::FindSigner(std::string_view access_key_id) const {
  const auto known = entries();
  const auto found = known->find(access_key_id);
  if (found == known->end() || found->second.secret.empty() || !found->second.record.IsValidAt(clock_.Now().millis())) {
    return Fail(Error::Invalid("the access key is not known here, or not valid any more"));
  }
  return auth::Signer{found->second.caller, found->second.secret};
}

Result<auth::CallerPtr> KeyBook::Identify(std::string_view credential) const {
  const auto id = auth::ApiKeyId(credential);
  if (!id) return Fail(Error::Invalid("this is no key: it has another form, or a letter of it is wrong"));
  const auto known = entries();
  const auto found = known->find(*id);
  const std::string hash = crypto::HexText(crypto::Sha256(credential));
  const bool is_same = crypto::EqualInConstantTime(hash, found == known->end() ? kNobodysHash : std::string_view(found->second.record.hash));
  if (found == known->end() || !is_same || !found->second.record.IsValidAt(clock_.Now().millis())) return Fail(Unknown());
  return found->second.caller;
}

}  // namespace tailrace::control
