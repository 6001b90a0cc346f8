#include "app/server_load.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <utility>

#include "app/embedded_sources.h"
#include "app/json_value.h"
#include "app/server_client.h"
#include "engine/dead_letter.h"
#include "engine/load_desk.h"
#include "engine/plan.h"
#include "ports/row_message.h"

namespace tailrace::app {
namespace {

constexpr size_t kPostBytesMax = 1 << 20;
// Rows of CSV grow when each of their fields gets its name: where a post is too large, less is read at a time, but no less than this.
constexpr size_t kPostBytesMin = 4 << 10;
constexpr size_t kPostBytesStep = 8;
constexpr size_t kFaultsToldMax = 10;

// A server with too much to do is asked again this often before it counts as out of reach.
constexpr int kBusyTriesMax = 240;
constexpr std::chrono::milliseconds kBusyWait{250};
// How long a server that was there may be away, as while it is started again.
constexpr std::chrono::milliseconds kAwayMax{30'000};

constexpr int kConflictStatus = 409;
constexpr int kTooLargeStatus = 413;

// What became of a batch.
enum class Sent {
  kTaken,
  kReadAgain,  // the server is elsewhere in the file: it says where
  kTooLarge,   // nothing of it was taken
};

class ServerLoad {
 public:
  ServerLoad(const config::Pipeline& pipeline, const FileLoad& load, const LoadProgress& progress, const std::stop_token& stop)
      : pipeline_(pipeline),
        load_(load),
        progress_(progress),
        stop_(stop),
        client_(ClientOf(pipeline, load.port)),
        route_("/streams/" + PercentEncoded(load.stream) + "/load"),
        schema_(engine::SchemaFingerprint(engine::FindStream(pipeline, load.stream)->schema)) {
    result_.summary.name = load.stream;
  }

  Result<LoadResult> Run() {
    for (bool ended = false; !ended;) {
      TR_TRY(ended, ReadThrough());
    }
    result_.summary.ended = true;
    return std::move(result_);
  }

 private:
  // False: it has to be read again, from where the server says.
  Result<bool> ReadThrough();
  std::optional<ResumePoint> AskWhere(std::string_view item);
  Result<Sent> Send(const SourceBatch& batch);
  Status TakeReceipt(const JsonValue& receipt);
  Result<HttpResponse> Ask(const HttpRequest& request);
  bool Wait(std::chrono::milliseconds pause) const;
  void Tell(const JsonValue& error);

  const config::Pipeline& pipeline_;
  const FileLoad& load_;
  const LoadProgress& progress_;
  const std::stop_token stop_;
  const std::unique_ptr<HttpClient> client_;
  const std::string route_;
  const std::string schema_;
  size_t post_bytes_ = kPostBytesMax;
  int64_t start_ = 0;     // where the next batch of the item in hand begins
  Status asked_;          // how asking for that went
  bool reached_ = false;  // the server, at least once
  int64_t read_ = 0;      // rows, for the progress alone
  LoadResult result_;
};

Result<bool> ServerLoad::ReadThrough() {
  config::SourceSpec spec;
  spec.name = engine::kLoadSource;
  spec.into = {{load_.stream, ""}};
  spec.kind = load_.file;
  TR_TRY(const auto source, OpenEmbeddedSource(spec, pipeline_));
  const ResumeLookup resume = [this](std::string_view item) { return AskWhere(item); };
  while (true) {
    const auto batch = source->Next(post_bytes_, resume, stop_);
    TR_RETURN_IF_ERROR(asked_);
    if (!batch) return Fail(batch.error());
    if (stop_.stop_requested()) return Fail(Error::Cancelled("stopping"));
    if (!batch->rows.empty()) {
      TR_TRY(const Sent sent, Send(*batch));
      if (sent == Sent::kTooLarge) {
        if (post_bytes_ == kPostBytesMin) return Fail(Error::Invalid(fmt::format("{}: a row is larger than the server takes", batch->item_name)));
        post_bytes_ = std::max(kPostBytesMin, post_bytes_ / kPostBytesStep);
      }
      if (sent != Sent::kTaken) return false;
      start_ = batch->next;
      read_ += static_cast<int64_t>(batch->rows.size());
    }
    progress_({read_, batch->next, source->SizeHint()});
    if (batch->end) return true;
  }
}

std::optional<ResumePoint> ServerLoad::AskWhere(std::string_view item) {
  const auto ask = [&]() -> Result<ResumePoint> {
    TR_TRY(const HttpResponse response, Ask({.method = "GET", .target = route_ + "?item=" + PercentEncoded(item), .headers = {}, .body = {}}));
    TR_RETURN_IF_ERROR(StatusOf(response));
    TR_TRY(const JsonValue place, ParseJson(response.body));
    return ResumePoint{place.IntOf("next"), std::string(place.TextOf("detail")), place.IntOf("held_next"), std::string(place.TextOf("held_detail"))};
  };
  auto point = ask();
  asked_ = point ? Status() : Fail(point.error());
  start_ = point ? point->next : 0;
  return point && (point->next > 0 || point->held_next > 0) ? std::optional(std::move(*point)) : std::nullopt;
}

Result<Sent> ServerLoad::Send(const SourceBatch& batch) {
  std::string body;
  AppendRowMessage({batch, start_, schema_}, &body);
  HttpRequest request{.method = "POST", .target = route_, .headers = {}, .body = body};
  request.headers.emplace_back("Content-Type", std::string(kRowMessageType));
  TR_TRY(const HttpResponse response, Ask(request));
  if (response.status == kTooLargeStatus) return Sent::kTooLarge;
  const auto answer = ParseJson(response.body);
  if (response.status == kConflictStatus && answer) {
    const JsonValue* error = answer->Find("error");
    if (error != nullptr && error->TextOf("code") == ErrorCodeName(ErrorCode::kConflict)) return Sent::kReadAgain;
  }
  TR_RETURN_IF_ERROR(StatusOf(response));
  if (!answer || answer->Find("accepted") == nullptr) return Fail(Error::Unavailable("the answer is not that of a Tailrace server"));
  TR_RETURN_IF_ERROR(TakeReceipt(*answer));
  return Sent::kTaken;
}

Status ServerLoad::TakeReceipt(const JsonValue& receipt) {
  result_.summary.accepted += receipt.IntOf("accepted");
  result_.summary.refused += receipt.IntOf("refused");
  const JsonValue* errors = receipt.Find("errors");
  if (errors == nullptr) return {};
  for (const JsonValue& error : errors->items) Tell(error);
  return {};
}

void ServerLoad::Tell(const JsonValue& error) {
  if (result_.faults.size() >= kFaultsToldMax) return;
  const int64_t line = error.IntOf("line");
  const std::string place = line > 0 ? fmt::format("{}", line) : fmt::format("row {}", error.IntOf("place"));
  const std::string_view pointer = error.TextOf("pointer");
  result_.faults.push_back(fmt::format("{}:{}: {}{}{}", load_.file.path, place, pointer, pointer.empty() ? "" : ": ", error.TextOf("reason")));
}

// Sends a request until it is answered with more than that the server is busy or away. Sending a batch twice does no harm.
Result<HttpResponse> ServerLoad::Ask(const HttpRequest& request) {
  auto away_since = std::chrono::steady_clock::now();
  for (int tries = 0;;) {
    auto response = client_->Send(request, stop_);
    const auto now = std::chrono::steady_clock::now();
    if (!response) {
      const bool waits = reached_ && response.error().code() == ErrorCode::kUnavailable && now - away_since < kAwayMax;
      if (!waits || !Wait(kBusyWait)) return response;
      continue;
    }
    reached_ = true;
    away_since = now;
    const auto body = response->status == 503 ? ParseJson(response->body) : Fail(Error::NotFound(""));
    const JsonValue* error = body ? body->Find("error") : nullptr;
    const bool paused = error != nullptr && error->TextOf("code") == "paused";
    const bool busy = response->status == 429 || response->status == 503 || response->status == 507;
    if (!busy || paused || ++tries > kBusyTriesMax || !Wait(kBusyWait)) return response;
  }
}

// False when it is time to stop.
bool ServerLoad::Wait(std::chrono::milliseconds pause) const {
  std::mutex mutex;
  std::condition_variable_any never;
  std::unique_lock lock(mutex);
  never.wait_for(lock, stop_, pause, [] { return false; });
  return !stop_.stop_requested();
}

}  // namespace

Result<LoadResult> LoadIntoServer(const config::Pipeline& pipeline, const FileLoad& load, const LoadProgress& progress,
                                  const std::stop_token& stop) {
  return ServerLoad(pipeline, load, progress, stop).Run();
}

}  // namespace tailrace::app
