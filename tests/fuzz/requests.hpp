#ifndef T3API_TESTS_FUZZ_REQUESTS_HPP
#define T3API_TESTS_FUZZ_REQUESTS_HPP

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include <t3api/core/headers.hpp>
#include <t3api/http1/chunked_reader.hpp>
#include <t3api/http1/fields.hpp>
#include <t3api/http1/line_reader.hpp>

#include "tests/fuzz/input.hpp"

namespace t3api::test {

/// Reads a message as a server does: a line, fields, then a body, chunked if a field says so. Gives what
/// became of it as one text, which begins with a plus if it is whole. `wire` loses what was read.
inline std::string read_as_server(std::string_view& wire, std::size_t piece, std::size_t most_head,
                                  std::size_t most_body) {
  using namespace detail::http1;
  const auto next_piece = [&] { return wire.substr(0, piece); };
  line_reader lines;
  std::size_t bytes = 0;
  std::string text = "-";
  headers fields;
  for (bool first = true;; first = false) {
    std::optional<std::string_view> line;
    while (!line && !wire.empty()) {
      auto some = next_piece();
      const auto offered = some.size();
      line = lines.take(some, most_head - bytes);
      if (lines.too_long()) return text + "too long";
      demand(line || some.empty(), "a reader of lines leaves bytes of a line");
      wire.remove_prefix(offered - some.size());
    }
    if (!line) return text + (lines.has_part() ? "cut in a line" : "cut");
    bytes += lines.bytes();
    demand(bytes <= most_head, "a head is larger than the limit");
    demand(line->find('\n') == line->npos, "a line holds its end");
    demand(lines.bytes() == line->size() + (lines.has_return() ? 2 : 1), "a line has lost bytes");
    if (line->empty()) break;
    if (first) {
      text += std::string(*line) + "\n";
    } else if (const auto wrong = add_field_line(fields, *line); !wrong.empty()) {
      return text + std::string(wrong);
    }
  }
  for (const auto& [name, value] : fields) text += name + ": " + value + "\n";

  if (has_element(fields, "Transfer-Encoding", "chunked")) {
    chunked_reader chunks(most_body, most_head);
    std::string body;
    while (!wire.empty() && !chunks.done() && chunks.fault().empty()) {
      auto some = next_piece();
      const auto offered = some.size();
      chunks.take(some, body);
      demand(some.empty() || chunks.done() || !chunks.fault().empty(), "a reader of chunks leaves bytes");
      wire.remove_prefix(offered - some.size());
    }
    demand(body.size() <= most_body, "a body is larger than the limit");
    demand(!chunks.too_large() || !chunks.fault().empty(), "too large is no fault");
    if (!chunks.fault().empty()) return text + std::string(chunks.fault());
    if (!chunks.done()) return text + "cut in a chunk";
    text[0] = '+';
    return text + body;
  }
  const auto length = read_content_length(fields);
  if (!length.valid || length.bytes > most_body) return text + "no length";
  const auto count = static_cast<std::size_t>(length.bytes);
  if (wire.size() < count) return text + "cut";
  text[0] = '+';
  text += wire.substr(0, count);
  wire.remove_prefix(count);
  return text;
}

/// One input of the fuzzer: two bytes say the limits and the pieces; the rest is what a client sends.
inline void fuzz_requests(std::string_view input) {
  fuzz_input choices(input);
  const std::size_t limits = choices.byte(), piece = choices.byte() + 1;
  const std::size_t most_head = limits % 4 == 0 ? 64 : 16U << 10U,
                    most_body = limits / 4 % 4 == 0 ? 16 : 16U << 10U;

  auto at_once = choices.rest(), in_pieces = choices.rest();
  const auto whole = read_as_server(at_once, std::string_view::npos, most_head, most_body);
  const auto other = read_as_server(in_pieces, piece, most_head, most_body);
  demand(whole == other, "the pieces make a difference to a request");
  if (whole.front() == '+') {
    demand(at_once.size() == in_pieces.size(), "the pieces make a difference to a request's length");
  }
}

}  // namespace t3api::test

#endif
