#ifndef T3API_SANDBOX_HTTP_SERVER_HPP
#define T3API_SANDBOX_HTTP_SERVER_HPP

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <fstream>
#include <functional>
#include <future>
#include <iterator>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>

#include <httplib.h>

#include <t3api/detail/worker_pool.hpp>
#include <t3api/sandbox/http/certificate.hpp>
#include <t3api/sandbox/http/exchange.hpp>
#include <t3api/sandbox/http/listening_socket.hpp>

#ifndef CPPHTTPLIB_OPENSSL_SUPPORT
#error \
    "The sandbox's server needs cpp-httplib with TLS: define CPPHTTPLIB_OPENSSL_SUPPORT for the whole program, as t3api's CMake and pkg-config's cpp-httplib do"
#endif

namespace t3api::sandbox {

/// Where and how an `http_server` listens. All members have defaults.
struct http_server_options {
  std::string host = "127.0.0.1";    ///< Address or name of this machine to listen on.
  std::uint16_t port = 0;            ///< 0 takes any free port.
  std::optional<certificate> tls{};  ///< Serves HTTPS with it, TLS 1.2 or newer.
  std::string client_authorities{};  ///< PEM; with TLS, only clients with a certificate of these may come in.
  std::size_t max_connections = 256;  ///< Connections served at once; each takes a thread while it is open.
  std::size_t max_body_bytes =
      sandbox::max_body_bytes;           ///< Of a request, after decompression; more gets 413.
  std::chrono::seconds idle_timeout{5};  ///< How long a connection may stay open between two requests.
};

/// Serves any request → response callable over HTTP or HTTPS with cpp-httplib, each connection on a thread of
/// its own. The callable is called from many threads at once. cpp-httplib sets the process to ignore SIGPIPE.
///
///     t3api::sandbox::service service;
///     t3api::sandbox::http_server server([&](const t3api::request& r) { return service.handle(r); });
///     server.start();   // server.url() is now "http://127.0.0.1:<port>"
class http_server {
 public:
  explicit http_server(http_handler handler, http_server_options options = {})
      : options_(std::move(options)), exchange_(std::move(handler), options_.max_body_bytes) {}
  http_server(const http_server&) = delete;
  http_server& operator=(const http_server&) = delete;
  ~http_server() { stop(); }

  /// Listens; when it returns, connections are accepted. Throws std::runtime_error when the address cannot be
  /// had, and std::invalid_argument when the certificate cannot be used. Does nothing when the server runs.
  void start() {
    const std::scoped_lock lock(mutex_);
    if (server_) return;
    auto server = make_server();
    int listening = -1;
    configure(*server, listening);
    errno = 0;
    const int port = options_.port == 0
                         ? server->bind_to_any_port(options_.host)
                         : (server->bind_to_port(options_.host, options_.port) ? options_.port : -1);
    if (port <= 0) throw std::runtime_error(cannot_listen(errno));
    // cpp-httplib 0.11 queues only 5 connections that nobody accepted yet; listening again changes that.
    ::listen(listening, 1024);
    const auto address = local_address::of(listening);

    std::promise<void> ready;
    auto accepting = ready.get_future();
    server->new_task_queue = [this, address, &ready] {
      ready.set_value();
      return new task_queue(options_.max_connections, exchange_, address);
    };
    thread_ = std::thread([s = server.get()] { s->listen_after_bind(); });
    accepting.wait();
    port_ = static_cast<std::uint16_t>(port);
    server_ = std::move(server);
  }

  /// Accepts no more, lets requests that are being answered finish, closes all connections. Does nothing when
  /// it does not run.
  void stop() {
    const std::scoped_lock lock(mutex_);
    if (!server_) return;
    server_->stop();
    thread_.join();
    server_.reset();
  }

  /// The port it listens on, from `start` on.
  std::uint16_t port() const noexcept { return port_; }

  /// `http://host:port` or `https://host:port`, from `start` on.
  std::string url() const {
    std::string host = options_.host == "0.0.0.0" || options_.host == "::" ? "localhost" : options_.host;
    if (host.find(':') != host.npos) host = "[" + host + "]";
    return (options_.tls ? "https://" : "http://") + host + ":" + std::to_string(port_);
  }

 private:
  /// httplib's queue of connections, on threads that are started when they are needed.
  class task_queue final : public httplib::TaskQueue {
   public:
    using enqueued = decltype(std::declval<httplib::TaskQueue&>().enqueue(nullptr));

    task_queue(std::size_t most_threads, const http_exchange& exchange, std::optional<local_address> server)
        : exchange_(exchange), server_(server), pool_(most_threads) {}

    enqueued enqueue(std::function<void()> serve_connection) override {
      pool_.run(std::move(serve_connection));
      return enqueued(true);
    }

    /// httplib calls this when it accepts no more.
    void shutdown() override {
      if (server_) end_reading(*server_, [this](int peer_port) { return exchange_.is_busy(peer_port); });
      pool_.finish();
    }

   private:
    const http_exchange& exchange_;
    std::optional<local_address> server_;
    detail::worker_pool pool_;
  };

  /// Sets up a TLS context; httplib passes it as `SSL_CTX&` or, in newer versions, as a pointer without type.
  struct tls_setup {
    const http_server_options& options;
    std::exception_ptr& failure;

    bool operator()(void* context) const noexcept {
      try {
        use_certificate(static_cast<SSL_CTX*>(context), *options.tls);
        if (!options.client_authorities.empty()) {
          require_client_certificate(static_cast<SSL_CTX*>(context), options.client_authorities);
        }
        return true;
      } catch (...) {
        failure = std::current_exception();
        return false;
      }
    }
    bool operator()(SSL_CTX& context) const noexcept { return (*this)(static_cast<void*>(&context)); }
  };

  std::unique_ptr<httplib::Server> make_server() const {
    if (!options_.tls) return std::make_unique<httplib::Server>();
    std::exception_ptr failure;
    auto server = std::make_unique<httplib::SSLServer>(tls_setup{options_, failure});
    if (failure) std::rethrow_exception(failure);
    return server;
  }

  void configure(httplib::Server& server, int& listening) {
    server.set_tcp_nodelay(true);
    server.set_keep_alive_max_count(1'000'000'000);
    server.set_keep_alive_timeout(static_cast<time_t>(options_.idle_timeout.count()));
    server.set_read_timeout(10);
    server.set_write_timeout(10);
    // httplib's own choice, SO_REUSEPORT, would let two servers share a port unnoticed.
    server.set_socket_options([&listening](socket_t socket) {
      const int yes = 1;
      ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
      listening = socket;
    });
    exchange_.attach(server);
  }

  std::string cannot_listen(int cause) const {
    const std::string where =
        "cannot listen on " + options_.host + " port " + std::to_string(options_.port) + ": ";
    if (cause == EADDRINUSE)
      return where + "another program uses the port; choose another, or 0 for any free one";
    if (cause == EACCES) return where + "the system does not allow it; choose a port above 1023";
    return where + "the host is no address of this machine; use 127.0.0.1";
  }

  const http_server_options options_;
  http_exchange exchange_;
  std::mutex mutex_;
  std::unique_ptr<httplib::Server> server_;
  std::thread thread_;
  std::atomic<std::uint16_t> port_{0};
};

/// A certificate and its key from PEM files. Throws std::invalid_argument, naming the file, when one cannot
/// be read.
inline certificate load_certificate(const std::string& certificate_file, const std::string& key_file) {
  const auto read = [](const std::string& path, const char* what) {
    std::ifstream file(path, std::ios::binary);
    std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    if (!file.is_open() || file.bad() || text.empty()) {
      throw std::invalid_argument(std::string("the ") + what + " '" + detail::printable(path, 200) +
                                  "' cannot be read: check its name and rights");
    }
    return text;
  };
  return {.certificate_pem = read(certificate_file, "certificate file"),
          .key_pem = read(key_file, "key file")};
}

}  // namespace t3api::sandbox

#endif
