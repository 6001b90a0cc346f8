#include "server/http/loop.h"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>

#include <pthread.h>
#include <sys/epoll.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <memory>
#include <vector>

#include "base/check.h"
#include "server/http/connection.h"

namespace tailrace::server {
namespace {

// How exactly deadlines are kept.
constexpr std::chrono::milliseconds kTick{50};
// For a timer that ends at once.
constexpr std::chrono::milliseconds kTimerPatience{5000};
constexpr int kSocketsAtATime = 256;
constexpr size_t kSocketsInARoundMax = 16'384;

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
    : index_(index), clock_(clock), context_(1), sockets_(context_), ticker_(context_), date_(HttpDate(clock.Now())) {
  const int set = epoll_create1(EPOLL_CLOEXEC);
  TR_CHECK(set >= 0);
  sockets_.assign(set);
}

Loop::~Loop() { Stop(); }

Status Loop::CheckTimers() {
  bool has_ended = false;
  boost::asio::steady_timer timer(context_, std::chrono::milliseconds(0));
  timer.async_wait([&](const boost::system::error_code& error) { has_ended = !error; });
  context_.run_for(kTimerPatience);
  timer.cancel();
  context_.restart();
  if (has_ended) return {};
  return Fail(Error::Unavailable("the kernel gives the server no timers (is it short of memory?): no deadline would be kept"));
}

void Loop::Start() {
  Tick();
  AwaitSockets();
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

void Loop::Add(std::shared_ptr<Connection> connection) {
  epoll_event event{};
  event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
  event.data.ptr = connection.get();
  const bool is_added = epoll_ctl(sockets_.native_handle(), EPOLL_CTL_ADD, connection->socket(), &event) == 0;
  if (is_added) connections_.emplace(connection.get(), std::move(connection));  // else it is closed with its last reference
}

void Loop::AwaitSockets() {
  sockets_.async_wait(boost::asio::posix::stream_descriptor::wait_read, [this](const boost::system::error_code& error) {
    if (!error) OnSockets();
  });
}

// Finds all that are ready, then serves them in slices, between which others have their turn: answers that the log has completed.
void Loop::OnSockets() {
  if (ready_at_ == ready_.size()) FindReady();
  ServeReady();
  if (ready_at_ == ready_.size()) return AwaitSockets();
  Post([this] { OnSockets(); });
}

void Loop::FindReady() {
  ready_.clear();
  ready_at_ = 0;
  round_began_ = clock_.Monotonic();
  std::array<epoll_event, kSocketsAtATime> events;
  int count = kSocketsAtATime;
  while (count == kSocketsAtATime && ready_.size() < kSocketsInARoundMax) {
    count = std::max(epoll_wait(sockets_.native_handle(), events.data(), kSocketsAtATime, 0), 0);
    for (int i = 0; i < count; ++i) {
      const epoll_event& event = events[static_cast<size_t>(i)];
      ready_.push_back({static_cast<Connection*>(event.data.ptr),
                        {.readable = (event.events & EPOLLIN) != 0,
                         .writable = (event.events & EPOLLOUT) != 0,
                         .ended = (event.events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0}});
    }
  }
}

void Loop::ServeReady() {
  const size_t end = std::min(ready_.size(), ready_at_ + kSocketsAtATime);
  while (ready_at_ < end) {
    const Ready ready = ready_[ready_at_++];
    // One that was served before it in this round may have ended it.
    const auto found = connections_.find(ready.connection);
    if (found == connections_.end()) continue;
    const std::shared_ptr<Connection> connection = found->second;
    connection->OnReady(ready.news);
  }
}

void Loop::ForEachConnection(const std::function<void(Connection&)>& visit) {
  std::vector<std::shared_ptr<Connection>> all;
  all.reserve(connections_.size());
  for (const auto& [key, connection] : connections_) all.push_back(connection);
  for (const auto& connection : all) visit(*connection);
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
