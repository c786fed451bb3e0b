// The inputs that fuzzers have found, once more, under any compiler.
#include <doctest/doctest.h>

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>

#include "tests/fuzz/answers.hpp"
#include "tests/fuzz/decompressor.hpp"
#include "tests/fuzz/requests.hpp"
#include "tests/support/files.hpp"

namespace {

template <class Target>
void replay(const std::string& name, Target target) {
  const std::filesystem::path folder = std::string(T3API_SOURCE_DIR) + "/tests/fuzz/corpus/" + name;
  std::size_t inputs = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    CAPTURE(entry.path().string());
    const std::string input = t3api::test::content_of(entry.path().string());
    CHECK_NOTHROW(target(input));
    ++inputs;
  }
  CHECK(inputs > 10);
}

}  // namespace

TEST_CASE("what was found by fuzzing answers") { replay("answers", t3api::test::fuzz_answers); }

TEST_CASE("what was found by fuzzing requests") { replay("requests", t3api::test::fuzz_requests); }

TEST_CASE("what was found by fuzzing packed bodies") {
  replay("decompressor", t3api::test::fuzz_decompressor);
}
