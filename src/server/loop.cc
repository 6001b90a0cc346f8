#include "server/loop.h"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>

#include <pthread.h>

#include <ctime>
#include <memory>
#include <vector>

#include "server/connection.h"

namespace tailrace::server {
namespace {

// How exactly deadlines are kept.
constexpr std::chrono::milliseconds kTick{50};

std::string HttpDate(WallTime now) {
  const std::time_t seconds = now.micros / 1'000'000;
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  char text[32];
  const size_t size = std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &utc);
  return {text, size};
}

}  // namespace

Loop::Loop(size_t index, Clock& clock)
    : index_(index), clock_(clock), context_(1), ticker_(context_), date_(HttpDate(clock.Now())) {}

Loop::~Loop() { Stop(); }

void Loop::Start() {
  Tick();
  thread_ = std::jthread([this] {
    pthread_setname_np(pthread_self(), "http");
    const auto work = boost::asio::make_work_guard(context_);
    context_.run();
  });
}

void Loop::Stop() {
  context_.stop();
  if (thread_.joinable()) thread_.join();
}

void Loop::Post(std::function<void()> work) { boost::asio::post(context_, std::move(work)); }

void Loop::After(std::chrono::milliseconds delay, std::function<void()> work) {
  auto timer = std::make_shared<boost::asio::steady_timer>(context_, delay);
  timer->async_wait([timer, work = std::move(work)](const boost::system::error_code& error) {
    if (!error) work();
  });
}

void Loop::ForEachConnection(const std::function<void(Connection&)>& visit) {
  const std::vector<Connection*> all(connections_.begin(), connections_.end());
  for (Connection* connection : all) {
    // An earlier visit may have ended it.
    if (connections_.contains(connection)) visit(*connection);
  }
}

void Loop::Tick() {
  date_ = HttpDate(clock_.Now());
  const auto now = clock_.Monotonic();
  ForEachConnection([now](Connection& connection) { connection.CheckDeadline(now); });
  ticker_.expires_after(kTick);
  ticker_.async_wait([this](const boost::system::error_code& error) {
    if (!error) Tick();
  });
}

}  // namespace tailrace::server
