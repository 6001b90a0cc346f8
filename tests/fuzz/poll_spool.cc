// The spool of a poll, as a crash or a disk may leave it: each file is read, or named as damaged and put aside; what was read and is kept
// again is the same.
//
// The first byte: whether the rest is an answer or the state, and whether it gets the right checksum, so that what lies behind it is reached.
#include <string>

#include "base/bytes.h"
#include "base/crc32c.h"
#include "base/fault_file_system.h"
#include "fuzz.h"
#include "sources/poll_spool.h"

namespace tailrace::fuzz {
namespace {

constexpr size_t kInputBytesMax = 64 << 10;
constexpr const char* kFolder = "/polls/fares";
constexpr PollName kName{1'488'520'740, 1, 2};

std::string Checked(std::string_view magic, std::string_view payload) {
  std::string bytes(magic);
  AppendBig32(&bytes, Crc32c(payload));
  return bytes.append(payload);
}

void CheckSame(const SpooledAnswer& one, const SpooledAnswer& other) {
  RequireSame(one.page.next, other.page.next, "what asks for the next page is the same");
  RequireSame(one.validator.etag, other.validator.etag, "the ETag is the same");
  Require(one.page.fingerprint == other.page.fingerprint && one.first_row == other.first_row && one.page.records == other.page.records,
          "the numbers are the same");
  Require(one.page.rows.size() == other.page.rows.size(), "the rows are as many");
  for (size_t i = 0; i < one.page.rows.size(); ++i) {
    RequireSame(one.page.rows[i].json, other.page.rows[i].json, "a record is the same");
    RequireSame(one.page.rows[i].fault, other.page.rows[i].fault, "a fault is the same");
  }
}

void ReadBack(PollSpool& spool) {
  const auto read = spool.Read(kName);
  if (!read) {
    Require(read.error().code() == ErrorCode::kCorruption, "what cannot be read is named as damaged");
    Require(spool.PutAside(kName).has_value(), "and can be put aside");
    return Require(spool.Names()->empty(), "where it is in nobody's way");
  }
  const PollName other{kName.due_s, 1, 3};
  Require(spool.Keep(other, *read).has_value(), "an answer can be kept");
  const auto again = spool.Read(other);
  Require(again.has_value(), "what was kept can be read");
  CheckSame(*read, *again);
}

}  // namespace

void Run(std::string_view input) {
  if (input.size() > kInputBytesMax) return;
  Choices choices(input);
  const uint8_t how = choices.Byte();
  FaultFileSystem files;
  auto spool = PollSpool::Open(files, kFolder);
  Require(spool.has_value(), "an empty folder opens");
  if (how % 4 < 2) {
    const std::string bytes = how % 4 == 0 ? std::string(choices.rest()) : Checked("TRPOLL1\n", choices.rest());
    Require(ReplaceFile(files, std::string(kFolder) + "/001488520740-000001-000002.answer", bytes).has_value(), "a file can be written");
    const auto names = spool->Names();
    Require(names.has_value() && names->size() == 1 && names->front() == kName, "the file has its name");
    return ReadBack(*spool);
  }
  const std::string bytes = how % 4 == 2 ? std::string(choices.rest()) : Checked("TRPOLLS\n", choices.rest());
  Require(ReplaceFile(files, std::string(kFolder) + "/state", bytes).has_value(), "a file can be written");
  const auto opened = PollSpool::Open(files, kFolder);
  if (!opened) return Require(opened.error().code() == ErrorCode::kCorruption, "a damaged state is named as such");
  Require(opened->state().validators.size() <= bytes.size(), "what is remembered was written");
}

}  // namespace tailrace::fuzz
