#ifndef T3API_SANDBOX_HTTP_EXCHANGE_HPP
#define T3API_SANDBOX_HTTP_EXCHANGE_HPP

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <httplib.h>

#include <t3api/core/request.hpp>
#include <t3api/core/response.hpp>
#include <t3api/detail/ascii.hpp>
#include <t3api/detail/uuid.hpp>
#include <t3api/sandbox/answer.hpp>
#include <t3api/sandbox/handler.hpp>
#include <t3api/sandbox/http/busy_connections.hpp>
#include <t3api/sandbox/http/target.hpp>
#include <t3api/sandbox/input.hpp>
#include <t3api/sandbox/time_text.hpp>

namespace t3api::sandbox {

/// Turns httplib's requests into ours and our answers into httplib's. What httplib would answer by itself,
/// such as 400 for a broken request line, gets T3's error body too. Where a request leaves doubt about where
/// its body ends, and so about where the next request starts, the connection is closed after the answer (RFC
/// 9112 section 6.3), which httplib 0.11 does not do.
class http_exchange {
 public:
  http_exchange(http_handler handler, std::size_t most_body_bytes)
      : handler_(std::move(handler)), max_body_bytes_(most_body_bytes) {}

  /// Makes `server` use this exchange, which must outlive it.
  void attach(httplib::Server& server) {
    using handled = httplib::Server::HandlerResponse;
    server.set_payload_max_length(drained_bytes());
    server.set_pre_routing_handler(httplib::Server::HandlerWithResponse(
        [this](const httplib::Request& asked, httplib::Response& answer) {
          return answer_without_body(asked, answer) ? handled::Handled : handled::Unhandled;
        }));
    const httplib::Server::HandlerWithContentReader with_body =
        [this](const httplib::Request& asked, httplib::Response& answer,
               const httplib::ContentReader& reader) { answer_with_body(asked, answer, reader); };
    constexpr const char* any_path = R"([\s\S]*)";
    server.Post(any_path, with_body)
        .Put(any_path, with_body)
        .Patch(any_path, with_body)
        .Delete(any_path, with_body);
    server.set_error_handler(httplib::Server::HandlerWithResponse(
        [this](const httplib::Request& asked, httplib::Response& answer) {
          if (answer.reason == answered) return handled::Unhandled;
          refuse(asked, answer,
                 refusal(answer.status, "the request breaks the rules of HTTP, or a part of it is too large"),
                 true);
          return handled::Handled;
        }));
    server.set_post_routing_handler(
        httplib::Server::Handler([](const httplib::Request&, httplib::Response& answer) {
          answer.headers.erase("Accept-Ranges");
          if (answer.headers.count("Connection") == 0) return;
          answer.headers.erase("Connection");
          answer.headers.erase("Keep-Alive");
          answer.headers.emplace("Connection", "close");
        }));
  }

  /// Whether the connection from that port has an answer on its way.
  bool is_busy(int peer_port) const { return busy_.contains(peer_port); }

 private:
  /// The mark of an answer that is complete; httplib's server never sends the reason.
  static constexpr const char* answered = "answered";
  /// A longer path goes to no route that takes a body: newer versions of httplib would not match it.
  static constexpr std::size_t longest_path_with_body = 255;

  /// How much of a body that is too large is read and forgotten, so that its sender sees the answer and not a
  /// reset.
  std::size_t drained_bytes() const noexcept { return max_body_bytes_ * 8; }

  /// How the body of a request is sent: it has none, has one, or must be refused.
  struct framing {
    bool has_body = false;
    std::optional<refusal> wrong{};
  };

  framing frame(const httplib::Request& asked) const {
    int codings = 0, lengths = 0;
    std::string_view coding, length;
    for (const auto& [name, value] : asked.headers) {
      if (detail::iequals(name, "Transfer-Encoding")) ++codings, coding = value;
      if (detail::iequals(name, "Content-Length")) ++lengths, length = value;
    }
    if (codings + lengths == 0) return {};
    if (codings + lengths > 1)
      return {true, refusal(400, "the request states the length of its body more than once")};
    if (codings == 1) {
      if (asked.method == "DELETE") return {true, refusal(411, "send the body with a Content-Length")};
      if (!detail::iequals(detail::trim(coding), "chunked")) {
        return {true, refusal(501, "the only transfer coding here is chunked")};
      }
      return {true, {}};
    }
    const auto bytes = detail::parse_decimal(detail::trim(length));
    if (!bytes) return {true, refusal(400, "the header Content-Length must be a number")};
    if (*bytes > drained_bytes()) return {true, too_large()};
    return {*bytes > 0, {}};
  }

  refusal too_large() const {
    return {413, "the body is larger than " + std::to_string(max_body_bytes_) + " bytes"};
  }

  /// Answers all requests but those whose body must be read first; tells whether it did.
  bool answer_without_body(const httplib::Request& asked, httplib::Response& answer) const {
    // A server may ignore Range (RFC 9110 section 14.2); httplib would cut our answers.
    const_cast<httplib::Request&>(asked).ranges.clear();
    const auto body = frame(asked);
    const bool takes_body = asked.method == "POST" || asked.method == "PUT" || asked.method == "PATCH" ||
                            asked.method == "DELETE";
    if (body.wrong) {
      refuse(asked, answer, *body.wrong, true);
    } else if (!parse_method(asked.method)) {
      refuse(asked, answer,
             {405,
              "the method is not one that is served here",
              {{"Allow", "GET, HEAD, POST, PUT, PATCH, DELETE"}}},
             body.has_body);
    } else if (!body.has_body || !takes_body) {
      serve(asked, answer, {}, body.has_body);
    } else if (asked.is_multipart_form_data()) {
      refuse(asked, answer, {415, "a form with files is not taken here: send the body as one piece"}, true);
    } else if (asked.path.size() > longest_path_with_body) {
      refuse(asked, answer,
             {414, "the path is longer than " + std::to_string(longest_path_with_body) + " bytes"}, true);
    } else {
      return false;
    }
    return true;
  }

  void answer_with_body(const httplib::Request& asked, httplib::Response& answer,
                        const httplib::ContentReader& reader) const {
    std::string body;
    std::size_t size = 0;
    const bool whole = reader([&](const char* data, std::size_t count) {
      size += count;
      if (size <= max_body_bytes_) body.append(data, count);
      return size <= drained_bytes();
    });
    if (size > max_body_bytes_) {
      refuse(asked, answer, too_large(), !whole);
    } else if (!whole) {
      refuse(asked, answer, {400, "the body was cut, or is not in the coding that the header names"}, true);
    } else {
      serve(asked, answer, std::move(body), false);
    }
  }

  void serve(const httplib::Request& asked, httplib::Response& answer, std::string body, bool close) const {
    // httplib destroys its response once it is written, and the mark with it.
    answer.content_provider_resource_releaser_ = [mark = busy_.mark(asked.remote_port)](bool) {};
    try {
      send(answer, handler_(to_request(asked, std::move(body)), {.address = asked.remote_addr}).answer,
           close);
    } catch (const std::exception&) {
      refuse(asked, answer, {500, "the handler behind the server failed"}, close);
    }
  }

  void refuse(const httplib::Request& asked, httplib::Response& answer, const refusal& why,
              bool close) const {
    const auto now = std::chrono::system_clock::now();
    response made = error_answer(why, asked.path, now);
    made.headers.set("Date", http_date(now));
    made.headers.set("X-Request-Id", detail::make_uuid());
    send(answer, std::move(made), close);
  }

  static request to_request(const httplib::Request& asked, std::string body) {
    const std::string_view target = asked.target;
    const auto mark = target.find('?');
    request made{.method = *parse_method(asked.method),
                 .path = decode_path(target.substr(0, mark)),
                 .query = mark == target.npos ? query_params() : decode_query(target.substr(mark + 1)),
                 .body = std::move(body)};
    for (const auto& [name, value] : asked.headers) {
      // httplib adds these four to what it received.
      if (name == "REMOTE_ADDR" || name == "REMOTE_PORT" || name == "LOCAL_ADDR" || name == "LOCAL_PORT")
        continue;
      made.headers.add_received(name, value);
    }
    return made;
  }

  static void send(httplib::Response& out, response made, bool close) {
    out.status = made.status >= 200 && made.status < 600 ? made.status : 500;
    out.reason = answered;
    std::string type = "application/octet-stream";
    for (const auto& [name, value] : made.headers) {
      if (detail::has_control(value) || detail::has_control(name)) continue;
      if (detail::iequals(name, "Content-Type")) {
        type = value;
      } else if (!detail::iequals(name, "Content-Length") && !detail::iequals(name, "Transfer-Encoding")) {
        out.headers.emplace(name, value);
      }
    }
    if (close) out.headers.emplace("Connection", "close");
    if (!close || made.body.empty()) {
      if (!made.body.empty()) out.set_content(std::move(made.body), type);
      return;
    }
    // A provider that says it failed, once all is written, is the one way to make any version of httplib
    // close.
    const std::size_t size = made.body.size();
    auto releaser = std::move(out.content_provider_resource_releaser_);
    out.set_content_provider(
        size, type,
        [body = std::move(made.body)](std::size_t, std::size_t, httplib::DataSink& sink) {
          sink.write(body.data(), body.size());
          return false;
        },
        std::move(releaser));
  }

  http_handler handler_;
  std::size_t max_body_bytes_;
  mutable busy_connections busy_;
};

}  // namespace t3api::sandbox

#endif
