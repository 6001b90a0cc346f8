#include "app/token_keys.h"

#include <fmt/format.h>

#include "app/web_address.h"
#include "base/file_system.h"
#include "base/logging.h"

namespace tailrace::app {
namespace {

constexpr int kOkStatus = 200;

bool IsAddress(std::string_view place) { return place.starts_with("http://") || place.starts_with("https://"); }

// Without path and query, which may hold a secret of the file.
std::string ShownPlace(const std::string& place) {
  const size_t host = place.find("://");
  return IsAddress(place) ? place.substr(0, place.find_first_of("/?#", host + 3)) : place;
}

// Ends a request that takes too long, and one that nobody waits for any more.
class Deadline {
 public:
  Deadline(const std::stop_token& stop, std::chrono::seconds after)
      : on_stop_(stop, [this] { source_.request_stop(); }), timer_([this, after](const std::stop_token& done) {
          std::mutex mutex;
          std::condition_variable_any woken;
          std::unique_lock lock(mutex);
          if (!woken.wait_for(lock, done, after, [&] { return done.stop_requested(); })) source_.request_stop();
        }) {}
  std::stop_token token() const { return source_.get_token(); }

 private:
  std::stop_source source_;
  std::stop_callback<std::function<void()>> on_stop_;
  std::jthread timer_;
};

}  // namespace

TokenKeySource::TokenKeySource(std::string place) : place_(std::move(place)), is_address_(IsAddress(place_)) {}

Result<std::unique_ptr<TokenKeySource>> TokenKeySource::Open(std::string place) {
  std::unique_ptr<TokenKeySource> source(new TokenKeySource(std::move(place)));
  const Status read = source->Read({});
  if (!read && !source->is_address_) return Fail(read.error().With("server.jwt.jwks"));
  return source;
}

TokenKeySource::~TokenKeySource() { Stop(); }

void TokenKeySource::Start() {
  watch_ = std::jthread([this](const std::stop_token& stop) { Watch(stop); });
}

void TokenKeySource::Stop() {
  watch_.request_stop();
  if (watch_.joinable()) watch_.join();
}

void TokenKeySource::Watch(const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any woken;
  std::unique_lock lock(mutex);
  while (!woken.wait_for(lock, stop, kTokenKeysFileLook, [&] { return stop.stop_requested(); })) {
    if (IsDue(std::chrono::steady_clock::now())) (void)Read(stop);  // has been logged
  }
}

bool TokenKeySource::IsDue(std::chrono::steady_clock::time_point now) {
  if (!is_address_) return true;
  const auto since = now - tried_;
  const bool is_pressing = failing_ || keys() == nullptr || wanted_.load(std::memory_order_relaxed);
  return since >= kTokenKeysRefresh || (is_pressing && since >= kTokenKeysRetry);
}

Status TokenKeySource::Read(const std::stop_token& stop) {
  tried_ = std::chrono::steady_clock::now();
  wanted_.store(false, std::memory_order_relaxed);
  const auto read = [&]() -> Status {
    TR_TRY(std::string text, is_address_ ? Fetch(stop) : ReadFile(PosixFileSystem(), place_, static_cast<int64_t>(auth::kJwksBytesMax)));
    if (text == text_) return {};
    TR_TRY(auth::TokenKeys keys, auth::ParseJwks(text));
    text_ = std::move(text);
    const std::lock_guard lock(mutex_);
    keys_ = std::make_shared<const auth::TokenKeys>(std::move(keys));
    return {};
  };
  Status done = read();
  if (!done && !failing_) {
    LogWarning("token_keys_unreadable", {{"place", ShownPlace(place_)}, {"error", done.error().message()}, {"keys", text_.empty() ? "none yet" : "those read before still count"}});
  }
  failing_ = !done;
  return done;
}

Result<std::string> TokenKeySource::Fetch(const std::stop_token& stop) const {
  TR_TRY(const WebAddress address, ParseWebAddress(place_));
  const auto client = ClientOf(address);
  const Deadline deadline(stop, kTokenKeysTimeout);
  std::string body;
  bool too_large = false;
  const auto take = [&](std::string_view piece) {
    too_large = body.size() + piece.size() > auth::kJwksBytesMax;
    if (!too_large) body += piece;
    return !too_large;
  };
  HttpRequest request{.method = "GET", .target = address.target, .headers = {}, .body = {}};
  request.headers.emplace_back("Accept", "application/json");
  TR_TRY(const HttpResponse response, client->Stream(request, take, deadline.token()));
  if (response.status != kOkStatus) return Fail(Error::Unavailable(fmt::format("it answers {}", response.status)));
  if (too_large) return Fail(Error::Invalid("the answer is too large for a set of keys"));
  return body;
}

std::shared_ptr<const auth::TokenKeys> TokenKeySource::keys() const {
  const std::lock_guard lock(mutex_);
  return keys_;
}

void TokenKeySource::Want() { wanted_.store(true, std::memory_order_relaxed); }

}  // namespace tailrace::app
