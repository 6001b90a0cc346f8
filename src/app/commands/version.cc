#include "app/version.h"

#include <fmt/format.h>

#include <memory>

#include "app/commands/declare.h"
#include "server/http/json_out.h"

namespace tailrace::app {

Action DeclareVersion(Arguments& arguments) {
  const auto json = std::make_shared<bool>(false);
  arguments.Flag("--json", "As a JSON object", json.get());
  return [json](Console& console) {
    if (*json) {
      std::string text;
      server::JsonWriter(text).BeginObject().Text("version", kVersion).EndObject();
      console.OutLine(text);
    } else {
      console.OutLine(fmt::format("tailrace {}", kVersion));
    }
    return ExitCode::kDone;
  };
}

}  // namespace tailrace::app
