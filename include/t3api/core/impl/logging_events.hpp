#ifndef T3API_CORE_IMPL_LOGGING_EVENTS_HPP
#define T3API_CORE_IMPL_LOGGING_EVENTS_HPP

#include <algorithm>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include <t3api/core/headers.hpp>
#include <t3api/core/json.hpp>
#include <t3api/core/logging_hooks.hpp>
#include <t3api/core/login_path.hpp>
#include <t3api/core/redactor.hpp>
#include <t3api/core/request.hpp>
#include <t3api/core/secret_names.hpp>
#include <t3api/core/url.hpp>
#include <t3api/detail/ascii.hpp>
#include <t3api/detail/percent.hpp>

namespace t3api::inline v0_1_0::detail {

/// Headers and parameters that are known to be harmless, each between spaces.
inline constexpr std::string_view harmless_headers =
    " accept accept-encoding accept-language accept-ranges age allow cache-control connection "
    "content-encoding content-language content-length content-type date etag expires host idempotency-key "
    "if-none-match if-modified-since keep-alive last-modified retry-after server transfer-encoding vary "
    "user-agent x-ratelimit-limit x-ratelimit-remaining x-ratelimit-reset x-request-id ";
inline constexpr std::string_view harmless_parameters =
    " licensenumber page pagesize sort filter filterlogic strictpagination contenttype fieldnames "
    "prependcsvmetadata submit ";

inline bool is_harmless(std::string_view name, std::string_view list) {
  return name.find(' ') == name.npos && list.find(" " + to_lower(name) + " ") != list.npos;
}

/// What may be shown of a call in a log. Every text becomes part of one line.
template <class Event>
class shown_call {
 public:
  /// Hides what `facts.known` knows, and values that are not shown: a service may repeat them.
  explicit shown_call(call_facts facts) : facts_(std::move(facts)) {
    add_hidden(facts_.sent.headers, harmless_headers);
    add_hidden(facts_.sent.query, harmless_parameters);
  }

  Event event() const {
    constexpr std::size_t longest_problem = 600;
    Event made{.request_id = std::string(facts_.request_id),
               .attempt = facts_.attempt,
               .method = facts_.sent.method,
               .url = url()};
    if constexpr (std::same_as<Event, request_event>) {
      add_content(made, facts_.sent.headers, facts_.sent.body);
    } else {
      const auto& answer = *facts_.answer;
      made.elapsed = std::chrono::duration_cast<std::chrono::microseconds>(facts_.elapsed);
      if (answer) {
        made.status = answer->status;
        add_content(made, answer->headers, answer->body);
      } else {
        const error& cause = answer.error();
        made.problem =
            one_line(facts_.known.hide(cause.message.empty() ? to_string(cause.category) : cause.message),
                     longest_problem);
      }
    }
    return made;
  }

  /// Where the call goes, percent-encoded. Of parameters that are not known to be harmless only the name.
  std::string url() const {
    constexpr std::size_t longest = 2000;
    const std::string_view path = std::string_view(facts_.sent.path).substr(0, facts_.sent.path.find('#'));
    const auto mark = (std::min)(path.find('?'), path.size());
    std::string whole = facts_.host.base_path;
    whole += path.starts_with('/') && !path.starts_with("//") ? path.substr(0, mark) : "/***";
    std::string shown = facts_.host.origin();
    append_percent_encoded(shown, facts_.known.hide(whole), "/%:@!$&'()*+,;=");
    if (mark < path.size()) append_query(shown, decode_query(path.substr(mark + 1)));
    append_query(shown, facts_.sent.query);
    return one_line(shown, longest);
  }

  /// The fields, with `***` for each value that is not known to be harmless.
  headers fields(const headers& all) const {
    constexpr std::size_t longest_name = 60;
    constexpr std::size_t longest_value = 300;
    headers shown;
    shown.reserve(all.size());
    for (const auto& [name, value] : all) {
      const bool harmless = is_harmless(name, harmless_headers);
      shown.add_received(one_line(facts_.known.hide(name), longest_name),
                         harmless ? one_line(facts_.known.hide(value), longest_value) : std::string(hidden));
    }
    return shown;
  }

  /// About 2000 bytes of JSON; of anything else its size, and of what logs in nothing.
  std::string body(std::string_view content_type, std::string_view text) const {
    constexpr std::size_t longest = 2000;
    constexpr std::size_t longest_type = 60;
    constexpr std::size_t largest_parsed = 8U << 20U;
    if (text.empty()) return {};
    if (is_login_path(facts_.host.base_path + facts_.sent.path)) return "(not shown: authentication)";
    const std::string size = std::to_string(text.size()) + " bytes";
    const auto type = to_lower(trim(content_type.substr(0, content_type.find(';'))));
    const bool is_json = type == "application/json" || type == "text/json" || type.ends_with("+json");
    const auto value = is_json && text.size() <= largest_parsed ? parse_json(text) : std::nullopt;
    if (!value || !value->is_structured()) {  // A lone text could be a token.
      const auto named = one_line(facts_.known.hide(content_type), longest_type);
      return "(" + size + " of " + (named.empty() ? "no type" : named) + ")";
    }
    std::size_t room = 2 * longest;  // More than is shown, so that what was left out is told as cut.
    const auto json = shown_json(*value, room);
    auto shown = one_line(json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace), longest);
    if (shown.ends_with("...") || room == 0) shown += " (" + size + " in all)";
    return shown;
  }

 private:
  template <class Fields>
  void add_hidden(const Fields& fields, std::string_view harmless) {
    constexpr std::size_t shortest = 6;
    for (const auto& [name, value] : fields) {
      if (value.size() >= shortest && !is_harmless(name, harmless)) facts_.known.add(value);
    }
  }

  void add_content(Event& made, const headers& all, std::string_view text) const {
    made.body_bytes = text.size();
    if (facts_.with_headers) made.headers = fields(all);
    if (facts_.with_body) made.body = body(all.get("Content-Type").value_or(""), text);
  }

  void append_query(std::string& shown, const query_params& query) const {
    constexpr std::size_t longest_name = 40;
    for (const auto& [name, value] : query) {
      shown += shown.find('?') == shown.npos ? '?' : '&';
      const bool harmless = is_harmless(name, harmless_parameters);
      if (!harmless && (value.empty() || name.size() > longest_name)) {
        shown += hidden;  // The name itself may be what was to be hidden.
        continue;
      }
      append_percent_encoded(shown, facts_.known.hide(name), "*");
      shown += '=';
      append_percent_encoded(shown, harmless ? facts_.known.hide(value) : std::string(hidden), "*:,");
    }
  }

  /// Whether an object is about a secret that it names in a value, as `{"name": "password", "value": …}` and
  /// `{"loc": ["body", "password"], "input": …}` are.
  static bool tells_secret_name(const nlohmann::json& object) {
    const auto is_secret_name = [](const nlohmann::json& value) {
      return value.is_string() && names_secret(value.get_ref<const std::string&>());
    };
    for (const char* member : {"name", "key", "field", "header", "param", "parameter", "loc", "path"}) {
      const auto found = object.find(member);
      if (found == object.end()) continue;
      if (is_secret_name(*found)) return true;
      if (found->is_array() && std::any_of(found->begin(), found->end(), is_secret_name)) return true;
    }
    return false;
  }

  /// `room` is how many bytes are wanted yet; what would come after is left out.
  nlohmann::json shown_json(const nlohmann::json& value, std::size_t& room) const {
    const auto use = [&room](std::size_t bytes) { room -= (std::min)(room, bytes); };
    use(1);
    if (value.is_string()) {
      std::string text = facts_.known.hide(value.get_ref<const std::string&>());
      use(text.size());
      return text;
    }
    if (value.is_array()) {
      auto shown = nlohmann::json::array();
      for (auto entry = value.begin(); entry != value.end() && room > 0; ++entry) {
        shown.push_back(shown_json(*entry, room));
      }
      return shown;
    }
    if (!value.is_object()) return value;
    auto shown = nlohmann::json::object();
    const bool about_secret = tells_secret_name(value);
    for (auto member = value.begin(); member != value.end() && room > 0; ++member) {
      const std::string& name = member.key();
      const bool secret = names_secret(name) || (about_secret && (name == "value" || name == "input"));
      shown[facts_.known.hide(name)] = secret ? nlohmann::json(hidden) : shown_json(member.value(), room);
    }
    return shown;
  }

  call_facts facts_;
};

template <class Event>
Event make_event(call_facts facts) {
  return shown_call<Event>(std::move(facts)).event();
}

#ifdef T3API_COMPILED
template request_event make_event(call_facts);
template response_event make_event(call_facts);
#endif

}  // namespace t3api::inline v0_1_0::detail

#endif
