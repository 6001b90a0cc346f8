#include "app/scenario/poll_play.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

#include "app/embedded_sources.h"
#include "base/file_system.h"
#include "model/json_text.h"
#include "sources/poll_spool.h"

namespace tailrace::app {
namespace {

constexpr int64_t kAnswerFileBytesMax = int64_t{256} << 20;
constexpr std::chrono::milliseconds kBetweenLooks{5};

Result<std::string> BodyOf(const config::TestAnswer& answer) {
  if (answer.path.empty()) return answer.body;
  TR_TRY(std::string text, ReadFile(PosixFileSystem(), answer.path, kAnswerFileBytesMax));
  if (answer.line == 0) return text;
  size_t begin = 0;
  for (int64_t line = 1; line < answer.line && begin != std::string::npos; ++line) {
    const size_t end = text.find('\n', begin);
    begin = end == std::string::npos ? end : end + 1;
  }
  if (begin == std::string::npos || begin >= text.size()) return Fail(Error::NotFound(fmt::format("{} has no line {}", answer.path, answer.line)));
  const size_t end = std::min(text.find('\n', begin), text.size());
  return text.substr(begin, end - begin);
}

}  // namespace

// What one source is answered. A request for a token is no poll.
class PollPlay::Answers final : public OutboundHttp {
 public:
  Answers(std::string source, std::string token_url, const std::vector<config::TestAnswer>& answers, size_t next)
      : source_(std::move(source)), token_url_(std::move(token_url)), answers_(answers), next_(next) {}

  Result<OutboundAnswer> Send(const OutboundRequest& request, const std::stop_token&) override {
    OutboundAnswer answer;
    answer.status = 200;
    answer.url = request.url;
    answer.body = R"({"access_token":"test"})";
    if (!token_url_.empty() && request.url == token_url_) return answer;
    std::lock_guard lock(mutex_);
    if (next_ >= answers_.size()) {
      ++next_;
      return Fail(Error::Invalid("the test has no answer for this request"));
    }
    const config::TestAnswer& told = answers_[next_++];
    answer.status = told.status;
    answer.headers = told.headers;
    TR_TRY(answer.body, BodyOf(told));
    return answer;
  }

  // Empty when all were asked for.
  std::string Difference() const {
    std::lock_guard lock(mutex_);
    if (next_ == answers_.size()) return "";
    return fmt::format("answers of {}: {} written, {} asked for", source_, answers_.size(), next_);
  }

 private:
  const std::string source_;
  const std::string token_url_;
  const std::vector<config::TestAnswer>& answers_;
  mutable std::mutex mutex_;
  size_t next_;  // protected by mutex_
};

Result<std::unique_ptr<PollPlay>> PollPlay::Open(const config::Pipeline& pipeline, const config::TestSpec& test, const std::string& data,
                                                 ManualClock& clock) {
  std::unique_ptr<PollPlay> play(new PollPlay(clock));
  play->now_ = clock.Now();
  for (const config::TestAnswers& of : test.answers) {
    TR_TRY(const int64_t kept, PollSpool::AnswersIn(PosixFileSystem(), PollFolder(data, of.source)));
    std::string token_url;
    for (const config::SourceSpec& source : pipeline.sources) {
      const auto* poll = std::get_if<config::PollSourceSpec>(&source.kind);
      if (poll != nullptr && source.name == of.source) token_url = poll->auth.token_url;
    }
    play->answers_[of.source] = std::make_unique<Answers>(of.source, token_url, of.answers, static_cast<size_t>(kept));
  }
  return play;
}

PollPlay::PollPlay(ManualClock& clock) : clock_(clock) {}

PollPlay::~PollPlay() = default;

OutboundHttp* PollPlay::AnswersOf(const std::string& source) {
  const auto found = answers_.find(source);
  return found == answers_.end() ? nullptr : found->second.get();
}

bool PollPlay::Wait(WallTime due, const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  const int64_t mine = waits_++;
  waiting_[mine] = due;
  moved_.notify_all();
  moved_.wait(lock, stop, [&] { return over_ || now_ >= due; });
  waiting_.erase(mine);
  return now_ >= due && !stop.stop_requested();
}

bool PollPlay::MoveOn(WallTime until, std::optional<WallTime> next) {
  std::lock_guard lock(mutex_);
  for (const auto& [wait, due] : waiting_) next = std::min(next.value_or(due), due);
  over_ = !next || *next > until;
  now_ = over_ ? until : std::max(*next, now_);
  clock_.Set(now_);
  // Here and not when they wake: until then they would pass for waiting.
  std::erase_if(waiting_, [this](const auto& wait) { return over_ || wait.second <= now_; });
  moved_.notify_all();
  return !over_;
}

Status PollPlay::AwaitAll(const std::function<size_t()>& ended, const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  // A source that ends does not tell.
  while (!AllWait(ended) && !stop.stop_requested()) moved_.wait_for(lock, stop, kBetweenLooks, [&] { return AllWait(ended); });
  return stop.stop_requested() ? Fail(Error::Cancelled("stopping")) : Status();
}

Status PollPlay::Run(WallTime until, const std::function<Status()>& between, const std::function<std::optional<WallTime>()>& next_wake,
                     const std::function<size_t()>& ended, const std::stop_token& stop) {
  for (int64_t stops = 0; stops < kTestStopsMax; ++stops) {
    TR_RETURN_IF_ERROR(AwaitAll(ended, stop));
    TR_RETURN_IF_ERROR(between());
    // A job may have asked some of them.
    TR_RETURN_IF_ERROR(AwaitAll(ended, stop));
    if (!MoveOn(until, next_wake())) return {};
  }
  return Fail(Error::Exhausted(fmt::format("more than {} due times before until", kTestStopsMax)));
}

std::vector<std::string> PollPlay::Differences() const {
  std::vector<std::string> differences;
  for (const auto& [source, answers] : answers_) {
    if (std::string difference = answers->Difference(); !difference.empty()) differences.push_back(std::move(difference));
  }
  return differences;
}

}  // namespace tailrace::app
