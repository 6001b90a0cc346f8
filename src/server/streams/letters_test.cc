// Dead letters over HTTP: what a door refuses is there to be read.
#include <gtest/gtest.h>

#include "engine/dead_letters.h"
#include "server/testing/test_server.h"

namespace tailrace::server {
namespace {

class LettersTest : public ::testing::Test {
 protected:
  explicit LettersTest(config::Pipeline pipeline = SalesPipeline())
      : pipeline_(std::move(pipeline)),
        log_({2, 2, 1, 1}, clock_),
        letters_(log_, {{"sales", StreamId{2}}, {"notes", StreamId{3}}}, {}),
        rejects_(pipeline_, [](const std::string&) { return engine::RejectWatch::Ids{StreamId{0}, StreamId{2}}; }, log_, letters_, clock_) {
    ServerOptions options;
    options.port = 0;
    Services services{pipeline_, {StreamId{0}, StreamId{1}}, log_, warehouse_, documents_, progress_, metrics_, clock_,
                      {StreamId{2}, StreamId{3}}, &letters_};
    services.rejects = &rejects_;
    auto made = Server::Create(services, options);
    TR_CHECK(made.has_value());
    server_ = std::move(*made);
    TR_CHECK(server_->Start().has_value());
  }
  ~LettersTest() override {
    server_->Stop();
    log_.Stop();
  }

  RawReply Get(std::string_view target) { return RawClient(server_->port()).Get(target); }
  RawReply Post(std::string_view target, std::string_view body, std::string_view headers = "") {
    return RawClient(server_->port()).Post(target, body, headers);
  }
  static bool Has(const RawReply& reply, std::string_view text) { return reply.body.find(text) != std::string::npos; }

  config::Pipeline pipeline_;
  PushedClock clock_;
  FakeEventLog log_;
  ScriptedWarehouse warehouse_;
  tailrace::testing::FakeDocumentStore documents_;
  ScriptedProgress progress_;
  Metrics metrics_;
  engine::DeadLetters letters_;
  engine::RejectWatch rejects_;  // looks when it is told to
  std::unique_ptr<Server> server_;
};

TEST_F(LettersTest, ARefusedRecordIsALetterWithItsRequestPlaceAndFault) {
  const RawReply refused = Post("/streams/sales", R"([{"id":1,"item":"a"},{"id":"x","item":"a"}])");
  EXPECT_EQ(refused.status, 207);
  const std::string request(refused.headers.at("tailrace-request"));
  EXPECT_FALSE(request.empty());
  const RawReply shown = Get("/dlq/sales");
  EXPECT_EQ(shown.status, 200);
  EXPECT_TRUE(Has(shown, R"("request":")" + request + R"(","index":1)")) << shown.body;
  EXPECT_TRUE(Has(shown, R"("stage":"schema","pointer":"/id","reason":"expected int, found string \"x\"")")) << shown.body;
  EXPECT_TRUE(Has(shown, R"("raw":"{\"id\":\"x\",\"item\":\"a\"}")")) << shown.body;
  EXPECT_TRUE(Has(shown, R"("schema":")")) << shown.body;
  EXPECT_TRUE(Has(shown, R"("next":null)")) << shown.body;
}

TEST_F(LettersTest, EqualFaultsAreGroupedOverRequests) {
  Post("/streams/sales", R"({"id":"x","item":"a"})");
  Post("/streams/shop.sales", R"({"id":"y","item":"a"})");
  Post("/streams/sales", R"({"id":1})");
  const RawReply list = Get("/dlq");
  EXPECT_EQ(list.status, 200);
  EXPECT_TRUE(Has(list, R"("stream":"sales","open":3,"pending":0)")) << list.body;
  EXPECT_TRUE(Has(list, R"("fault":"id: expected int, found string","stage":"schema","open":2)")) << list.body;
  EXPECT_TRUE(Has(list, R"("stream":"notes","open":0,"pending":0,"faults":[])")) << list.body;
}

TEST_F(LettersTest, RowsOfCsvAreKeptAsTheyCameAndAsTheRecordMadeOfThem) {
  Post("/streams/sales", "id,item\nx,a\n1,b\n2\n", "Content-Type: text/csv\r\n");
  const RawReply shown = Get("/dlq/sales");
  EXPECT_TRUE(Has(shown, R"("line":2,"raw":"x,a","record":{"id":"x","item":"a"})")) << shown.body;
  EXPECT_TRUE(Has(shown, R"("stage":"decode")")) << shown.body;
}

TEST_F(LettersTest, BytesThatAreNoTextComeAsBase64) {
  Post("/streams/sales", "id,item\nx,\xE9\n", "Content-Type: text/csv; charset=latin1\r\n");
  EXPECT_TRUE(Has(Get("/dlq/sales"), R"("raw_base64":"eCzp")")) << Get("/dlq/sales").body;
}

TEST_F(LettersTest, TheSameRequestUnderItsKeyIsOneLetter) {
  const std::string key = "Idempotency-Key: abc\r\n";
  Post("/streams/sales", R"({"id":"x","item":"a"})", key);
  Post("/streams/sales", R"({"id":"x","item":"a"})", key);
  EXPECT_TRUE(Has(Get("/dlq"), R"("stream":"sales","open":1,)")) << Get("/dlq").body;
}

TEST_F(LettersTest, PagesAndFaultsAreAskedFor) {
  for (int i = 0; i < 5; ++i) Post("/streams/sales", i % 2 == 0 ? R"({"id":"x","item":"a"})" : R"({"id":1})");
  const RawReply page = Get("/dlq/sales?limit=2");
  EXPECT_TRUE(Has(page, R"("next":1)")) << page.body;
  EXPECT_TRUE(Has(Get("/dlq/sales?limit=2&after=3"), R"("letter":4)"));
  const RawReply of_fault = Get("/dlq/sales?fault=id:%20expected%20int,%20found%20string");
  EXPECT_TRUE(Has(of_fault, R"("letter":4)") && !Has(of_fault, R"("letter":3)")) << of_fault.body;
  EXPECT_EQ(Get("/dlq/sales?fault=nosuch").status, 404);
  EXPECT_EQ(Get("/dlq/nosuch").status, 404);
  EXPECT_EQ(Get("/dlq/sales?limit=0").status, 400);
  EXPECT_EQ(Get("/dlq/sales?what=1").status, 400);
}

config::Pipeline LimitedPipeline(bool pauses) {
  config::Pipeline pipeline = SalesPipeline();
  pipeline.streams[0].max_rejects = config::ParseRejectLimit("2 of 10m");
  pipeline.streams[0].max_rejects->pauses = pauses;
  return pipeline;
}

class PausedLettersTest : public LettersTest {
 protected:
  explicit PausedLettersTest(bool pauses = true) : LettersTest(LimitedPipeline(pauses)) {}

  void RefuseThree() {
    Post("/streams/sales", R"([{"id":"x"},{"id":"y"},{"id":"z"}])");
    rejects_.Look("sales");
  }
  static constexpr std::string_view kGood = R"({"id":1,"item":"a"})";
};

class AlarmedLettersTest : public PausedLettersTest {
 protected:
  AlarmedLettersTest() : PausedLettersTest(false) {}
};

TEST_F(PausedLettersTest, BeyondMaxRejectsTheDoorsAnswer503WithTheReasonAndTheOtherStreamsGoOn) {
  EXPECT_EQ(Post("/streams/sales", R"([{"id":"x"},{"id":"y"}])").status, 422);
  rejects_.Look("sales");
  EXPECT_EQ(Post("/streams/sales", kGood).status, 200);
  RefuseThree();
  for (const char* door : {"/streams/sales", "/streams/shop.sales"}) {
    const RawReply held = Post(door, kGood);
    EXPECT_EQ(held.status, 503);
    EXPECT_EQ(held.headers.at("retry-after"), "10");
    EXPECT_TRUE(Has(held, R"("code":"paused","message":"stream sales has 5 dead letters of the last 10m, more than its max_rejects: 2 of 10m")"))
        << held.body;
    EXPECT_TRUE(Has(held, "POST /dlq/sales/resume")) << held.body;
  }
  EXPECT_EQ(Post("/streams/notes", R"({"text":"a"})").status, 200);
}

TEST_F(PausedLettersTest, TheDoorsOfOtherSystemsAreClosedInTheirOwnWords) {
  const std::string kafka = "Content-Type: application/vnd.kafka.json.v2+json\r\n";
  const std::string records = R"({"records":[{"value":{"id":1,"item":"a"}}]})";
  EXPECT_EQ(Post("/topics/sales", records, kafka).status, 200);
  RefuseThree();
  const RawReply held = Post("/topics/sales", records, kafka);
  EXPECT_EQ(held.status, 503);
  EXPECT_TRUE(Has(held, R"("error_code":)") && Has(held, "stream sales has 3 dead letters")) << held.body;
}

TEST_F(PausedLettersTest, ItIsNotReadyAndStatusSaysWhy) {
  EXPECT_EQ(Get("/readyz").status, 200);
  RefuseThree();
  const RawReply ready = Get("/readyz");
  EXPECT_EQ(ready.status, 503);
  EXPECT_TRUE(Has(ready, "stream sales has 3 dead letters of the last 10m")) << ready.body;
  EXPECT_TRUE(Has(Get("/status"), R"("trouble":"stream sales has 3 dead letters of the last 10m, more than its max_rejects: 2 of 10m","paused":true)"))
      << Get("/status").body;
}

TEST_F(PausedLettersTest, ResumeLetsItGoOnUntilAsManyAreRefusedAgain) {
  RefuseThree();
  EXPECT_EQ(Post("/streams/sales", kGood).status, 503);
  const RawReply resumed = Post("/dlq/sales/resume", "");
  EXPECT_EQ(resumed.status, 200);
  EXPECT_TRUE(Has(resumed, R"({"stream":"sales","was":"stream sales has 3 dead letters)")) << resumed.body;
  EXPECT_TRUE(Has(resumed, R"("paused":true})")) << resumed.body;
  EXPECT_EQ(Post("/streams/sales", kGood).status, 200);
  EXPECT_EQ(Get("/readyz").status, 200);
  EXPECT_TRUE(Has(Get("/dlq"), R"("stream":"sales","open":3,)")) << "the letters are as open as before";
  RefuseThree();
  EXPECT_EQ(Post("/streams/sales", kGood).status, 503);
}

TEST_F(PausedLettersTest, TheWindowPassesAndItGoesOn) {
  RefuseThree();
  EXPECT_EQ(Post("/streams/sales", kGood).status, 503);
  clock_.Push(std::chrono::minutes(11));
  rejects_.Look("sales");
  EXPECT_EQ(Post("/streams/sales", kGood).status, 200);
}

TEST_F(PausedLettersTest, ResumeNamesWhatItCannotDo) {
  EXPECT_EQ(Post("/dlq/nosuch/resume", "").status, 404);
  EXPECT_EQ(Post("/dlq/notes/resume", "").status, 400);
}

TEST_F(AlarmedLettersTest, AnAlarmTellsAndStopsNothing) {
  RefuseThree();
  EXPECT_EQ(Get("/readyz").status, 503);
  EXPECT_TRUE(Has(Get("/status"), R"("paused":false)"));
  EXPECT_EQ(Post("/streams/sales", kGood).status, 200);
}

}  // namespace
}  // namespace tailrace::server
