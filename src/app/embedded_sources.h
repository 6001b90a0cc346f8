// The sources that are part of the program, by their kind in the pipeline file.
#pragma once

#include <memory>

#include "base/clock.h"
#include "base/result.h"
#include "config/spec.h"
#include "databases/database.h"
#include "ports/outbound_http.h"
#include "ports/source.h"
#include "sources/poll_source.h"

namespace tailrace::app {

// What sources need beside their keys, polls most of it. Ownership: borrows all.
struct PollSurroundings {
  std::string folder;              // below it each has a folder of its own
  OutboundHttp* http = nullptr;
  Clock* clock = nullptr;
  WaitForTime wait;
  bool once = false;   // what is asked again and again is asked once, and a peer that cannot be reached is an error soon
  std::shared_ptr<PollCounts> counts;
  std::shared_ptr<PollAsks> asks;
  std::shared_ptr<PollRest> rest;
};

// Null for a kind that is not read from: `http` sources are routes of the server.
// kNotFound, kInvalid: the source cannot be opened as the file says, or is a poll and lacks its surroundings.
Result<std::unique_ptr<Source>> OpenEmbeddedSource(const config::SourceSpec& spec, const config::Pipeline& pipeline,
                                                   const PollSurroundings& polls = {});

// Where a `postgres` or `mysql` source connects to.
DatabaseAddress DatabaseAddressOf(const config::DatabaseSourceSpec& source);

// The folder of one poll below the data folder.
std::string PollFolder(const std::string& data, const std::string& source);

}  // namespace tailrace::app
