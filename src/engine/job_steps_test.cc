#include "engine/job_steps.h"

#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <utility>

#include "model/times.h"
#include "ports/testing/fake_outbound_http.h"
#include "ports/testing/fake_warehouse.h"

namespace tailrace::engine {
namespace {

using Texts = std::vector<std::string>;

WallTime At(std::string_view text) { return {ParseRfc3339(text).value()}; }

class Tables final : public JobTables {
 public:
  Result<JobSqlOutcome> Run(const JobSqlRequest& request, std::stop_token) override {
    requests.push_back(request);
    return JobSqlOutcome{3, was_done};
  }
  Status WhileResting(const std::function<Status()>& work) override { return work(); }

  std::vector<JobSqlRequest> requests;
  bool was_done = false;
};

class Ear final : public Notifier {
 public:
  Status Send(const Notification& notification, std::stop_token stop) override {
    if (on_send) on_send();
    if (stop.stop_requested()) return Fail(Error::Cancelled("broken off"));
    if (deaf) return Fail(Error::Unavailable("nobody there"));
    heard.push_back(notification);
    return {};
  }
  std::vector<Notification> heard;
  bool deaf = false;
  std::function<void()> on_send;
};

class JobStepsTest : public ::testing::Test {
 protected:
  JobStepsTest() {
    pipeline_.name = "shop";
    job_.name = "nightly";
    job_.zone = schedule::TimeZone::Find("Europe/London").value();
    run_.id = "nightly@2017-07-03T05:00:00Z";
    run_.due = At("2017-07-03T05:00:00Z");
    run_.from = At("2017-07-02T05:00:00Z");
    run_.attempts = 2;
    for (const std::string name : {"ops", "chat"}) {
      auto ear = std::make_unique<Ear>();
      ears_[name] = ear.get();
      notifiers_[name] = std::move(ear);
    }
    warehouse_.disk().answer = [this](const QueryRequest& request, ResultSink& sink) -> Result<QuerySummary> {
      asked_.push_back(request);
      const std::array<ColumnInfo, 3> columns = {ColumnInfo{"n", "BIGINT"}, ColumnInfo{"who", "VARCHAR"}, ColumnInfo{"none", "VARCHAR"}};
      sink.Begin(columns);
      const std::array<std::string_view, 3> row = {"12", "\"a \\\"b\\\"\\n\"", "null"};
      if (rows_ > 0) sink.Row(row);
      QuerySummary summary;
      summary.rows = static_cast<size_t>(rows_);
      return summary;
    };
  }

  JobSteps Steps() {
    JobStepParts parts{pipeline_, tables_, warehouse_, notifiers_, clock_, &http_};
    parts.run_command = [this](const Texts& words, const std::stop_token&) -> Result<std::string> {
      commands_.push_back(words);
      return "said";
    };
    parts.export_file = [this](const ExportCall& call, const std::stop_token&) -> Result<int64_t> {
      exports_.push_back(call);
      if (call.to.find("full") != std::string::npos) return Fail(Error::Exhausted("no room"));
      return 5;
    };
    parts.poll = [this](const std::string& source, WallTime due, const std::stop_token&) -> Result<std::string> {
      polls_.emplace_back(source, due);
      if (source == "dead") return Fail(Error::Unavailable("nobody answered"));
      return "2 records";
    };
    return JobSteps(std::move(parts));
  }

  template <typename Kind>
  Result<StepOutcome> Do(Kind kind) {
    config::JobStep step;
    step.name = "1 step";
    step.kind = std::move(kind);
    return Steps().Do({job_, step, 4, run_}, {});
  }

  config::Pipeline pipeline_;
  config::JobSpec job_;
  JobRun run_;
  Tables tables_;
  testing::FakeWarehouse warehouse_;
  Notifiers notifiers_;
  std::map<std::string, Ear*> ears_;
  ManualClock clock_{At("2017-07-03T05:00:02Z")};
  int status_ = 200;
  FakeOutboundHttp http_{[this](const OutboundRequest&) { return AnswerWith("what\nnow", status_); }};
  std::vector<QueryRequest> asked_;
  std::vector<Texts> commands_;
  std::vector<ExportCall> exports_;
  std::vector<std::pair<std::string, WallTime>> polls_;
  int rows_ = 1;
};

TEST_F(JobStepsTest, SqlCarriesTheNameUnderWhichItHappensOnceAndTheTimesOfTheRun) {
  const auto done = Do(config::SqlStep{{{"CREATE TABLE t AS SELECT 1", {}, {}}}});
  EXPECT_EQ(done->rows, 3);
  EXPECT_EQ(done->said, "3 rows");
  const JobSqlRequest& request = tables_.requests.at(0);
  EXPECT_EQ(request.run, run_.id);
  EXPECT_EQ(request.step, 4U);
  EXPECT_EQ(request.due, run_.due);
  EXPECT_EQ(request.from, run_.from);
  EXPECT_EQ(request.now, clock_.Now());
  tables_.was_done = true;
  EXPECT_EQ(Do(config::SqlStep{{{"DROP TABLE t", {}, {}}}})->said, "3 rows, written before the server ended");
}

TEST_F(JobStepsTest, AMessageHoldsTheFirstRowAndTimesInTheZoneOfTheJob) {
  config::NotifyStep step{{"ops", "chat"}, "{n} from {who}|", "{due:%H:%M} {from} {job} {attempt} {pipeline}[{none}]", {"SELECT 1", {}, {}}};
  ASSERT_TRUE(Do(step));
  const Notification& heard = ears_["ops"]->heard.at(0);
  EXPECT_EQ(heard.subject, "12 from a \"b\" |") << "a subject is one line";
  EXPECT_EQ(heard.text, "06:00 2017-07-02T05:00:00Z nightly 2 shop[]");
  EXPECT_EQ(ears_["chat"]->heard.size(), 1U);
  ASSERT_EQ(asked_.at(0).parameters.size(), 3U);
  EXPECT_EQ(asked_[0].parameters[1].name, "from");
  EXPECT_EQ(asked_[0].parameters[1].value, "2017-07-02T05:00:00Z");
}

TEST_F(JobStepsTest, AQueryWithoutRowsSendsNoMessage) {
  rows_ = 0;
  const auto done = Do(config::NotifyStep{{"ops"}, "{n}", "", {"SELECT 1", {}, {}}});
  EXPECT_EQ(done->said, "nothing sent: the query answers with no row");
  EXPECT_TRUE(ears_["ops"]->heard.empty());
}

TEST_F(JobStepsTest, OneWhoIsDeafFailsTheStepAndTheOthersHearIt) {
  ears_["ops"]->deaf = true;
  const auto done = Do(config::NotifyStep{{"ops", "chat"}, "s", "", {}});
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().message(), "ops: nobody there");
  EXPECT_EQ(ears_["chat"]->heard.size(), 1U);
}

TEST_F(JobStepsTest, ARequestIsNamedByTheRunAndSentOnce) {
  config::HttpStep step;
  step.url = "https://x.org/{due:%Y}?token=secret";
  step.headers = {{"X-Token", "t"}};
  step.body = "{run}";
  step.timeout = std::chrono::milliseconds(7);
  const auto done = Do(step);
  EXPECT_EQ(done->said, "POST https://x.org/2017: 200");
  const OutboundRequest sent = http_.requests().at(0);
  EXPECT_EQ(sent.url, "https://x.org/2017?token=secret");
  EXPECT_EQ(sent.body, run_.id);
  EXPECT_EQ(sent.tries_max, 1);
  EXPECT_EQ(sent.timeout.count(), 7);
  EXPECT_EQ(sent.headers.at(0).name, "X-Token");
  EXPECT_TRUE(sent.headers.at(0).secret);
  EXPECT_EQ(sent.headers.at(1).value, run_.id + "/4");
  status_ = 404;
  const auto failed = Do(step);
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().message(), "POST https://x.org/2017: 404 what now");
}

TEST_F(JobStepsTest, ProgramsRunOnlyWhereThatIsAllowed) {
  const config::CommandStep step{{"do", "{due:%d}; rm"}};
  EXPECT_FALSE(Do(step));
  EXPECT_TRUE(commands_.empty());
  pipeline_.server.commands = true;
  EXPECT_EQ(Do(step)->said, "said");
  EXPECT_EQ(commands_.at(0), (Texts{"do", "03; rm"}));
}

TEST_F(JobStepsTest, EachTableHasItsFileAndTheTimesOfTheRunAreInItsSelect) {
  config::ExportStep step;
  step.parts = {{"a", {"SELECT * FROM a", {}, {}}}, {"b", {"SELECT * FROM b WHERE t >= $from AND t < $due", {}, {}}}};
  step.to = "out/{due:%F}/{name}.csv";
  step.format = config::ExportStep::Format::kCsv;
  step.partition_by = {"t"};
  const auto done = Do(step);
  EXPECT_EQ(done->rows, 10);
  EXPECT_EQ(done->said, "5 rows in out/2017-07-03/a.csv, 5 rows in out/2017-07-03/b.csv");
  EXPECT_EQ(exports_.at(1).format, config::ExportStep::Format::kCsv);
  EXPECT_EQ(exports_[1].partition_by, Texts{"t"});
  EXPECT_EQ(exports_[1].sql.find('$'), std::string::npos) << exports_[1].sql;
  EXPECT_NE(exports_[1].sql.find(std::to_string(run_.from.micros)), std::string::npos) << exports_[1].sql;
  step.to = "full/{name}.csv";
  const auto failed = Do(step);
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code(), ErrorCode::kExhausted);
  EXPECT_EQ(failed.error().message(), "full/a.csv: no room");
}

TEST_F(JobStepsTest, APollIsAskedForTheDueTime) {
  EXPECT_EQ(Do(config::PollStep{{"api", "other"}})->said, "api: 2 records; other: 2 records");
  EXPECT_EQ(polls_.at(1), std::pair(std::string("other"), run_.due));
  const auto failed = Do(config::PollStep{{"dead"}});
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().message(), "dead: nobody answered");
}

TEST_F(JobStepsTest, AMessageThatIsOnItsWayWhenTheServerStopsArrivesAndNoOtherBegins) {
  std::stop_source stop;
  ears_["chat"]->on_send = [&] { stop.request_stop(); };
  std::set<std::string> heard;
  const Status sent = SendToEach(notifiers_, {"chat", "ops"}, {"s", ""}, &heard, stop.get_token());
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().code(), ErrorCode::kCancelled);
  EXPECT_EQ(heard, std::set<std::string>{"chat"});
  EXPECT_TRUE(ears_["ops"]->heard.empty());
}

TEST_F(JobStepsTest, AFailureIsToldToAllUnlessTheJobNamesSome) {
  run_.reason = "1 sql: broken";
  std::set<std::string> heard;
  ASSERT_TRUE(Steps().TellOfFailure(job_, run_, &heard, {}));
  EXPECT_EQ(heard, (std::set<std::string>{"chat", "ops"}));
  EXPECT_EQ(ears_["ops"]->heard.at(0).subject, "shop: job nightly failed");
  EXPECT_NE(ears_["ops"]->heard.at(0).text.find("1 sql: broken"), std::string::npos);
  ASSERT_TRUE(Steps().TellOfFailure(job_, run_, &heard, {}));
  EXPECT_EQ(ears_["ops"]->heard.size(), 1U) << "who has heard is not told again";
  job_.on_failure = Texts{"chat"};
  heard.clear();
  ASSERT_TRUE(Steps().TellOfFailure(job_, run_, &heard, {}));
  EXPECT_EQ(ears_["ops"]->heard.size(), 1U);
  EXPECT_EQ(ears_["chat"]->heard.size(), 2U);
}

}  // namespace
}  // namespace tailrace::engine
