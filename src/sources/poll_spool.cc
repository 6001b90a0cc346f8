#include "sources/poll_spool.h"

#include <fmt/format.h>

#include <charconv>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <utility>

#include "base/bytes.h"
#include "base/crash_point.h"
#include "base/crc32c.h"

namespace tailrace {
namespace {

constexpr std::string_view kAnswerMagic = "TRPOLL1\n";
constexpr std::string_view kStateMagic = "TRPOLLS\n";
constexpr std::string_view kAnswerSuffix = ".answer";
constexpr std::string_view kBrokenSuffix = ".broken";
constexpr std::string_view kStateName = "state";
// What was written is not larger than an answer, its records, and what was added to each.
constexpr int64_t kSpoolFileBytesMax = int64_t{4} << 30;

// The bytes behind the magic and the checksum.
Result<std::string> ReadChecked(FileSystem& files, const std::string& path, std::string_view magic) {
  TR_TRY(std::string bytes, ReadFile(files, path, kSpoolFileBytesMax));
  const Error broken = Error::Corruption(path + " is not what was written");
  if (!bytes.starts_with(magic) || bytes.size() < magic.size() + sizeof(uint32_t)) return Fail(broken);
  const uint32_t checksum = LoadBig32(bytes.data() + magic.size());
  bytes.erase(0, magic.size() + sizeof(uint32_t));
  if (Crc32c(bytes) != checksum) return Fail(broken);
  return bytes;
}

Status WriteChecked(FileSystem& files, const std::string& path, std::string_view magic, std::string_view payload) {
  std::string bytes(magic);
  AppendBig32(&bytes, Crc32c(payload));
  bytes += payload;
  return ReplaceFile(files, path, bytes);
}

std::string Encode(const SpooledAnswer& answer) {
  std::string out;
  AppendText(&out, answer.page.next);
  AppendBig64(&out, answer.page.fingerprint);
  AppendVarint(&out, static_cast<int64_t>(answer.page.records));
  AppendBig64(&out, answer.address);
  AppendVarint(&out, answer.first_row);
  AppendText(&out, answer.validator.etag);
  AppendText(&out, answer.validator.last_modified);
  AppendVarint(&out, static_cast<int64_t>(answer.page.rows.size()));
  for (const PollRow& row : answer.page.rows) {
    AppendText(&out, row.json);
    AppendText(&out, row.raw);
    AppendText(&out, row.fault);
  }
  return out;
}

std::optional<SpooledAnswer> DecodeAnswer(std::string_view bytes) {
  ByteReader reader(bytes);
  SpooledAnswer answer;
  answer.page.next = reader.Text();
  answer.page.fingerprint = reader.Big64();
  answer.page.records = static_cast<size_t>(reader.Varint());
  answer.address = reader.Big64();
  answer.first_row = reader.Varint();
  answer.validator.etag = reader.Text();
  answer.validator.last_modified = reader.Text();
  const int64_t rows = reader.Varint();
  for (int64_t i = 0; i < rows && reader.ok(); ++i) {
    PollRow row;
    row.json = reader.Text();
    row.raw = reader.Text();
    row.fault = reader.Text();
    answer.page.rows.push_back(std::move(row));
  }
  return reader.ok() && reader.left() == 0 ? std::optional(std::move(answer)) : std::nullopt;
}

std::string Encode(const PollState& state) {
  std::string out;
  AppendVarint(&out, state.due_s);
  AppendVarint(&out, state.answers);
  AppendVarint(&out, static_cast<int64_t>(state.validators.size()));
  for (const auto& [address, validator] : state.validators) {
    AppendBig64(&out, address);
    AppendText(&out, validator.etag);
    AppendText(&out, validator.last_modified);
  }
  AppendVarint(&out, state.records);
  AppendText(&out, state.failure);
  return out;
}

std::optional<PollState> DecodeState(std::string_view bytes) {
  ByteReader reader(bytes);
  PollState state;
  state.due_s = reader.Varint();
  state.answers = reader.Varint();
  const int64_t count = reader.Varint();
  for (int64_t i = 0; i < count && reader.ok(); ++i) {
    const uint64_t address = reader.Big64();
    PollValidator& validator = state.validators[address];
    validator.etag = reader.Text();
    validator.last_modified = reader.Text();
  }
  const bool tells_of_its_end = reader.left() > 0;  // what was written before these fields were thought of ends here
  if (tells_of_its_end) {
    state.records = reader.Varint();
    state.failure = reader.Text();
  }
  return reader.ok() && reader.left() == 0 ? std::optional(std::move(state)) : std::nullopt;
}

std::string FileName(const PollName& name) { return fmt::format("{:012}-{:06}-{:06}{}", name.due_s, name.request, name.page, kAnswerSuffix); }

// Nullopt: no file of an answer.
std::optional<PollName> NameOf(std::string_view file) {
  if (!file.ends_with(kAnswerSuffix)) return std::nullopt;
  file.remove_suffix(kAnswerSuffix.size());
  const std::string text(file);
  PollName name;
  const auto number = [&file](auto* to) {
    const auto parsed = std::from_chars(file.data(), file.data() + file.size(), *to);
    if (parsed.ec != std::errc()) return false;
    file.remove_prefix(static_cast<size_t>(parsed.ptr - file.data()));
    if (file.starts_with('-')) file.remove_prefix(1);
    return true;
  };
  if (!number(&name.due_s) || !number(&name.request) || !number(&name.page) || !file.empty()) return std::nullopt;
  return FileName(name) == text + std::string(kAnswerSuffix) ? std::optional(name) : std::nullopt;
}

}  // namespace

Result<PollSpool> PollSpool::Open(FileSystem& files, std::string folder, std::shared_ptr<PollRest> rest) {
  TR_RETURN_IF_ERROR(MakeDirectories(files, folder));
  PollSpool spool(files, std::move(folder), std::move(rest));
  const std::shared_lock changing(*spool.rest_);
  TR_RETURN_IF_ERROR(spool.ReadState());
  TR_RETURN_IF_ERROR(spool.RemoveDone());
  return spool;
}

std::string PollSpool::PathOf(const PollName& name) const { return folder_ + "/" + FileName(name); }

Status PollSpool::ReadState() {
  const std::string path = folder_ + "/" + std::string(kStateName);
  const auto bytes = ReadChecked(*files_, path, kStateMagic);
  if (!bytes && bytes.error().code() == ErrorCode::kNotFound) return {};
  if (!bytes) return Fail(bytes.error());
  auto state = DecodeState(*bytes);
  if (!state) return Fail(Error::Corruption(path + " is not what was written"));
  state_ = std::move(*state);
  return {};
}

Result<std::vector<PollName>> PollSpool::Names() const {
  TR_TRY(const auto listed, files_->List(folder_));
  std::vector<PollName> names;
  for (const std::string& file : listed) {
    const auto name = NameOf(file);
    if (name && name->due_s > state_.due_s) names.push_back(*name);
  }
  return names;
}

Result<SpooledAnswer> PollSpool::Read(const PollName& name) const {
  TR_TRY(const std::string bytes, ReadChecked(*files_, PathOf(name), kAnswerMagic));
  auto answer = DecodeAnswer(bytes);
  if (!answer) return Fail(Error::Corruption(PathOf(name) + " is not what was written"));
  return std::move(*answer);
}

Status PollSpool::Keep(const PollName& name, const SpooledAnswer& answer) {
  const std::shared_lock changing(*rest_);
  TR_RETURN_IF_ERROR(WriteChecked(*files_, PathOf(name), kAnswerMagic, Encode(answer)));
  TR_CRASH_POINT("sources.poll_answer_kept");
  return {};
}

Status PollSpool::PutAside(const PollName& name) {
  const std::shared_lock changing(*rest_);
  return files_->Rename(PathOf(name), PathOf(name) + std::string(kBrokenSuffix));
}

Status PollSpool::Finish(PollState state) {
  const std::shared_lock changing(*rest_);
  TR_RETURN_IF_ERROR(WriteChecked(*files_, folder_ + "/" + std::string(kStateName), kStateMagic, Encode(state)));
  state_ = std::move(state);
  TR_CRASH_POINT("sources.poll_state_noted");
  return RemoveDone();
}

Status PollSpool::RemoveDone() {
  TR_TRY(const auto listed, files_->List(folder_));
  for (const std::string& file : listed) {
    const auto name = NameOf(file);
    if (name && name->due_s <= state_.due_s) TR_RETURN_IF_ERROR(files_->Remove(folder_ + "/" + file));
  }
  return {};
}

Result<int64_t> PollSpool::AnswersIn(FileSystem& files, const std::string& folder) {
  const auto there = files.Stat(folder);
  if (!there && there.error().code() == ErrorCode::kNotFound) return 0;
  TR_TRY(const PollSpool spool, Open(files, folder));
  TR_TRY(const auto names, spool.Names());
  return spool.state().answers + static_cast<int64_t>(names.size());
}

}  // namespace tailrace
