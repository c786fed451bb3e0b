#ifndef T3API_SANDBOX_FAULTS_FAULT_HPP
#define T3API_SANDBOX_FAULTS_FAULT_HPP

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include <t3api/core/headers.hpp>
#include <t3api/core/request.hpp>
#include <t3api/core/secret.hpp>
#include <t3api/sandbox/handler.hpp>

namespace t3api::inline v0_1_0::sandbox {

/// What a header Retry-After can hold (RFC 9110 section 10.2.3), and what it should not.
enum class retry_after_form {
  seconds,    ///< `2`
  http_date,  ///< The date in 2 seconds.
  garbage,    ///< `soon`
  zero,       ///< `0`
  negative,   ///< `-1`
  hour,       ///< `3600`
};

/// An account of the Metrc behind the service.
struct account_name {
  std::string hostname{};  ///< As in `account`.
  std::string username{};  ///< As in `account`.
};

/// Something that goes wrong on demand, so that a test can say "the third page fails twice":
///
///     service.faults().add({.path = "/v2/packages/active", .query = {{"page", "3"}}, .times = 2, .status =
///     500});
///
/// It strikes before the request is authenticated, and before it counts against any limit.
struct fault {
  /// Which requests it strikes: those of this method, or of any.
  std::optional<t3api::method> method{};
  /// Without a query. A star at the end stands for anything: "/v2/packages/*", "*".
  std::string path = "*";
  /// Each of these must be among the request's parameters with this value; others may be there too.
  query_params query{};

  /// How many requests that match get by unharmed first.
  std::uint64_t skip = 0;
  /// How many it strikes then; 0 for all until it is removed.
  std::uint64_t times = 1;

  /// What it does, in this order. How long the request is kept waiting, at most an hour.
  std::chrono::milliseconds delay{};
  /// Whose sessions at Metrc end, and whose password becomes another, before the request is handled.
  std::optional<account_name> account{};
  bool end_sessions = false;  ///< Needs `account`.
  secret new_password{};      ///< Needs `account`; empty for none.
  /// The answer, with nothing done of what the request asks; 0 lets the service answer.
  int status = 0;
  t3api::headers headers{};                       ///< Of that answer.
  std::optional<retry_after_form> retry_after{};  ///< Of that answer.
  /// Without one, a status from 400 on has the usual error body, another has none.
  std::optional<std::string> body{};
  /// What becomes of the answer's bytes; it takes an `http_server` to carry it out.
  std::optional<wire_fault> wire{};
};

namespace faults_detail {

inline void demand(bool holds, const char* sentence) {
  if (!holds) throw std::invalid_argument(sentence);
}

inline void check_match(const fault& f) {
  const auto star = f.path.find('*');
  demand(f.path == "*" || f.path.starts_with('/'),
         "a fault's path starts with a slash, or is * for all paths: write it like /v2/packages/active");
  demand(star == f.path.npos || star + 1 == f.path.size(),
         "a fault's path may have a star at its end only: write it like /v2/packages/*");
  demand(f.path.find('?') == f.path.npos, "a fault's path holds a question mark: give the query by itself");
  demand(!f.path.starts_with("/sandbox/"),
         "faults do not strike the paths below /sandbox/, by which they are ordered: give another path");
}

inline void check_answer(const fault& f) {
  demand(f.status == 0 || (f.status >= 200 && f.status <= 599),
         "a fault's status is from 200 to 599: correct it, or leave it out to let the service answer");
  demand(f.status != 0 || (f.headers.empty() && !f.body && !f.retry_after),
         "a fault with headers, a body or a Retry-After needs a status too: add one, such as 429");
  if (const auto wrong = framing_header(f.headers)) throw std::invalid_argument(wrong->message);
}

inline bool does_something(const std::optional<wire_fault>& w) {
  return w && (w->reset || !w->garbage.empty() || w->cut_after || w->length_error != 0 || w->drip_bytes != 0);
}

inline void check_wire(const wire_fault& w) {
  demand(!w.reset || (w.garbage.empty() && !w.cut_after && w.length_error == 0 && w.drip_bytes == 0),
         "a fault that resets the connection sends nothing: leave out what it does to the bytes");
  demand(w.garbage.empty() || w.length_error == 0,
         "garbage has no Content-Length to falsify: give a fault one of the two");
  demand(w.drip_pause >= w.drip_pause.zero() && w.drip_pause <= std::chrono::hours(1),
         "a fault's pause between drips is from 0 to an hour");
  demand(w.drip_bytes != 0 || w.drip_pause == w.drip_pause.zero(),
         "a fault with a pause between drips needs their size too: add it, such as 1 byte");
}

}  // namespace faults_detail

/// Throws std::invalid_argument, with the sentence to correct it by, for a fault that makes no sense.
inline void check_fault(const fault& f) {
  using faults_detail::demand;
  faults_detail::check_match(f);
  faults_detail::check_answer(f);
  if (f.wire) faults_detail::check_wire(*f.wire);
  demand(f.delay >= f.delay.zero() && f.delay <= std::chrono::hours(1),
         "a fault's delay is from 0 to an hour");
  const bool of_account = f.end_sessions || !f.new_password.empty();
  demand(!of_account || (f.account && !f.account->hostname.empty() && !f.account->username.empty()),
         "a fault that ends sessions or changes a password needs the account: add its hostname and username");
  demand(of_account || !f.account,
         "a fault with an account does nothing to it: let it end its sessions or change its password");
  demand(of_account || f.status != 0 || faults_detail::does_something(f.wire) || f.delay > f.delay.zero(),
         "a fault must do something: give it a status, a delay, or another effect");
}

/// Whether a request is of the kind that the fault strikes.
inline bool matches(const fault& f, t3api::method asked, std::string_view path, const query_params& query) {
  if (f.method && *f.method != asked) return false;
  const std::string_view wanted = f.path;
  const bool right_path =
      wanted.ends_with('*') ? path.starts_with(wanted.substr(0, wanted.size() - 1)) : path == wanted;
  return right_path && std::all_of(f.query.begin(), f.query.end(), [&](const auto& parameter) {
           return std::find(query.begin(), query.end(), parameter) != query.end();
         });
}

}  // namespace t3api::inline v0_1_0::sandbox

#endif
