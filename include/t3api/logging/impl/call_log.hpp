#ifndef T3API_LOGGING_IMPL_CALL_LOG_HPP
#define T3API_LOGGING_IMPL_CALL_LOG_HPP

#include <algorithm>
#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <t3api/detail/inline.hpp>
#include <t3api/logging/body_secrets.hpp>
#include <t3api/logging/call_log.hpp>
#include <t3api/logging/impl/redaction.hpp>

namespace t3api::inline v0_1_0::detail {

inline std::string sentence(std::string_view text, const std::vector<std::string_view>& known) {
  constexpr std::size_t longest = 600;
  return one_line(hide_secrets(text, known), longest);
}

/// The values of a request that are not shown, longest first; a service may repeat them in its answer.
inline std::vector<std::string_view> hidden_values(const request& sent,
                                                   const std::vector<std::string_view>& in_body) {
  std::vector<std::string_view> values;
  const auto add = [&](std::string_view value) {
    constexpr std::size_t shortest = 6;
    if (value.size() >= shortest) values.push_back(value);
  };
  for (const auto& [name, value] : sent.headers) {
    if (may_show_header(name)) continue;
    add(value);
    for (std::string_view rest = value; !rest.empty();) {  // `Bearer x` and `a=x; b=y` hold x and y.
      const auto word = rest.substr(0, rest.find_first_of(" ;,"));
      rest.remove_prefix((std::min)(rest.size(), word.size() + 1));
      if (!iequals(word, "Bearer")) add(word);
      if (const auto equals = word.find('='); equals != word.npos) add(word.substr(equals + 1));
    }
  }
  for (const auto& [name, value] : sent.query) {
    if (!may_show_parameter(name)) add(value);
  }
  for (const auto value : in_body) add(value);
  std::sort(values.begin(), values.end(),
            [](std::string_view a, std::string_view b) { return a.size() > b.size(); });
  return values;
}

T3API_INLINE void call_log::sending(int attempt, const request& sent) const noexcept {
  tell(hooks_.on_request, [&] {
    return request_event{.request_id = std::string(request_id_),
                         .attempt = attempt,
                         .method = sent.method,
                         .url = redacted_url(host_, sent),
                         .headers = shown_fields(sent.headers, {}),
                         .body = shown_content(sent, sent.headers, sent.body, hidden_values(sent, {})),
                         .body_bytes = sent.body.size()};
  });
}

T3API_INLINE void call_log::received(int attempt, const request& sent, const result<response>& answer,
                                     std::chrono::steady_clock::duration elapsed) const noexcept {
  tell(hooks_.on_response, [&] {
    response_event event{.request_id = std::string(request_id_),
                         .attempt = attempt,
                         .method = sent.method,
                         .url = redacted_url(host_, sent),
                         .elapsed = std::chrono::duration_cast<std::chrono::microseconds>(elapsed)};
    const body_secrets in_body(sent.body);
    const auto known = hidden_values(sent, in_body.values());
    if (answer) {
      event.status = answer->status;
      event.headers = shown_fields(answer->headers, known);
      event.body = shown_content(sent, answer->headers, answer->body, known);
      event.body_bytes = answer->body.size();
    } else {
      const auto& cause = answer.error();
      event.problem = sentence(cause.message.empty() ? to_string(cause.category) : cause.message, known);
    }
    return event;
  });
}

T3API_INLINE void call_log::retrying(int attempt, const error& cause,
                                     std::chrono::milliseconds pause) const noexcept {
  tell(hooks_.on_retry, [&] {
    return retry_event{.request_id = std::string(request_id_),
                       .attempt = attempt,
                       .pause = pause,
                       .reason = sentence(cause.message, {})};
  });
}

T3API_INLINE void call_log::renewed(renewal_event event) const noexcept {
  tell(hooks_.on_renewal, [&] {
    event.request_id = request_id_;
    event.problem = sentence(event.problem, {});
    return std::move(event);
  });
}

T3API_INLINE headers call_log::shown_fields(const headers& fields,
                                            const std::vector<std::string_view>& known) const {
  return hooks_.with_headers ? shown_headers(fields, known) : headers();
}

T3API_INLINE std::string call_log::shown_content(const request& sent, const headers& fields,
                                                 std::string_view body,
                                                 const std::vector<std::string_view>& known) const {
  if (!hooks_.with_body) return {};
  return shown_body(host_.base_path + sent.path, fields.get("Content-Type").value_or(""), body, known);
}

}  // namespace t3api::inline v0_1_0::detail

#endif
