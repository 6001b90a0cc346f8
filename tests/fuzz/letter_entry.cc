// An entry of a dead-letter log: bytes are one or are refused, both readers agree, and what the program writes it reads again the same.
#include <string>
#include <vector>

#include "engine/byte_text.h"
#include "engine/letter_entry.h"
#include "fuzz.h"
#include "model/record_decoder.h"

namespace tailrace::fuzz {
namespace {

constexpr size_t kInputBytesMax = 16 << 10;
constexpr Offset kPlace{7};
constexpr size_t kTextBytesMax = 64;

struct Read {
  Result<engine::LetterHead> head;
  Result<engine::LetterEntry> entry;
};

Read ReadEntry(std::string_view json) {
  const Copy copy(json, RecordDecoder::kPadding);
  return {engine::ParseLetterHead(copy.text(), kPlace), engine::ParseLetterEntry(copy.text(), kPlace)};
}

void CheckReaders(std::string_view json) {
  const Read read = ReadEntry(json);
  Require(read.head.has_value() == read.entry.has_value(), "both readers take it, or neither");
  if (!read.head) return;
  Require(read.head->kind == read.entry->kind, "both readers say the same kind");
  RequireSame(read.head->name, read.entry->letter.name, "both readers say the same name");
  Require(read.head->time_ms == read.entry->time_ms && read.head->answers == read.entry->answers, "both readers say the same numbers");
  Require(read.head->in_log == read.entry->letter.partition.has_value(), "both readers know whether it is in the log");
  const bool is_redrive = read.head->kind == engine::LetterKind::kRedrive;
  Require(!engine::IsRedriveEntry(json) || is_redrive, "what begins as a redrive is one");
  if (read.head->kind != engine::LetterKind::kLetter) return;
  RequireSame(read.head->fault, read.entry->fault, "both readers say the same fault");
  Require(read.head->redrive == read.entry->letter.redrive, "both readers say the same attempt");
}

// Text as JSON can hold it, and no NUL: all but the bytes and what is said about them is.
std::string Utf8(Choices& choices) {
  const std::string_view bytes = choices.Take(choices.Byte() % kTextBytesMax);
  return engine::IsUtf8(bytes) ? std::string(bytes) : engine::Base64(bytes);
}

engine::DeadLetter Made(Choices& choices) {
  engine::DeadLetter letter;
  const uint8_t what = choices.Byte();
  letter.stage = static_cast<engine::Stage>(what % 4);
  letter.stream = Utf8(choices);
  letter.raw = choices.Take(choices.Byte());
  letter.pointer = Utf8(choices);
  letter.reason = choices.Take(choices.Byte() % kTextBytesMax);
  letter.schema = Utf8(choices);
  if (what & 4) letter.materialization = Utf8(choices);
  if (what & 8) {
    letter.partition = PartitionId{choices.Byte()};
    letter.offset = Offset{static_cast<int64_t>(choices.Below(1 << 16)) << 40};
    letter.seq = Seq{choices.Byte()};
    letter.ingested_at_ms = choices.Byte();
  }
  if (what & 16) letter.request = Utf8(choices);
  if (what & 32) letter.source = Utf8(choices);
  if (what & 64) letter.redrive = Offset{choices.Byte()};
  if (!letter.source.empty() && letter.request.empty()) letter.item = Utf8(choices);
  if (!letter.source.empty() || !letter.request.empty()) {
    letter.place = choices.Byte();
    letter.line = choices.Byte();
  }
  return letter;
}

void CheckSame(const engine::DeadLetter& one, const engine::DeadLetter& other) {
  Require(one.stage == other.stage, "the stage is kept");
  RequireSame(one.stream, other.stream, "the stream is kept");
  RequireSame(one.materialization, other.materialization, "the table or collection is kept");
  RequireSame(one.raw, other.raw, "the bytes are kept");
  RequireSame(one.source, other.source, "the source is kept");
  RequireSame(one.item, other.item, "its item is kept");
  RequireSame(one.request, other.request, "the request is kept");
  Require(one.place == other.place && one.line == other.line, "the place in them is kept");
  Require(one.partition == other.partition && one.offset == other.offset && one.seq == other.seq, "the place in the log is kept");
  RequireSame(engine::DeadLetterName(one), engine::DeadLetterName(other), "the name is kept");
}

void CheckWritten(Choices& choices) {
  const engine::DeadLetter letter = Made(choices);
  const std::string json = engine::DeadLetterJson(letter, WallTime{1'000'000});
  CheckReaders(json);
  const Read read = ReadEntry(json);
  Require(read.entry.has_value() && read.entry->kind == engine::LetterKind::kLetter, "a letter is one");
  CheckSame(letter, read.entry->letter);
  Require(letter.redrive == read.entry->letter.redrive, "the attempt is kept");
  if (engine::IsUtf8(letter.reason)) RequireSame(letter.reason, read.entry->letter.reason, "the reason is kept");
  RequireSame(letter.pointer, read.entry->letter.pointer, "the pointer is kept");

  engine::LetterEntry redrive = *read.entry;
  redrive.answers = Offset{3};
  if (!engine::IsUtf8(redrive.letter.raw)) redrive.letter.raw = "fixed";
  const std::string again = engine::RedriveJson(redrive);
  CheckReaders(again);
  const Read answer = ReadEntry(again);
  Require(engine::IsRedriveEntry(again) && answer.entry.has_value() && answer.entry->kind == engine::LetterKind::kRedrive, "a redrive is one");
  Require(answer.entry->answers == Offset{3}, "a redrive says what it answers");
  CheckSame(redrive.letter, answer.entry->letter);
}

}  // namespace

void Run(std::string_view input) {
  if (input.size() > kInputBytesMax) return;
  Choices choices(input);
  if (choices.Byte() % 2 == 0) return CheckReaders(choices.rest());
  CheckWritten(choices);
}

}  // namespace tailrace::fuzz
