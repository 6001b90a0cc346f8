#include "engine/load_desk.h"

#include <fmt/format.h>

namespace tailrace::engine {

// Has an item to itself while it lives.
class LoadDesk::Lease {
 public:
  Lease(LoadDesk& desk, Key key) : desk_(desk), key_(std::move(key)) {}
  ~Lease() { desk_.Leave(key_, keep_); }
  Lease(const Lease&) = delete;
  Lease& operator=(const Lease&) = delete;

  // What is known of the item is still so. Else it is asked of the log again.
  void Keep() { keep_ = true; }

 private:
  LoadDesk& desk_;
  const Key key_;
  bool keep_ = false;
};

Status LoadDesk::Begin(const Key& key, Item* item) const {
  if (item->appender != nullptr) return {};
  TR_TRY(PumpTarget target, target_of_(key.first));
  std::vector<PumpTarget> targets;
  targets.push_back(std::move(target));
  item->appender = std::make_unique<SourceAppender>(std::string(kLoadSource), std::move(targets), log_, dead_letters_);
  item->next = item->appender->Open(key.second).value_or(ResumePoint{});
  return {};
}

// Under the lock. The item that was idle the longest is forgotten: the log knows where it was.
Status LoadDesk::MakeRoom() {
  if (items_.size() < kItemsMax) return {};
  auto oldest = items_.end();
  for (auto item = items_.begin(); item != items_.end(); ++item) {
    if (!item->second.busy && (oldest == items_.end() || item->second.used < oldest->second.used)) oldest = item;
  }
  if (oldest == items_.end()) return Fail(Error::Exhausted("too many files are being loaded at once"));
  items_.erase(oldest);
  return {};
}

Result<LoadDesk::Item*> LoadDesk::Enter(const Key& key) {
  const std::lock_guard lock(mutex_);
  auto found = items_.find(key);
  if (found == items_.end()) {
    TR_RETURN_IF_ERROR(MakeRoom());
    found = items_.emplace(key, Item()).first;
  }
  if (found->second.busy) return Fail(Error::Exhausted("another load of the same file is at it"));
  found->second.busy = true;
  found->second.used = ++uses_;
  return &found->second;
}

void LoadDesk::Leave(const Key& key, bool keep) {
  const std::lock_guard lock(mutex_);
  const auto found = items_.find(key);
  found->second.busy = false;
  if (!keep) items_.erase(found);
}

Result<std::optional<ResumePoint>> LoadDesk::Open(std::string_view stream, std::string_view item) {
  const Key key{stream, item};
  TR_TRY(Item * entered, Enter(key));
  Lease lease(*this, key);
  TR_RETURN_IF_ERROR(Begin(key, entered));
  lease.Keep();
  const ResumePoint& next = entered->next;
  return next.next == 0 && next.held_next == 0 ? std::nullopt : std::optional(next);
}

Result<LoadReceipt> LoadDesk::Take(std::string_view stream, std::string_view client, const RowMessage& message) {
  const Key key{stream, message.batch.item};
  TR_TRY(Item * entered, Enter(key));
  Lease lease(*this, key);
  TR_RETURN_IF_ERROR(Begin(key, entered));
  SourceAppender& appender = *entered->appender;
  if (message.start != entered->next.next) {
    lease.Keep();
    return Fail(Error::Conflict(fmt::format("the rows begin at {}, and those that are there end at {}", message.start, entered->next.next)));
  }
  LoadReceipt receipt;
  appender.ComeFrom(std::string(client));
  appender.OnRefused([&receipt](DeadLetter* letter) {
    if (receipt.faults.size() < kFaultsMax) receipt.faults.push_back({letter->line, letter->place, letter->pointer, letter->reason});
  });
  const int64_t accepted = appender.counts().accepted;
  const int64_t refused = appender.counts().refused;
  // Who sent the rows is told to come again, and finds out what of them is there.
  TR_RETURN_IF_ERROR(appender.Append(message.batch, [](const Error&) { return false; }));
  lease.Keep();
  entered->next = appender.next();
  receipt.accepted = appender.counts().accepted - accepted;
  receipt.refused = appender.counts().refused - refused;
  return receipt;
}

}  // namespace tailrace::engine
