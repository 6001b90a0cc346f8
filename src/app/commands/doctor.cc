#include <fmt/format.h>
#include <sys/statfs.h>
#include <sys/timex.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "app/commands/declare.h"
#include "app/data_directory.h"
#include "app/embedded_sources.h"
#include "app/limits.h"
#include "app/peers.h"
#include "app/pipeline_file.h"
#include "app/process_memory.h"
#include "app/server_client.h"
#include "base/file_system.h"
#include "config/quantity.h"
#include "ports/outbound_http.h"
#include "server/http/json_out.h"

namespace tailrace::app {
namespace {

namespace fs = std::filesystem;
using std::chrono::steady_clock;

struct Options {
  std::string pipeline = ".";
  bool json = false;
};

enum class Verdict { kGood, kWarning, kBad };

struct Finding {
  std::string what;
  Verdict verdict = Verdict::kGood;
  std::string found;
  std::string advice;  // what to do; empty when nothing is
};

constexpr int kSyncs = 200;
constexpr size_t kSyncBytes = 4096;
// No drive that keeps its promise is faster: a write cache answered, or memory.
constexpr std::chrono::microseconds kTooFast{20};
constexpr std::chrono::microseconds kSlow{20'000};
constexpr int64_t kSpaceBad = int64_t{1} << 30;
constexpr int64_t kSpaceLow = int64_t{10} << 30;
constexpr int64_t kFilesFew = 4096;
constexpr int64_t kClockErrorMaxMicros = 500'000;
constexpr long kTmpfs = 0x01021994;
constexpr long kRamfs = 0x858458f6;
constexpr long kNfs = 0x6969;
constexpr long kFuse = 0x65735546;
constexpr long kCifs = 0xff534d42;

std::string Microseconds(steady_clock::duration time) {
  return fmt::format("{} µs", std::chrono::duration_cast<std::chrono::microseconds>(time).count());
}

// The nearest folder that is there: the data folder itself is not made by looking at it.
std::string Existing(const std::string& path) {
  fs::path at = path;
  std::error_code failed;
  while (!at.empty() && !fs::exists(at, failed)) at = at.parent_path();
  return at.string();
}

// Times of writes of 4 KiB, each synced, in a file that was written before; ascending.
Result<std::vector<steady_clock::duration>> SyncTimes(const std::string& path) {
  TR_TRY(const auto file, PosixFileSystem().Open(path, OpenMode::kCreate));
  const std::string block(kSyncBytes, 'x');
  TR_RETURN_IF_ERROR(file->Zero(0, static_cast<int64_t>(kSyncBytes) * kSyncs));
  TR_RETURN_IF_ERROR(file->Sync());
  std::vector<steady_clock::duration> times;
  for (int i = 0; i < kSyncs; ++i) {
    const auto began = steady_clock::now();
    TR_RETURN_IF_ERROR(file->WriteAt(static_cast<int64_t>(kSyncBytes) * i, block));
    TR_RETURN_IF_ERROR(file->Sync());
    times.push_back(steady_clock::now() - began);
  }
  std::sort(times.begin(), times.end());
  return times;
}

Finding LookAtSyncs(const std::string& folder) {
  const std::string path = fmt::format("{}/.doctor-{}", folder, steady_clock::now().time_since_epoch().count());
  const auto times = SyncTimes(path);
  (void)PosixFileSystem().Remove(path);
  if (!times) return {"disk", Verdict::kBad, times.error().message(), "let this user write to the folder, or set server.data to another one"};
  const auto middle = (*times)[times->size() / 2];
  Finding finding{"disk", Verdict::kGood,
                  fmt::format("a synced write of 4 KiB takes {} (99 of 100 below {})", Microseconds(middle), Microseconds((*times)[times->size() * 99 / 100])), ""};
  if (middle < kTooFast) {
    finding.verdict = Verdict::kWarning;
    finding.advice = "faster than a disk can be: the sync ends in memory or in a write cache. Unless that has a battery, a power cut loses acknowledged records";
  } else if (middle > kSlow) {
    finding.verdict = Verdict::kWarning;
    finding.advice = "every acknowledgement waits for one: put server.data on an SSD";
  }
  return finding;
}

Finding LookAtFileSystem(const std::string& folder) {
  struct statfs info {};
  if (::statfs(folder.c_str(), &info) != 0) return {"file system", Verdict::kWarning, "cannot be told", ""};
  const long type = static_cast<long>(info.f_type) & 0xffffffffL;
  if (type == kTmpfs || type == kRamfs) return {"file system", Verdict::kBad, "memory", "what is in it is gone after a restart: set server.data to a folder on a disk"};
  if (type == kNfs || type == kCifs || type == kFuse) {
    return {"file system", Verdict::kWarning, "a network or user-space file system", "locks and syncs may not hold there: use a local disk"};
  }
  return {"file system", Verdict::kGood, fmt::format("local (type {:#x})", type), ""};
}

int64_t BytesBelow(const std::string& folder) {
  int64_t bytes = 0;
  std::error_code failed;
  for (fs::recursive_directory_iterator at(folder, failed), end; !failed && at != end; at.increment(failed)) {
    std::error_code gone;
    const auto size = at->is_regular_file(gone) ? at->file_size(gone) : 0;
    if (!gone) bytes += static_cast<int64_t>(size);
  }
  return bytes;
}

Finding LookAtSpace(const std::string& data, const std::string& folder) {
  std::error_code failed;
  const auto space = fs::space(folder, failed);
  if (failed) return {"space", Verdict::kWarning, failed.message(), ""};
  const auto available = static_cast<int64_t>(space.available);
  constexpr int64_t kMiB = 1 << 20;
  Finding finding{"space", Verdict::kGood, fmt::format("{} MiB free; the data takes {} MiB", available / kMiB, BytesBelow(data) / kMiB), ""};
  if (available < kSpaceBad) {
    finding.verdict = Verdict::kBad;
    finding.advice = "appends will soon be answered 507: make room, or move server.data";
  } else if (available < kSpaceLow) {
    finding.verdict = Verdict::kWarning;
    finding.advice = "watch it: nothing leaves the log by itself without `retention`";
  }
  return finding;
}

Finding LookAtFiles() {
  const int64_t files = RaiseOpenFiles();
  if (files >= kFilesFew) return {"open files", Verdict::kGood, fmt::format("up to {}", files), ""};
  return {"open files", Verdict::kWarning, fmt::format("up to {}", files), "fewer connections than that can be open: raise it (ulimit -n, LimitNOFILE=)"};
}

Finding LookAtMemory(const config::Pipeline& pipeline) {
  const int64_t machine = MachineMemoryBytes();
  const MemoryBudget memory = DivideMemory(pipeline, machine);
  constexpr int64_t kMiB = 1 << 20;
  Finding finding{"memory", Verdict::kGood, fmt::format("{} MiB of {} MiB", memory.total / kMiB, machine / kMiB), ""};
  if (memory.total > machine) {
    finding.verdict = Verdict::kBad;
    finding.advice = "server.memory is more than there is: the system would end the process";
  } else if (memory.total > machine * 4 / 5) {
    finding.verdict = Verdict::kWarning;
    finding.advice = "server.memory leaves little for the system and its file cache";
  }
  return finding;
}

Finding LookAtClock() {
  timex state{};
  const int known = ::adjtimex(&state);
  const bool is_kept = known >= 0 && known != TIME_ERROR && (state.status & STA_UNSYNC) == 0;
  if (!is_kept) return {"clock", Verdict::kWarning, "nothing keeps it right", "run chrony or systemd-timesyncd: `_ingested_at`, retention and expiry go by it"};
  if (state.maxerror > kClockErrorMaxMicros) return {"clock", Verdict::kWarning, fmt::format("may be {} ms off", state.maxerror / 1000), "look at the time service"};
  return {"clock", Verdict::kGood, fmt::format("kept right, to {} ms", state.maxerror / 1000), ""};
}

// Who holds the data folder, and which layout it has. The folder is not made.
Finding LookAtData(const config::Pipeline& pipeline) {
  const std::string& data = pipeline.server.data;
  if (!fs::exists(data)) return {"data folder", Verdict::kGood, data + " is not there yet", ""};
  const auto held = DataDirectory::Open(data);
  if (held) return {"data folder", Verdict::kGood, data + ", free", ""};
  if (held.error().code() != ErrorCode::kConflict) return {"data folder", Verdict::kBad, held.error().message(), "see the message"};
  const auto response = ClientOf(pipeline, std::nullopt)->Send({.method = "GET", .target = "/readyz", .headers = {}, .body = {}});
  if (!response) return {"server", Verdict::kBad, held.error().message() + ", and nobody answers at server.listen", "look at that process, or at the port that it was started with"};
  if (response->status != 200) return {"server", Verdict::kBad, "not ready: " + response->body, "see the reasons"};
  return {"server", Verdict::kGood, "runs and is ready", ""};
}

Finding LookAtSource(const config::Pipeline& pipeline, const config::SourceSpec& source) {
  const std::string what = "source " + source.name;
  const auto opened = OpenEmbeddedSource(source, pipeline);
  if (!opened) return {what, Verdict::kBad, opened.error().message(), "mend the path, or the rights to it"};
  const auto* file = std::get_if<config::FileSourceSpec>(&source.kind);
  if (file == nullptr) return {what, Verdict::kGood, "ready", ""};
  const bool is_pattern = file->path.find_first_of("*?[") != std::string::npos;
  if (is_pattern) return {what, Verdict::kGood, file->path, ""};
  if (!std::ifstream(file->path)) return {what, Verdict::kBad, file->path + " cannot be read", "mend the path, or the rights to it"};
  return {what, Verdict::kGood, file->path + " can be read", ""};
}

bool HasPeer(const config::SourceSpec& source) {
  return std::holds_alternative<config::PollSourceSpec>(source.kind) || std::holds_alternative<config::DatabaseSourceSpec>(source.kind);
}

Finding FindingOf(const Reached& peer) {
  if (peer.outcome) return {peer.what, Verdict::kGood, peer.shown + " can be reached", ""};
  const bool passes = peer.outcome.error().code() == ErrorCode::kUnavailable;
  return {peer.what, Verdict::kBad, peer.outcome.error().message(),
          passes ? "see whether " + peer.shown + " is right and up, and whether this machine may reach it; until then it is tried again and again"
                 : "mend what the pipeline file says of it: trying again does not help"};
}

std::vector<Finding> Examine(const config::Pipeline& pipeline) {
  const std::string folder = Existing(pipeline.server.data);
  std::vector<Finding> findings = {LookAtData(pipeline), LookAtFileSystem(folder), LookAtSyncs(folder), LookAtSpace(pipeline.server.data, folder),
                                   LookAtMemory(pipeline), LookAtFiles(), LookAtClock()};
  for (const config::SourceSpec& source : pipeline.sources) {
    if (!HasPeer(source)) findings.push_back(LookAtSource(pipeline, source));
  }
  for (const Reached& peer : ReachAll(PeersOf(pipeline))) findings.push_back(FindingOf(peer));
  return findings;
}

std::string_view Word(Verdict verdict) { return verdict == Verdict::kGood ? "good" : verdict == Verdict::kWarning ? "warning" : "bad"; }

std::string Json(const std::vector<Finding>& findings, bool is_well) {
  std::string text;
  server::JsonWriter json(text);
  json.BeginObject().Bool("well", is_well).Key("findings").BeginArray();
  for (const Finding& finding : findings) {
    json.BeginObject().Text("what", finding.what).Text("verdict", Word(finding.verdict)).Text("found", finding.found).Text("advice", finding.advice).EndObject();
  }
  json.EndArray().EndObject();
  return text;
}

void Show(const std::vector<Finding>& findings, Console& console) {
  for (const Finding& finding : findings) {
    const Style style = finding.verdict == Verdict::kGood ? Style::kGreen : finding.verdict == Verdict::kWarning ? Style::kYellow : Style::kRed;
    console.OutLine(fmt::format("{}  {}: {}", console.Paint(style, fmt::format("{:<7}", Word(finding.verdict))), finding.what, finding.found));
    if (!finding.advice.empty()) console.OutLine("         " + finding.advice);
  }
}

ExitCode Doctor(const Options& options, Console& console) {
  const auto pipeline = LoadForCommand(options.pipeline, console);
  if (!pipeline) return pipeline.error();
  const std::vector<Finding> findings = Examine(*pipeline);
  const bool is_well = std::none_of(findings.begin(), findings.end(), [](const Finding& finding) { return finding.verdict == Verdict::kBad; });
  if (options.json) {
    console.OutLine(Json(findings, is_well));
  } else {
    Show(findings, console);
  }
  return is_well ? ExitCode::kDone : ExitCode::kNo;
}

}  // namespace

Action DeclareDoctor(Arguments& arguments) {
  const auto options = std::make_shared<Options>();
  arguments.Pipeline(&options->pipeline);
  arguments.Flag("--json", "As a JSON object", &options->json);
  return [options](Console& console) { return Doctor(*options, console); };
}

}  // namespace tailrace::app
