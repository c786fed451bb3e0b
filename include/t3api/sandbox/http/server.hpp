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
#include <functional>
#include <future>
#include <iterator>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>
#include <utility>

#include <t3api/detail/stop_token.hpp>
#include <t3api/detail/worker_pool.hpp>
#include <t3api/sandbox/handler.hpp>
#include <t3api/sandbox/http/answer_form.hpp>
#include <t3api/sandbox/http/connection.hpp>
#include <t3api/sandbox/http/connection_table.hpp>
#include <t3api/sandbox/http/exchange.hpp>
#include <t3api/sandbox/http/httplib_server.hpp>
#include <t3api/sandbox/http/options.hpp>
#include <t3api/sandbox/http/tls_context.hpp>

namespace t3api::inline v0_1_0::sandbox {

/// Serves any request → response callable over HTTP/1.1 or HTTPS, each connection on a thread of its own.
/// The callable is called from many threads at once. cpp-httplib listens, and sets the process to ignore
/// SIGPIPE; what is on the connections is read and limited here.
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
          tls_(make_tls_context(options)),
          http_([this](socket_t accepted) { serve(accepted); }, options.idle_timeout) {
      listen();
      std::promise<void> ready;
      auto accepting = ready.get_future();
      http_.new_task_queue = [this, &ready] {
        acceptor_ = std::this_thread::get_id();
        ready.set_value();
        return new task_queue(*this);
      };
      thread_ = std::thread([this] { http_.listen_after_bind(); });
      accepting.wait();
    }
    ~running() {
      stopping_.request_stop();
      http_.stop();
      thread_.join();
    }

    std::uint16_t port() const noexcept { return port_; }

   private:
    /// httplib's queue of connections, on threads that are started when they are needed.
    class task_queue final : public httplib::TaskQueue {
     public:
      using enqueued = decltype(std::declval<httplib::TaskQueue&>().enqueue(nullptr));

      explicit task_queue(running& owner) : owner_(owner), pool_(owner.options_.max_connections) {}

      enqueued enqueue(std::function<void()> serve_connection) override {
        const auto most = (std::max<std::size_t>)(owner_.options_.max_connections, 1);
        const auto open = open_.load();
        if (open >= most && (open >= 2 * most || !owner_.connections_.end_one())) {
          serve_connection();  // On this thread it is refused.
        } else {
          ++open_;
          try {
            pool_.run([this, serve_connection] {
              serve_connection();
              --open_;
            });
          } catch (const std::system_error&) {  // There is not one thread to be had.
            --open_;
            serve_connection();
          }
        }
        return enqueued(true);
      }

      /// httplib calls this when it accepts no more.
      void shutdown() override {
        owner_.connections_.stop();
        pool_.finish();
      }

     private:
      running& owner_;
      std::atomic<std::size_t> open_ = 0;  ///< Connections that have a thread or wait for one.
      detail::worker_pool pool_;
    };

    void listen() {
      int listening = -1;
      // httplib's own choice, SO_REUSEPORT, would let two servers share a port unnoticed.
      http_.set_socket_options([&listening](socket_t socket) {
        const int yes = 1;
        ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
        listening = socket;
      });
      errno = 0;
      const int port = options_.port == 0
                           ? http_.bind_to_any_port(options_.host)
                           : (http_.bind_to_port(options_.host, options_.port) ? options_.port : -1);
      if (port <= 0) throw std::runtime_error(cannot_listen(errno));
      // cpp-httplib 0.11 queues only 5 connections that nobody accepted yet; listening again changes that.
      ::listen(listening, 1024);
      port_ = static_cast<std::uint16_t>(port);
    }

    void serve(socket_t accepted) noexcept {
      connection with(accepted, tls_.get());
      try {
        if (std::this_thread::get_id() == acceptor_) return refuse(with);
        connection_table::place place(connections_, accepted);
        if (!place.enter(connection_phase::receiving) || !with.handshake(after(options_.head_timeout)))
          return;
        const answer_writer writer = [this](response answer, const answer_form& form, const byte_sink& out) {
          http_.write(std::move(answer), form, out);
        };
        http_exchange(with, place, handler_, writer, options_, stopping_.get_token()).run();
      } catch (const std::exception&) {  // Out of memory: the connection ends, the server does not.
      }
    }

    /// All threads are at work. Must not wait for the peer.
    void refuse(connection& with) {
      if (tls_) return;
      const refusal why(503, "too many connections at once: try again", {{"Retry-After", "1"}});
      report_refusal(options_, {.address = with.peer_address(), .stop = stopping_.get_token()}, why.status);
      http_.write(refusal_answer(why, ""), {.close = true},
                  [&](std::string_view bytes) { return with.write_some(bytes) == bytes.size(); });
      with.end_writing();
      with.discard(options_.max_head_bytes, std::chrono::steady_clock::now());
    }

    std::string cannot_listen(int cause) const {
      const std::string where =
          "cannot listen on " + options_.host + " port " + std::to_string(options_.port) + ": ";
      if (cause == EADDRINUSE)
        return where + "another program uses the port; choose another, or 0 for any free one";
      if (cause == EACCES) return where + "the system does not allow it; choose a port above 1023";
      return where + "the host is no address of this machine; use 127.0.0.1";
    }

    const http_handler& handler_;
    const http_server_options& options_;
    const tls_context tls_;
    stop_source stopping_;
    connection_table connections_;
    httplib_server http_;
    std::thread::id acceptor_;
    std::thread thread_;
    std::uint16_t port_ = 0;
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
