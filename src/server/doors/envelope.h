// Records wrapped in the requests of another system, whose clients knock here unchanged and are answered as they know it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "auth/caller.h"
#include "config/spec.h"
#include "server/doors/text_arena.h"
#include "server/http/reply.h"
#include "server/http/request.h"

namespace tailrace::server {

struct IngestCall;

// One record as its client meant it.
struct WrappedRecord {
  std::string_view value;               // the record; followed by RecordDecoder::kPadding readable bytes
  std::optional<std::string_view> key;  // picks the partition where the stream has no key of its own
  std::optional<int64_t> partition;     // asked for; counts where no key decides
  std::string refusal;                  // why it is none; empty: it is one
};

struct Unwrapped {
  std::vector<WrappedRecord> records;
  // Of a request that names its stream in its body: index into Pipeline::streams.
  std::optional<size_t> stream;
  auth::CallerPtr caller;  // of a request that is known by its signature; null: Request::caller is
};

// Members of the objects that records are wrapped in: others than those that are known come from nobody.
inline constexpr size_t kWrapperMembersMax = 64;

struct UnwrapLimits {
  size_t records_max = 0;
};

// Threads: thread-safe as const.
class Envelope {
 public:
  virtual ~Envelope() = default;

  // What the records of `body` are; views into it and into `texts`. An answer instead: nothing of the request is to be appended.
  virtual std::optional<Reply> Unwrap(const Request& request, std::string_view body, const UnwrapLimits& limits, TextArena& texts,
                                      Unwrapped* out) const = 0;

  // The answer once every part has ended, appended or not: IngestCall::outcomes tells of each record.
  virtual Reply Answer(const IngestCall& call, const config::Pipeline& pipeline) const = 0;

  // An answer of ours that is no success, in the shape that the other system's clients read.
  virtual Reply Dress(Reply reply) const = 0;

  // Under which a request that comes again is known; empty: none.
  virtual std::string_view RepeatKey(const Request& request) const { return request.Header(HeaderField::kIdempotencyKey); }
};

// `code` and `message` of an answer of ours that is no success; empty where it has none.
struct ErrorParts {
  std::string code;
  std::string message;
};
ErrorParts ErrorPartsOf(const Reply& reply);

// Bytes of a base64 text (RFC 4648, with its padding), in `texts` and followed by RecordDecoder::kPadding readable bytes. Nullopt: it is none.
std::optional<std::string_view> DecodeBase64(std::string_view text, TextArena& texts);

// `text` in `texts`, followed by RecordDecoder::kPadding readable bytes.
std::string_view CopyPadded(std::string_view text, TextArena& texts);

}  // namespace tailrace::server
