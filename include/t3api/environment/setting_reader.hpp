#ifndef T3API_ENVIRONMENT_SETTING_READER_HPP
#define T3API_ENVIRONMENT_SETTING_READER_HPP

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <t3api/core/error.hpp>
#include <t3api/core/url.hpp>
#include <t3api/detail/ascii.hpp>
#include <t3api/environment/environment.hpp>
#include <t3api/environment/values.hpp>

namespace t3api::inline v0_1_0::detail {

/// Reads settings into typed targets, which keep what they have when a setting is not set. Remembers the
/// first value that is malformed.
class setting_reader {
 public:
  explicit setting_reader(const environment& from) noexcept : from_(&from) {}

  const std::optional<error>& problem() const noexcept { return problem_; }

  /// The value as it stands: whether it is well-formed, the auth methods say.
  std::optional<setting> credential(const char* key) {
    auto found = from_->get(key);
    if (found) refuse_quotes(key, *found);
    return found;
  }

  /// Seconds, up to `most`, rounded up to whole milliseconds. Says whether the setting was set and right.
  bool seconds(const char* key, std::chrono::milliseconds& target, std::uint64_t most, bool zero_allowed) {
    return read(key, [&](std::string_view text) {
      const auto billionths = parse_billionths(text);
      if (!billionths || *billionths > most * unit || (*billionths == 0 && !zero_allowed)) {
        return "give a number of seconds " +
               (zero_allowed ? "from 0 to " + std::to_string(most)
                             : "above 0, up to " + std::to_string(most)) +
               ", such as 2 or 2.5";
      }
      target = std::chrono::ceil<std::chrono::milliseconds>(
          std::chrono::nanoseconds(static_cast<std::int64_t>(*billionths)));
      return std::string();
    });
  }

  /// A whole number from 1 to `most`.
  template <class Target>
  void count(const char* key, Target& target, int most) {
    read(key, [&](std::string_view text) {
      const auto number = parse_decimal(text);
      if (!number || *number < 1 || *number > static_cast<std::uint64_t>(most)) {
        return "give a whole number from 1 to " + std::to_string(most);
      }
      target = static_cast<Target>(*number);
      return std::string();
    });
  }

  /// A number above 0, up to `most`. True when it is set.
  bool rate(const char* key, double& target, std::uint64_t most) {
    return read(key, [&](std::string_view text) {
      const auto billionths = parse_billionths(text);
      if (!billionths || *billionths == 0 || *billionths > most * unit) {
        return "give a number above 0, up to " + std::to_string(most) + ", such as 10 or 2.5";
      }
      target = static_cast<double>(*billionths) / static_cast<double>(unit);
      return std::string();
    });
  }

  void flag(const char* key, bool& target) {
    read(key, [&](std::string_view text) -> std::string {
      const auto on = parse_switch(text);
      if (!on) return "give true or false (or 1/0, yes/no, on/off)";
      target = *on;
      return {};
    });
  }

  /// The address of a service. A value with marks that an address has no use for is not shown: it may hold a
  /// password or a key.
  void address(const char* key, std::string& target) {
    read(key, [&](std::string_view text) -> std::string {
      if (!parse_url(text)) return "give scheme and host, such as https://api.trackandtrace.tools";
      target = text;
      return {};
    });
  }

  void path(const char* key, std::string& target) {
    read(key, [&](std::string_view text) -> std::string {
      if (has_control(text)) return "give the path of a file, without line breaks or tabs";
      target = text;
      return {};
    });
  }

  /// Host names with commas between them, in small letters. Nothing between two commas is nothing, so that a
  /// lone comma is the empty list.
  void hosts(const char* key, std::vector<std::string>& target) {
    read(key, [&](std::string_view text) -> std::string {
      std::vector<std::string> names;
      for (bool more = true; more;) {
        const auto comma = text.find(',');
        const auto name = trim(text.substr(0, comma));
        if (!name.empty() && !valid_host(name, false)) {
          return "give host names with commas between them, such as mi.metrc.com,co.metrc.com";
        }
        if (!name.empty()) names.push_back(to_lower(name));
        more = comma != text.npos;
        if (more) text.remove_prefix(comma + 1);
      }
      target = std::move(names);
      return {};
    });
  }

 private:
  /// A shell and a .t3.env take quotes off; `docker run --env-file` does not.
  void refuse_quotes(const char* key, const setting& found) {
    const auto text = trim(found.value.reveal());
    const bool quoted =
        text.size() >= 2 && text.front() == text.back() && (text.front() == '"' || text.front() == '\'');
    if (problem_ || !quoted || found.place != setting_place::environment) return;
    problem_ =
        argument_error(std::string(key) +
                       " in the environment stands in quotes, which docker --env-file hands on as a part "
                       "of the value: take them off there, or, if they belong to the value, set it in "
                       ".t3.env");
  }

  static constexpr std::uint64_t unit = 1'000'000'000;

  /// `take` gets the value without blanks around it and says what would be right, or nothing when it is.
  /// Whether the setting was set and right.
  template <class Take>
  bool read(const char* key, Take take) {
    if (problem_) return false;
    const auto found = from_->get(key);
    if (found) refuse_quotes(key, *found);
    if (!found || problem_) return false;
    const auto text = trim(found->value.reveal());
    const std::string advice = take(text);
    if (advice.empty()) return true;
    const bool may_hold_secret = text.find_first_of("@?#\\") != text.npos;
    const std::string shown = may_hold_secret ? " is malformed" : " is '" + printable(text, 40) + "'";
    problem_ = argument_error(std::string(key) + " in " + found->source + shown + ": " + advice);
    return false;
  }

  const environment* from_;
  std::optional<error> problem_{};
};

}  // namespace t3api::inline v0_1_0::detail

#endif
