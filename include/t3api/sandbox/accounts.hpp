#ifndef T3API_SANDBOX_ACCOUNTS_HPP
#define T3API_SANDBOX_ACCOUNTS_HPP

#include <algorithm>
#include <cstddef>
#include <fstream>
#include <initializer_list>
#include <iterator>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include <t3api/core/json.hpp>
#include <t3api/detail/ascii.hpp>
#include <t3api/detail/base32.hpp>
#include <t3api/sandbox/model.hpp>
#include <t3api/sandbox/states.hpp>

namespace t3api::inline v0_1_0::sandbox {

namespace accounts_detail {

/// One JSON object of the file and its name in messages, such as `accounts[2]`.
struct entry {
  const nlohmann::json& object;
  std::string name;

  [[noreturn]] void fail(const std::string& member, const std::string& what) const {
    throw std::invalid_argument(name + (name.empty() || member.empty() ? "" : ".") + member + " " + what);
  }

  void check_members(std::initializer_list<std::string_view> known) const {
    if (!object.is_object()) fail("", "must be a JSON object, in braces");
    for (const auto& [member, value] : object.items()) {
      if (std::find(known.begin(), known.end(), member) != known.end()) continue;
      std::string list;
      for (const auto name_known : known) list += (list.empty() ? "" : ", ") + std::string(name_known);
      fail(detail::printable(member, 60), "is not known: the members here are " + list);
    }
  }

  std::string text(const char* member, bool required) const {
    const auto found = object.find(member);
    if (found == object.end() || found->is_null()) {
      if (required) fail(member, "is missing: give it as a text");
      return {};
    }
    if (!found->is_string()) fail(member, "must be a text, in quotes");
    if (required && found->get_ref<const std::string&>().empty()) fail(member, "must not be empty");
    return found->get<std::string>();
  }

  /// The entries of a list member; none when it is missing.
  std::vector<entry> list(const char* member) const {
    std::vector<entry> entries;
    const auto found = object.find(member);
    if (found == object.end()) return entries;
    if (!found->is_array()) fail(member, "must be a list, in brackets");
    const std::string prefix = (name.empty() ? "" : name + ".") + member;
    for (std::size_t i = 0; i < found->size(); ++i) {
      entries.push_back({(*found)[i], prefix + "[" + std::to_string(i) + "]"});
    }
    return entries;
  }
};

inline account read_account(const entry& e) {
  e.check_members({"hostname", "username", "password", "email", "otpSeed", "licenses"});
  account a{.hostname = canonical_hostname(e.text("hostname", true)),
            .username = e.text("username", true),
            .password = e.text("password", true),
            .email = e.text("email", false),
            .otp_seed = e.text("otpSeed", false)};
  if (!is_metrc_hostname(a.hostname))
    e.fail("hostname", "names no state's Metrc: give one such as ca.metrc.com");
  if (!a.otp_seed.empty() && !detail::base32_decode(a.otp_seed.reveal())) {
    e.fail("otpSeed", "is not Base32: use the letters A to Z and the digits 2 to 7");
  }
  for (const auto& license : e.list("licenses")) {
    if (!license.object.is_string() || license.object.get_ref<const std::string&>().empty()) {
      license.fail("", "must be a licence number, in quotes");
    }
    auto number = license.object.get<std::string>();
    if (std::find(a.licenses.begin(), a.licenses.end(), number) != a.licenses.end()) {
      license.fail("", "is a licence that the account already has: leave one out");
    }
    a.licenses.push_back(std::move(number));
  }
  return a;
}

inline api_key read_api_key(const entry& e) {
  e.check_members({"key", "stateCode", "username"});
  api_key key{.key = e.text("key", true),
              .state_code = e.text("stateCode", true),
              .username = e.text("username", true)};
  if (!find_state(key.state_code)) e.fail("stateCode", "names no state: give two letters, such as CA");
  return key;
}

/// Parses, and refuses an object that has a member twice, of which JSON parsers silently keep one.
inline nlohmann::json parse_strictly(std::string_view text) {
  std::vector<std::set<std::string>> members;
  std::string twice;
  const auto watch = [&](int, nlohmann::json::parse_event_t event, nlohmann::json& parsed) {
    using kind = nlohmann::json::parse_event_t;
    if (event == kind::object_start) members.emplace_back();
    if (event == kind::object_end) members.pop_back();
    if (event == kind::key && !members.back().insert(parsed.get<std::string>()).second && twice.empty()) {
      twice = parsed.get<std::string>();
    }
    return true;
  };
  if (!parse_json(text)) throw std::invalid_argument("the text is not valid JSON in UTF-8");
  auto file = nlohmann::json::parse(text, watch);
  if (!twice.empty()) {
    throw std::invalid_argument("the member '" + detail::printable(twice, 60) +
                                "' is there twice in one object: leave one out");
  }
  return file;
}

}  // namespace accounts_detail

/// Accounts and API keys from the text of an accounts file:
///
///     {"accounts": [{"hostname": "mi.metrc.com", "username": "u", "password": "p", "email": "e@example.com",
///                    "otpSeed": "JBSWY3DPEHPK3PXP", "licenses": ["LIC-00001"]}],
///      "apiKeys": [{"key": "k", "stateCode": "MI", "username": "u"}]}
///
/// `email`, `otpSeed`, `licenses` and `apiKeys` may be left out. Throws std::invalid_argument with one
/// sentence that names the entry and member which is wrong, unknown, or there twice; it never shows a
/// password, key or seed.
inline directory parse_accounts(std::string_view text) {
  using accounts_detail::entry;
  const auto file = accounts_detail::parse_strictly(text);
  const entry top{file, ""};
  if (!file.is_object())
    throw std::invalid_argument("the text is not a JSON object with the member accounts");
  top.check_members({"accounts", "apiKeys"});

  directory known;
  for (const auto& e : top.list("accounts")) {
    auto added = accounts_detail::read_account(e);
    const bool twice = std::any_of(known.accounts.begin(), known.accounts.end(), [&](const account& a) {
      return a.hostname == added.hostname && a.username == added.username;
    });
    if (twice) e.fail("", "has the hostname and username of an entry before it: leave one out");
    known.accounts.push_back(std::move(added));
  }
  if (known.accounts.empty()) top.fail("accounts", "is missing or empty: give at least one account");
  for (const auto& e : top.list("apiKeys")) {
    auto added = accounts_detail::read_api_key(e);
    const auto same = [&](const api_key& k) {
      return k.key.reveal() == added.key.reveal() && detail::iequals(k.state_code, added.state_code);
    };
    if (std::any_of(known.api_keys.begin(), known.api_keys.end(), same)) {
      e.fail("", "has the key and state code of an entry before it: leave one out");
    }
    const auto hostname = find_state(added.state_code)->hostname();
    const auto owner = [&](const account& a) {
      return a.hostname == hostname && a.username == added.username;
    };
    if (std::none_of(known.accounts.begin(), known.accounts.end(), owner)) {
      e.fail("username", "belongs to no account on " + hostname + ": add the account or correct the name");
    }
    known.api_keys.push_back(std::move(added));
  }
  return known;
}

/// Reads an accounts file, as `parse_accounts` describes it. Throws std::invalid_argument when the file
/// cannot be read or is wrong; the message starts with the file's name.
inline directory load_accounts(const std::string& path) {
  const std::string shown = "the accounts file '" + detail::printable(path, 200) + "' ";
  std::ifstream file(path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  if (!file.is_open() || file.bad())
    throw std::invalid_argument(shown + "cannot be read: check its name and rights");
  try {
    return parse_accounts(text);
  } catch (const std::invalid_argument& wrong) {
    throw std::invalid_argument(shown + "is wrong: " + wrong.what());
  }
}

}  // namespace t3api::inline v0_1_0::sandbox

#endif
