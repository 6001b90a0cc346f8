// The servers of others that a pipeline talks to, and whether they can be reached from here.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "base/result.h"
#include "config/spec.h"

namespace tailrace::app {

// How long one may take to be reached.
inline constexpr std::chrono::milliseconds kReachTimeout{5'000};

struct Peer {
  std::string what;   // "source fares"
  std::string shown;  // its address, without credentials
  // Whether it answers. Sends no request of the pipeline's and none of its credentials but those that a database wants to let anybody in.
  std::function<Status()> reach;
};

struct Reached {
  std::string what;
  std::string shown;
  Status outcome;
};

// Those that the file names: hosts of polls and of the tokens for them, databases, requests of jobs, mail servers, webhooks, and where the
// keys of tokens come from.
std::vector<Peer> PeersOf(const config::Pipeline& pipeline);

// Asks all of them at a time; takes about as long as the slowest.
std::vector<Reached> ReachAll(const std::vector<Peer>& peers);

}  // namespace tailrace::app
