// Who knocks while a loop is busy.
#include "server/http/listener.h"

#include <gtest/gtest.h>

#include <functional>
#include <future>
#include <memory>
#include <string>
#include <vector>

#include "server/http/gate.h"
#include "server/testing/raw_client.h"

namespace tailrace::server {
namespace {

constexpr int kClients = 400;
// Each turn takes a bunch of them; one by one there were as many turns.
constexpr int kTurnsMax = kClients / 4;

// A server whose connections are all taken: it answers each client 503 and lets it go.
struct FullHouse {
  FullHouse() {
    limits.connections_max = 0;
    loops.push_back(std::make_unique<Loop>(0, SystemClock()));
    listener = std::make_unique<Listener>(loops, shared, metrics);
  }
  ~FullHouse() { loops.front()->Stop(); }

  // Whether so many have been told.
  bool Refused(int clients) const {
    return metrics.Text().find("tailrace_http_connections_refused_total " + std::to_string(clients) + "\n") != std::string::npos;
  }

  Metrics metrics;
  config::Pipeline pipeline;
  Limits limits;
  Router router{metrics};
  Gate gate{pipeline, nullptr, metrics};
  Cors cors{{}, std::chrono::seconds(0)};
  Admission admission{std::chrono::milliseconds(20), SystemClock(), metrics};
  ConnectionShared shared{.router = router, .limits = limits, .gate = gate, .cors = cors, .certificates = nullptr, .loopback_only = true,
                          .admission = admission, .body_bytes = ByteBudget(0), .answer_bytes = ByteBudget(0), .kept_bytes = ByteBudget(0),
                          .connections = 0, .stopping = false};
  std::vector<std::unique_ptr<Loop>> loops;
  std::unique_ptr<Listener> listener;
};

TEST(ListenerTest, WhoKnocksAtABusyLoopDoesNotWaitForATurnOfEachBeforeHim) {
  FullHouse house;
  ASSERT_TRUE(house.listener->Open("127.0.0.1", 0));
  std::vector<std::unique_ptr<RawClient>> clients;
  for (int i = 0; i < kClients; ++i) clients.push_back(std::make_unique<RawClient>(house.listener->endpoint().port()));
  // Work that comes back as soon as it is done: between two of them the loop looks after its sockets once.
  std::promise<int> turns_for_all;
  int turns = 0;
  std::function<void()> work = [&] {
    ++turns;
    if (house.Refused(kClients)) return turns_for_all.set_value(turns);
    house.loops.front()->Post(work);
  };
  house.loops.front()->Post(work);
  house.loops.front()->Start();
  EXPECT_LT(turns_for_all.get_future().get(), kTurnsMax);
  for (const auto& client : clients) EXPECT_EQ(client->Read().status, 503);
}

}  // namespace
}  // namespace tailrace::server
