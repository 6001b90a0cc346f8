// The reply of a door that echoes what was accepted: {"accepted": <body>}, or the body alone where the file names no field for it; some
// fields rewritten in a format of the door's own.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "config/spec.h"
#include "model/record_decoder.h"
#include "model/schema.h"
#include "model/time_format.h"

namespace tailrace::server {

// Threads: thread-safe as const.
class EchoFormatter {
 public:
  // kInvalid: a format that is none, or one for a field that is neither date nor timestamp.
  static Result<std::shared_ptr<const EchoFormatter>> Compile(const Schema& schema, const config::EchoReply& echo);

  // The reply to `body`, a JSON object or array that was accepted.
  std::string Reply(std::string_view body) const;

 private:
  struct FormattedField {
    std::string name;
    RecordDecoder decoder;   // of a schema with this field alone
    TimeFormat format;
  };

  EchoFormatter() = default;
  void AppendRecord(std::string_view record, std::string& out) const;

  std::string field_;
  std::vector<FormattedField> formatted_;
};

}  // namespace tailrace::server
