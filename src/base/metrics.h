// Counters, gauges and histograms of the whole program, and their text in the Prometheus exposition format 0.0.4.
//
//   Counter& accepted = metrics.AddCounter("tailrace_records_total", "Records accepted.", {{"stream", "sales"}});
//   accepted.Add(3);
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tailrace {

using MetricLabels = std::vector<std::pair<std::string, std::string>>;

// Only ever grows. Threads: thread-safe, without locks.
class Counter {
 public:
  void Add(uint64_t count = 1) { value_.fetch_add(count, std::memory_order_relaxed); }
  uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<uint64_t> value_{0};
};

// Goes up and down. Threads: thread-safe, without locks.
class Gauge {
 public:
  void Set(int64_t value) { value_.store(value, std::memory_order_relaxed); }
  void Add(int64_t by) { value_.fetch_add(by, std::memory_order_relaxed); }
  int64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<int64_t> value_{0};
};

// Counts values by upper bound. Threads: thread-safe, without locks; a reader may see a value in a bucket before it is in the sum.
class Histogram {
 public:
  explicit Histogram(std::span<const double> bounds);  // ascending; one more bucket takes the rest

  void Observe(double value);

  const std::vector<double>& bounds() const { return bounds_; }
  uint64_t bucket(size_t index) const { return buckets_[index].load(std::memory_order_relaxed); }
  double sum() const;

 private:
  const std::vector<double> bounds_;
  std::vector<std::atomic<uint64_t>> buckets_;
  std::atomic<int64_t> sum_nanos_{0};  // in billionths, so that adding needs no loop
};

// Bounds in seconds, from a tenth of a millisecond to ten seconds, for how long something took.
std::span<const double> LatencyBounds();

// The metrics of one program. What is added stays until this goes; the same name and labels again give the same metric.
// Names follow Prometheus: `tailrace_` first, the unit last, `_total` for counters.
// Threads: thread-safe. Callbacks run on the thread that asks for the text and must not block.
class Metrics {
 public:
  Counter& AddCounter(std::string_view name, std::string_view help, const MetricLabels& labels = {});
  Gauge& AddGauge(std::string_view name, std::string_view help, const MetricLabels& labels = {});
  Histogram& AddHistogram(std::string_view name, std::string_view help, std::span<const double> bounds,
                          const MetricLabels& labels = {});
  // A gauge that is asked for its value when the text is made.
  void AddCallback(std::string_view name, std::string_view help, const MetricLabels& labels, std::function<double()> value);

  std::string Text() const;

 private:
  struct Series {
    std::unique_ptr<Counter> counter;
    std::unique_ptr<Gauge> gauge;
    std::unique_ptr<Histogram> histogram;
    std::function<double()> callback;
  };
  struct Family {
    std::string help;
    std::string_view type;
    std::map<std::string, Series> series;  // by the text of the labels
  };

  Series& Find(std::string_view name, std::string_view help, std::string_view type, const MetricLabels& labels);

  mutable std::mutex mutex_;
  std::map<std::string, Family, std::less<>> families_;  // protected by mutex_
};

}  // namespace tailrace
