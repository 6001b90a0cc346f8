// A client that sends exactly the bytes it is given and shows exactly what comes back.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace tailrace::server {

struct RawReply {
  int status = 0;                              // 0: the connection ended before an answer
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;                            // out of its chunks, when it came in some
};

// Threads: one. Waits at most kPatience for anything, then gives up.
class RawClient {
 public:
  explicit RawClient(uint16_t port);
  ~RawClient();
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  void Send(std::string_view bytes);
  void FinishSending();  // half closes
  void Close();

  RawReply Read();
  // What has come until `marker` is in it, from where the last call ended; what there is when the connection ends first.
  std::string ReadUntil(std::string_view marker);
  // Whether the server ends the connection; reads and drops what comes before.
  bool IsClosedByServer();

  // Send and Read in one.
  RawReply Ask(std::string_view bytes);
  RawReply Get(std::string_view target, std::string_view headers = "");
  RawReply Post(std::string_view target, std::string_view body, std::string_view headers = "");

 private:
  bool Fill();

  int socket_ = -1;
  std::string received_;
};

}  // namespace tailrace::server
