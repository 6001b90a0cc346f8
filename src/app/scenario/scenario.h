// One test of a pipeline file, run against the whole program: the parts that serve users, a scratch folder and a clock
// of its own.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "app/http_client.h"
#include "app/runtime.h"
#include "app/scenario/poll_play.h"
#include "base/clock.h"
#include "base/result.h"
#include "config/spec.h"

namespace tailrace::app {

// What the clock says in a test without `at`: always the same, so that a test does not age.
inline constexpr int64_t kTestClockMicros = 1'704'067'200'000'000;  // 2024-01-01T00:00:00Z

struct ScenarioOptions {
  std::string data;  // the scratch folder; may hold what an earlier, killed run left
  std::function<void(int64_t commits)> on_commit;
};

// Threads: one. Ownership: borrows `test`, which must outlive this.
class Scenario {
 public:
  static Result<std::unique_ptr<Scenario>> Open(const config::Pipeline& pipeline, const config::TestSpec& test,
                                                ScenarioOptions options);
  ~Scenario();

  // Puts in the given rows, lets the polls run, sends the requests, and waits until everything is in every table and document. What was put
  // in by an earlier run over the same folder is not put in twice.
  Status Feed(const std::stop_token& stop);

  // Holds everything against what the test expects.
  Status Verify(const std::stop_token& stop);

  // What was not as expected, so far.
  const std::vector<std::string>& failures() const { return failures_; }

 private:
  explicit Scenario(const config::TestSpec& test)
      : test_(test), clock_(WallTime{test.at_micros.value_or(kTestClockMicros)}) {}

  Status FeedGiven(const config::TestGiven& given, const std::stop_token& stop);
  Status FeedRows(const config::TestGiven& given, const std::stop_token& stop);
  Status PostRows(const config::TestGiven& given, size_t begin, size_t end, const std::stop_token& stop);
  Status FeedFile(const config::TestGiven& given, const std::stop_token& stop);
  Status RunPolls(const std::stop_token& stop);
  Status SendRequest(size_t index, const std::stop_token& stop);
  Status PassTime(const std::stop_token& stop);
  Status DoDue(const std::stop_token& stop);
  std::optional<WallTime> NextWake();
  void NoteRefusals(const std::string& stream, size_t first_row, const HttpResponse& response);

  Status VerifyRelation(const config::TestRows& expected, const std::stop_token& stop);
  Status VerifyApi(const config::TestGet& expected, const std::stop_token& stop);
  Status VerifyTile(const config::TestTile& expected, const std::stop_token& stop);
  Status VerifyDocument(const config::TestGet& expected, const std::stop_token& stop);
  Status VerifyDeadLetters(const config::TestRows& expected);
  void VerifyAlerts();

  void NoteFailure(std::string difference);
  bool ExpectsDeadLetters(const std::string& stream) const;

  const config::TestSpec& test_;
  ManualClock clock_;
  std::unique_ptr<PollPlay> polls_;  // null: the test answers none
  std::unique_ptr<Runtime> runtime_;
  std::unique_ptr<HttpClient> client_;
  std::vector<std::string> failures_;
};

}  // namespace tailrace::app
