#include "base/metrics.h"

#include <gtest/gtest.h>

#include <array>
#include <thread>
#include <vector>

namespace tailrace {
namespace {

TEST(MetricsTest, CounterIsWrittenWithHelpAndType) {
  Metrics metrics;
  metrics.AddCounter("tailrace_records_total", "Records accepted.", {{"stream", "sales"}}).Add(3);
  EXPECT_EQ(metrics.Text(),
            "# HELP tailrace_records_total Records accepted.\n"
            "# TYPE tailrace_records_total counter\n"
            "tailrace_records_total{stream=\"sales\"} 3\n");
}

TEST(MetricsTest, SameNameAndLabelsAreTheSameCounter) {
  Metrics metrics;
  Counter& one = metrics.AddCounter("a_total", "A.", {{"x", "1"}});
  EXPECT_EQ(&one, &metrics.AddCounter("a_total", "A.", {{"x", "1"}}));
  EXPECT_NE(&one, &metrics.AddCounter("a_total", "A.", {{"x", "2"}}));
}

TEST(MetricsTest, LabelValuesAreEscaped) {
  Metrics metrics;
  metrics.AddGauge("g", "G.", {{"x", "a\"b\\c\nd"}}).Set(-1);
  EXPECT_NE(metrics.Text().find("g{x=\"a\\\"b\\\\c\\nd\"} -1\n"), std::string::npos);
}

TEST(MetricsTest, HistogramBucketsAreCumulative) {
  Metrics metrics;
  const std::array<double, 2> bounds = {0.1, 1};
  Histogram& histogram = metrics.AddHistogram("took_seconds", "Took.", bounds);
  histogram.Observe(0.1);  // the bound belongs to its bucket
  histogram.Observe(0.5);
  histogram.Observe(2);
  const std::string text = metrics.Text();
  EXPECT_NE(text.find("took_seconds_bucket{le=\"0.1\"} 1\n"), std::string::npos) << text;
  EXPECT_NE(text.find("took_seconds_bucket{le=\"1\"} 2\n"), std::string::npos) << text;
  EXPECT_NE(text.find("took_seconds_bucket{le=\"+Inf\"} 3\n"), std::string::npos) << text;
  EXPECT_NE(text.find("took_seconds_sum 2.6\n"), std::string::npos) << text;
  EXPECT_NE(text.find("took_seconds_count 3\n"), std::string::npos) << text;
}

TEST(MetricsTest, CallbackIsAskedEachTime) {
  Metrics metrics;
  double value = 1.5;
  metrics.AddCallback("lag", "Lag.", {}, [&] { return value; });
  EXPECT_NE(metrics.Text().find("lag 1.5\n"), std::string::npos);
  value = 2;
  EXPECT_NE(metrics.Text().find("lag 2\n"), std::string::npos);
}

TEST(MetricsTest, NothingIsLostBetweenThreads) {
  constexpr int kThreads = 4;
  constexpr int kAdds = 10000;
  Metrics metrics;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < kThreads; ++i) {
      threads.emplace_back([&] {
        Counter& counter = metrics.AddCounter("n_total", "N.");
        for (int j = 0; j < kAdds; ++j) counter.Add();
      });
    }
  }
  EXPECT_EQ(metrics.AddCounter("n_total", "N.").value(), static_cast<uint64_t>(kThreads) * kAdds);
}

}  // namespace
}  // namespace tailrace
