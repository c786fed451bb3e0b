#ifndef T3API_SANDBOX_FAULTS_CARRY_OUT_HPP
#define T3API_SANDBOX_FAULTS_CARRY_OUT_HPP

#include <chrono>
#include <string>
#include <string_view>

#include <t3api/core/clock.hpp>
#include <t3api/core/response.hpp>
#include <t3api/sandbox/answer.hpp>
#include <t3api/sandbox/faults/fault.hpp>
#include <t3api/sandbox/metrc/upstream.hpp>
#include <t3api/sandbox/time_text.hpp>

namespace t3api::inline v0_1_0::sandbox {

/// The value of a header Retry-After in that form.
inline std::string retry_after_value(retry_after_form form, wall_time now) {
  switch (form) {
    case retry_after_form::seconds: return "2";
    case retry_after_form::http_date: return http_date(now + std::chrono::seconds(2));
    case retry_after_form::garbage: return "soon";
    case retry_after_form::zero: return "0";
    case retry_after_form::negative: return "-1";
    case retry_after_form::hour: return "3600";
  }
  return "2";
}

/// The answer of a fault that has a status.
inline response ordered_answer(const fault& f, std::string_view path, wall_time now) {
  response answer{.status = f.status, .headers = {{"Cache-Control", "no-store"}}};
  if (f.body) {
    answer.headers.set("Content-Type", "application/json");
    answer.body = *f.body;
  } else if (f.status == 401) {
    answer = error_answer(unauthorized("this failure was ordered: a fault of the sandbox"), path, now);
  } else if (f.status >= 400) {
    answer = error_answer({f.status, "this failure was ordered: a fault of the sandbox"}, path, now);
  }
  for (const auto& [name, value] : f.headers) answer.headers.set(name, value);
  if (f.retry_after) answer.headers.set("Retry-After", retry_after_value(*f.retry_after, now));
  return answer;
}

/// Refuses a fault for an account that Metrc does not have, if that Metrc can tell. Throws `refusal` (422).
template <metrc_upstream Metrc>
void refuse_unknown_account(Metrc& metrc, const fault& f) {
  if constexpr (requires { metrc.has_account(f.account->hostname, f.account->username); }) {
    if (f.account && !metrc.has_account(f.account->hostname, f.account->username)) {
      throw refusal(422, "Metrc has no such account: check the fault's hostname and username");
    }
  } else {
    static_cast<void>(metrc), static_cast<void>(f);
  }
}

/// What a fault does to an account of Metrc. Throws `refusal` when that Metrc cannot do it or has no such
/// account.
template <metrc_upstream Metrc>
void upset_account(Metrc& metrc, const fault& f) {
  if (f.end_sessions) {
    if constexpr (requires { metrc.end_sessions(f.account->hostname, f.account->username); }) {
      if (!metrc.end_sessions(f.account->hostname, f.account->username)) {
        throw refusal(501, "a fault was to end the sessions of an account that Metrc does not have");
      }
    } else {
      throw refusal(501, "a fault was to end sessions, which the Metrc behind this service cannot do");
    }
  }
  if (!f.new_password.empty()) {
    if constexpr (requires {
                    metrc.change_password(f.account->hostname, f.account->username, f.new_password);
                  }) {
      if (!metrc.change_password(f.account->hostname, f.account->username, f.new_password)) {
        throw refusal(501, "a fault was to change the password of an account that Metrc does not have");
      }
    } else {
      throw refusal(501, "a fault was to change a password, which the Metrc behind this service cannot do");
    }
  }
}

}  // namespace t3api::inline v0_1_0::sandbox

#endif
