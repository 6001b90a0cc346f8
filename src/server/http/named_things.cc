#include "server/http/named_things.h"

#include "model/nearest_name.h"
#include "server/http/json_out.h"

namespace tailrace::server {

Reply NoSuchReply(std::string_view what, std::string_view name, const std::vector<std::string_view>& names) {
  std::string message = "there is no " + std::string(what) + " \"" + std::string(name) + "\"" + DidYouMean(name, names);
  std::string details;
  JsonWriter json(details);
  json.BeginObject().Key("there_are").BeginArray();
  for (const std::string_view known : names) json.Text(known);
  json.EndArray().EndObject();
  return ErrorReply(404, {"not_found", std::move(message), "", std::move(details)});
}

Reply NoStreamReply(const config::Pipeline& pipeline, std::string_view name) {
  std::vector<std::string_view> names;
  for (const config::StreamSpec& stream : pipeline.streams) names.emplace_back(stream.name);
  return NoSuchReply("stream", name, names);
}

}  // namespace tailrace::server
