#ifndef T3API_SANDBOX_HTTP_EXCHANGE_HPP
#define T3API_SANDBOX_HTTP_EXCHANGE_HPP

#include <chrono>
#include <string>
#include <string_view>
#include <utility>

#include <t3api/core/request.hpp>
#include <t3api/core/response.hpp>
#include <t3api/detail/ascii.hpp>
#include <t3api/detail/stop_token.hpp>
#include <t3api/detail/uuid.hpp>
#include <t3api/native/socket.hpp>
#include <t3api/sandbox/answer.hpp>
#include <t3api/sandbox/handler.hpp>
#include <t3api/sandbox/http/address.hpp>
#include <t3api/sandbox/http/answer_head.hpp>
#include <t3api/sandbox/http/answer_sender.hpp>
#include <t3api/sandbox/http/connection.hpp>
#include <t3api/sandbox/http/connection_table.hpp>
#include <t3api/sandbox/http/memory_budget.hpp>
#include <t3api/sandbox/http/options.hpp>
#include <t3api/sandbox/http/request_head.hpp>
#include <t3api/sandbox/http/request_reader.hpp>
#include <t3api/sandbox/http/target.hpp>
#include <t3api/sandbox/input.hpp>
#include <t3api/sandbox/time_text.hpp>

namespace t3api::inline v0_1_0::sandbox {

/// An error answer with all that answers of the service have.
inline response refusal_answer(const refusal& why, std::string_view path) {
  const auto now = std::chrono::system_clock::now();
  response made = error_answer(why, path, now);
  made.headers.set("Date", http_date(now));
  made.headers.set("X-Request-Id", detail::make_uuid());
  return made;
}

/// Tells whoever wants to know that the server answers a request itself.
inline void report_refusal(const http_server_options& options, const caller& from, int status) noexcept {
  if (!options.on_refused) return;
  try {
    options.on_refused(from, status);
  } catch (...) {
  }
}

/// The requests of one connection, one after the other, and their answers. What never reaches the handler,
/// such as a broken request line, is answered with T3's error body too; where it is then in doubt where the
/// next request starts, the connection ends (RFC 9112 section 6.3).
class http_exchange {
 public:
  http_exchange(connection& with, connection_table::place& place, const http_handler& handler,
                const http_server_options& options, memory_budget& memory, stop_token stop)
      : place_(place),
        handler_(handler),
        memory_(memory),
        options_(options),
        stop_(std::move(stop)),
        reader_(with, place, options),
        sender_(with, place, options),
        peer_(with.peer_address()),
        is_proxy_(!options.proxy_address.empty() && peer_ == plain_address(options.proxy_address)) {}

  /// Answers requests until the connection ends.
  void run() {
    try {
      while (one()) {
      }
    } catch (const connection_over&) {
    }
  }

 private:
  /// One request; false when it was the last.
  bool one() {
    head_ = {};
    served given;
    bool close = true;
    try {
      head_ = reader_.read_head();
      memory_share memory(memory_);
      request asked = read_request(close, memory);
      if (!place_.enter(connection_phase::working)) return false;
      given = answer(asked, memory);
    } catch (const refusal& why) {
      if (!place_.enter(connection_phase::working)) return false;
      report_refusal(options_, caller_of(), why.status);
      given.answer = refusal_answer(why, head_.target);
    }
    close = close || place_.stopping();
    const answer_form form{
        .head_only = head_.method == "HEAD", .close = close, .idle_timeout = options_.idle_timeout};
    if (!(given.wire ? sender_.send(given.answer, form, *given.wire) : sender_.send(given.answer, form))) {
      return false;
    }
    if (close) sender_.close();
    return !close;
  }

  /// The request whose head was read. Tells whether the connection must end after the answer. Throws
  /// `refusal`.
  request read_request(bool& close, memory_share& memory) {
    const auto framing = framing_of(head_);
    const auto method = parse_method(head_.method);
    if (!method) {
      close = !head_.keep_alive || framing.has_body();
      throw refusal(405, "the method is not one that is served here",
                    {{"Allow", "GET, HEAD, POST, PUT, PATCH, DELETE"}});
    }
    request asked{.method = *method};
    const std::string_view target = head_.target;
    const auto mark = target.find('?');
    asked.path = decode_path(target.substr(0, mark));
    if (mark != target.npos) asked.query = decode_query(target.substr(mark + 1));
    const bool takes_body = *method != method::get && *method != method::head;
    if (takes_body && framing.has_body()) {
      const auto most = most_body_bytes(asked.path, options_.max_body_bytes);
      asked.body = reader_.read_body(head_, framing, most, memory);
    }
    close = !head_.keep_alive || (framing.has_body() && !takes_body);
    return asked;
  }

  served answer(request& asked, memory_share& memory) const {
    try {
      caller from = caller_of();
      from.memory = &memory;
      asked.headers = head_.headers;
      return handler_(asked, from);
    } catch (...) {
      report_refusal(options_, caller_of(), 500);
      return {.answer = refusal_answer({500, "the handler behind the server failed"}, head_.target)};
    }
  }

  caller caller_of() const {
    if (!is_proxy_) return {.address = peer_, .stop = stop_};
    std::string_view last;
    for (const auto& [name, value] : head_.headers) {
      if (detail::iequals(name, "X-Forwarded-For")) last = value;
    }
    const auto comma = last.rfind(',');
    const auto address = std::string(detail::trim(comma == last.npos ? last : last.substr(comma + 1)));
    return {.address = detail::is_address(address) ? plain_address(address) : peer_, .stop = stop_};
  }

  connection_table::place& place_;
  const http_handler& handler_;
  memory_budget& memory_;
  const http_server_options& options_;
  const stop_token stop_;
  request_reader reader_;
  answer_sender sender_;
  const std::string peer_;
  const bool is_proxy_;
  request_head head_;
};

}  // namespace t3api::inline v0_1_0::sandbox

#endif
