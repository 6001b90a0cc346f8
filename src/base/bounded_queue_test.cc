#include "base/bounded_queue.h"

#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

namespace tailrace {
namespace {

TEST(BoundedQueueTest, GivesItemsBackInOrder) {
  BoundedQueue<int> queue(10, 100);
  ASSERT_TRUE(queue.Push(1, 1, {}));
  ASSERT_TRUE(queue.Push(2, 1, {}));
  EXPECT_EQ(queue.Pop({}), 1);
  EXPECT_EQ(queue.Pop({}), 2);
}

TEST(BoundedQueueTest, AdmitsOneItemLargerThanItsBound) {
  BoundedQueue<std::string> queue(10, 4);
  EXPECT_TRUE(queue.Push("more than four bytes", 20, {}));
  EXPECT_EQ(queue.Pop({}), "more than four bytes");
}

TEST(BoundedQueueTest, AFullQueueTakesNothingBeforeStop) {
  BoundedQueue<int> queue(1, 100);
  ASSERT_TRUE(queue.Push(1, 1, {}));
  std::stop_source stop;
  std::jthread producer([&] { EXPECT_FALSE(queue.Push(2, 1, stop.get_token())); });
  stop.request_stop();
  producer.join();
  EXPECT_EQ(queue.size(), 1U);
}

TEST(BoundedQueueTest, BytesBoundTheQueueAsWellAsItems) {
  BoundedQueue<int> queue(100, 10);
  ASSERT_TRUE(queue.Push(1, 8, {}));
  std::stop_source stop;
  stop.request_stop();
  EXPECT_FALSE(queue.Push(2, 8, stop.get_token()));
  EXPECT_TRUE(queue.Push(3, 2, stop.get_token()));
}

TEST(BoundedQueueTest, WhatIsQueuedCanBeTakenAfterStop) {
  BoundedQueue<int> queue(10, 100);
  ASSERT_TRUE(queue.Push(7, 1, {}));
  std::stop_source stop;
  stop.request_stop();
  EXPECT_EQ(queue.Pop(stop.get_token()), 7);
  EXPECT_EQ(queue.Pop(stop.get_token()), std::nullopt);
}

TEST(BoundedQueueTest, ManyProducersAndConsumersLoseNothing) {
  constexpr int kThreads = 3;
  constexpr int kItems = 2000;
  BoundedQueue<int> queue(4, 64);
  std::vector<int64_t> sums(kThreads);
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < kThreads; ++t) {
      threads.emplace_back([&] {
        for (int i = 1; i <= kItems; ++i) EXPECT_TRUE(queue.Push(i, 8, {}));
      });
      threads.emplace_back([&, t] {
        for (int i = 0; i < kItems; ++i) sums[static_cast<size_t>(t)] += *queue.Pop({});
      });
    }
  }
  int64_t sum = 0;
  for (const int64_t part : sums) sum += part;
  EXPECT_EQ(sum, int64_t{kThreads} * kItems * (kItems + 1) / 2);
}

}  // namespace
}  // namespace tailrace
