#ifndef T3API_SANDBOX_HTTP_HTTPLIB_SERVER_HPP
#define T3API_SANDBOX_HTTP_HTTPLIB_SERVER_HPP

#include <chrono>
#include <cstddef>
#include <ctime>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include <t3api/detail/httplib.hpp>

#include <t3api/core/response.hpp>
#include <t3api/detail/ascii.hpp>
#include <t3api/sandbox/http/answer_form.hpp>

namespace t3api::inline v0_1_0::sandbox {

/// The part of cpp-httplib that is used of its server: it listens, accepts, and writes answers, compressed
/// where a caller likes that. It never reads what a peer has sent, since old versions fall over some of it.
class httplib_server final : public httplib::Server {
 public:
  /// `serve` takes over each socket that was accepted. Answers tell how long a connection stays open.
  httplib_server(std::function<void(socket_t)> serve, std::chrono::milliseconds idle_timeout)
      : serve_(std::move(serve)),
        keep_alive_("timeout=" +
                    std::to_string(std::chrono::floor<std::chrono::seconds>(idle_timeout).count())) {
    set_pre_routing_handler(HandlerWithResponse([](const httplib::Request& asked, httplib::Response& out) {
      asked.response_handler(out);
      return HandlerResponse::Handled;
    }));
    set_post_routing_handler(Handler([this](const httplib::Request& asked, httplib::Response& out) {
      for (const char* name : {"Accept-Ranges", "Connection", "Keep-Alive"}) out.headers.erase(name);
      if (asked.response_handler(out)) {
        out.headers.emplace("Connection", "close");
      } else {
        out.headers.emplace("Keep-Alive", keep_alive_);
      }
    }));
  }

  /// Gives the bytes of an answer to `out`: a small one whole, a large one in pieces that are not copied.
  void write(response answer, const answer_form& form, const byte_sink& out) {
    std::string asked = form.head_only ? "HEAD / HTTP/1.1\r\n" : "GET / HTTP/1.1\r\n";
    if (const auto wanted = form.accept_encoding;
        !wanted.empty() && wanted.size() <= longest_accept_encoding) {
      asked.append("Accept-Encoding: ").append(wanted).append("\r\n");
    }
    asked += "\r\n";
    dialogue wire(asked, out);
    // The one place of httplib's request, the same in all versions, that its server leaves to others: here it
    // fills the answer in when it is first asked, and tells whether the connection ends. The const is the
    // place's, not the answer's.
    bool filled = false;
    const std::function<void(httplib::Request&)> hand_over = [&](httplib::Request& made) {
      made.response_handler = [&](const httplib::Response& empty) {
        if (!std::exchange(filled, true)) fill(const_cast<httplib::Response&>(empty), answer);
        return form.close;
      };
    };
    bool closed = false;
    process(*this, wire, closed, hand_over);
    wire.flush();
  }

 private:
  static constexpr std::size_t longest_accept_encoding = 256;

  /// A request that we wrote, and the answer to it. Versions differ in what a stream must have, hence no
  /// `override`.
  class dialogue final : public httplib::Stream {
   public:
    dialogue(std::string_view request, const byte_sink& out) : request_(request), out_(out) {}

    bool is_readable() const { return true; }
    bool wait_readable() const { return true; }
    bool is_writable() const { return true; }
    bool wait_writable() const { return true; }
    ssize_t read(char* to, std::size_t most) {
      const auto count = request_.copy(to, most);
      request_.remove_prefix(count);
      return static_cast<ssize_t>(count);
    }
    using httplib::Stream::write;
    ssize_t write(const char* bytes, std::size_t count) {
      if (held_.size() + count <= most_held) {
        held_.append(bytes, count);
        return static_cast<ssize_t>(count);
      }
      return flush() && out_({bytes, count}) ? static_cast<ssize_t>(count) : -1;
    }
    void get_remote_ip_and_port(std::string&, int&) const {}
    void get_local_ip_and_port(std::string&, int&) const {}
    socket_t socket() const { return INVALID_SOCKET; }
    std::time_t duration() const { return 0; }

    bool flush() {
      const bool done = held_.empty() || out_(held_);
      held_.clear();
      return done;
    }

   private:
    static constexpr std::size_t most_held = 32 * 1024;

    std::string_view request_;
    const byte_sink& out_;
    std::string held_;
  };

  bool process_and_close_socket(socket_t accepted) override {
    serve_(accepted);
    return true;
  }

  /// httplib's `process_request` got more parameters over the years.
  template <class Self>
  static void process(Self& self, httplib::Stream& wire, bool& closed,
                      const std::function<void(httplib::Request&)>& setup) {
    const std::string nowhere;
    if constexpr (requires { self.process_request(wire, false, closed, setup); }) {
      self.process_request(wire, false, closed, setup);
    } else if constexpr (requires {
                           self.process_request(wire, nowhere, 0, nowhere, 0, false, closed, setup);
                         }) {
      self.process_request(wire, nowhere, 0, nowhere, 0, false, closed, setup);
    } else {
      self.process_request(wire, nowhere, 0, nowhere, 0, false, closed, setup, nullptr);
    }
  }

  static void fill(httplib::Response& out, response& made) {
    out.status = made.status >= 200 && made.status < 600 ? made.status : 500;
    std::string type = "application/octet-stream";
    for (const auto& [name, value] : made.headers) {
      if (detail::has_control(value) || detail::has_control(name)) continue;
      if (detail::iequals(name, "Content-Type")) {
        type = value;
      } else if (!detail::iequals(name, "Content-Length") && !detail::iequals(name, "Transfer-Encoding")) {
        out.headers.emplace(name, value);
      }
    }
    if (!made.body.empty()) out.set_content(std::move(made.body), type);
  }

  const std::function<void(socket_t)> serve_;
  const std::string keep_alive_;
};

}  // namespace t3api::inline v0_1_0::sandbox

#endif
