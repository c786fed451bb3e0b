#ifndef T3API_TESTS_FUZZ_ANSWERS_HPP
#define T3API_TESTS_FUZZ_ANSWERS_HPP

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

#include <t3api/http1/answer_reader.hpp>

#include "tests/fuzz/input.hpp"

namespace t3api::test {

/// What became of an answer, as one text that can be compared.
struct answer_outcome {
  bool whole = false;
  std::size_t consumed = 0;
  std::string text;
  std::string body;
};

/// How bytes are handed to a reader.
enum class feeding { at_once, in_pieces, as_the_exchange_does };

/// Reads `wire` and then the end of the connection, handing the bytes over in pieces of at most `piece`.
inline answer_outcome read_answer(detail::http1::asked what, std::size_t most_header, std::size_t most_body,
                                  std::string_view wire, feeding how, std::size_t piece, bool farewell) {
  detail::http1::answer_reader reader(what, most_header, most_body);
  const std::size_t size = wire.size();
  while (!wire.empty() && !reader.finished()) {
    const auto count = how == feeding::at_once ? wire.size() : (std::min)(piece, wire.size());
    if (const auto expected = reader.expected_as_is(); how == feeding::as_the_exchange_does && expected > 0) {
      const auto kept = (std::min)(count, expected);
      std::copy_n(wire.data(), kept, reader.room(kept));
      reader.keep(kept);
      wire.remove_prefix(kept);
      continue;
    }
    auto next = wire.substr(0, count);
    reader.take(next);
    demand(next.size() <= count, "a reader gives back more than it got");
    demand(next.empty() || reader.finished(), "a reader leaves bytes and is not finished");
    wire.remove_prefix(count - next.size());
  }
  reader.take_end(farewell);
  demand(reader.finished(), "an answer is not finished when its connection has ended");
  demand(!reader.whole() || reader.fault().empty(), "a whole answer has a fault");
  demand(!reader.whole() || reader.has_head(), "a whole answer has no head");
  demand(!reader.keeps_connection() || reader.has_head(), "a connection is kept without an answer");

  answer_outcome outcome;
  outcome.whole = reader.whole();
  outcome.consumed = reader.whole() ? size - wire.size() : 0;
  outcome.text = std::string(reader.whole()           ? "whole"
                             : reader.fault().empty() ? "cut"
                                                      : reader.fault()) +
                 (reader.is_foreign() ? " foreign " : " ") + std::to_string(reader.status()) +
                 (reader.has_head() ? " head" : "") + (reader.started() ? " started" : "") +
                 (reader.keeps_connection() ? " kept\n" : "\n");
  if (!reader.whole()) return outcome;
  const response answer = reader.take_answer();
  demand(answer.status >= 200 && answer.status <= 599, "an answer has a status that is none");
  demand(answer.body.size() <= most_body, "a body is larger than the limit");
  std::size_t header = 0;
  for (const auto& [name, value] : answer.headers) {
    demand(!name.empty(), "a header has no name");
    demand((name + value).find_first_of(std::string_view("\r\n\0", 3)) == std::string::npos,
           "a header holds a CR, LF or NUL");
    outcome.text += name + ": " + value + "\n";
    header += name.size() + value.size() + 2;
  }
  demand(header <= most_header, "headers are larger than the limit");
  outcome.body = answer.body;
  return outcome;
}

/// One input of the fuzzer: four bytes say what was asked, the limits, the pieces and where to cut; the rest
/// is what the service sends.
inline void fuzz_answers(std::string_view input) {
  using detail::http1::asked;
  fuzz_input choices(input);
  const std::size_t what = choices.byte(), limits = choices.byte(), piece = choices.byte() + 1,
                    cut = choices.byte();
  const std::string_view wire = choices.rest();
  const auto ask = what % 4 == 0 ? asked::head : what % 4 == 1 ? asked::connect : asked::get;
  const bool farewell = (what & 4U) != 0;
  const std::size_t most_header = limits % 16 == 0 ? 64 : limits % 16 == 1 ? wire.size() / 2 : 256U << 10U;
  const std::size_t most_body = limits / 16 == 0 ? 16 : limits / 16 == 1 ? wire.size() : 16U << 10U;

  const auto read = [&](std::string_view bytes, feeding how, bool at_end) {
    return read_answer(ask, most_header, most_body, bytes, how, piece, at_end);
  };
  const auto whole = read(wire, feeding::at_once, farewell);
  for (const auto how : {feeding::in_pieces, feeding::as_the_exchange_does}) {
    const auto other = read(wire, how, farewell);
    demand(other.text == whole.text, "the pieces make a difference to an answer");
    demand(other.body == whole.body, "the pieces make a difference to a body");
    demand(other.consumed == whole.consumed, "the pieces make a difference to an answer's length");
  }
  if (!whole.whole) return;
  const auto own = wire.substr(0, whole.consumed);
  const auto alone = read(own, feeding::at_once, farewell);
  demand(alone.text == whole.text && alone.body == whole.body, "what follows an answer changes it");
  const auto part = read(own.substr(0, cut * own.size() / 256), feeding::at_once, false);
  demand(!part.whole, "a part of an answer is taken for a whole one");
}

}  // namespace t3api::test

#endif
