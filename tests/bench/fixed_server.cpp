#include "fixed_server.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <stdexcept>
#include <string_view>
#include <thread>

#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include <t3api/sandbox/http/certificate.hpp>

namespace {

int listen_on_free_port(std::uint16_t& port) {
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (listener < 0 || ::bind(listener, generic, size) != 0 || ::listen(listener, 128) != 0 ||
      ::getsockname(listener, generic, &size) != 0) {
    throw std::runtime_error("no loopback port to listen on");
  }
  port = ntohs(address.sin_port);
  return listener;
}

std::string answer_of(std::size_t body) {
  return "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(body) +
         "\r\n\r\n\"" + std::string(body - 2, 'x') + "\"";
}

/// Answers requests on one connection. `receive` and `send` give a count above 0, or the connection is over.
void answer_all(const std::function<long(char*, std::size_t)>& receive,
                const std::function<long(std::string_view)>& send) {
  static const std::string small = answer_of(fixed_server::small_body),
                           large = answer_of(fixed_server::large_body);
  char buffer[16384];
  std::string_view asked;
  while (true) {
    const long count = receive(buffer + asked.size(), sizeof buffer - asked.size());
    if (count <= 0) return;
    asked = {buffer, asked.size() + static_cast<std::size_t>(count)};
    const auto head = asked.find("\r\n\r\n");
    if (head == asked.npos) continue;
    const auto length = asked.substr(0, head).find("Content-Length: ");
    const auto body = length == asked.npos ? 0 : std::strtoul(buffer + length + 16, nullptr, 10);
    if (asked.size() < head + 4 + body) continue;
    std::string_view answer = asked.starts_with("GET /page") ? large : small;
    asked = {};
    while (!answer.empty()) {
      const long sent = send(answer);
      if (sent <= 0) return;
      answer.remove_prefix(static_cast<std::size_t>(sent));
    }
  }
}

void answer_plain(int socket) {
  answer_all(
      [&](char* to, std::size_t room) { return ::recv(socket, to, room, 0); },
      [&](std::string_view bytes) { return ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL); });
}

void answer_over_tls(int socket, SSL_CTX* context) {
  SSL* session = SSL_new(context);
  SSL_set_fd(session, socket);
  if (SSL_accept(session) == 1) {
    answer_all(
        [&](char* to, std::size_t room) -> long { return SSL_read(session, to, static_cast<int>(room)); },
        [&](std::string_view bytes) -> long {
          return SSL_write(session, bytes.data(), static_cast<int>(bytes.size()));
        });
  }
  SSL_free(session);
}

SSL_CTX* make_tls(const t3api::sandbox::certificate& shown) {
  SSL_CTX* context = SSL_CTX_new(TLS_server_method());
  BIO* certificate = BIO_new_mem_buf(shown.certificate_pem.data(), -1);
  BIO* key = BIO_new_mem_buf(shown.key_pem.data(), -1);
  const bool used =
      SSL_CTX_use_certificate(context, PEM_read_bio_X509(certificate, nullptr, nullptr, nullptr)) == 1 &&
      SSL_CTX_use_PrivateKey(context, PEM_read_bio_PrivateKey(key, nullptr, nullptr, nullptr)) == 1;
  if (!used) throw std::runtime_error("OpenSSL does not take the server's certificate");
  return context;
}

[[noreturn]] void accept_all(int listener, const std::function<void(int)>& talk) {
  while (true) {
    const int socket = ::accept(listener, nullptr, nullptr);
    if (socket < 0) std::_Exit(1);
    const int yes = 1;
    ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    std::thread([socket, &talk] {
      talk(socket);
      ::close(socket);
    }).detach();
  }
}

[[noreturn]] void serve(int plain, int tls) {
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  ::signal(SIGPIPE, SIG_IGN);
  SSL_CTX* context = make_tls(t3api::sandbox::make_certificate({}));
  std::thread([plain] { accept_all(plain, answer_plain); }).detach();
  accept_all(tls, [context](int socket) { answer_over_tls(socket, context); });
}

}  // namespace

fixed_server::fixed_server() {
  const int plain = listen_on_free_port(plain_port_), tls = listen_on_free_port(tls_port_);
  process_ = ::fork();
  if (process_ == 0) serve(plain, tls);
  ::close(plain);
  ::close(tls);
  if (process_ < 0) throw std::runtime_error("no process for the server");
}

fixed_server::~fixed_server() {
  ::kill(process_, SIGTERM);
  ::waitpid(process_, nullptr, 0);
}

std::string fixed_server::url(bool tls) const {
  return (tls ? "https://127.0.0.1:" : "http://127.0.0.1:") + std::to_string(port(tls));
}
