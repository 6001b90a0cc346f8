// A place where records come in: a stream of its own, or a route that the pipeline file describes.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "config/spec.h"

namespace tailrace::server {

class EchoFormatter;
class Envelope;

struct DoorTarget {
  size_t stream = 0;           // index into Pipeline::streams
  std::string pointer;         // to the part of each record; empty: the whole
};

// Values; shared by all threads as const.
struct IngestDoor {
  std::string name;            // of the stream or source, for replies
  std::string origin;          // what the records' origin is called: the source, or the route that the stream has by itself
  std::vector<DoorTarget> targets;
  int status = 200;            // when everything was accepted
  bool echo = false;           // the body goes back instead of the offsets
  std::shared_ptr<const EchoFormatter> echo_format;  // null: the body as it came
  std::vector<config::HttpFault> faults;             // replies to a refused request, first match
  bool is_custom = false;      // parameters of the query are the client's own
  const Envelope* envelope = nullptr;                // records come wrapped, and their sender is answered in kind; null: neither
  std::vector<IngestDoor> by_stream;                 // of a door whose requests name their stream: by index into Pipeline::streams
};

// A door of every stream for requests of this kind; `route` is what it is called, with {stream} for the name. Ownership: borrows `envelope`.
IngestDoor DoorOfEnvelope(const config::Pipeline& pipeline, const Envelope& envelope, std::string_view route);

IngestDoor DoorOfStream(const config::Pipeline& pipeline, size_t stream);

// kInvalid: a format that is none, or a field that there is not.
Result<IngestDoor> DoorOfSource(const config::Pipeline& pipeline, const config::SourceSpec& source,
                                const config::HttpSourceSpec& http);

}  // namespace tailrace::server
