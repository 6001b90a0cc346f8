#include <fmt/format.h>

#include <memory>
#include <string>

#include "app/commands/declare.h"
#include "app/key_folder.h"
#include "app/key_text.h"
#include "app/pipeline_file.h"
#include "app/table_text.h"
#include "base/clock.h"

namespace tailrace::app {
namespace {

struct Options {
  std::string pipeline = ".";
  bool json = false;
};

JsonValue Cell(std::string text) {
  JsonValue value;
  value.kind = JsonValue::Kind::kString;
  value.text = std::move(text);
  return value;
}

QueryAnswer TableOf(const std::vector<control::KeyRecord>& records, int64_t now_ms) {
  QueryAnswer answer;
  for (const char* column : {"id", "name", "may", "state", "created", "expires"}) answer.columns.push_back({column, "VARCHAR"});
  for (const control::KeyRecord& record : records) {
    std::string state(KeyState(record, now_ms));
    if (!record.replaced_by.empty()) state += fmt::format(", replaced by {}", record.replaced_by);
    answer.rows.push_back({Cell(record.id), Cell(record.name), Cell(GrantText(record.grant)), Cell(std::move(state)),
                           Cell(TimeText(record.created_ms)), Cell(record.expires_ms ? TimeText(*record.expires_ms) : "never")});
  }
  return answer;
}

ExitCode List(const Options& options, Console& console) {
  const auto pipeline = LoadForCommand(options.pipeline, console);
  if (!pipeline) return pipeline.error();
  const auto keys = OpenKeys(*pipeline);
  if (!keys) return console.Report(keys.error());
  const auto records = (*keys)->List();
  if (!records) return console.Report(records.error());
  const int64_t now_ms = SystemClock().Now().millis();
  if (options.json) {
    for (const control::KeyRecord& record : *records) console.OutLine(KeyJson(record, now_ms));
    return ExitCode::kDone;
  }
  if (records->empty()) {
    console.ErrLine("there are no keys; `tailrace keys add --role read` makes one");
    return ExitCode::kDone;
  }
  const QueryAnswer answer = TableOf(*records, now_ms);
  console.Out(console.out_is_terminal() ? AlignedTable(answer, console.width()) : TabbedTable(answer));
  return ExitCode::kDone;
}

}  // namespace

Action DeclareKeysList(Arguments& arguments) {
  const auto options = std::make_shared<Options>();
  arguments.Pipeline(&options->pipeline);
  arguments.Flag("--json", "A JSON object a line", &options->json);
  return [options](Console& console) { return List(*options, console); };
}

}  // namespace tailrace::app
