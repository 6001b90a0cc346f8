#include "app/file_load.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>

#include "app/embedded_sources.h"
#include "app/folder.h"
#include "app/json_value.h"
#include "app/server_client.h"

namespace tailrace::app {
namespace {

constexpr size_t kPostBytesMax = 1 << 20;
constexpr size_t kFaultsToldMax = 10;

// A server with too much to do is asked again this often before it counts as out of reach.
constexpr int kBusyTriesMax = 120;
constexpr std::chrono::milliseconds kBusyWait{500};

constexpr uint64_t kFnvOffset = 0xcbf29ce484222325;
constexpr uint64_t kFnvPrime = 0x100000001b3;

uint64_t Fnv1a(std::string_view text) {
  uint64_t hash = kFnvOffset;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * kFnvPrime;
  return hash;
}

Result<LoadResult> LoadIntoFolder(config::Pipeline pipeline, const FileLoad& load, const LoadProgress& progress,
                                  const std::stop_token& stop) {
  TR_TRY(const auto runtime, OpenFolder(std::move(pipeline)));
  TR_RETURN_IF_ERROR(runtime->Start());
  LoadResult result;
  TR_TRY(result.summary, runtime->LoadFile(
                             load.file, load.stream,
                             [&](const SourceSummary& summary, int64_t done, int64_t all) {
                               progress({summary.accepted + summary.refused, done, all});
                             },
                             stop));
  result.summary.name = load.stream;
  progress({.catching_up = true});
  TR_RETURN_IF_ERROR(runtime->WaitCaughtUp(stop));
  TR_RETURN_IF_ERROR(runtime->FlushLake());
  return result;
}

// Posts a source's rows to the running server, batch by batch, each under a name of its own, so that a repeated load
// adds nothing.
class Poster {
 public:
  Poster(HttpClient& client, const FileLoad& load) : client_(client), load_(load) {
    result_.summary.name = load.stream;
  }

  Status Post(const SourceBatch& batch, const std::stop_token& stop) {
    std::string body;
    sent_.clear();
    for (const SourceRow& row : batch.rows) {
      if (!row.fault.empty()) {
        Refuse(row.line, row.fault);
        continue;
      }
      body += row.json;
      body += '\n';
      sent_.push_back(row.line);
    }
    if (sent_.empty()) return {};
    HttpRequest request{
        .method = "POST", .target = "/streams/" + PercentEncoded(load_.stream), .headers = {}, .body = body};
    request.headers.emplace_back("Content-Type", "application/x-ndjson");
    request.headers.emplace_back("Idempotency-Key", fmt::format("load-{:016x}-{}", Fnv1a(batch.item), batch.next));
    TR_TRY(const HttpResponse response, SendPatiently(request, stop));
    return TakeVerdict(response);
  }

  LoadResult& result() { return result_; }

 private:
  Result<HttpResponse> SendPatiently(const HttpRequest& request, const std::stop_token& stop) {
    std::mutex mutex;
    std::condition_variable_any never;
    for (int tries = 0;; ++tries) {
      TR_TRY(HttpResponse response, client_.Send(request, stop));
      const bool busy = response.status == 429 || response.status == 503;
      if (!busy || tries == kBusyTriesMax || stop.stop_requested()) return response;
      std::unique_lock lock(mutex);
      never.wait_for(lock, stop, kBusyWait, [] { return false; });
    }
  }

  Status TakeVerdict(const HttpResponse& response) {
    const auto body = ParseJson(response.body);
    if (!body || body->Find("accepted") == nullptr) {
      TR_RETURN_IF_ERROR(StatusOf(response));
      return Fail(Error::Unavailable("the answer is not that of a Tailrace server"));
    }
    result_.summary.accepted += body->IntOf("accepted");
    result_.summary.refused += body->IntOf("rejected");
    const JsonValue* errors = body->Find("errors");
    if (errors == nullptr) return {};
    for (const JsonValue& error : errors->items) {
      const auto record = static_cast<size_t>(error.IntOf("record"));
      if (record < sent_.size())
        Tell(sent_[record], fmt::format("{}: {}", error.TextOf("pointer"), error.TextOf("reason")));
    }
    return {};
  }

  void Refuse(int64_t line, std::string_view fault) {
    ++result_.summary.refused;
    Tell(line, fault);
  }

  void Tell(int64_t line, std::string_view fault) {
    if (result_.faults.size() >= kFaultsToldMax) return;
    result_.faults.push_back(line > 0 ? fmt::format("{}:{}: {}", load_.file.path, line, fault)
                                      : fmt::format("{}: {}", load_.file.path, fault));
  }

  HttpClient& client_;
  const FileLoad& load_;
  std::vector<int64_t> sent_;  // lines of the rows of the request in hand
  LoadResult result_;
};

Result<LoadResult> LoadIntoServer(const config::Pipeline& pipeline, const FileLoad& load, const LoadProgress& progress,
                                  const std::stop_token& stop) {
  config::SourceSpec spec;
  spec.name = "load";
  spec.into = {{load.stream, ""}};
  spec.kind = load.file;
  TR_TRY(const auto source, OpenEmbeddedSource(spec, pipeline));
  const auto client = ClientOf(pipeline, load.port);
  Poster poster(*client, load);
  const ResumeLookup from_start = [](std::string_view) { return std::nullopt; };
  for (bool end = false; !end;) {
    TR_TRY(const SourceBatch batch, source->Next(kPostBytesMax, from_start, stop));
    TR_RETURN_IF_ERROR(poster.Post(batch, stop));
    const SourceSummary& summary = poster.result().summary;
    progress({summary.accepted + summary.refused, batch.next, source->SizeHint()});
    end = batch.end;
  }
  poster.result().summary.ended = true;
  return std::move(poster.result());
}

}  // namespace

Result<LoadResult> LoadFile(config::Pipeline pipeline, const FileLoad& load, const LoadProgress& progress,
                            const std::stop_token& stop) {
  auto loaded = LoadIntoFolder(pipeline, load, progress, stop);
  if (loaded || loaded.error().code() != ErrorCode::kConflict) return loaded;
  auto posted = LoadIntoServer(pipeline, load, progress, stop);
  if (posted || posted.error().code() != ErrorCode::kUnavailable) return posted;
  return Fail(posted.error().With(loaded.error().message()));
}

std::optional<config::FileFormat> FormatOfName(std::string_view path) {
  for (const std::string_view packed : {".gz", ".zst"}) {
    if (path.ends_with(packed)) path.remove_suffix(packed.size());
  }
  const std::string_view ending = path.substr(std::min(path.rfind('.'), path.size()));
  if (ending == ".csv") return config::FileFormat::kCsv;
  if (ending == ".json") return config::FileFormat::kJson;
  if (ending == ".jsonl" || ending == ".ndjson") return config::FileFormat::kJsonl;
  if (ending == ".parquet") return config::FileFormat::kParquet;
  return std::nullopt;
}

}  // namespace tailrace::app
