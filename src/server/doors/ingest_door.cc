#include "server/doors/ingest_door.h"

#include "server/doors/echo_formatter.h"

namespace tailrace::server {
namespace {

constexpr std::string_view kStreamInRoute = "{stream}";

}  // namespace

IngestDoor DoorOfStream(const config::Pipeline& pipeline, size_t stream) {
  IngestDoor door;
  door.name = pipeline.streams[stream].name;
  door.origin = "POST /streams/" + door.name;
  door.targets = {{stream, ""}};
  return door;
}

IngestDoor DoorOfEnvelope(const config::Pipeline& pipeline, const Envelope& envelope, std::string_view route) {
  IngestDoor door;
  door.envelope = &envelope;
  for (size_t i = 0; i < pipeline.streams.size(); ++i) {
    door.by_stream.push_back(DoorOfStream(pipeline, i));
    IngestDoor& of_stream = door.by_stream.back();
    of_stream.envelope = &envelope;
    of_stream.origin = route;
    if (const size_t name = of_stream.origin.find(kStreamInRoute); name != std::string::npos)
      of_stream.origin.replace(name, kStreamInRoute.size(), of_stream.name);
  }
  return door;
}

Result<IngestDoor> DoorOfSource(const config::Pipeline& pipeline, const config::SourceSpec& source,
                                const config::HttpSourceSpec& http) {
  IngestDoor door;
  door.name = source.name;
  door.origin = source.name;
  door.is_custom = true;
  door.faults = http.faults;
  door.echo = http.echo.has_value();
  if (http.status != 0) door.status = http.status;
  for (const config::Target& target : source.into) {
    for (size_t i = 0; i < pipeline.streams.size(); ++i) {
      if (pipeline.streams[i].name == target.stream) door.targets.push_back({i, target.pointer});
    }
  }
  if (door.targets.empty()) return Fail(Error::Invalid("source " + source.name + " goes into no stream"));
  if (http.echo && (!http.echo->field.empty() || !http.echo->formats.empty())) {
    const Schema& schema = pipeline.streams[door.targets.front().stream].schema;
    TR_TRY(door.echo_format, EchoFormatter::Compile(schema, *http.echo));
  }
  return door;
}

}  // namespace tailrace::server
