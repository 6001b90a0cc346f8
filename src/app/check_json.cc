#include "app/check_json.h"

#include "server/http/json_out.h"

namespace tailrace::app {

std::string DiagnosticsJson(const std::vector<config::Diagnostic>& diagnostics, bool with_path) {
  std::string text;
  server::JsonWriter json(text);
  json.BeginArray();
  for (const config::Diagnostic& one : diagnostics) {
    json.BeginObject().Text("severity", one.severity == config::Severity::kError ? "error" : "warning");
    if (with_path) json.Text("path", one.path);
    json.Int("line", one.place.line).Int("column", one.place.column).Text("message", one.message).EndObject();
  }
  json.EndArray();
  return text;
}

}  // namespace tailrace::app
