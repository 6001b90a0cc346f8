#include "app/letter_door.h"

#include <fmt/format.h>

#include <chrono>

#include "app/folder.h"
#include "app/server_client.h"
#include "server/streams/letters_json.h"

namespace tailrace::app {
namespace {

// Of a redrive in the folder, where nobody else waits for its turn.
constexpr std::chrono::hours kRedriveTimeout{1};

class ServerLetters final : public LetterDoor {
 public:
  explicit ServerLetters(std::unique_ptr<HttpClient> client) : client_(std::move(client)) {}

  Result<JsonValue> List(const std::stop_token& stop) override { return Get("/dlq", stop); }

  Result<JsonValue> Show(const std::string& stream, const engine::LetterFilter& filter, const std::stop_token& stop) override {
    std::string target = fmt::format("/dlq/{}?limit={}", PercentEncoded(stream), filter.limit);
    if (!filter.fault.empty()) target += "&fault=" + PercentEncoded(filter.fault);
    if (filter.after) target += fmt::format("&after={}", filter.after->value);
    return Get(target, stop);
  }

  Result<JsonValue> Redrive(const engine::RedriveRequest& redrive, const std::stop_token& stop) override {
    std::string body;
    server::JsonWriter json(body);
    json.BeginObject().Bool("dry_run", redrive.dry_run);
    if (!redrive.fault.empty()) json.Text("fault", redrive.fault);
    if (!redrive.fix_sql.empty()) json.Text("with", redrive.fix_sql);
    json.EndObject();
    HttpRequest request{.method = "POST", .target = fmt::format("/dlq/{}/redrive", PercentEncoded(redrive.stream)), .headers = {}, .body = body};
    request.headers.emplace_back("Content-Type", "application/json");
    TR_TRY(const HttpResponse response, client_->Send(request, stop));
    TR_RETURN_IF_ERROR(StatusOf(response));
    return ParseJson(response.body);
  }

  Result<JsonValue> Resume(const std::string& stream, const std::stop_token& stop) override {
    const HttpRequest request{.method = "POST", .target = fmt::format("/dlq/{}/resume", PercentEncoded(stream)), .headers = {}, .body = {}};
    TR_TRY(const HttpResponse response, client_->Send(request, stop));
    TR_RETURN_IF_ERROR(StatusOf(response));
    return ParseJson(response.body);
  }

 private:
  Result<JsonValue> Get(const std::string& target, const std::stop_token& stop) {
    TR_TRY(const HttpResponse response, client_->Send({.method = "GET", .target = target, .headers = {}, .body = {}}, stop));
    TR_RETURN_IF_ERROR(StatusOf(response));
    return ParseJson(response.body);
  }

  const std::unique_ptr<HttpClient> client_;
};

class FolderLetters final : public LetterDoor {
 public:
  explicit FolderLetters(std::unique_ptr<Runtime> runtime) : runtime_(std::move(runtime)) {}

  Result<JsonValue> List(const std::stop_token&) override {
    std::string body;
    server::JsonWriter json(body);
    json.BeginObject().Key("streams").BeginArray();
    for (const auto& stream : runtime_->pipeline().streams) {
      TR_TRY(const auto list, runtime_->engine().letters().List(stream.name));
      server::WriteFaultList(json, stream.name, list);
    }
    json.EndArray().EndObject();
    return ParseJson(body);
  }

  Result<JsonValue> Show(const std::string& stream, const engine::LetterFilter& filter, const std::stop_token&) override {
    TR_TRY(const auto page, runtime_->engine().letters().Show(stream, filter));
    std::string body;
    server::JsonWriter json(body);
    json.BeginObject().Text("stream", stream);
    server::WriteLetterPage(json, page);
    json.EndObject();
    return ParseJson(body);
  }

  Result<JsonValue> Redrive(const engine::RedriveRequest& request, const std::stop_token& stop) override {
    TR_TRY(const auto report, runtime_->engine().Redrive(request, kRedriveTimeout, stop));
    TR_RETURN_IF_ERROR(runtime_->WaitCaughtUp(stop));
    std::string body;
    server::JsonWriter json(body);
    server::WriteRedriveReport(json, request, report);
    return ParseJson(body);
  }

  Result<JsonValue> Resume(const std::string& stream, const std::stop_token&) override {
    auto& rejects = runtime_->engine().rejects();
    const auto before = rejects.Look(stream);
    TR_RETURN_IF_ERROR(rejects.Resume(stream));
    std::string body;
    server::JsonWriter json(body);
    server::WriteResumed(json, stream, before);
    return ParseJson(body);
  }

 private:
  const std::unique_ptr<Runtime> runtime_;
};

}  // namespace

Result<std::unique_ptr<LetterDoor>> OpenLetterDoor(config::Pipeline pipeline, std::optional<uint16_t> port, const std::stop_token& stop) {
  auto client = ClientOf(pipeline, port);
  auto folder = OpenFolderCaughtUp(std::move(pipeline), stop);
  if (folder) return std::unique_ptr<LetterDoor>(std::make_unique<FolderLetters>(std::move(*folder)));
  if (folder.error().code() != ErrorCode::kConflict) return Fail(folder.error());
  TR_RETURN_IF_ERROR(FindServer(*client, folder.error(), stop));
  return std::unique_ptr<LetterDoor>(std::make_unique<ServerLetters>(std::move(client)));
}

}  // namespace tailrace::app
