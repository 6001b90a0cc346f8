// Every route of the server in one list, from which requests are routed and /openapi.json is made.
#pragma once

#include <functional>
#include <vector>

#include "server/http/router.h"

namespace tailrace::server {

class AuditReads;
class AwsDoor;
class CollectionReads;
class Console;
class DashboardReads;
class GraphReads;
class Ingest;
class KafkaRest;
class KinesisGateway;
class LetterReads;
class RebuildDoor;
class SqlReads;
class StreamReads;
class SystemReads;
class TailHub;

// What answers the routes. Borrowed.
struct RouteOwners {
  Ingest& ingest;
  StreamReads& streams;
  TailHub& tails;
  CollectionReads& collections;
  SqlReads& sql;
  DashboardReads& dashboards;
  SystemReads& system;
  LetterReads& letters;
  KafkaRest& kafka;
  KinesisGateway& gateway;
  AwsDoor& aws;
  GraphReads& graph;
  const Console& console;
  RebuildDoor* rebuilds = nullptr;  // null: none
  AuditReads* audits = nullptr;     // null: none
};

// The routes that every pipeline has.
std::vector<RouteSpec> FixedRoutes(const RouteOwners& owners);

}  // namespace tailrace::server
