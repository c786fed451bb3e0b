#ifndef T3API_ENVIRONMENT_DOTENV_HPP
#define T3API_ENVIRONMENT_DOTENV_HPP

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include <t3api/core/result.hpp>
#include <t3api/core/secret.hpp>
#include <t3api/environment/dotenv_reader.hpp>
#include <t3api/environment/small_file.hpp>

namespace t3api::inline v0_1_0 {

/// The largest dotenv file that is read, in bytes.
inline constexpr std::size_t max_dotenv_bytes = 1U << 20U;

/// Reads the text of a dotenv file; `name` is what errors call it. The whole text must be right:
///
///     # a comment, on a line of its own or behind a value
///     METRC_HOSTNAME = ca.metrc.com       # spaces around = and at the ends are dropped
///     export METRC_USERNAME=alice         # the word export is allowed, as a shell wants it
///     METRC_PASSWORD='sp#ce $and "all"'   # single quotes: as it stands, on one line
///     NOTE="say \"hi\"\n"                 # double quotes: \n \r \t \\ \" \$ are decoded, other backslashes
///                                         # stay, and the value may go over several lines
///
/// A key has letters, digits and underscores and does not start with a digit. An unquoted value ends at a
/// `#` with a blank before it. Nothing is expanded: a `$` is a `$`. A CR before a line's end, a byte order
/// mark at the start and tabs are fine; other control characters, bytes that are no UTF-8 and a key that
/// comes twice are not. An `argument` error names file, line and, where it is sure, the key: never a value.
inline result<dotenv> parse_dotenv(std::string_view text, std::string_view name) {
  return detail::dotenv_reader(text, name).read();
}

/// Reads a dotenv file as `parse_dotenv` does. A file that is not there is an empty one; a directory, a
/// file that cannot be read or one of more than `max_dotenv_bytes` is an `argument` error. Neither the file
/// nor the process environment is changed, and the file's bytes are wiped from memory afterwards.
inline result<dotenv> read_dotenv(std::string path) {
  auto bytes = detail::read_small_file(path, max_dotenv_bytes);
  if (!bytes) return std::move(bytes).error();
  if (!bytes->has_value()) return parse_dotenv({}, path);
  detail::wiped_string text(std::move(**bytes));
  return parse_dotenv(*text, path);
}

}  // namespace t3api::inline v0_1_0

#endif
