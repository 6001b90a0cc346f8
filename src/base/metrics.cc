#include "base/metrics.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>

#include "base/check.h"

namespace tailrace {
namespace {

constexpr double kNanosPerUnit = 1e9;

constexpr std::array<double, 16> kLatencyBounds = {0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025,
                                                   0.05,   0.1,     0.25,   0.5,   1,      2.5,   5,    10};

std::string Escaped(std::string_view text, bool quote) {
  std::string escaped;
  for (const char c : text) {
    if (c == '\\') {
      escaped += "\\\\";
    } else if (c == '\n') {
      escaped += "\\n";
    } else if (c == '"' && quote) {
      escaped += "\\\"";
    } else {
      escaped += c;
    }
  }
  return escaped;
}

// `a="x",b="y"`, without the braces.
std::string LabelText(const MetricLabels& labels) {
  std::string text;
  for (const auto& [name, value] : labels) {
    if (!text.empty()) text += ',';
    text += name + "=\"" + Escaped(value, true) + "\"";
  }
  return text;
}

std::string Number(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  return fmt::format("{}", value);
}

void AppendSample(std::string& text, std::string_view name, std::string_view labels, std::string_view value) {
  auto out = std::back_inserter(text);
  if (labels.empty()) {
    fmt::format_to(out, "{} {}\n", name, value);
  } else {
    fmt::format_to(out, "{}{{{}}} {}\n", name, labels, value);
  }
}

void AppendHistogram(std::string& text, std::string_view name, const std::string& labels, const Histogram& histogram) {
  const std::string prefix = labels.empty() ? "" : labels + ",";
  uint64_t count = 0;
  for (size_t i = 0; i <= histogram.bounds().size(); ++i) {
    count += histogram.bucket(i);
    const std::string bound = i < histogram.bounds().size() ? Number(histogram.bounds()[i]) : "+Inf";
    AppendSample(text, fmt::format("{}_bucket", name), prefix + "le=\"" + bound + "\"", std::to_string(count));
  }
  AppendSample(text, fmt::format("{}_sum", name), labels, Number(histogram.sum()));
  AppendSample(text, fmt::format("{}_count", name), labels, std::to_string(count));
}

}  // namespace

Histogram::Histogram(std::span<const double> bounds) : bounds_(bounds.begin(), bounds.end()), buckets_(bounds.size() + 1) {}

void Histogram::Observe(double value) {
  const auto bound = std::lower_bound(bounds_.begin(), bounds_.end(), value);
  buckets_[static_cast<size_t>(bound - bounds_.begin())].fetch_add(1, std::memory_order_relaxed);
  sum_nanos_.fetch_add(static_cast<int64_t>(value * kNanosPerUnit), std::memory_order_relaxed);
}

double Histogram::sum() const { return static_cast<double>(sum_nanos_.load(std::memory_order_relaxed)) / kNanosPerUnit; }

std::span<const double> LatencyBounds() { return kLatencyBounds; }

Metrics::Series& Metrics::Find(std::string_view name, std::string_view help, std::string_view type,
                               const MetricLabels& labels) {
  auto [family, is_new] = families_.try_emplace(std::string(name));
  if (is_new) {
    family->second.help = help;
    family->second.type = type;
  }
  TR_CHECK(family->second.type == type);
  return family->second.series[LabelText(labels)];
}

Counter& Metrics::AddCounter(std::string_view name, std::string_view help, const MetricLabels& labels) {
  std::lock_guard lock(mutex_);
  Series& series = Find(name, help, "counter", labels);
  if (!series.counter) series.counter = std::make_unique<Counter>();
  return *series.counter;
}

Gauge& Metrics::AddGauge(std::string_view name, std::string_view help, const MetricLabels& labels) {
  std::lock_guard lock(mutex_);
  Series& series = Find(name, help, "gauge", labels);
  if (!series.gauge) series.gauge = std::make_unique<Gauge>();
  return *series.gauge;
}

Histogram& Metrics::AddHistogram(std::string_view name, std::string_view help, std::span<const double> bounds,
                                 const MetricLabels& labels) {
  std::lock_guard lock(mutex_);
  Series& series = Find(name, help, "histogram", labels);
  if (!series.histogram) series.histogram = std::make_unique<Histogram>(bounds);
  return *series.histogram;
}

void Metrics::AddCallback(std::string_view name, std::string_view help, const MetricLabels& labels,
                          std::function<double()> value) {
  std::lock_guard lock(mutex_);
  Find(name, help, "gauge", labels).callback = std::move(value);
}

std::string Metrics::Text() const {
  std::lock_guard lock(mutex_);
  std::string text;
  for (const auto& [name, family] : families_) {
    fmt::format_to(std::back_inserter(text), "# HELP {} {}\n# TYPE {} {}\n", name, Escaped(family.help, false), name,
                   family.type);
    for (const auto& [labels, series] : family.series) {
      if (series.counter) AppendSample(text, name, labels, std::to_string(series.counter->value()));
      if (series.gauge) AppendSample(text, name, labels, std::to_string(series.gauge->value()));
      if (series.histogram) AppendHistogram(text, name, labels, *series.histogram);
      if (series.callback) AppendSample(text, name, labels, Number(series.callback()));
    }
  }
  return text;
}

}  // namespace tailrace
