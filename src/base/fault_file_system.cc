#include "base/fault_file_system.h"

#include <algorithm>
#include <cstring>

namespace tailrace {

struct FaultFileSystem::Node {
  struct Edit {
    bool cut = false;  // to `position` bytes; else `bytes` written at `position`
    int64_t position = 0;
    std::string bytes;
  };

  bool directory = false;
  std::string now;
  std::string durable;
  std::vector<Edit> unsynced;

  static void Put(std::string& file, int64_t position, std::string_view bytes) {
    const auto at = static_cast<size_t>(position);
    if (file.size() < at + bytes.size()) file.resize(at + bytes.size());
    std::copy(bytes.begin(), bytes.end(), file.begin() + position);
  }

  void Write(int64_t position, std::string_view bytes) {
    Put(now, position, bytes);
    unsynced.push_back({false, position, std::string(bytes)});
  }
  void Cut(int64_t bytes) {
    now.resize(static_cast<size_t>(bytes));
    unsynced.push_back({true, bytes, {}});
  }
  void Sync() {
    for (const Edit& edit : unsynced) ApplyWhole(edit);
    unsynced.clear();
  }
  void ApplyWhole(const Edit& edit) {
    if (edit.cut) {
      durable.resize(static_cast<size_t>(edit.position));
    } else {
      Put(durable, edit.position, edit.bytes);
    }
  }
  // Each sector of each edit by the toss of a coin.
  void ApplyTorn(const Edit& edit, Random& random) {
    if (edit.cut) {
      if (random.Below(2) == 0) ApplyWhole(edit);
      return;
    }
    const auto end = edit.position + std::ssize(edit.bytes);
    for (int64_t at = edit.position; at < end;) {
      const int64_t next = std::min(end, (at / kSectorBytes + 1) * kSectorBytes);
      if (random.Below(2) == 0) {
        Put(durable, at,
            std::string_view(edit.bytes)
                .substr(static_cast<size_t>(at - edit.position), static_cast<size_t>(next - at)));
      }
      at = next;
    }
  }
  void LosePower(Loss loss, Random& random) {
    for (const Edit& edit : unsynced) {
      if (loss == Loss::kTear) ApplyTorn(edit, random);
    }
    unsynced.clear();
    now = durable;
  }
};

class FaultFileSystem::OpenFile final : public File {
 public:
  OpenFile(FaultFileSystem& files, std::string path, std::shared_ptr<Node> node)
      : files_(files), path_(std::move(path)), node_(std::move(node)), generation_(files.generation_) {}

  Result<size_t> ReadAt(int64_t position, std::span<char> to) override {
    const std::lock_guard lock(files_.mutex_);
    TR_RETURN_IF_ERROR(Begin(OperationKind::kRead));
    const auto at = static_cast<size_t>(position);
    if (at >= node_->now.size()) return size_t{0};
    const size_t size = std::min(to.size(), node_->now.size() - at);
    std::memcpy(to.data(), node_->now.data() + at, size);
    return size;
  }

  Status WriteAt(int64_t position, std::string_view bytes) override {
    const std::lock_guard lock(files_.mutex_);
    TR_TRY(const std::optional<Kind> fault, BeginFaulty(OperationKind::kWrite));
    if (fault == Kind::kShortWrite) {
      node_->Write(position, bytes.substr(0, bytes.size() / 2));
      return Fail(Error::Exhausted("write " + path_ + ": injected short write"));
    }
    node_->Write(position, bytes);
    return {};
  }

  Status Zero(int64_t position, int64_t bytes) override {
    return WriteAt(position, std::string(static_cast<size_t>(bytes), '\0'));
  }

  Status Sync() override {
    const std::lock_guard lock(files_.mutex_);
    const Status status = Begin(OperationKind::kSync);
    if (!status) {
      // The kernel marks the pages clean all the same: a later sync reports success and they are gone.
      if (files_.generation_ == generation_ && !files_.stopped_) node_->unsynced.clear();
      return status;
    }
    ++files_.syncs_[path_];
    node_->Sync();
    return {};
  }

  Status Truncate(int64_t bytes) override {
    const std::lock_guard lock(files_.mutex_);
    TR_RETURN_IF_ERROR(Begin(OperationKind::kCut));
    node_->Cut(bytes);
    return {};
  }

  Result<int64_t> Size() override {
    const std::lock_guard lock(files_.mutex_);
    TR_RETURN_IF_ERROR(Begin(OperationKind::kRead));
    return std::ssize(node_->now);
  }

 private:
  Result<std::optional<Kind>> BeginFaulty(OperationKind kind) {
    if (files_.generation_ != generation_) return Fail(Error::Unavailable(path_ + " was opened before the power cut"));
    return files_.Begin(kind, path_);
  }
  Status Begin(OperationKind kind) {
    TR_TRY([[maybe_unused]] const auto fault, BeginFaulty(kind));
    return {};
  }

  FaultFileSystem& files_;
  const std::string path_;
  const std::shared_ptr<Node> node_;
  const int64_t generation_;
};

class FaultFileSystem::HeldLock final : public FileLock {
 public:
  HeldLock(FaultFileSystem& files, std::string path) : files_(files), path_(std::move(path)) {}
  ~HeldLock() override {
    const std::lock_guard lock(files_.mutex_);
    files_.locked_.erase(path_);
  }

 private:
  FaultFileSystem& files_;
  const std::string path_;
};

FaultFileSystem::FaultFileSystem() = default;
FaultFileSystem::~FaultFileSystem() = default;

void FaultFileSystem::Inject(Fault fault) {
  const std::lock_guard lock(mutex_);
  fault_ = fault;
}

void FaultFileSystem::Heal() {
  const std::lock_guard lock(mutex_);
  fault_.reset();
  stopped_ = false;
}

int64_t FaultFileSystem::operations() const {
  const std::lock_guard lock(mutex_);
  return operations_;
}

void FaultFileSystem::ResetCount() {
  const std::lock_guard lock(mutex_);
  operations_ = 0;
  syncs_.clear();
}

int64_t FaultFileSystem::syncs(std::string_view suffix) const {
  const std::lock_guard lock(mutex_);
  int64_t sum = 0;
  for (const auto& [path, count] : syncs_) {
    if (std::string_view(path).ends_with(suffix)) sum += count;
  }
  return sum;
}

Result<std::optional<FaultFileSystem::Kind>> FaultFileSystem::Begin(OperationKind kind, const std::string& path) {
  const int64_t number = operations_++;
  const std::string what = path + ": injected fault at operation " + std::to_string(number);
  if (stopped_) return Fail(Error::Unavailable(what));
  if (!fault_ || number < fault_->at || (number > fault_->at && !fault_->for_ever && fault_->kind != Kind::kStop)) {
    return std::optional<Kind>();
  }
  switch (fault_->kind) {
    case Kind::kStop:
      stopped_ = true;
      return Fail(Error::Unavailable(what));
    case Kind::kFail:
      return Fail(Error::Unavailable(what));
    case Kind::kNoSpace:
      if (kind == OperationKind::kWrite || kind == OperationKind::kName) return Fail(Error::Exhausted(what));
      return std::optional<Kind>();
    case Kind::kShortWrite:
      if (kind == OperationKind::kWrite) return std::optional<Kind>(Kind::kShortWrite);
      return Fail(Error::Unavailable(what));
  }
  return std::optional<Kind>();
}

Status FaultFileSystem::BeginSimple(OperationKind kind, const std::string& path) {
  TR_TRY([[maybe_unused]] const auto fault, Begin(kind, path));
  return {};
}

void FaultFileSystem::ApplyTo(Names& names, const NameChange& change) {
  for (const Entry& entry : change) {
    if (entry.node == nullptr) {
      names.erase(entry.path);
    } else {
      names[entry.path] = entry.node;
    }
  }
}

void FaultFileSystem::Change(NameChange change) {
  ApplyTo(names_, change);
  unsynced_names_[ParentPath(change.front().path)].push_back(std::move(change));
}

Status FaultFileSystem::CheckParent(const std::string& path) const {
  const std::string parent = ParentPath(path);
  if (parent == "." || parent == "/") return {};
  const auto found = names_.find(parent);
  if (found == names_.end() || !found->second->directory) return Fail(Error::NotFound(parent + " is not there"));
  return {};
}

void FaultFileSystem::PowerCut(Loss loss, Random& random) {
  const std::lock_guard lock(mutex_);
  ++generation_;
  fault_.reset();
  stopped_ = false;
  locked_.clear();
  if (loss == Loss::kNothing) return;
  for (auto& [directory, changes] : unsynced_names_) {
    const size_t kept = loss == Loss::kTear ? random.Below(changes.size() + 1) : 0;
    for (size_t i = 0; i < kept; ++i) ApplyTo(durable_names_, changes[i]);
  }
  unsynced_names_.clear();
  // A name is gone when its directory is.
  std::erase_if(durable_names_, [&](const auto& entry) {
    const std::string parent = ParentPath(entry.first);
    return parent != "." && parent != "/" && !durable_names_.contains(parent);
  });
  names_ = durable_names_;
  for (const auto& [path, node] : names_) node->LosePower(loss, random);
}

Result<std::unique_ptr<File>> FaultFileSystem::Open(const std::string& path, OpenMode mode) {
  const std::lock_guard lock(mutex_);
  TR_RETURN_IF_ERROR(BeginSimple(mode == OpenMode::kCreate ? OperationKind::kName : OperationKind::kRead, path));
  const auto found = names_.find(path);
  if (found != names_.end()) {
    if (found->second->directory) return Fail(Error::Unavailable(path + " is a directory"));
    return std::make_unique<OpenFile>(*this, path, found->second);
  }
  if (mode != OpenMode::kCreate) return Fail(Error::NotFound("open " + path + ": not there"));
  TR_RETURN_IF_ERROR(CheckParent(path));
  auto node = std::make_shared<Node>();
  Change({{path, node}});
  return std::make_unique<OpenFile>(*this, path, std::move(node));
}

Status FaultFileSystem::Rename(const std::string& from, const std::string& to) {
  const std::lock_guard lock(mutex_);
  TR_RETURN_IF_ERROR(BeginSimple(OperationKind::kName, from));
  const auto found = names_.find(from);
  if (found == names_.end()) return Fail(Error::NotFound("rename " + from + ": not there"));
  if (ParentPath(from) != ParentPath(to)) return Fail(Error::Invalid("rename stays in a directory: " + from));
  Change({{from, nullptr}, {to, found->second}});
  return {};
}

Status FaultFileSystem::Remove(const std::string& path) {
  const std::lock_guard lock(mutex_);
  TR_RETURN_IF_ERROR(BeginSimple(OperationKind::kCut, path));
  if (!names_.contains(path)) return Fail(Error::NotFound("remove " + path + ": not there"));
  Change({{path, nullptr}});
  return {};
}

Result<FileInfo> FaultFileSystem::Stat(const std::string& path) {
  const std::lock_guard lock(mutex_);
  TR_RETURN_IF_ERROR(BeginSimple(OperationKind::kRead, path));
  if (path == "/" || path == ".") return FileInfo{0, true};
  const auto found = names_.find(path);
  if (found == names_.end()) return Fail(Error::NotFound("stat " + path + ": not there"));
  return FileInfo{std::ssize(found->second->now), found->second->directory};
}

Result<std::vector<std::string>> FaultFileSystem::List(const std::string& directory) {
  const std::lock_guard lock(mutex_);
  TR_RETURN_IF_ERROR(BeginSimple(OperationKind::kRead, directory));
  const auto found = names_.find(directory);
  if (found == names_.end() || !found->second->directory)
    return Fail(Error::NotFound("list " + directory + ": not there"));
  std::vector<std::string> names;
  for (const auto& [path, node] : names_) {
    if (ParentPath(path) == directory) names.push_back(path.substr(directory.size() + 1));
  }
  return names;
}

Status FaultFileSystem::MakeDirectory(const std::string& path) {
  const std::lock_guard lock(mutex_);
  TR_RETURN_IF_ERROR(BeginSimple(OperationKind::kName, path));
  TR_RETURN_IF_ERROR(CheckParent(path));
  if (names_.contains(path)) return {};
  auto node = std::make_shared<Node>();
  node->directory = true;
  Change({{path, std::move(node)}});
  return {};
}

Status FaultFileSystem::SyncDirectory(const std::string& path) {
  const std::lock_guard lock(mutex_);
  TR_RETURN_IF_ERROR(BeginSimple(OperationKind::kSync, path));
  for (const NameChange& change : unsynced_names_[path]) ApplyTo(durable_names_, change);
  unsynced_names_.erase(path);
  return {};
}

Result<std::unique_ptr<FileLock>> FaultFileSystem::Lock(const std::string& path) {
  const std::lock_guard lock(mutex_);
  TR_RETURN_IF_ERROR(BeginSimple(OperationKind::kName, path));
  if (!locked_.emplace(path, true).second) return Fail(Error::Conflict(path + " is held"));
  return std::make_unique<HeldLock>(*this, path);
}

}  // namespace tailrace
