#include "app/sse.h"

#include <gtest/gtest.h>

#include <vector>

namespace tailrace::app {
namespace {

std::vector<std::string> EventsOf(const std::vector<std::string>& pieces) {
  ServerEvents events;
  std::vector<std::string> seen;
  for (const std::string& piece : pieces) {
    events.Feed(piece, [&](const ServerEvent& event) {
      seen.push_back(event.name + "|" + event.id + "|" + event.data);
      return true;
    });
  }
  return seen;
}

TEST(ServerEvents, AnEventEndsWithAnEmptyLine) {
  EXPECT_EQ(EventsOf({"id: 7\nevent: gap\ndata: {\"a\":1}\n\ndata: b\r\n\r\n"}),
            (std::vector<std::string>{"gap|7|{\"a\":1}", "||b"}));
}

TEST(ServerEvents, AnEventMayComeInPieces) {
  EXPECT_EQ(EventsOf({"da", "ta: a", "b\n", "\n"}), std::vector<std::string>{"||ab"});
}

TEST(ServerEvents, SeveralDataLinesAreOneText) {
  EXPECT_EQ(EventsOf({"data: a\ndata: b\n\n"}), std::vector<std::string>{"||a\nb"});
}

TEST(ServerEvents, HeartbeatsAreNoEvents) { EXPECT_TRUE(EventsOf({": still here\n\n", "\n"}).empty()); }

TEST(ServerEvents, ATakerThatHasEnoughIsAskedNoMore) {
  ServerEvents events;
  int taken = 0;
  const bool more = events.Feed("data: a\n\ndata: b\n\n", [&](const ServerEvent&) { return ++taken < 1; });
  EXPECT_FALSE(more);
  EXPECT_EQ(taken, 1);
}

}  // namespace
}  // namespace tailrace::app
