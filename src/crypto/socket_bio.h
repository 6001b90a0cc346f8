// A socket as OpenSSL reads and writes it. For this folder.
#pragma once

struct ssl_st;

namespace tailrace::crypto {

// Unlike OpenSSL's own, it raises no SIGPIPE when the other side has gone. The socket stays its owner's. False: no memory.
bool AttachSocket(ssl_st* session, int socket);

}  // namespace tailrace::crypto
