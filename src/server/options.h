// Every limit of the HTTP server, with its default. Units last where the type does not carry them.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "crypto/tls.h"

namespace tailrace::server {

struct Limits {
  size_t header_bytes_max = 16 << 10;            // request line and fields together: 431
  size_t body_bytes_max = 64 << 20;              // as sent, and again after decompression: 413
  size_t bytes_in_flight_max = 512 << 20;        // bodies of all requests being read and answered, with what was made of them: 503
  size_t answer_bytes_max = 512 << 20;           // large answers that clients have not taken yet: 503
  size_t kept_bytes_max = 16 << 20;              // buffers of idle connections beyond 16 KiB each
  std::chrono::milliseconds ingest_delay_target{20};  // appends that would wait longer for others are refused: 503
  size_t connections_max = 10'000;               // 503, then closed
  size_t records_per_request_max = 1'000'000;    // 413
  size_t errors_listed_max = 100;                // refused records that a reply names

  std::chrono::milliseconds header_timeout{10'000};  // from its first byte to its end: 408
  std::chrono::milliseconds body_timeout{30'000};    // and as long again as body_bytes_per_second_min allows: 408
  size_t body_bytes_per_second_min = 32 << 10;
  std::chrono::milliseconds idle_timeout{75'000};    // between two requests: closed
  std::chrono::milliseconds write_timeout{30'000};   // without the client taking a byte: closed
  std::chrono::milliseconds stop_grace{10'000};      // for requests being answered when the server stops

  size_t reads_waiting_max = 64;                 // queries waiting for a reader thread: 503
  size_t waits_max = 1'000;                      // requests in wait_for: 503
  size_t query_rows_max = 100'000;               // then the answer says that it is cut
  size_t query_bytes_max = 64 << 20;             // of the answer: refused
  std::chrono::milliseconds query_timeout{30'000};
  size_t tile_rows_max = 10'000;                 // of a tile of a dashboard: then it says that it is cut
  size_t tile_cache_bytes_max = 64 << 20;        // answers of tiles that are kept until what they read changes
  int64_t tile_groups_max = 1'000'000;           // formed ahead for tiles with filters, in memory; 0: none
  std::chrono::milliseconds wait_timeout{5'000};     // of wait_for without `timeout`
  std::chrono::milliseconds wait_timeout_max{60'000};

  size_t records_page_default = 100;             // GET /streams/{s}/records
  size_t records_page_max = 10'000;
  size_t documents_page_default = 100;           // GET /collections/{c}
  size_t documents_page_max = 1'000;

  size_t tails_max = 200;                        // live tails at a time: 503
  size_t tail_chunk_bytes_max = 256 << 10;       // read from the log and sent at a time
  int64_t tail_lag_records_max = 100'000;        // a reader further behind than this skips to the end, with a `gap` event
  std::chrono::milliseconds tail_heartbeat{15'000};
};

// Pages of other sites that may use the server.
struct CorsOptions {
  std::vector<std::string> origins;  // "*": all; empty: none
  std::chrono::seconds max_age{600};
};

struct ServerOptions {
  std::string host = "127.0.0.1";
  uint16_t port = 7070;                          // 0: any free one
  bool auth_none = false;                        // may listen beyond loopback
  std::optional<crypto::TlsFiles> tls;           // nullopt: plain HTTP
  CorsOptions cors;
  int ingest_threads = 1;                        // each with its own connections
  int read_threads = 2;
  std::string version = "0.1.0";
  std::string idempotency_window;  // what the log remembers of Idempotency-Keys, for people
  Limits limits;
};

}  // namespace tailrace::server
