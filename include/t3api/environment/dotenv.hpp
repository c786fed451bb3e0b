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

/// Reads the text of a dotenv file; `name` is what errors call it. Values are those that python-dotenv 0.21
/// to 1.2 reads, also those that its `set_key` writes:
///
///     # a comment, on a line of its own or behind a value
///     METRC_HOSTNAME = ca.metrc.com       # spaces around = and at the ends are dropped
///     export METRC_USERNAME=alice         # the word export is allowed, as a shell wants it
///     METRC_PASSWORD='it\'s #1 "all"'     # single quotes: \' and \\ are decoded
///     NOTE="say \"hi\"\n"                 # double quotes: \' \" \\ \a \b \f \n \r \t \v are decoded
///
/// Other backslashes stay, and a value in quotes may go over several lines. An unquoted value ends at a `#`
/// with a blank before it. A CR before a line's end is dropped.
///
/// The whole text must be right. What python-dotenv skips, guesses or expands is an `argument` error, which
/// names file, line and, where it is sure, the key, never a value: lines that are no KEY=VALUE, keys other
/// than letters, digits and underscores (a digit not first), a key that comes twice, text behind a closing
/// quote, `${...}`, control characters other than tabs, bytes that are no UTF-8, a byte order mark before the
/// first key, and in an unquoted value Unicode's other blanks.
inline result<dotenv> parse_dotenv(std::string_view text, std::string_view name) {
  return detail::dotenv_reader(text, name).read();
}

/// Reads a dotenv file as `parse_dotenv` does. A file that is not there is an empty one; a directory, a
/// file that cannot be read or one of more than `max_dotenv_bytes` is an `argument` error. Neither the file
/// nor the process environment is changed, and the file's bytes are wiped from memory afterwards.
inline result<dotenv> read_dotenv(std::string path) {
  auto file = detail::read_small_file(path, max_dotenv_bytes);
  if (!file) return std::move(file).error();
  if (!file->has_value()) return parse_dotenv({}, path);
  detail::wiped_string text(std::move((*file)->bytes));
  auto settings = parse_dotenv(*text, path);
  if (settings) settings->access = (*file)->access;
  return settings;
}

}  // namespace t3api::inline v0_1_0

#endif
