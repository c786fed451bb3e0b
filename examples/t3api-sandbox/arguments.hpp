#ifndef T3API_EXAMPLES_SANDBOX_ARGUMENTS_HPP
#define T3API_EXAMPLES_SANDBOX_ARGUMENTS_HPP

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <t3api/detail/ascii.hpp>

/// A wrong argument: one sentence for people. What it says never holds the value of an argument, which could
/// be a password that was put into the wrong place.
struct usage_error : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// The arguments of a program or of one of its commands, taken one after the other.
class arguments {
 public:
  explicit arguments(std::vector<std::string> all) : all_(std::move(all)) {}

  /// Goes to the next argument; false when there is none.
  bool next() { return at_ < all_.size() && (name_ = all_[at_++], true); }

  const std::string& name() const noexcept { return name_; }

  /// The value after the present argument. Throws `usage_error` when there is none or it is empty.
  std::string value() {
    if (at_ >= all_.size()) throw usage_error(name_ + " needs a value after it: --help shows which");
    if (all_[at_].empty()) throw usage_error(name_ + " must not be empty");
    return all_[at_++];
  }

  /// A whole number after the present argument.
  std::uint64_t number(std::uint64_t most) {
    const auto given = t3api::detail::parse_decimal(value());
    if (!given || *given > most) {
      throw usage_error(name_ + " must be a whole number from 0 to " + std::to_string(most));
    }
    return *given;
  }

  /// A duration after the present argument: 90, 90s, 15m or 24h.
  std::chrono::seconds duration() {
    std::string text = value();
    std::uint64_t unit = 1;
    if (!t3api::detail::ascii_digit(text.back())) {
      const char letter = text.back();
      unit = letter == 's' ? 1 : letter == 'm' ? 60 : letter == 'h' ? 3600 : 0;
      text.pop_back();
    }
    constexpr std::uint64_t longest = 10 * 365 * 24 * 3600ULL;
    const auto given = t3api::detail::parse_decimal(text);
    if (!given || unit == 0 || *given == 0 || *given > longest / unit) {
      throw usage_error(name_ + " must be a duration above zero such as 90, 90s, 15m or 24h");
    }
    return std::chrono::seconds(*given * unit);
  }

  /// What to throw for the present argument when nothing knows it.
  usage_error unknown() const {
    if (name_.starts_with("-")) {
      const std::string shown = t3api::detail::printable(name_.substr(0, name_.find('=')), 60);
      return usage_error("the argument '" + shown + "' is not known" +
                         (name_.find('=') == name_.npos ? "" : " in this form, with '='") +
                         ": --help lists all");
    }
    return usage_error("argument " + std::to_string(at_) +
                       " is neither an option nor the value of one: --help lists all");
  }

 private:
  const std::vector<std::string> all_;
  std::size_t at_ = 0;
  std::string name_;
};

#endif
