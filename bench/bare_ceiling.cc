// The bare ceiling: the least a durable HTTP ingest can do, to know what the machine allows.
//
// One thread, one epoll loop. A turn of the loop reads what has arrived, checks each record with simdjson against the
// types of the retail stream, appends all of them to a pre-zeroed file with a CRC32C each, calls fdatasync once, and
// then answers everybody. No schema language, no partitions, no recovery, no routes: any body on any path is taken as
// one record a line.
//
//   bare_ceiling PORT FILE [--answer-first]
//
// --answer-first answers before the sync. That is wrong; it is there so that the bench can see its own check fail.
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <nmmintrin.h>
#include <simdjson.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace {

constexpr size_t kFileBytes = size_t{512} << 20;
constexpr size_t kZeroBytes = size_t{1} << 20;
constexpr size_t kReadBytes = size_t{256} << 10;
constexpr int kEventsMax = 1024;
constexpr int kBacklog = 1024;
constexpr size_t kFields = 8;
constexpr std::string_view kHeadEnd = "\r\n\r\n";
constexpr std::string_view kLengthName = "content-length:";
constexpr std::string_view kAccepted =
    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 11\r\n\r\n{\"ok\":true}";
constexpr std::string_view kRefused =
    "HTTP/1.1 422 Unprocessable Entity\r\nContent-Type: application/json\r\nContent-Length: 12\r\n\r\n{\"ok\":false}";

[[noreturn]] void Die(const char* what) {
  std::perror(what);
  std::exit(1);
}

uint32_t Crc32c(std::string_view bytes) {
  uint64_t crc = 0xffffffff;
  while (bytes.size() >= sizeof(uint64_t)) {
    uint64_t word;
    std::memcpy(&word, bytes.data(), sizeof word);
    crc = _mm_crc32_u64(crc, word);
    bytes.remove_prefix(sizeof word);
  }
  for (const char byte : bytes) crc = _mm_crc32_u8(static_cast<uint32_t>(crc), static_cast<uint8_t>(byte));
  return static_cast<uint32_t>(crc) ^ 0xffffffff;
}

// A file that was written with zeros beforehand, so that a sync writes no metadata. It starts over when it is full.
class ZeroedFile {
 public:
  explicit ZeroedFile(const char* path) : fd_(open(path, O_CREAT | O_RDWR | O_TRUNC, 0644)) {
    if (fd_ < 0) Die(path);
    const std::string zeros(kZeroBytes, '\0');
    for (size_t at = 0; at < kFileBytes; at += kZeroBytes) Write(zeros, at);
    if (fsync(fd_) != 0) Die("fsync");
  }

  void Append(std::string_view bytes) {
    if (end_ + bytes.size() > kFileBytes) end_ = 0;
    Write(bytes, end_);
    end_ += bytes.size();
  }

  void Sync() {
    if (fdatasync(fd_) != 0) Die("fdatasync");
  }

 private:
  void Write(std::string_view bytes, size_t at) {
    if (pwrite(fd_, bytes.data(), bytes.size(), static_cast<off_t>(at)) != static_cast<ssize_t>(bytes.size())) {
      Die("pwrite");
    }
  }

  int fd_;
  size_t end_ = 0;
};

// Whether a JSON text is a sale: every field there once, each of its type, and nothing else.
class SaleChecker {
 public:
  bool IsSale(std::string_view text) {
    simdjson::dom::object object;
    // The read buffer has readable padding behind it, so nothing is copied.
    if (parser_.parse(text.data(), text.size(), false).get(object) != simdjson::SUCCESS) return false;
    size_t fields = 0;
    for (const auto [name, value] : object) {
      if (!FieldFits(name, value)) return false;
      ++fields;
    }
    return fields == kFields;
  }

 private:
  static bool FieldFits(std::string_view name, simdjson::dom::element value) {
    if (name == "Quantity") return value.is_int64();
    if (name == "UnitPrice") return value.is_number();
    if (name == "CustomerID") return value.is_null() || value.is_int64();
    if (name == "Description") return value.is_null() || value.is_string();
    if (name == "InvoiceNo" || name == "StockCode" || name == "InvoiceDate" || name == "Country") return value.is_string();
    return false;
  }

  simdjson::dom::parser parser_;
};

struct Client {
  explicit Client(int descriptor) : fd(descriptor) {}
  ~Client() { close(fd); }

  const int fd;
  std::string input;    // what has come of requests not yet whole
  std::string answers;  // of this turn, or what the socket did not take
};

class Ceiling {
 public:
  Ceiling(uint16_t port, const char* path, bool answer_first) : file_(path), answer_first_(answer_first) {
    epoll_ = epoll_create1(0);
    listener_ = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    const int on = 1;
    setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) Die("bind");
    if (listen(listener_, kBacklog) != 0) Die("listen");
    Watch(listener_, nullptr, EPOLLIN);
  }

  [[noreturn]] void Run() {
    std::array<epoll_event, kEventsMax> events;
    for (;;) {
      const int ready = epoll_wait(epoll_, events.data(), kEventsMax, -1);
      for (int i = 0; i < ready; ++i) {
        auto* client = static_cast<Client*>(events[static_cast<size_t>(i)].data.ptr);
        if (client == nullptr) {
          Accept();
        } else {
          Read(*client);
        }
      }
      EndTurn();
    }
  }

 private:
  void Watch(int fd, Client* client, uint32_t what) {
    epoll_event event{};
    event.events = what;
    event.data.ptr = client;
    if (epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event) != 0) Die("epoll_ctl");
  }

  void Accept() {
    for (;;) {
      const int fd = accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK);
      if (fd < 0) return;
      const int on = 1;
      setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      auto client = std::make_unique<Client>(fd);
      Watch(fd, client.get(), EPOLLIN);
      clients_.emplace(fd, std::move(client));
    }
  }

  void Read(Client& client) {
    const ssize_t count = read(client.fd, buffer_.data(), kReadBytes);
    if (count < 0 && errno == EAGAIN) return;
    if (count <= 0) {
      clients_.erase(client.fd);
      return;
    }
    const std::string_view fresh(buffer_.data(), static_cast<size_t>(count));
    if (client.input.empty()) {
      client.input.assign(fresh.substr(TakeRequests(client, fresh)));
    } else {
      client.input.append(fresh);
      client.input.reserve(client.input.size() + simdjson::SIMDJSON_PADDING);
      client.input.erase(0, TakeRequests(client, client.input));
    }
    if (!client.answers.empty()) answered_.push_back(&client);
  }

  // Takes the whole requests at the front of `bytes`; returns how many bytes they have.
  size_t TakeRequests(Client& client, std::string_view bytes) {
    size_t taken = 0;
    for (;;) {
      const std::string_view rest = bytes.substr(taken);
      const size_t head_bytes = rest.find(kHeadEnd);
      if (head_bytes == std::string_view::npos) return taken;
      const size_t body_at = head_bytes + kHeadEnd.size();
      const size_t body_bytes = ContentLength(rest.substr(0, body_at));
      if (rest.size() < body_at + body_bytes) return taken;
      client.answers.append(TakeRecords(rest.substr(body_at, body_bytes)) ? kAccepted : kRefused);
      taken += body_at + body_bytes;
    }
  }

  static size_t ContentLength(std::string_view head) {
    for (size_t at = head.find("\r\n"); at + 2 < head.size(); at = head.find("\r\n", at + 2)) {
      const char* line = head.data() + at + 2;
      if (strncasecmp(line, kLengthName.data(), kLengthName.size()) == 0) {
        return std::strtoul(line + kLengthName.size(), nullptr, 10);
      }
    }
    return 0;
  }

  bool TakeRecords(std::string_view body) {
    bool all = true;
    while (!body.empty()) {
      const std::string_view record = body.substr(0, body.find('\n'));
      body.remove_prefix(std::min(record.size() + 1, body.size()));
      if (record.empty()) continue;
      if (checker_.IsSale(record)) {
        AddToBatch(record);
      } else {
        all = false;
      }
    }
    return all;
  }

  void AddToBatch(std::string_view record) {
    const std::array<uint32_t, 2> head = {static_cast<uint32_t>(record.size()), Crc32c(record)};
    batch_.append(reinterpret_cast<const char*>(head.data()), sizeof head);
    batch_.append(record);
  }

  void EndTurn() {
    if (answer_first_) AnswerAll();
    if (!batch_.empty()) {
      file_.Append(batch_);
      file_.Sync();
      batch_.clear();
    }
    AnswerAll();
  }

  void AnswerAll() {
    for (Client* client : answered_) {
      // An answer has a hundred bytes and a client waits for it before it asks again, so a full socket is not expected.
      if (write(client->fd, client->answers.data(), client->answers.size()) !=
          static_cast<ssize_t>(client->answers.size())) {
        clients_.erase(client->fd);
        continue;
      }
      client->answers.clear();
    }
    answered_.clear();
  }

  ZeroedFile file_;
  const bool answer_first_;
  int epoll_ = -1;
  int listener_ = -1;
  SaleChecker checker_;
  std::vector<char> buffer_ = std::vector<char>(kReadBytes + simdjson::SIMDJSON_PADDING);
  std::unordered_map<int, std::unique_ptr<Client>> clients_;
  std::vector<Client*> answered_;  // this turn
  std::string batch_;              // this turn's records
};

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    std::fprintf(stderr, "usage: %s PORT FILE [--answer-first]\n", argv[0]);
    return 2;
  }
  const bool answer_first = argc > 3 && std::strcmp(argv[3], "--answer-first") == 0;
  Ceiling(static_cast<uint16_t>(std::atoi(argv[1])), argv[2], answer_first).Run();
}
