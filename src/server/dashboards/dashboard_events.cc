#include "server/dashboards/dashboard_events.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "server/http/json_out.h"

namespace tailrace::server {
namespace {

constexpr std::string_view kEventStream = "text/event-stream";
constexpr std::string_view kFirstLine = "retry: 1000\n\n";
constexpr std::string_view kSignOfLife = ":\n\n";

}  // namespace

// Threads: its loop's own.
struct DashboardEvents::Page {
  ExchangePtr exchange;
  auth::CallerPtr caller;  // the request is gone once the answer has ended
  const std::vector<WatchedTile>* tiles = nullptr;
  std::vector<std::optional<std::string>> told;  // by tile, the version that was told last
  std::chrono::steady_clock::time_point last_event{};
  std::chrono::steady_clock::time_point last_by_itself{};
  std::chrono::steady_clock::time_point last_written{};
};

DashboardEvents::DashboardEvents(const Services& services, const Limits& limits, Executor& loop)
    : services_(services), limits_(limits), loop_(loop) {
  services.progress.Subscribe([this] { OnCommit(); });
}

DashboardEvents::~DashboardEvents() = default;

void DashboardEvents::Open(const ExchangePtr& exchange, const std::vector<WatchedTile>& tiles) {
  if (count_.fetch_add(1) >= limits_.tails_max) {
    count_.fetch_sub(1);
    return exchange->Send(BusyReply("too many dashboards are open"));
  }
  auto page = std::make_shared<Page>();
  page->exchange = exchange;
  page->caller = exchange->request().caller;
  page->tiles = &tiles;
  page->told.resize(tiles.size());
  page->last_written = page->last_by_itself = services_.clock.Monotonic();
  page->last_event = page->last_written - kBetweenEvents;
  {
    std::lock_guard lock(mutex_);
    pages_.push_back(page);
  }
  Reply head;
  head.content_type = kEventStream;
  head.headers.emplace_back("Cache-Control", "no-cache");
  head.body = kFirstLine;
  exchange->BeginStream(std::move(head));
  Pump(page, CommitVersions::Now(services_.progress));
}

// On the thread that committed: says once that there is something to look at.
void DashboardEvents::OnCommit() {
  if (count_.load(std::memory_order_relaxed) == 0 || pump_posted_.exchange(true)) return;
  loop_.Post([this] {
    pump_posted_ = false;
    PumpAll();
  });
}

void DashboardEvents::Tick() {
  if (count_.load(std::memory_order_relaxed) > 0) PumpAll();
}

void DashboardEvents::PumpAll() {
  const auto versions = std::make_shared<const CommitVersions>(CommitVersions::Now(services_.progress));
  std::lock_guard lock(mutex_);
  for (const PagePtr& page : pages_) page->exchange->loop().Post([this, page, versions] { Pump(page, *versions); });
}

void DashboardEvents::Remove(const PagePtr& page) {
  std::lock_guard lock(mutex_);
  const auto found = std::find(pages_.begin(), pages_.end(), page);
  if (found == pages_.end()) return;
  pages_.erase(found);
  count_.fetch_sub(1);
}

void DashboardEvents::Pump(const PagePtr& page, const CommitVersions& versions) {
  // A key may end while what it opened goes on.
  if (!page->caller->IsValidAt(services_.clock.Now())) {
    page->exchange->EndStream();
    return Remove(page);
  }
  const auto now = services_.clock.Monotonic();
  const bool is_silent = now - page->last_written >= limits_.tail_heartbeat;
  if (is_silent) page->last_written = now;
  if (!page->exchange->WriteStream(is_silent ? kSignOfLife : "")) return Remove(page);
  if (page->exchange->unsent_bytes() > 0 || now - page->last_event < kBetweenEvents) return;  // Tick comes back to it
  const bool is_first = std::none_of(page->told.begin(), page->told.end(), [](const auto& told) { return told.has_value(); });
  const bool by_itself = now - page->last_by_itself >= kByItself;
  if (by_itself) page->last_by_itself = now;
  std::string data;
  JsonWriter json(data);
  json.BeginObject().Key("tiles").BeginArray();
  MadeFrom changed;
  bool any = false;
  for (size_t i = 0; i < page->tiles->size(); ++i) {
    const WatchedTile& tile = (*page->tiles)[i];
    std::string version = versions.Of(tile.made_from);
    if (page->told[i] == version && !(tile.changes_by_itself && by_itself)) continue;
    page->told[i] = std::move(version);
    changed.insert(changed.end(), tile.made_from.begin(), tile.made_from.end());
    json.Text(tile.name);
    any = true;
  }
  if (!any) return;
  json.EndArray().Key("as_of");
  WriteAsOf(json, versions.Positions(changed));
  if (is_first) json.Bool("first", true);
  json.EndObject();
  page->last_event = page->last_written = now;
  if (!page->exchange->WriteStream("event: commit\ndata: " + data + "\n\n")) Remove(page);
}

}  // namespace tailrace::server
