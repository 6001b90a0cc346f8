#include "app/query_door.h"

#include <fmt/format.h>

#include "app/folder.h"
#include "app/json_value.h"
#include "app/server_client.h"
#include "base/clock.h"
#include "engine/result_rows.h"
#include "server/http/json_out.h"

namespace tailrace::app {
namespace {

// As many as the server answers at most.
constexpr size_t kRowsMax = 100'000;

class ServerDoor final : public QueryDoor {
 public:
  explicit ServerDoor(std::unique_ptr<HttpClient> client) : client_(std::move(client)) {}

  Result<QueryAnswer> Ask(std::string_view sql, const std::stop_token& stop) override {
    std::string body;
    server::JsonWriter(body).BeginObject().Text("sql", sql).EndObject();
    HttpRequest request{.method = "POST", .target = "/sql", .headers = {}, .body = body};
    request.headers.emplace_back("Content-Type", "application/json");
    request.headers.emplace_back("Accept", "application/json");
    TR_TRY(const HttpResponse response, client_->Send(request, stop));
    TR_RETURN_IF_ERROR(StatusOf(response));
    return ParseQueryAnswer(response.body);
  }

 private:
  const std::unique_ptr<HttpClient> client_;
};

class FolderDoor final : public QueryDoor {
 public:
  explicit FolderDoor(std::unique_ptr<Runtime> runtime) : runtime_(std::move(runtime)) {}

  Result<QueryAnswer> Ask(std::string_view sql, const std::stop_token& stop) override {
    QueryRequest request;
    request.sql = sql;
    request.rows_max = kRowsMax;
    request.now_micros = SystemClock().Now().micros;
    engine::ResultRows result;
    TR_TRY(const QuerySummary summary, runtime_->warehouse().Query(request, result, stop));
    QueryAnswer answer;
    answer.truncated = summary.truncated;
    for (const ColumnInfo& column : result.columns()) answer.columns.push_back({column.name, column.type});
    for (const auto& values : result.rows()) {
      auto& row = answer.rows.emplace_back();
      for (const std::string& json : values) {
        TR_TRY(JsonValue value, ParseJson(json));
        row.push_back(std::move(value));
      }
    }
    return answer;
  }

 private:
  const std::unique_ptr<Runtime> runtime_;
};

}  // namespace

Result<QueryAnswer> ParseQueryAnswer(std::string_view body) {
  TR_TRY(JsonValue json, ParseJson(body));
  const JsonValue* columns = json.Find("columns");
  const JsonValue* rows = json.Find("rows");
  if (columns == nullptr || rows == nullptr)
    return Fail(Error::Unavailable("the answer is not that of a Tailrace server"));
  QueryAnswer answer;
  for (const JsonValue& column : columns->items) {
    answer.columns.push_back({std::string(column.TextOf("name")), std::string(column.TextOf("type"))});
  }
  for (const JsonValue& row : rows->items) {
    if (row.items.size() != answer.columns.size())
      return Fail(Error::Unavailable("a row of the answer has another length"));
    answer.rows.push_back(row.items);
  }
  answer.truncated = json.TextOf("truncated") == "true";
  return answer;
}

Result<std::unique_ptr<QueryDoor>> OpenQueryDoor(config::Pipeline pipeline, std::optional<uint16_t> port,
                                                 const std::stop_token& stop) {
  auto client = ClientOf(pipeline, port);
  auto folder = OpenFolderCaughtUp(std::move(pipeline), stop);
  if (folder) return std::unique_ptr<QueryDoor>(std::make_unique<FolderDoor>(std::move(*folder)));
  if (folder.error().code() != ErrorCode::kConflict) return Fail(folder.error());
  TR_RETURN_IF_ERROR(FindServer(*client, folder.error(), stop));
  return std::unique_ptr<QueryDoor>(std::make_unique<ServerDoor>(std::move(client)));
}

}  // namespace tailrace::app
