#include "crypto/tls.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>
#include <sys/socket.h>

#include <algorithm>
#include <climits>
#include <system_error>

#include "crypto/digest.h"
#include "crypto/socket_bio.h"

namespace tailrace::crypto {
namespace {

// Of TLS 1.2: forward secret and authenticated; those of 1.3 are all so.
constexpr const char* kCiphers = "ECDHE+AESGCM:ECDHE+CHACHA20";
constexpr std::string_view kSessionContext = "tailrace";

using Context = std::shared_ptr<SSL_CTX>;

// The oldest reason of this thread, which is the cause; all of them are taken off.
std::string Reason() {
  const unsigned long code = ERR_get_error();
  ERR_clear_error();
  if (ERR_SYSTEM_ERROR(code)) return std::generic_category().message(ERR_GET_REASON(code));
  const bool has_no_pem = (ERR_GET_LIB(code) == ERR_LIB_PEM && ERR_GET_REASON(code) == PEM_R_NO_START_LINE) ||
                          (ERR_GET_LIB(code) == ERR_LIB_OSSL_DECODER && ERR_GET_REASON(code) == ERR_R_UNSUPPORTED);
  if (has_no_pem) return "it holds no such PEM text";
  if (ERR_GET_LIB(code) == ERR_LIB_X509 && ERR_GET_REASON(code) == X509_R_KEY_VALUES_MISMATCH) return "it is the key of another certificate";
  const char* const text = code == 0 ? nullptr : ERR_reason_error_string(code);
  return text == nullptr ? "the connection broke off" : text;
}

Error WrongFile(const std::string& path) { return Error::Invalid(path + ": " + Reason()); }

Context NewContext(const SSL_METHOD* method) {
  ERR_clear_error();
  Context context(SSL_CTX_new(method), SSL_CTX_free);
  if (context == nullptr) return context;
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE |
                                         SSL_OP_IGNORE_UNEXPECTED_EOF);
  SSL_CTX_set_mode(context.get(), SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_cipher_list(context.get(), kCiphers);
  return context;
}

// A key with a password would ask for it on the terminal.
int NoPassword(char*, int, int, void*) { return 0; }

Status UseCertificate(SSL_CTX* context, const std::string& cert, const std::string& key) {
  SSL_CTX_set_default_passwd_cb(context, NoPassword);
  if (SSL_CTX_use_certificate_chain_file(context, cert.c_str()) != 1) return Fail(WrongFile(cert));
  if (SSL_CTX_use_PrivateKey_file(context, key.c_str(), SSL_FILETYPE_PEM) != 1) return Fail(WrongFile(key));
  if (SSL_CTX_check_private_key(context) != 1) return Fail(WrongFile(key));
  return {};
}

// A client whose certificate was believed under other authorities shakes hands anew: no session goes on.
Status AskForCertificates(SSL_CTX* context, const std::string& authorities) {
  if (SSL_CTX_load_verify_locations(context, authorities.c_str(), nullptr) != 1) return Fail(WrongFile(authorities));
  STACK_OF(X509_NAME)* const names = SSL_load_client_CA_file(authorities.c_str());
  if (names == nullptr) return Fail(WrongFile(authorities));
  SSL_CTX_set_client_CA_list(context, names);  // owns it now
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_options(context, SSL_OP_NO_TICKET);
  SSL_CTX_set_num_tickets(context, 0);
  return {};
}

std::string DigestOf(X509* certificate) {
  unsigned char* der = nullptr;
  const int size = i2d_X509(certificate, &der);
  if (size <= 0) return {};
  std::string digest = Sha256({reinterpret_cast<char*>(der), static_cast<size_t>(size)});
  OPENSSL_free(der);
  return digest;
}

bool IsAddress(const std::string& host) {
  unsigned char bytes[sizeof(in6_addr)];
  return inet_pton(AF_INET, host.c_str(), bytes) == 1 || inet_pton(AF_INET6, host.c_str(), bytes) == 1;
}

int Bounded(size_t bytes) { return static_cast<int>(std::min<size_t>(bytes, INT_MAX)); }

}  // namespace

void TlsSession::Free::operator()(ssl_st* session) const { SSL_free(session); }

TlsProgress TlsSession::ProgressOf(int result, size_t bytes) {
  if (result > 0) return {TlsState::kMoved, bytes};
  const int code = SSL_get_error(session_.get(), result);
  switch (code) {
    case SSL_ERROR_WANT_READ: return {TlsState::kWantsRead, 0};
    case SSL_ERROR_WANT_WRITE: return {TlsState::kWantsWrite, 0};
    case SSL_ERROR_ZERO_RETURN: return {TlsState::kEnded, 0};
    default: break;
  }
  const int reason = ERR_GET_REASON(ERR_peek_error());
  spoke_plain_http_ = reason == SSL_R_HTTP_REQUEST;
  fault_ = Reason();
  return {TlsState::kFailed, 0};
}

TlsProgress TlsSession::Read(std::span<char> to) {
  ERR_clear_error();
  const int got = SSL_read(session_.get(), to.data(), Bounded(to.size()));
  return ProgressOf(got, static_cast<size_t>(std::max(got, 0)));
}

TlsProgress TlsSession::Write(std::string_view bytes) {
  ERR_clear_error();
  const int sent = SSL_write(session_.get(), bytes.data(), Bounded(bytes.size()));
  return ProgressOf(sent, static_cast<size_t>(std::max(sent, 0)));
}

bool TlsSession::is_established() const { return SSL_is_init_finished(session_.get()) == 1; }
bool TlsSession::has_pending() const { return SSL_pending(session_.get()) > 0; }

void TlsSession::Close() {
  ERR_clear_error();
  if (is_established() && fault_.empty()) SSL_shutdown(session_.get());
  ERR_clear_error();
}

Result<std::shared_ptr<const TlsServerContext>> TlsServerContext::Load(const TlsFiles& files) {
  const Context context = NewContext(TLS_server_method());
  if (context == nullptr) return Fail(Error::Exhausted("TLS: " + Reason()));
  SSL_CTX_set_session_id_context(context.get(), reinterpret_cast<const unsigned char*>(kSessionContext.data()),
                                 static_cast<unsigned>(kSessionContext.size()));
  TR_RETURN_IF_ERROR(UseCertificate(context.get(), files.cert, files.key));
  if (!files.client_ca.empty()) TR_RETURN_IF_ERROR(AskForCertificates(context.get(), files.client_ca));
  return std::shared_ptr<const TlsServerContext>(new TlsServerContext(context));
}

Result<std::unique_ptr<TlsSession>> TlsServerContext::Accept(int socket) const {
  ERR_clear_error();
  SSL* const session = SSL_new(context_.get());
  if (session == nullptr) return Fail(Error::Exhausted("TLS: " + Reason()));
  std::unique_ptr<TlsSession> made(new TlsSession(session));
  if (!AttachSocket(session, socket)) return Fail(Error::Exhausted("TLS: " + Reason()));
  SSL_set_accept_state(session);
  return made;
}

Result<std::shared_ptr<const TlsClientContext>> TlsClientContext::Public() {
  const Context context = NewContext(TLS_client_method());
  if (context == nullptr || SSL_CTX_set_default_verify_paths(context.get()) != 1) return Fail(Error::Exhausted("TLS: " + Reason()));
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  return std::shared_ptr<const TlsClientContext>(new TlsClientContext(context, ""));
}

Result<std::shared_ptr<const TlsClientContext>> TlsClientContext::Pinned(const std::string& cert_file, const TlsIdentity* shown) {
  const Context context = NewContext(TLS_client_method());
  if (context == nullptr) return Fail(Error::Exhausted("TLS: " + Reason()));
  if (shown != nullptr) TR_RETURN_IF_ERROR(UseCertificate(context.get(), shown->cert, shown->key));
  const std::unique_ptr<BIO, decltype(&BIO_free)> file(BIO_new_file(cert_file.c_str(), "r"), BIO_free);
  if (file == nullptr) return Fail(WrongFile(cert_file));
  const std::unique_ptr<X509, decltype(&X509_free)> certificate(PEM_read_bio_X509(file.get(), nullptr, NoPassword, nullptr), X509_free);
  if (certificate == nullptr) return Fail(WrongFile(cert_file));
  return std::shared_ptr<const TlsClientContext>(new TlsClientContext(context, DigestOf(certificate.get())));
}

Result<std::unique_ptr<TlsSession>> TlsClientContext::Connect(int socket, const std::string& host) const {
  ERR_clear_error();
  SSL* const session = SSL_new(context_.get());
  if (session == nullptr) return Fail(Error::Exhausted("TLS: " + Reason()));
  std::unique_ptr<TlsSession> made(new TlsSession(session));
  if (!AttachSocket(session, socket)) return Fail(Error::Exhausted("TLS: " + Reason()));
  if (pinned_.empty()) {
    const bool is_set = IsAddress(host) ? X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(session), host.c_str()) == 1
                                        : SSL_set1_host(session, host.c_str()) == 1 && SSL_set_tlsext_host_name(session, host.c_str()) == 1;
    if (!is_set) return Fail(Error::Unavailable("TLS: " + Reason()));
  }
  if (SSL_connect(session) != 1) {
    const long verdict = SSL_get_verify_result(session);
    const std::string reason = Reason();
    return Fail(Error::Unavailable("TLS: " + (verdict == X509_V_OK ? reason : std::string(X509_verify_cert_error_string(verdict)))));
  }
  if (pinned_.empty()) return made;
  const std::unique_ptr<X509, decltype(&X509_free)> shown(SSL_get1_peer_certificate(session), X509_free);
  if (shown == nullptr || DigestOf(shown.get()) != pinned_) {
    return Fail(Error::Unavailable("TLS: the certificate that is shown there is not the one of server.tls.cert"));
  }
  return made;
}

}  // namespace tailrace::crypto
