#ifndef T3API_SANDBOX_FAULTS_METRC_ORDERS_HPP
#define T3API_SANDBOX_FAULTS_METRC_ORDERS_HPP

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include <t3api/core/secret.hpp>
#include <t3api/detail/ascii.hpp>
#include <t3api/sandbox/answer.hpp>
#include <t3api/sandbox/faults/fault.hpp>
#include <t3api/sandbox/faults/json_members.hpp>

namespace t3api::inline v0_1_0::sandbox {

/// One thing that `POST /sandbox/metrc` tells the Metrc behind a service to do.
struct metrc_order {
  std::string name{};      ///< Such as "changePassword".
  account_name account{};  ///< Empty for what concerns all of Metrc.
  secret text{};           ///< The new password, e-mail address, username or seed.
  std::uint64_t number = 0;
  bool for_ever = false;  ///< In place of a number.
};

namespace faults_detail {

/// What the order of that name sets, as a member beside hostname and username; empty for nothing.
inline const char* text_of_order(std::string_view name) {
  return name == "changePassword"   ? "password"
         : name == "changeEmail"    ? "email"
         : name == "changeUsername" ? "newUsername"
         : name == "changeOtpSeed"  ? "otpSeed"
                                    : "";
}

inline void read_account_order(metrc_order& order, const nlohmann::json& value) {
  using namespace json_members;
  const std::string text = text_of_order(order.name);
  const auto& members = as_object(order.name, value);
  for (const auto& [part, given] : members.items()) {
    if (part == "hostname") {
      order.account.hostname = as_name(part, given);
    } else if (part == "username") {
      order.account.username = as_name(part, given);
    } else if (!text.empty() && part == text) {
      order.text = secret(as_text(part, given));
    } else {
      throw refusal(422,
                    "'" + order.name + "' has no member '" + detail::printable(part, 60) + "': leave it out");
    }
  }
  for (const auto& needed : {std::string("hostname"), std::string("username"), text}) {
    if (!needed.empty() && !members.contains(needed)) {
      throw refusal(422, "the member '" + needed + "' of '" + order.name + "' is missing");
    }
  }
}

}  // namespace faults_detail

/// Reads `{"<name of an order>": …}`. Throws `refusal` (422), which shows no value.
inline metrc_order metrc_order_from(const nlohmann::json& body) {
  using namespace json_members;
  if (body.size() != 1) {
    throw refusal(422, "give one order for Metrc at a time, such as {\"endSessions\": true}");
  }
  metrc_order order{.name = body.begin().key()};
  const auto& value = body.begin().value();
  const auto is_one_of = [&](std::initializer_list<std::string_view> names) {
    for (const auto name : names) {
      if (order.name == name) return true;
    }
    return false;
  };
  if (is_one_of({"changePassword", "changeEmail", "changeUsername", "changeOtpSeed", "lock", "unlock"})) {
    faults_detail::read_account_order(order, value);
  } else if (is_one_of({"endSessions"})) {
    if (!value.is_object() && value != true) {
      throw wrong_member(order.name, "true, or an object of hostname and username");
    }
    if (value.is_object()) faults_detail::read_account_order(order, value);
  } else if (is_one_of({"failLogins"})) {
    order.for_ever = value == true;
    if (!order.for_ever) order.number = as_count(order.name, value);
  } else if (is_one_of({"lockAfter"})) {
    order.number = as_count(order.name, value);
  } else if (is_one_of({"delayLogins"})) {
    order.number = as_count(order.name, value, 3'600'000);
  } else {
    throw refusal(422, "there is no order '" + detail::printable(order.name, 60) +
                           "' for Metrc: give endSessions, changePassword, changeEmail, changeUsername, "
                           "changeOtpSeed, lock, unlock, lockAfter, delayLogins or failLogins");
  }
  return order;
}

}  // namespace t3api::inline v0_1_0::sandbox

#endif
