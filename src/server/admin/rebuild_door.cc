#include "server/admin/rebuild_door.h"

#include <chrono>
#include <memory>
#include <utility>

#include "server/http/event_pipe.h"
#include "server/http/json_out.h"
#include "server/http/query_args.h"

namespace tailrace::server {
namespace {

constexpr std::chrono::milliseconds kBetweenReports{250};

// Differences that are shown; all are counted.
constexpr int64_t kDifferencesMax = 1'000;

Result<bool> TakeFlag(QueryArgs& args, std::string_view name) {
  const auto text = args.Take(name);
  if (!text || *text == "false") return false;
  if (*text == "true") return true;
  return Fail(Error::Invalid(std::string(name) + ": expected true or false, found \"" + *text + "\""));
}

// Tells one client of one rebuild. Threads: the rebuild's.
class ToldRebuild final : public RebuildWatcher {
 public:
  ToldRebuild(std::string name, std::shared_ptr<EventPipe> pipe, Clock& clock)
      : name_(std::move(name)), pipe_(std::move(pipe)), clock_(clock), began_(clock.Monotonic()) {}

  void OnProgress(const engine::RebuildProgress& progress) override {
    const auto now = clock_.Monotonic();
    const bool last = progress.rows_done == progress.rows_all;
    if (now - told_ < kBetweenReports && !last) return;
    told_ = now;
    const double seconds = std::chrono::duration<double>(now - began_).count();
    std::string data;
    JsonWriter json(data);
    json.BeginObject().Int("rows", progress.rows_done).Int("of", progress.rows_all);
    json.Int("rows_per_second", seconds > 0 ? static_cast<int64_t>(static_cast<double>(progress.rows_done) / seconds) : 0).EndObject();
    (void)pipe_->Send("progress", data, pipe_->gone());
  }

  void OnDifference(const engine::Difference& difference) override {
    if (told_differences_ == kDifferencesMax) return;
    ++told_differences_;
    std::string data;
    JsonWriter json(data);
    json.BeginObject().Text("in", difference.in_old ? "old" : "new");
    if (difference.key.empty()) {
      json.Int("count", difference.count).Raw("row", difference.json);
    } else {
      json.Text("key", difference.key).Raw("document", difference.json);
    }
    json.EndObject();
    (void)pipe_->Send("difference", data, pipe_->gone());
  }

  void OnEnd(const Result<engine::RebuildOutcome>& outcome) override {
    std::string data;
    JsonWriter json(data);
    json.BeginObject();
    if (outcome) {
      json.Text("name", name_).Int("rows", outcome->rows).Key("seconds").Number(outcome->seconds);
      json.Bool("swapped", outcome->swapped);
      if (outcome->compared) json.Int("only_in_old", outcome->only_in_old).Int("only_in_new", outcome->only_in_new);
    } else {
      json.Key("error").BeginObject().Text("code", ErrorCodeName(outcome.error().code())).Text("message", outcome.error().message());
      json.EndObject();
    }
    json.EndObject();
    (void)pipe_->Send(outcome ? "done" : "failed", data, pipe_->gone());
    pipe_->End();
  }

 private:
  const std::string name_;
  const std::shared_ptr<EventPipe> pipe_;
  Clock& clock_;
  const std::chrono::steady_clock::time_point began_;
  std::chrono::steady_clock::time_point told_{};
  int64_t told_differences_ = 0;
};

Result<RebuildRequest> ReadRequest(const Request& request) {
  RebuildRequest wanted;
  wanted.name = request.PathParam(0);
  TR_TRY(QueryArgs args, QueryArgs::Parse(request));
  wanted.definition = args.Take("definition").value_or("");
  TR_TRY(wanted.options.diff, TakeFlag(args, "diff"));
  TR_TRY(const bool dry_run, TakeFlag(args, "dry_run"));
  wanted.options.swap = !dry_run;
  TR_RETURN_IF_ERROR(args.RefuseRest());
  return wanted;
}

}  // namespace

void RebuildDoor::Open(const ExchangePtr& exchange) {
  auto wanted = ReadRequest(exchange->request());
  if (!wanted) return exchange->Send(InvalidParameterReply(wanted.error()));
  Rebuilds& rebuilds = *services_.rebuilds;
  const Status reserved = rebuilds.Reserve(*wanted);
  if (!reserved) return exchange->Send(ErrorReply(reserved.error()));
  auto pipe = EventPipe::Begin(exchange, services_.clock);
  const std::stop_token gone = pipe->gone();
  rebuilds.Start(*wanted, std::make_shared<ToldRebuild>(wanted->name, std::move(pipe), services_.clock), gone);
}

}  // namespace tailrace::server
