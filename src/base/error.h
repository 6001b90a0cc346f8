// The error model of the whole program: an Error is a code that names the recovery, and a text for people.
#pragma once

#include <string>
#include <string_view>
#include <utility>

namespace tailrace {

// What the caller should do about it.
enum class ErrorCode {
  kInvalid,      // the input is wrong: fix it, or put the record to the dead letters
  kNotFound,     // the named thing does not exist
  kConflict,     // the state has changed or belongs to someone else: read again
  kUnavailable,  // try again; for a write the outcome may be unknown
  kExhausted,    // a limit or the disk is full: slow down, then try again
  kCorruption,   // bytes on disk are not what was written: stop this part, keep the rest
  kCancelled,    // the caller asked to stop, or its deadline passed
  kInternal,     // a bug in this program
};

std::string_view ErrorCodeName(ErrorCode code);

class [[nodiscard]] Error {
 public:
  Error(ErrorCode code, std::string message) : code_(code), message_(std::move(message)) {}

  static Error Invalid(std::string message) { return {ErrorCode::kInvalid, std::move(message)}; }
  static Error NotFound(std::string message) { return {ErrorCode::kNotFound, std::move(message)}; }
  static Error Conflict(std::string message) { return {ErrorCode::kConflict, std::move(message)}; }
  static Error Unavailable(std::string message) { return {ErrorCode::kUnavailable, std::move(message)}; }
  static Error Exhausted(std::string message) { return {ErrorCode::kExhausted, std::move(message)}; }
  static Error Corruption(std::string message) { return {ErrorCode::kCorruption, std::move(message)}; }
  static Error Cancelled(std::string message) { return {ErrorCode::kCancelled, std::move(message)}; }
  static Error Internal(std::string message) { return {ErrorCode::kInternal, std::move(message)}; }

  ErrorCode code() const { return code_; }
  const std::string& message() const { return message_; }

  // The same error seen from one layer up: "context: message".
  Error With(std::string_view context) const;

 private:
  ErrorCode code_;
  std::string message_;
};

}  // namespace tailrace
