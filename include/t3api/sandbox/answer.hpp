#ifndef T3API_SANDBOX_ANSWER_HPP
#define T3API_SANDBOX_ANSWER_HPP

#include <exception>
#include <string>
#include <string_view>
#include <utility>

#include <nlohmann/json.hpp>

#include <t3api/core/clock.hpp>
#include <t3api/core/headers.hpp>
#include <t3api/core/iso_time.hpp>
#include <t3api/core/response.hpp>
#include <t3api/detail/ascii.hpp>

namespace t3api::inline v0_1_0::sandbox {

/// What a route throws when it will not do what it was asked; the service makes the error answer of it. The
/// message is for people and holds no secret.
struct refusal : std::exception {
  refusal(int status_, std::string message_, t3api::headers headers_ = {})
      : status(status_), message(std::move(message_)), headers(std::move(headers_)) {}

  const char* what() const noexcept override { return message.c_str(); }

  int status;
  std::string message;
  t3api::headers headers;
};

/// 401, with the challenge that RFC 9110 section 11.6.1 demands.
inline refusal unauthorized(std::string message) {
  return {401, std::move(message), {{"WWW-Authenticate", "Bearer"}}};
}

/// The `type` of an error body.
constexpr std::string_view error_type(int status) noexcept {
  switch (status) {
    case 400: return "bad_request";
    case 401: return "unauthorized";
    case 403: return "forbidden";
    case 404: return "not_found";
    case 405: return "method_not_allowed";
    case 408: return "request_timeout";
    case 409: return "conflict";
    case 413: return "content_too_large";
    case 414: return "uri_too_long";
    case 415: return "unsupported_media_type";
    case 422: return "unprocessable_content";
    case 429: return "too_many_requests";
    case 431: return "headers_too_large";
    case 501: return "not_implemented";
    case 502: return "bad_gateway";
    case 503: return "unavailable";
    case 507: return "insufficient_storage";
    case 504: return "gateway_timeout";
    default: return status < 500 ? "client_error" : "internal_error";
  }
}

/// A JSON answer. Bytes that are no UTF-8, which a path may hold, are replaced.
inline response json_answer(int status, const nlohmann::json& body) {
  return {.status = status,
          .headers = {{"Content-Type", "application/json"}, {"Cache-Control", "no-store"}},
          .body = body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace)};
}

/// The error answer of T3: `{"error": {"type", "message", "timestamp", "url", "status_code"}}`. `url` is the
/// path alone, as a query can hold a secret key.
inline response error_answer(const refusal& why, std::string_view path, wall_time now) {
  response answer =
      json_answer(why.status, {{"error",
                                {{"type", error_type(why.status)},
                                 {"message", why.message},
                                 {"timestamp", iso_time(now)},
                                 {"url", detail::printable(path.substr(0, path.find('?')), 200)},
                                 {"status_code", why.status}}}});
  for (const auto& [name, value] : why.headers) answer.headers.set(name, value);
  return answer;
}

}  // namespace t3api::inline v0_1_0::sandbox

#endif
