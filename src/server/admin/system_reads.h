// GET /healthz, /readyz, /metrics, /status and /whoami.
#pragma once

#include <chrono>
#include <string>

#include "server/http/exchange.h"
#include "server/services.h"

namespace tailrace::server {

// Threads: each call on the loop of its exchange.
class SystemReads {
 public:
  SystemReads(const Services& services, std::string version) : services_(services), version_(std::move(version)) {}

  void Health(const ExchangePtr& exchange);
  void Ready(const ExchangePtr& exchange);
  void MetricsText(const ExchangePtr& exchange);
  void ServerStatus(const ExchangePtr& exchange);
  // Who the caller is, and what the console shows of the pipeline in its head.
  void WhoAmI(const ExchangePtr& exchange);

 private:
  const Services& services_;
  const std::string version_;
};

}  // namespace tailrace::server
