#ifndef T3API_SANDBOX_HTTP_SERVER_HPP
#define T3API_SANDBOX_HTTP_SERVER_HPP

#ifdef _WIN32
#error \
    "t3api: the sandbox's server needs a POSIX system: on Windows use <t3api/sandbox/service.hpp> inside the program"
#endif

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <fstream>
#include <iterator>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>
#include <utility>

#include <t3api/core/response.hpp>
#include <t3api/detail/ascii.hpp>
#include <t3api/detail/stop_token.hpp>
#include <t3api/detail/worker_pool.hpp>
#include <t3api/native/listener.hpp>
#include <t3api/native/sigpipe_guard.hpp>
#include <t3api/native/socket.hpp>
#include <t3api/sandbox/answer.hpp>
#include <t3api/sandbox/handler.hpp>
#include <t3api/sandbox/http/answer_head.hpp>
#include <t3api/sandbox/http/connection.hpp>
#include <t3api/sandbox/http/connection_table.hpp>
#include <t3api/sandbox/http/exchange.hpp>
#include <t3api/sandbox/http/memory_budget.hpp>
#include <t3api/sandbox/http/options.hpp>
#include <t3api/sandbox/http/tls_context.hpp>

namespace t3api::inline v0_1_0::sandbox {

/// Serves any request → response callable over HTTP/1.1 or HTTPS, each connection on a thread of its own.
/// The callable is called from many threads at once, in which SIGPIPE is blocked.
///
///     t3api::sandbox::service service;
///     t3api::sandbox::http_server server([&](const t3api::request& r) { return service.handle(r); });
///     server.start();   // server.url() is now "http://127.0.0.1:<port>"
class http_server {
 public:
  /// Does not listen before `start`.
  explicit http_server(http_handler handler, http_server_options options = {})
      : handler_(std::move(handler)), options_(std::move(options)) {}
  http_server(const http_server&) = delete;
  http_server& operator=(const http_server&) = delete;
  ~http_server() { stop(); }

  /// Listens; when it returns, connections are accepted. Throws std::runtime_error when the address cannot be
  /// had, and std::invalid_argument when the certificate cannot be used. Does nothing when the server runs.
  void start() {
    const std::scoped_lock lock(mutex_);
    if (running_) return;
    auto made = std::make_unique<running>(handler_, options_);
    port_ = made->port();
    running_ = std::move(made);
  }

  /// Accepts no more, asks handlers that wait to end (`caller::stop`), lets requests that are being answered
  /// finish, closes all connections. Does nothing when it does not run.
  void stop() {
    const std::scoped_lock lock(mutex_);
    running_.reset();
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
  /// One run of the server, from start to stop.
  class running {
   public:
    running(const http_handler& handler, const http_server_options& options)
        : handler_(handler),
          options_(options),
          most_((std::max<std::size_t>)(options.max_connections, 1)),
          tls_(make_tls_context(options)),
          memory_(options.max_memory_bytes),
          listener_(listen(options)),
          pool_(most_),
          acceptor_([this] { accept_all(); }) {}
    ~running() {
      stopping_.request_stop();
      listener_.stop();
      acceptor_.join();
      connections_.stop();
      pool_.finish();
    }

    std::uint16_t port() const noexcept { return listener_.port(); }

   private:
    static detail::listener listen(const http_server_options& options) {
      try {
        return detail::listener(options.host, options.port);
      } catch (const std::system_error& failure) {
        const int cause = failure.code().value();
        throw std::runtime_error(
            "cannot listen on " + options.host + " port " + std::to_string(options.port) + ": " +
            (cause == EADDRINUSE ? "another program uses the port; choose another, or 0 for any free one"
             : cause == EACCES   ? "the system does not allow it; choose a port above 1023"
                                 : "the host is no address of this machine; use 127.0.0.1"));
      }
    }

    void accept_all() noexcept {
      while (true) {
        const auto accepted = listener_.accept();
        if (accepted == detail::no_socket) return;
        if (open_ >= most_ && (open_ >= 2 * most_ || !connections_.end_one())) {
          refuse(accepted);
          continue;
        }
        ++open_;
        try {
          pool_.run([this, accepted] {
            serve(accepted);
            --open_;
          });
        } catch (const std::exception&) {  // There is no thread to be had, or no memory.
          --open_;
          refuse(accepted);
        }
      }
    }

    void serve(detail::native_socket accepted) noexcept {
      detail::sigpipe_guard quiet;
      try {
        connection with(accepted, tls_.get());
        connection_table::place place(connections_, accepted);
        if (place.enter(connection_phase::receiving) && with.handshake(after(options_.head_timeout))) {
          http_exchange(with, place, handler_, options_, memory_, stopping_.get_token()).run();
        }
      } catch (const std::exception&) {  // Out of memory: the connection ends, the server does not.
      }
      quiet.write_may_have_failed();
    }

    /// Says that all threads are at work, without waiting for the peer.
    void refuse(detail::native_socket accepted) noexcept {
      try {
        connection with(accepted, nullptr);
        if (tls_) return;
        const refusal why(503, "too many connections at once: try again in 1 s", {{"Retry-After", "1"}});
        report_refusal(options_, {.address = with.peer_address(), .stop = stopping_.get_token()}, why.status);
        const response answer = refusal_answer(why, "");
        with.write_some(answer_head(answer, {.close = true}) + answer.body);
        with.end_writing();
        with.discard(options_.max_head_bytes, std::chrono::steady_clock::now());
      } catch (const std::exception&) {
      }
    }

    const http_handler& handler_;
    const http_server_options& options_;
    const std::size_t most_;
    const tls_context tls_;
    memory_budget memory_;
    stop_source stopping_;
    connection_table connections_;
    std::atomic<std::size_t> open_ = 0;  ///< Connections that have a thread or wait for one.
    detail::listener listener_;
    detail::worker_pool pool_;
    std::thread acceptor_;
  };

  const http_handler handler_;
  const http_server_options options_;
  std::mutex mutex_;
  std::unique_ptr<running> running_;
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

}  // namespace t3api::inline v0_1_0::sandbox

#endif
