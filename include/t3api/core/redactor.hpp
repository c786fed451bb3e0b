#ifndef T3API_CORE_REDACTOR_HPP
#define T3API_CORE_REDACTOR_HPP

#include <cstddef>
#include <set>
#include <string>
#include <string_view>

#include <t3api/core/error.hpp>
#include <t3api/core/request.hpp>
#include <t3api/core/response.hpp>
#include <t3api/core/secret.hpp>

namespace t3api::inline v0_1_0::detail {

/// Takes secrets out of texts for errors and logs: those that it knows, and those that a text itself tells
/// of, as `password=` and `Bearer` do. A secret is found in other case, percent-encoded, with `+` for a
/// space, as in JSON, with HTML entities, with up to four of these on top of each other, in base64, and with
/// its end cut off. Made when an error or an event is, never for a call that goes well.
class redactor {
 public:
  redactor() = default;

  /// Knows the secrets that a request carries: values of headers, parameters and body members whose names are
  /// those of secrets, and what stands for a key in the path behind `base_path`.
  explicit redactor(const request& sent, std::string_view base_path = {});

  /// A text of fewer than four bytes stands everywhere: it is not taken for a secret.
  void add(std::string_view sensitive);

  /// What stands in HTTP's basic authentication: `user:password`, of which the password is a secret.
  void add_login(std::string_view login);

  /// `text` with `***` in the place of each secret that the redactor knows.
  std::string hide_known(std::string_view text) const { return hidden_in(text, false); }

  /// The same, and of each that the text itself tells of: for what others have written. At most the first
  /// 16 KiB, and dots.
  std::string hide(std::string_view text) const;

  /// Hides what it knows in all that an error tells.
  void hide_in(error& cause) const;

  /// Hides what it knows in an answer's body and request id. Of the body 64 KiB are kept.
  void hide_in(response& answer) const;

 private:
  struct by_text {
    using is_transparent = void;
    bool operator()(const secret& a, const secret& b) const noexcept { return a.reveal() < b.reveal(); }
    bool operator()(const secret& a, std::string_view b) const noexcept { return a.reveal() < b; }
  };

  void add_value(std::string_view name, std::string_view value);
  void add_named(std::string_view text);
  void add_spellings(std::string_view text);
  std::size_t known_at(std::string_view plain) const;
  std::string hidden_in(std::string_view text, bool and_found) const;

  std::set<secret, by_text> known_;  ///< In plain form.
};

}  // namespace t3api::inline v0_1_0::detail

#if !defined(T3API_COMPILED) || defined(T3API_IMPLEMENTATION)
#include <t3api/core/impl/redactor.hpp>
#endif

#endif
