#ifndef T3API_SANDBOX_FAULTS_FAULT_JSON_HPP
#define T3API_SANDBOX_FAULTS_FAULT_JSON_HPP

#include <array>
#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include <nlohmann/json.hpp>

#include <t3api/core/request.hpp>
#include <t3api/sandbox/answer.hpp>
#include <t3api/sandbox/faults/fault.hpp>
#include <t3api/sandbox/faults/fault_plan.hpp>
#include <t3api/sandbox/faults/json_members.hpp>

namespace t3api::inline v0_1_0::sandbox {

namespace faults_detail {

inline constexpr std::array<std::pair<std::string_view, retry_after_form>, 6> retry_after_names = {{
    {"seconds", retry_after_form::seconds},
    {"date", retry_after_form::http_date},
    {"garbage", retry_after_form::garbage},
    {"zero", retry_after_form::zero},
    {"negative", retry_after_form::negative},
    {"hour", retry_after_form::hour},
}};

inline retry_after_form as_retry_after(const std::string& name, const nlohmann::json& value) {
  const auto text = json_members::as_text(name, value);
  for (const auto& [known, form] : retry_after_names) {
    if (known == text) return form;
  }
  throw json_members::wrong_member(name, "seconds, date, garbage, zero, negative or hour");
}

inline method as_method(const std::string& name, const nlohmann::json& value) {
  const auto text = json_members::as_text(name, value);
  for (const auto m :
       {method::get, method::head, method::post, method::put, method::patch, method::delete_}) {
    if (to_string(m) == text) return m;
  }
  throw json_members::wrong_member(name, "GET, HEAD, POST, PUT, PATCH or DELETE");
}

inline account_name as_account(const std::string& name, const nlohmann::json& value) {
  account_name account;
  for (const auto& [part, text] : json_members::as_object(name, value).items()) {
    if (part == "hostname") {
      account.hostname = json_members::as_name(part, text);
    } else if (part == "username") {
      account.username = json_members::as_name(part, text);
    } else {
      throw json_members::wrong_member(name, "an object of hostname and username alone");
    }
  }
  return account;
}

inline void read_member(fault& f, const std::string& name, const nlohmann::json& value) {
  using namespace json_members;
  const auto wire = [&]() -> wire_fault& { return f.wire ? *f.wire : f.wire.emplace(); };
  if (name == "method") {
    f.method = as_method(name, value);
  } else if (name == "path") {
    f.path = as_text(name, value);
  } else if (name == "query") {
    for (const auto& [parameter, text] : as_object(name, value).items()) {
      f.query.emplace_back(parameter, as_text(parameter, text));
    }
  } else if (name == "skip") {
    f.skip = as_count(name, value);
  } else if (name == "times") {
    f.times = as_count(name, value);
  } else if (name == "delayMs") {
    f.delay = as_milliseconds(name, value);
  } else if (name == "account") {
    f.account = as_account(name, value);
  } else if (name == "endSessions") {
    f.end_sessions = as_flag(name, value);
  } else if (name == "newPassword") {
    f.new_password = as_name(name, value);
  } else if (name == "status") {
    f.status = static_cast<int>(as_count(name, value, 599));
  } else if (name == "headers") {
    for (const auto& [field, text] : as_object(name, value).items())
      f.headers.set(field, as_text(field, text));
  } else if (name == "retryAfter") {
    f.retry_after = as_retry_after(name, value);
  } else if (name == "body") {
    f.body = as_text(name, value);
  } else if (name == "reset") {
    wire().reset = as_flag(name, value);
  } else if (name == "garbage") {
    wire().garbage = as_name(name, value);
  } else if (name == "cutAfter") {
    wire().cut_after = static_cast<std::size_t>(as_count(name, value));
  } else if (name == "lengthError") {
    wire().length_error = as_difference(name, value);
  } else if (name == "dripBytes") {
    wire().drip_bytes = static_cast<std::size_t>(as_count(name, value, 1'000'000'000, 1));
  } else if (name == "dripPauseMs") {
    wire().drip_pause = as_milliseconds(name, value);
  } else {
    throw refusal(422, "a fault has no member '" + detail::printable(name, 60) +
                           "': see the list in the documentation of faults, and mind upper and lower case");
  }
}

}  // namespace faults_detail

/// A fault as `POST /sandbox/faults` takes it. Throws `refusal` (422) with the sentence to correct it by.
inline fault fault_from(const nlohmann::json& body) {
  fault made;
  try {
    for (const auto& [name, value] : body.items()) faults_detail::read_member(made, name, value);
    check_fault(made);
  } catch (const std::invalid_argument& wrong) {
    throw refusal(422, wrong.what());
  }
  return made;
}

/// The same members, but for those that are as they are when nothing is said, and without the password.
inline nlohmann::json to_json(const fault& f) {
  nlohmann::json json = {{"path", f.path}, {"times", f.times}};
  if (f.method) json["method"] = to_string(*f.method);
  for (const auto& [name, value] : f.query) json["query"][name] = value;
  if (f.skip != 0) json["skip"] = f.skip;
  if (f.delay.count() != 0) json["delayMs"] = f.delay.count();
  if (f.account) json["account"] = {{"hostname", f.account->hostname}, {"username", f.account->username}};
  if (f.end_sessions) json["endSessions"] = true;
  if (!f.new_password.empty()) json["newPassword"] = "(not shown)";
  if (f.status != 0) json["status"] = f.status;
  for (const auto& [name, value] : f.headers) json["headers"][name] = value;
  for (const auto& [name, form] : faults_detail::retry_after_names) {
    if (f.retry_after == form) json["retryAfter"] = name;
  }
  if (f.body) json["body"] = *f.body;
  if (!f.wire) return json;
  if (f.wire->reset) json["reset"] = true;
  if (!f.wire->garbage.empty()) json["garbage"] = f.wire->garbage;
  if (f.wire->cut_after) json["cutAfter"] = *f.wire->cut_after;
  if (f.wire->length_error != 0) json["lengthError"] = f.wire->length_error;
  if (f.wire->drip_bytes != 0) json["dripBytes"] = f.wire->drip_bytes;
  if (f.wire->drip_pause.count() != 0) json["dripPauseMs"] = f.wire->drip_pause.count();
  return json;
}

/// `{"id", "matched", "struck", "fault"}`.
inline nlohmann::json to_json(const planned_fault& planned) {
  return {{"id", planned.id},
          {"matched", planned.matched},
          {"struck", planned.struck},
          {"fault", to_json(*planned.fault)}};
}

}  // namespace t3api::inline v0_1_0::sandbox

#endif
